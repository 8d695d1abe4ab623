"""`her2omics clones` on a study: sheets, copy number, bad files, and the gate of the lineage."""

import numpy as np
import pandas as pd
import pytest

from her2omics import tables
from her2omics.cli import main

ONE_TUMOUR = ((1, 1, 30), (0.2, 1.0, 20), (0.6, 0.0, 20))
TWO_TUMOURS = ((1, 0, 40), (0, 1, 40))
PURITY = (0.7, 0.6)


def counts(*, seed, clones, purity=PURITY):
    """Reads of diploid mutations by sample: clones as (baseline, follow-up, number)."""
    rng = np.random.default_rng(seed)
    rows = ([], [])
    place = 0
    for before, after, number in clones:
        for _ in range(number):
            place += 1
            where = (str(1 + place % 16), 5_000_000 + 300_000 * place, "A", "T")
            for part, fraction, share in zip(rows, (before, after), purity, strict=True):
                depth = rng.poisson(120)
                alt = rng.binomial(depth, 0.001 + 0.998 * share * fraction / 2)
                part.append((*where, depth - alt, alt))
    columns = ["chromosome", "position", "ref", "alt", "ref_counts", "alt_counts"]
    return [pd.DataFrame(part, columns=columns) for part in rows]


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Return a function that writes a study of patients by their clones; ``None``: no file."""
    monkeypatch.chdir(tmp_path)

    def make(*, normals=(), purities=PURITY, **patients):
        samples, units = [], []
        for seed, (name, clones) in enumerate(patients.items()):
            for time, share in zip(("baseline", "followup"), purities, strict=True):
                samples.append((name, f"{name}_{time[0].upper()}", time, share))
            if name in normals:
                samples.append((name, f"{name}_N", "normal", ""))
            if clones is not None:
                for letter, frame in zip("BF", counts(seed=seed, clones=clones), strict=True):
                    frame.to_csv(f"{name}_{letter}.tsv", sep="\t", index=False)
                    units.append((f"{name}_{letter}", "wes", "mutations", f"{name}_{letter}.tsv"))
        columns = ["patient", "sample", "timepoint", "purity"]
        pd.DataFrame(samples, columns=columns).to_csv("samples.tsv", sep="\t", index=False)
        columns = ["sample", "assay", "filetype", "path"]
        pd.DataFrame(units, columns=columns).to_csv("units.tsv", sep="\t", index=False)
        return tmp_path

    return make


def run(verb, *more):
    return main([verb, "--samples", "samples.tsv", "--units", "units.tsv", *more])


def test_the_patients_with_mutations_have_rows_and_cases_of_the_sheet(study):
    out = study(P1=ONE_TUMOUR, P2=None, P3=ONE_TUMOUR) / "out"
    assert run("clones", "--out", "out") == 0
    shifts = tables.read(out, "cluster_shifts")
    assert list(dict.fromkeys(shifts["case"])) == ["P1_B__P1_F", "P3_B__P3_F"]
    assert {"sweep", "loss", "clonal"} <= set(shifts["call"])
    assert set(tables.read(out, "mutations")["patient"]) == {"P1", "P3"}
    assert list(tables.read(out, "clone_samples")["tumour_content"]) == [0.7, 0.6] * 2
    assert set(tables.read(out, "lineage")["call"]) == {"related"}


def test_batches_hold_what_the_whole_holds(study):
    folder = study(P1=ONE_TUMOUR, P2=ONE_TUMOUR)
    assert run("clones", "--out", "all") == 0
    parts = []
    for number in (1, 2):
        assert run("clones", "--batch", f"{number}/2", "--out", f"b{number}") == 0
        parts.append(tables.read(folder / f"b{number}", "clusters"))
    whole = tables.read(folder / "all", "clusters")
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)


def test_a_study_without_mutations_has_tables_without_rows(study):
    out = study(P1=None) / "out"
    assert run("clones", "--out", "out") == 0
    assert tables.read(out, "clusters").empty
    assert tables.read(out, "lineage").empty


def test_purity_and_copies_of_the_copy_number_tables(study):
    folder = study(P1=((1, 1, 60),))
    ids = {"sample": ["P1_B", "P1_F"], "patient": "P1"}
    fit = {"purity": [0.5, 0.6], "ploidy": 2.0, "source": "dna", "mode": 1, "weight": 1.0}
    tables.write(pd.DataFrame(ids | fit), "purity", folder / "cn")
    segments = pd.DataFrame(ids | {"start": 0, "end": 50_000_000, "copies": 3.1}).merge(
        pd.DataFrame({"chromosome": [str(n) for n in range(1, 18)]}), how="cross"
    )
    tables.write(segments, "copy_number_segments", folder / "cn")
    assert run("clones", "--copy-number", "cn", "--out", "with") == 0
    assert run("clones", "--out", "without") == 0
    samples = tables.read(folder / "with", "clone_samples")
    assert list(samples["tumour_content"]) == [0.5, 0.6]
    # .35 mutated reads: one of two copies at purity .7, more than one of three at purity .5.
    first = {
        name: tables.read(folder / name, "mutations").groupby("sample_id")["ccf"].median()
        for name in ("with", "without")
    }
    assert first["without"]["P1_B"] > 0.9
    assert run("clones", "--copy-number", "nowhere", "--out", "out") == 1


def test_a_sample_without_purity_is_left_out_and_named(study, capsys):
    out = study(P1=ONE_TUMOUR, purities=(0.7, "")) / "out"
    assert run("clones", "--out", "out") == 0
    assert set(tables.read(out, "clusters")["sample_id"]) == {"P1_B"}
    assert tables.read(out, "lineage").empty
    message = "P1_F): its mutations are left out: nothing tells the purity of the sample"
    assert message in capsys.readouterr().err


def test_a_bad_file_stops_or_leaves_its_sample_out(study, capsys):
    folder = study(P1=ONE_TUMOUR, P2=ONE_TUMOUR)
    text = (folder / "P1_F.tsv").read_text().replace("alt_counts", "reads")
    (folder / "P1_F.tsv").write_text(text)
    assert run("clones", "--out", "out") == 1
    assert not (folder / "out").exists()
    lines = [line for line in capsys.readouterr().err.splitlines() if "P1_F" in line]
    assert len(lines) == 1
    assert run("clones", "--out", "out", "--set", "on_bad_file=gate") == 0
    assert "warning: P1_F.tsv" in capsys.readouterr().err
    assert set(tables.read(folder / "out", "clusters")["sample_id"]) == {"P1_B", "P2_B", "P2_F"}
    assert list(tables.read(folder / "out", "lineage")["case"]) == ["P2_B__P2_F"]
    errors = tables.read(folder / "out", "clone_errors")
    assert list(errors["sample"].unique()) == ["P1_F"]
    assert run("copy-number", "--out", "out", "--set", "on_bad_file=gate") == 0
    same = tables.read(folder / "out", "copy_number_errors")
    assert list(same["message"]) == list(errors["message"])
    assert run("quality", "--cohort", "nowhere", "--out", "out") == 0
    gates = tables.read(folder / "out", "quality")
    stopped = gates[gates["code"].eq("INPUT_ERROR")]
    assert len(stopped) == len(errors)  # once each, though both verbs name it
    assert set(stopped["case"]) == {"P1_B__P1_F"}
    assert set(stopped["kind"]) == {"S"}


def test_one_table_or_the_sheets(study, capsys):
    study(P1=ONE_TUMOUR)
    assert run("clones", "--mutations", "P1_B.tsv", "--out", "out") == 1
    assert "--samples: goes with the sheets" in capsys.readouterr().err


@pytest.mark.parametrize("targets", [True, False])
def test_what_a_list_of_calls_leaves_out_is_absent_inside_the_targets_only(study, targets):
    folder = study(P1=((1, 1, 30), (0, 1, 30)))
    calls = pd.read_csv(folder / "P1_B.tsv", sep="\t")
    calls[calls["alt_counts"].gt(5)].to_csv("P1_B.tsv", sep="\t", index=False)
    units = pd.read_csv("units.tsv", sep="\t")
    if targets:
        # The later half of the sites, private to the follow-up, but not all of them.
        bed = "".join(f"chr{n}\t0\t{20_000_000 if n < 9 else 10_000}\n" for n in range(1, 23))
        (folder / "design.bed").write_text("track name=design\n" + bed)
        units["targets"] = "design.bed"
    units.to_csv("units.tsv", sep="\t", index=False)
    assert run("clones", "--out", "out") == 0
    clusters = tables.read(folder / "out", "clusters").set_index(["sample_id", "cluster_id"])
    covered = tables.read(folder / "out", "clone_samples").set_index("sample_id")["covered"]
    assert covered["P1_F"] == 60
    if targets:
        late = calls.iloc[30:]
        within = late["chromosome"].lt(9) & late["position"].le(20_000_000)
        assert covered["P1_B"] == 30 + within.sum() > 30
        assert clusters.loc["P1_B", "ccf"].min() < 0.05
    else:
        assert covered["P1_B"] == 30
        assert tables.read(folder / "out", "lineage")["private_followup"].eq(0).all()


def test_targets_that_are_no_bed_are_named_once(study, capsys):
    folder = study(P1=ONE_TUMOUR)
    (folder / "design.bed").write_text("chr1\t100\t50\n")
    pd.read_csv("units.tsv", sep="\t").assign(targets="design.bed").to_csv(
        "units.tsv", sep="\t", index=False
    )
    assert run("clones", "--out", "out") == 1
    (line,) = [x for x in capsys.readouterr().err.splitlines() if "design.bed" in x]
    assert "design.bed line 1: expected a region" in line


def test_two_tumours_of_one_patient_stop_their_case(study):
    out = study(P1=TWO_TUMOURS, P2=ONE_TUMOUR, P3=TWO_TUMOURS, normals=("P1", "P2")) / "out"
    assert run("clones", "--out", "out") == 0
    assert run("quality", "--out", "out") == 0
    found = tables.read(out, "quality")
    stopped = found[found["code"].eq("UNRELATED_TUMOUR")]
    assert list(stopped["case"]) == ["P1_B__P1_F"]
    assert list(stopped["kind"]) == ["S"]
    unchecked = found.loc[found["code"].eq("LINEAGE_UNCHECKED"), "case"]
    assert list(unchecked) == ["P3_B__P3_F"]  # no normal


def test_classify_asks_for_the_clusters_of_mutations_in_the_sheet(study, capsys):
    study(P1=ONE_TUMOUR)
    assert run("classify", "--tables", "nothing", "--out", "out") == 1
    assert "holds no clusters.tsv" in capsys.readouterr().err
    assert run("clones", "--out", "out") == 0
    assert run("quality", "--out", "out") == 0
    assert run("classify", "--out", "out") == 0
    found = tables.read("out", "evidence")
    assert found["variable"].eq("cluster_ccf").any()


def joint_vcf(path, *, seed):
    """One VCF of both tumours and the normal: 60 somatic mutations, 20 germline, 5 that failed."""
    rng = np.random.default_rng(seed)
    before, after = counts(seed=seed, clones=((1, 1, 30), (0, 1, 30)))
    head = [
        "##fileformat=VCFv4.2",
        '##FILTER=<ID=weak,Description="x">',
        '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="x">',
        *(f"##contig=<ID={number}>" for number in range(1, 23)),
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tP1_B\tP1_F\tP1_N",
    ]
    rows = []
    for one, two in zip(before.itertuples(), after.itertuples(), strict=True):
        reads = f"{one.ref_counts},{one.alt_counts}\t{two.ref_counts},{two.alt_counts}\t80,0"
        rows.append((one.chromosome, one.position, "PASS", reads))
    for number in range(25):
        alt = rng.binomial(100, 0.5, 3)
        reads = "\t".join(f"{100 - n},{n}" for n in (alt if number < 20 else (3, 4, 0)))
        rows.append(("20", 1_000_000 + 1000 * number, "PASS" if number < 20 else "weak", reads))
    lines = [f"{c}\t{p}\t.\tA\tT\t.\t{passed}\t.\tAD\t{reads}" for c, p, passed, reads in rows]
    path.write_text("\n".join([*head, *lines]) + "\n")


@pytest.mark.parametrize("normal", [True, False])
def test_one_vcf_of_tumours_and_normal(study, normal, capsys):
    folder = study(P1=ONE_TUMOUR, normals=("P1",) if normal else ())
    joint_vcf(folder / "joint.vcf", seed=3)
    names = ["P1_B", "P1_F", *(["P1_N"] if normal else [])]
    units = [(name, "wes", "mutations", "joint.vcf") for name in names]
    columns = ["sample", "assay", "filetype", "path"]
    pd.DataFrame(units, columns=columns).to_csv("units.tsv", sep="\t", index=False)
    assert run("check") == 0
    assert run("clones", "--out", "out") == 0
    said = capsys.readouterr().err
    assert "P1_B: mutations left out:" in said
    assert "5 FILTER not passed in any sample" in said
    assert ("20 carried by the normal" in said) == normal
    found = tables.read(folder / "out", "mutations")
    assert found["mutation_id"].nunique() == (60 if normal else 80)
    assert list(tables.read(folder / "out", "lineage")["normal"]) == ["reads" if normal else "none"]
    assert run("quality", "--cohort", "nowhere", "--out", "out") == 0
    gates = tables.read(folder / "out", "quality")
    assert ("NO_NORMAL" in set(gates["code"])) != normal


@pytest.fixture
def amplified(study):
    """A study whose patients have a mutation on the amplicon: P1 with a normal, P2 without one."""
    folder = study(normals=("P1",), P1=ONE_TUMOUR, P2=ONE_TUMOUR)
    names = ["P1_B", "P1_F", "P2_B", "P2_F"]
    for name, counted in zip(names, ((30, 70), (100, 0)) * 2, strict=True):
        with (folder / f"{name}.tsv").open("a") as file:
            file.write("\t".join(["17", "39600000", "C", "T", *map(str, counted)]) + "\n")
    ids = {"sample": names, "patient": [name[:2] for name in names]}
    fit = {"purity": 0.6, "ploidy": 2.0, "source": "dna", "mode": 1, "weight": 1.0}
    tables.write(pd.DataFrame(ids | fit), "purity", folder / "cn")
    baseline = np.array([True, False] * 2)
    levels = {
        "amplicon_start": np.where(baseline, 39_000_000, np.nan),
        "amplicon_end": np.where(baseline, 40_000_000, np.nan),
        "amplified_haplotype_share": np.where(baseline, 0.9, 0.49),
        "amplified_haplotype_share_sd": 0.02,
    }
    tables.write(pd.DataFrame(ids | levels), "copy_number", folder / "cn")
    return folder


def test_mutations_on_the_amplicon_are_evidence_of_their_own_and_of_no_cluster(amplified):
    assert run("clones", "--copy-number", "cn", "--out", "out") == 0
    found = tables.read(amplified / "out", "amplicon_branch").set_index("patient")
    assert found["mutations"].to_dict() == {"P1": 1, "P2": 0}
    assert found.at["P1", "log_lr"] == 1
    assert abs(found.at["P2", "log_lr"]) < 0.5
    rows = tables.read(amplified / "out", "mutations")
    rows = rows[rows["mutation_id"].str.startswith("17:")].set_index("sample_id")
    assert (rows.loc[["P1_B", "P1_F"], "cluster_id"] == -1).all()
    assert rows.at["P1_B", "ccf"] > 0.3
    assert rows.at["P1_F", "ccf_high"] < 0.1


def test_the_reads_on_the_amplicon_reach_the_verdict(amplified):
    assert run("clones", "--copy-number", "cn", "--out", "cn") == 0
    assert run("quality", "--tables", "cn", "--out", "cn") == 0
    assert run("classify", "--tables", "cn", "--out", "out") == 0
    evidence = tables.read(amplified / "out", "evidence")
    rows = evidence[evidence["variable"].eq("amplicon_branch_loglr")].set_index("case")
    written = tables.read(amplified / "cn", "amplicon_branch").set_index("case")["log_lr"]
    assert rows["value"].astype(float).to_dict() == pytest.approx(written.to_dict(), rel=1e-4)
