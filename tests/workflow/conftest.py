"""Running the workflow as a user does: the command, in a folder of its own."""

import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]

SAMPLES = """\
patient	sample	timepoint	setting	her2_status	her2_ihc	tumour_content
P1	P1_B	baseline		positive	3+	0.7
P1	P1_F	followup	metastasis	negative	1+	0.6
P2	P2_B	baseline		positive	3+	0.5
P2	P2_F	followup	post_neoadjuvant	negative	0	0.3
P3	P3_B	baseline		positive	2+	0.6
"""
UNITS = "sample\tassay\tfiletype\tunit\tpath\n"


def run_command(*words, cwd, env=None):
    """Run a command of this Python's environment; return it with all output as ``stdout``."""
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**os.environ, "PATH": search, "OMP_NUM_THREADS": "1", **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def repo():
    return REPO


@pytest.fixture(scope="session")
def snakemake():
    """Return a function that runs ``snakemake`` in a folder."""

    def run(*words, cwd, env=None):
        return run_command("snakemake", *words, cwd=cwd, env=env)

    return run


@pytest.fixture(scope="session")
def her2omics():
    """Return a function that runs ``her2omics`` in a folder."""

    def run(*words, cwd):
        return run_command("her2omics", *words, cwd=cwd)

    return run


@pytest.fixture(scope="session")
def heeding_permissions(tmp_path_factory):
    """Return a function that runs a command which reads and writes only what its user may.

    Root may write everywhere; `setpriv` takes that from it. Skips where this cannot be done.
    """
    if os.geteuid() != 0:
        return run_command
    words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner", "--inh-caps=-all"]
    folder = tmp_path_factory.mktemp("not_writable")
    folder.chmod(0o555)
    try:
        tried = run_command(*words, "touch", folder / "file", cwd=folder)
    except FileNotFoundError:
        pytest.skip("root may write everywhere, and setpriv, which takes that from it, is missing")
    if "Permission denied" not in tried.stdout:
        pytest.skip(f"root may write everywhere, and setpriv did not change that: {tried.stdout}")
    return functools.partial(run_command, *words)


@pytest.fixture
def clinic(tmp_path):
    """Return a folder with two pairs and a baseline alone, known from pathology only."""
    folder = tmp_path / "clinic"
    (folder / "config").mkdir(parents=True)
    (folder / "config" / "samples.tsv").write_text(SAMPLES, encoding="utf-8")
    (folder / "config" / "units.tsv").write_text(UNITS, encoding="utf-8")
    return folder
