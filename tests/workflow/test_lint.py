"""The shape of the workflow: a table of contents, and rules that are one command each."""

import re

import pytest

# her2omics itself is installed once with pip; its rules need no environment of their own.
ALLOWED = "Specify a conda environment or container for each rule."


def test_lint_finds_nothing_else(snakemake, repo):
    run = snakemake("--lint", cwd=repo)
    found = re.findall(r"^    \* (.+?):?$", run.stdout, re.MULTILINE)
    assert ALLOWED in found
    assert set(found) == {ALLOWED}, run.stdout


def rules_of(repo):
    """Return (name, text) of every rule below ``workflow/rules``."""
    text = "\n".join(path.read_text() for path in sorted((repo / "workflow/rules").glob("*.smk")))
    parts = re.split(r"^rule (\w+):\n", text, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def test_rules_are_thin(repo):
    rules = rules_of(repo)
    assert len(rules) >= 11
    for name, text in rules:
        assert len(re.findall(r"^    shell:$", text, re.MULTILINE)) == 1, name
        assert re.search(r"^    log:$", text, re.MULTILINE), name
        assert not re.search(r"^    (run|script|wrapper|notebook):", text, re.MULTILINE), name
        if "her2omics " in text:
            assert text.count('"her2omics ') == 1, name
            for part in ("benchmark:", "threads:", "mem_mb=memory(", "runtime=", "version=VERSION"):
                assert part in text, f"{name} has no {part}"


@pytest.mark.parametrize("word", ["checkpoint ", "run:", "script:", "wrapper:"])
def test_no_logic_in_rules(repo, word):
    for path in (repo / "workflow/rules").glob("*.smk"):
        assert not re.search(rf"^\s*{word}", path.read_text(), re.MULTILINE), path.name


def test_table_of_contents(repo):
    assert len((repo / "Snakefile").read_text().splitlines()) < 20
    assert len((repo / "workflow/Snakefile").read_text().splitlines()) < 50
    for path in (repo / "workflow/rules").glob("*.smk"):
        assert len(path.read_text().splitlines()) <= 200, path.name
