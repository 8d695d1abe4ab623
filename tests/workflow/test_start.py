"""The workflow can be started from its root, from elsewhere, as a module and for a cluster."""

import importlib.util

import pytest

RULES = [
    "settings",
    "sheets",
    "cohort",
    "copy_number",
    "clones",
    "expression",
    "subtype",
    "quality",
    "classify",
    "gather",
    "case_pages",
    "cohort_page",
]


def planned(output):
    """Return how often each rule is planned, from the table of a dry run."""
    table = output[output.index("Job stats:") :].split("\n\n")[0].splitlines()[3:]
    return {name: int(count) for name, count in (line.split() for line in table)}


def test_from_the_root(snakemake, repo):
    run = snakemake("-n", "--quiet", "rules", cwd=repo)
    assert run.returncode == 0, run.stdout
    assert set(RULES) <= set(planned(run.stdout))


def test_from_elsewhere_with_sheets_on_the_command_line(snakemake, repo, clinic):
    run = snakemake(
        "-n",
        *("-s", repo / "Snakefile", "--directory", clinic, "--quiet", "rules", "--config"),
        *("samples=config/samples.tsv", "units=config/units.tsv", "genome_build=GRCh37"),
        "batch_size=1",
        cwd=clinic.parent,
    )
    assert run.returncode == 0, run.stdout
    jobs = planned(run.stdout)
    assert jobs["classify"] == 3
    assert jobs["gather"] == jobs["cohort"] == 1
    assert not (clinic / "results").exists()


def test_config_of_the_folder_and_of_the_command_line(snakemake, repo, clinic):
    (clinic / "config" / "config.yaml").write_text("batch_size: 1\nresults: first\n")
    (clinic / "more.yaml").write_text("results: second\nreport: {case_pages: none}\n")
    run = snakemake("-n", "-s", repo / "Snakefile", "--configfile", "more.yaml", cwd=clinic)
    assert run.returncode == 0, run.stdout
    assert planned(run.stdout)["classify"] == 3
    assert "case_pages" not in planned(run.stdout)
    assert "second/cases.tsv" in run.stdout
    assert "first/" not in run.stdout


def test_as_a_module_with_a_prefix(snakemake, repo, clinic):
    (clinic / "Snakefile").write_text(f"""
module her2:
    snakefile: "{repo}/workflow/Snakefile"
    config: config["her2"]
    prefix: "loss"

use rule * from her2 as her2_*

rule mine:
    default_target: True
    input: rules.her2_all.input
    output: "mine.txt"
    shell: "cp loss/results/cases.tsv {{output}}"
""")
    (clinic / "mine.yaml").write_text("her2: {samples: config/samples.tsv}\nmy_key: 1\n")
    run = snakemake("-n", "-p", "--configfile", "mine.yaml", cwd=clinic)
    assert run.returncode == 0, run.stdout
    assert {f"her2_{rule}" for rule in RULES} < set(planned(run.stdout))
    commands = [
        line for line in run.stdout.splitlines() if line.startswith("Shell command: her2omics")
    ]
    assert commands
    assert not [line for line in commands if " results/" in line]  # all below the prefix
    assert not [line for line in commands if "loss/config/" in line]  # the sheets are not


def test_slurm_profile(snakemake, repo, clinic):
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        pytest.skip(
            "snakemake-executor-plugin-slurm is not installed: pip install 'her2omics[slurm]'"
        )
    run = snakemake("-n", "-s", repo / "Snakefile", "--workflow-profile", "slurm", cwd=clinic)
    assert run.returncode == 0, run.stdout
    assert "profiles/slurm" in run.stdout
    assert "Group job batch" in run.stdout  # one cluster job for all steps of a batch
