"""What is wrong with the input or the installation is said before any job starts, all of it."""


def refused(run):
    """Return the output of a run that must have been refused without a traceback of Python."""
    assert run.returncode == 1, run.stdout
    assert "WorkflowError" in run.stdout
    assert "Traceback" not in run.stdout
    return run.stdout


def test_every_problem_of_both_sheets(snakemake, repo, clinic):
    sheet = clinic / "config" / "samples.tsv"
    sheet.write_text(
        sheet.read_text().replace("P1_F\tfollowup", "P1_F\tfolowup").replace("3+\t0.5", "4+\t0.5")
    )
    (clinic / "config" / "units.tsv").write_text("sample\tassay\tfiletype\tpath\nP9\tdna\tbam\tx\n")
    output = refused(snakemake("-n", "-s", repo / "Snakefile", cwd=clinic))
    assert "samples.tsv line 3 (P1_F): timepoint: 'folowup' is not one of" in output
    assert "did you mean 'followup'?" in output
    assert "samples.tsv line 4 (P2_B): her2_ihc: '4+'" in output
    assert "units.tsv line 2 (P9): assay: 'dna'" in output
    assert not (clinic / "results").exists()


def test_config_problem_with_its_line(snakemake, repo, clinic):
    (clinic / "config" / "config.yaml").write_text("seed: 1\nbatch_sise: 3\n")
    output = refused(snakemake("-n", "-s", repo / "Snakefile", cwd=clinic))
    assert "config.yaml line 2: batch_sise: unknown key - did you mean 'batch_size'?" in output


def test_config_problem_of_the_command_line(snakemake, repo, clinic):
    run = snakemake("-n", "-s", repo / "Snakefile", "--config", "genome_build=hg99", cwd=clinic)
    assert "genome_build: 'hg99' is not one of" in refused(run)


def test_results_into_the_folder_of_the_sheets(snakemake, repo, clinic):
    run = snakemake("-n", "-s", repo / "Snakefile", "--config", "results=./config/", cwd=clinic)
    assert "name another one" in refused(run)


def test_package_is_missing(snakemake, repo, clinic, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("""
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "her2omics":
            raise ModuleNotFoundError("No module named 'her2omics'", name=name)

sys.meta_path.insert(0, Missing())
""")
    run = snakemake("-n", "-s", repo / "Snakefile", cwd=clinic, env={"PYTHONPATH": str(tmp_path)})
    output = refused(run)
    assert "pip install ." in output
    assert "No module named 'her2omics'" in output
