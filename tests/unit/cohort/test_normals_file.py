"""A reference of normals survives its file, and the file says what is wrong with it."""

import json
import zipfile

import numpy as np
import pytest

from her2omics.cohort import normals_file, panel
from her2omics.errors import InputError


@pytest.fixture(scope="module")
def reference(bins_of, grch38):
    normals = [(f"N{seed}", bins_of(seed)) for seed in range(9)]
    return panel.learn(normals, assay="wes", genome=grch38, targets="a.bed", digest="ab")


def test_it_comes_back_as_it_was(reference, tmp_path):
    path = tmp_path / "made" / "reference.npz"
    normals_file.write(reference, path)
    back = normals_file.read(path)
    assert back.bins.equals(reference.bins.reset_index(drop=True).astype(back.bins.dtypes))
    np.testing.assert_allclose(back.middle.components, reference.middle.components, atol=1e-6)
    np.testing.assert_allclose(back.middle.centre, reference.middle.centre, atol=1e-6)
    for name in ("assay", "targets", "digest", "build", "tau", "gc", "normals", "found"):
        assert getattr(back, name) == getattr(reference, name)
    assert [child.name for child in path.parent.iterdir()] == ["reference.npz"]


def test_the_same_reference_gives_the_same_bytes(reference, tmp_path):
    paths = [tmp_path / name for name in ("a.npz", "b.npz")]
    for path in paths:
        normals_file.write(reference, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_what_is_no_reference_is_said(reference, tmp_path):
    path = tmp_path / "x.npz"
    with pytest.raises(InputError, match="no such file"):
        normals_file.read(path)
    path.write_text("no zip")
    with pytest.raises(InputError, match="is no reference of normals: make it with"):
        normals_file.read(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("meta.json", json.dumps({"format": 99}))
    with pytest.raises(InputError, match="has format 99, this version reads 1"):
        normals_file.read(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("meta.json", json.dumps({"format": 1, "assay": "wes"}))
    with pytest.raises(InputError, match="lacks targets, digest, build"):
        normals_file.read(path)


def test_a_file_cut_short_is_said(reference, tmp_path):
    path = tmp_path / "x.npz"
    normals_file.write(reference, path)
    with zipfile.ZipFile(path) as archive:
        meta = archive.read("meta.json")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("meta.json", meta)
    with pytest.raises(InputError, match="cannot be read"):
        normals_file.read(path)
