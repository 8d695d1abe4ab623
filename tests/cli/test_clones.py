"""`her2omics clones` on one table: its tables, its messages, and that nothing is half-written."""

import json

import numpy as np
import pandas as pd
import pytest

from her2omics import tables
from her2omics.cli import main

PYCLONE = [
    "mutation_id",
    "sample_id",
    "cluster_id",
    "cellular_prevalence",
    "cellular_prevalence_std",
    "cluster_assignment_prob",
]

COUNTED = [
    "ref_counts",
    "alt_counts",
    "major_cn",
    "minor_cn",
    "normal_cn",
    "tumour_content",
]


def table(*, seed=1, names=("B", "F"), clones=((1, 1, 30), (0.2, 1.0, 20), (0.6, 0.0, 20))):
    rng = np.random.default_rng(seed)
    rows = []
    for k, (*ccf, count) in enumerate(clones):
        for n in range(count):
            for name, fraction, purity in zip(names, ccf, (0.7, 0.6), strict=True):
                depth = rng.poisson(120)
                alt = rng.binomial(depth, 0.001 + 0.998 * purity * fraction / 2)
                rows.append((f"c{k}_{n}", name, depth - alt, alt, 1, 1, 2, purity))
    columns = ["mutation_id", "sample_id", *COUNTED]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table().to_csv("m.tsv", sep="\t", index=False)
    return tmp_path


def run(*words):
    return main(["clones", *words])


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_tables_of_one_patient(folder, capsys):
    assert run("--mutations", "m.tsv", "--out", "out") == 0
    out = folder / "out"
    mutations = tables.read(out, "mutations")
    assert [c for c in mutations.columns if c in PYCLONE] == PYCLONE
    assert len(mutations) == 140
    shifts = tables.read(out, "cluster_shifts")
    assert list(shifts["call"]) == ["clonal", "sweep", "loss"]
    assert set(shifts["case"]) == {"B__F"}
    lineage = tables.read(out, "lineage")
    assert lineage.loc[0, "call"] == "related"
    clones = tables.read(out, "clones")
    assert list(clones["parent"].unique()) == [None, "0"]
    trees = json.loads((out / "clone_trees.json").read_text())
    assert trees["m"]["parent"].count(None) == 1
    assert len(tables.read(out, "clusters")) == 6
    assert list(tables.read(out, "clone_samples")["tumour_content"]) == [0.7, 0.6]
    assert "samples are compared with the first of their patient" in capsys.readouterr().err


def test_fractions_of_clones_obey_the_sum_rule_those_of_clusters_are_the_reads_own(folder):
    clones = ((1, 1, 30), (0.8, 0.05, 12), (0.32, 0.85, 12))  # reads show 1.12 on two branches
    table(clones=clones).to_csv("s.tsv", sep="\t", index=False)
    assert run("--mutations", "s.tsv", "--out", "out") == 0
    rows = tables.read(folder / "out", "clones").query("sample == 'B' and parent == '0'")
    reads = tables.read(folder / "out", "clusters").query("sample_id == 'B'")
    reads = reads.set_index("cluster_id").loc[rows["clone"]]
    assert len(rows) == 2
    assert reads["ccf"].sum() > 1.08
    assert rows["ccf"].sum() < 1.04
    assert (rows["ccf_low"].to_numpy() < rows["ccf"]).all()
    assert (rows["ccf"] < rows["ccf_high"].to_numpy()).all()
    assert (rows["ccf"] >= rows["prevalence"] - 0.02).all()


def test_time_points_make_the_cases(folder, capsys):
    frame = table()
    frame["timepoint"] = frame["sample_id"].map({"B": "followup", "F": "baseline"})
    frame.to_csv("t.tsv", sep="\t", index=False)
    assert run("--mutations", "t.tsv", "--out", "out") == 0
    shifts = tables.read(folder / "out", "cluster_shifts")
    assert set(shifts["case"]) == {"F__B"}
    assert "no column timepoint" not in capsys.readouterr().err


def test_one_sample_has_clusters_and_no_case(folder):
    frame = table()
    frame[frame["sample_id"].eq("B")].to_csv("b.tsv", sep="\t", index=False)
    assert run("--mutations", "b.tsv", "--out", "out") == 0
    assert len(tables.read(folder / "out", "mutations")) == 70
    assert tables.read(folder / "out", "cluster_shifts").empty
    assert tables.read(folder / "out", "lineage").empty


def test_many_patients_alone_or_together_on_one_core_or_two(folder):
    parts = [table(seed=seed).assign(patient=f"P{seed}") for seed in range(1, 5)]
    pd.concat(parts).to_csv("all.tsv", sep="\t", index=False)
    parts[2].to_csv("one.tsv", sep="\t", index=False)
    assert run("--mutations", "all.tsv", "--out", "one_core") == 0
    assert run("--mutations", "all.tsv", "--out", "two_cores", "--cores", "2") == 0
    assert bytes_of(folder / "one_core") == bytes_of(folder / "two_cores")
    assert run("--mutations", "one.tsv", "--out", "alone") == 0
    alone, together = (tables.read(folder / x, "mutations") for x in ("alone", "one_core"))
    part = together[together["patient"].eq("P3")].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, part)


def test_all_problems_at_once_and_nothing_written(folder, capsys):
    frame = table().astype({"alt_counts": object})
    frame.loc[3, "alt_counts"] = -2
    frame.loc[5, "tumour_content"] = 60
    frame.to_csv("bad.tsv", sep="\t", index=False)
    assert run("--mutations", "bad.tsv", "--out", "out") == 1
    assert capsys.readouterr().err.splitlines() == [
        "her2omics clones: bad.tsv line 5: alt_counts: -2 is no number of reads",
        "her2omics clones: bad.tsv line 7: tumour_content: 60: expected a share of cells above 0 "
        "and up to 1, such as 0.7; divide percentages by 100",
    ]
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "x.tsv: no such file"),
        ("", "x.tsv: the file is empty"),
        ("mutation_id\tsample_id\n", "x.tsv: no rows below the header"),
        ("<!DOCTYPE html><html>", "x.tsv: a web page (HTML), expected a table"),
        ("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n1\t5\t.\tA\tC\n", "no column"),
        ("a\tb\n1\t2\n", "x.tsv line 1: no column ref_counts and alt_counts and sample_id"),
    ],
)
def test_files_of_another_kind(folder, capsys, content, message):
    if content is not None:
        (folder / "x.tsv").write_text(content)
    assert run("--mutations", "x.tsv", "--out", "out") == 1
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert not (folder / "out").exists()


def test_a_file_in_the_place_of_the_folder(folder, capsys):
    (folder / "out").write_text("mine")
    assert run("--mutations", "m.tsv", "--out", "out") == 1
    assert "out: is a file, expected a folder to write to" in capsys.readouterr().err
    assert (folder / "out").read_text() == "mine"


def test_an_unknown_setting(folder, capsys):
    assert run("--mutations", "m.tsv", "--out", "out", "--set", "thresholds.shift=1") == 1
    assert "thresholds.shift" in capsys.readouterr().err
