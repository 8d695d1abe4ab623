from __future__ import annotations

from her2omics import tables
from her2omics.simulate import demo
from her2omics.simulate import tables as cohorts


def test_the_demonstration_holds_every_mechanism_and_what_cannot_be_assessed():
    truth = cohorts.truth(demo.groups())
    assert 12 <= len(truth) <= 16
    standard = truth[truth["scenario"].eq("standard")]
    assert set(standard["label"]) == set(tables.LABELS)
    for label in ("downregulation", "clonal_selection", "subtype_switch"):
        assert (standard["label"] == label).sum() >= 2, label
    stopped = truth["gates_must"].isin(["BASELINE_NOT_POSITIVE", "NO_FOLLOWUP"])
    assert stopped.sum() == 2
    assert truth["case"].str.endswith("__none").sum() == 1


def test_the_demonstration_is_written_whole(tmp_path):
    demo.write(tmp_path, genes=400)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["config.yaml", "expression.tsv", "samples.tsv", "truth.tsv", "units.tsv"]
    header = (tmp_path / "expression.tsv").read_text().splitlines()[0].split("\t")
    samples = (tmp_path / "samples.tsv").read_text().splitlines()
    assert len(header) == len(samples)
