"""The DNA tables of samples and patients: assays, several files, shared files, normals."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2omics import resources
from her2omics.readers import dna, gene_cn
from her2omics.sheets.config import read_config
from her2omics.sheets.study import read_study

SPECIMENS = (
    ("P1", "N", "normal"),
    ("P1", "B", "baseline"),
    ("P1", "F", "followup"),
    ("P2", "B2", "baseline"),
    ("P2", "F2", "followup"),
)
SNPS = "chromosome\tposition\tref_count\talt_count\n"
BINS = "chromosome\tstart\tend\tlog2\nchr17\t0\t1000\t0.5\nchr2\t0\t1000\t-0.5\n"
SEG = "ID\tchrom\tloc.start\tloc.end\tnum.mark\tseg.mean\n"
MUTATIONS = "mutation_id\tsample_id\tref_counts\talt_counts\n"


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Return a function that makes a study of (sample, assay, filetype, path, more) rows."""
    monkeypatch.chdir(tmp_path)

    def made(*rows):
        columns = ("patient", "sample", "timepoint")
        pd.DataFrame(SPECIMENS, columns=columns).to_csv("samples.tsv", sep="\t", index=False)
        units = [
            dict(zip(("sample", "assay", "filetype", "path"), row[:4], strict=True)) | more
            for *row, more in (row if isinstance(row[-1], dict) else (*row, {}) for row in rows)
        ]
        columns = ["sample", "assay", "filetype", "path", "unit", "column", "targets"]
        frame = pd.DataFrame(units, columns=columns)
        frame.to_csv("units.tsv", sep="\t", index=False)
        return read_study("samples.tsv", "units.tsv", config=read_config(None, {}))

    return made


def text(path, content):
    Path(path).write_text(content)
    return path


def snps(path, *rows):
    return text(path, SNPS + "".join("\t".join(map(str, row)) + "\n" for row in rows))


def test_every_filetype_has_its_reader(study, grch38):
    genes = resources.table("pam50_centroids.tsv")["gene"]
    log2 = pd.DataFrame({"B": np.linspace(-1, 1, len(genes)), "F": 0.1}, index=genes)
    log2.to_csv("genes.tsv", sep="\t")
    rows = [
        ("B", "wes", "bins", text("b.cnr", BINS), {"targets": text("t.bed", "17\t0\t9\n")}),
        ("B", "wes", "segments", text("c.seg", SEG + "B\t17\t1\t99\t5\t.5\nF\t17\t1\t99\t5\t.1\n")),
        ("F", "wes", "segments", "c.seg"),
        ("B", "wes", "gene_cn", "genes.tsv", {"unit": "log2"}),
        ("F", "wes", "gene_cn", "genes.tsv", {"unit": "log2"}),
        ("B", "wes", "snps", snps("s.tsv", ("17", 5, 3, 4))),
        ("B", "wes", "mutations", text("m.tsv", MUTATIONS + "a\tB\t5\t6\n")),
        ("B", "wes", "purity", text("p.tsv", "purity\tploidy\n.6\t3\n")),
    ]
    sheet = study(*rows)
    (found,) = dna.read_sample(sheet, "B", genome=grch38)
    assert found.files == {
        "bins": "b.cnr", "segments": "c.seg", "gene_cn": "genes.tsv", "snps": "s.tsv",
        "mutations": "m.tsv", "purity": "p.tsv",
    }  # fmt: skip
    assert (found.sample, found.patient, found.timepoint, found.assay) == (
        "B", "P1", "baseline", "wes")  # fmt: skip
    assert found.targets.name == "t.bed"
    assert found.bins.frame["chromosome"].tolist() == ["2", "17"]
    assert found.segments.frame["log2"].tolist() == [0.5]
    assert list(found.gene_cn.frame.columns) == ["B"]
    assert found.purity.modes["purity"].tolist() == [0.6]
    (other,) = dna.read_sample(sheet, "F", genome=grch38)
    assert other.files == {"segments": "c.seg", "gene_cn": "genes.tsv"}
    assert (other.gene_cn.frame["F"] == 0.1).all()
    assert (other.bins, other.targets) == (None, None)
    assert dna.read_sample(sheet, "F2", genome=grch38) == ()
    (some,) = dna.read_sample(sheet, "B", genome=grch38, kinds=("purity",))
    assert list(some.files) == ["purity"]


def test_two_assays_are_two_sets_of_tables(study, grch38):
    sheet = study(
        ("B", "panel", "bins", text("p.cnr", BINS)),
        ("B", "wes", "bins", text("w.cnr", BINS)),
        ("B", "panel", "purity", text("p.tsv", "purity\tploidy\n.6\t3\n")),
    )
    found = dna.read_sample(sheet, "B", genome=grch38)
    assert [(one.assay, one.files) for one in found] == [
        ("panel", {"bins": "p.cnr", "purity": "p.tsv"}),
        ("wes", {"bins": "w.cnr"}),
    ]


def test_the_normals_counts_stand_beside_the_tumours(study, grch38):
    tumour = snps("b.tsv", ("chr2", 7, 1, 2), ("chr17", 5, 3, 4))
    normal = snps("n.tsv", ("17", 5, 20, 21), ("17", 99, 9, 9))
    sheet = study(("N", "wes", "snps", normal), ("B", "wes", "snps", tumour))
    found = dna.read_patient(sheet, "P1", genome=grch38)
    assert [one.sample for one in found.normals] == ["N"]
    (baseline,) = found.tumours
    assert baseline.snps.normal_file == "n.tsv"
    assert baseline.snps.frame["ref_count"].tolist() == [1, 3]
    np.testing.assert_array_equal(baseline.snps.frame["normal_ref_count"], [np.nan, 20])
    np.testing.assert_array_equal(baseline.snps.frame["normal_alt_count"], [np.nan, 21])
    (alone,) = dna.read_sample(sheet, "B", genome=grch38)
    assert alone.snps.normal_file is None


def test_which_normal(study, grch38):
    same, other = ("17", 5, 20, 21), ("17", 5, 300, 301)
    tumour = snps("b.tsv", ("17", 5, 3, 4))
    both = [
        ("N", "wgs", "snps", snps("g.tsv", other)),
        ("N", "wes", "snps", snps("e.tsv", same)),
        ("B", "wes", "snps", tumour),
    ]
    (found,) = dna.read_patient(study(*both), "P1", genome=grch38).tumours
    assert found.snps.frame["normal_alt_count"].tolist() == [21]
    (found,) = dna.read_patient(study(both[0], both[2]), "P1", genome=grch38).tumours
    assert found.snps.frame["normal_alt_count"].tolist() == [301]
    own = "chromosome\tposition\tref_count\talt_count\tnormal_ref_count\tnormal_alt_count\n"
    text("b.tsv", own + "17\t5\t3\t4\t7\t8\n")
    (found,) = dna.read_patient(study(*both), "P1", genome=grch38).tumours
    assert found.snps.frame["normal_alt_count"].tolist() == [8]
    assert found.snps.normal_file == "b.tsv"


def test_normals_without_common_positions_are_none(study, grch38):
    rows = [
        ("N", "wes", "snps", snps("n.tsv", ("17", 6, 20, 21))),
        ("B", "wes", "snps", snps("b.tsv", ("17", 5, 3, 4))),
    ]
    (found,) = dna.read_patient(study(*rows), "P1", genome=grch38).tumours
    assert found.snps.normal_file is None


def test_files_by_chromosome_become_one_table(study, grch38):
    sheet = study(
        ("B", "wgs", "snps", snps("x.tsv", ("chrX", 5, 1, 2), ("chrM", 5, 1, 2))),
        ("B", "wgs", "snps", snps("2.tsv", ("chr2", 5, 3, 4))),
        ("B", "wgs", "mutations", text("snv.tsv", MUTATIONS + "a\tB\t5\t6\n")),
        ("B", "wgs", "mutations", text("indel.tsv", MUTATIONS + "b\tB\t7\t8\n")),
    )
    (found,) = dna.read_sample(sheet, "B", genome=grch38)
    assert found.snps.frame["chromosome"].tolist() == ["2", "X"]
    assert (found.snps.file, found.snps.dropped) == ("x.tsv, 2.tsv", {"chrM": 1})
    assert found.mutations.frame["mutation_id"].tolist() == ["a", "b"]
    assert dna.overlap_problems(sheet, genome=grch38) == []


def test_ids_alone_follow_the_mutations_with_a_place(study, grch38):
    places = "chromosome\tposition\tref\talt\tref_count\talt_count\tmajor_cn\n"
    sheet = study(
        ("B", "wgs", "mutations", text("ids.tsv", MUTATIONS + "a\tB\t5\t6\n")),
        ("B", "wgs", "mutations", text("places.tsv", places + "2\t9\tA\tT\t5\t6\t2\n")),
    )
    (found,) = dna.read_sample(sheet, "B", genome=grch38)
    assert found.mutations.frame["mutation_id"].tolist() == ["2:9:A:T", "a"]
    assert found.mutations.frame["position"].tolist() == [9, pd.NA]


def test_one_matrix_may_hold_two_assays_of_a_sample(study, grch38):
    genes = resources.table("pam50_centroids.tsv")["gene"]
    log2 = pd.DataFrame({"B_wes": np.linspace(-1, 1, len(genes)), "B_wgs": 0.1}, index=genes)
    log2.to_csv("genes.tsv", sep="\t")
    sheet = study(
        ("B", "wes", "gene_cn", "genes.tsv", {"unit": "log2", "column": "B_wes"}),
        ("B", "wgs", "gene_cn", "genes.tsv", {"unit": "log2", "column": "B_wgs"}),
    )
    wes, wgs = dna.read_sample(sheet, "B", genome=grch38)
    assert wes.gene_cn.frame["B"].iloc[0] == -1
    assert wgs.gene_cn.frame["B"].iloc[0] == 0.1
    assert problems_of(sheet, "genes.tsv", grch38) == []


def test_the_same_site_in_two_files_is_refused(study, grch38, messages):
    sheet = study(
        ("B", "wgs", "snps", snps("1.tsv", ("chr2", 5, 1, 2))),
        ("B", "wgs", "snps", snps("2.tsv", ("2", 5, 3, 4), ("2", 9, 3, 4))),
    )
    expected = [
        "2.tsv (B): 1 of its rows are also in 1.tsv, such as 2:5: files of one sample must hold "
        "different sites (merge lanes and callers before)"
    ]
    assert messages(dna.read_sample, sheet, "B", genome=grch38) == expected
    assert [str(problem) for problem in dna.overlap_problems(sheet, genome=grch38)] == expected


def test_a_file_of_two_samples_needs_their_names(study, grch38, messages):
    """Else one sample's segments would be taken for the other's."""
    text("one.seg", SEG + "B\t17\t1\t99\t5\t.5\n")
    sheet = study(("B", "wes", "segments", "one.seg"), ("F", "wes", "segments", "one.seg"))
    assert len(dna.read_sample(sheet, "B", genome=grch38)) == 1
    assert (
        "sample 'F' is not in it: the file holds B"
        in messages(dna.read_sample, sheet, "F", genome=grch38)[0]
    )
    text("one.seg", "chromosome\tstart\tend\tlog2\n17\t0\t99\t.5\n")
    assert "no column of sample names" in messages(dna.read_sample, sheet, "B", genome=grch38)[0]
    text("purity.txt", "purity: .5\nploidy: 2\n")
    sheet = study(("B", "wes", "purity", "purity.txt"), ("F", "wes", "purity", "purity.txt"))
    assert "no column of sample names" in messages(dna.read_sample, sheet, "B", genome=grch38)[0]


def test_a_bad_file_takes_its_sample_and_no_other(study, grch38):
    sheet = study(
        ("B", "wes", "bins", text("b.cnr", BINS.replace("0.5", "much"))),
        ("B", "wes", "purity", text("p.tsv", "purity\tploidy\n60\t3\n")),
        ("F", "wes", "bins", text("f.cnr", BINS)),
    )
    found = dna.read_patient(sheet, "P1", genome=grch38)
    assert [one.sample for one in found.tumours] == ["F"]
    assert [str(problem) for problem in found.problems] == [
        "b.cnr line 2 (B): log2: 'much' is not a number",
        "b.cnr line 3 (B): log2: '-much' is not a number",
        "p.tsv line 2 (B): purity: 60: expected a share between 0 and 1 - write 0.6?",
    ]
    assert found.lost[2] == ("B", "p.tsv", "60: expected a share between 0 and 1 - write 0.6?")


def test_a_matrix_is_read_once_and_its_sound_samples_are_kept(study, grch38, monkeypatch, messages):
    genes = resources.table("pam50_centroids.tsv")["gene"]
    log2 = pd.DataFrame({"B": np.linspace(-1, 1, len(genes)), "F": 0.1, "B2": np.nan}, index=genes)
    log2.to_csv("genes.tsv", sep="\t")
    sheet = study(*[(s, "wes", "gene_cn", "genes.tsv", {"unit": "log2"}) for s in ("B", "F", "B2")])
    asked = []
    whole = gene_cn.read_gene_cn
    monkeypatch.setattr(
        gene_cn, "read_gene_cn", lambda *a, **k: asked.append(list(k["columns"])) or whole(*a, **k)
    )
    for sample in ("B", "F"):
        (found,) = dna.read_sample(sheet, sample, genome=grch38)
        assert list(found.gene_cn.frame.columns) == [sample]
    expected = ["genes.tsv (B2): no value at all"]
    assert messages(dna.read_sample, sheet, "B2", genome=grch38) == expected
    assert asked == [["B", "F", "B2"], ["B", "F"]]


def problems_of(sheet, path, grch38):
    rows = sheet.units[sheet.units["path"].str.endswith(path)]
    found = dna.file_problems(sheet, rows, genome=grch38, shown=path)
    return [str(problem) for problem in found]


def test_a_file_of_many_samples_is_checked_for_all_of_them(study, grch38):
    names = [row[1] for row in SPECIMENS]
    text("c.seg", SEG + "".join(f"{name}\t17\t1\t99\t5\t.5\n" for name in names[:4]))
    sheet = study(*[(name, "wes", "segments", "c.seg") for name in names])
    assert problems_of(sheet, "c.seg", grch38) == [
        "c.seg (F2): sample 'F2' is not in it: the file holds N, B, F, B2 - did you mean 'F'?; "
        "name it in `column` of the units sheet"
    ]
    text("c.seg", SEG.replace("seg.mean", "value") + "B\t17\t1\t99\t5\t.5\n")
    assert len(problems_of(sheet, "c.seg", grch38)) == 1
    text(
        "c.seg", SEG + "".join(f"{name}\t17\t{n}\t9{n}.5\t5\t.5\n" for n, name in enumerate(names))
    )
    found = problems_of(sheet, "c.seg", grch38)
    assert len(found) == 6
    assert found[-1] == "c.seg: the file's other samples were not looked at"


def test_several_bins_of_one_assay_never_pass(study, grch38, messages):
    sheet = study(("B", "wes", "bins", text("b.cnr", BINS)))
    twice = pd.concat([sheet.units] * 2, ignore_index=True)
    assert messages(dna.read_sample, replace(sheet, units=twice), "B", genome=grch38) == [
        "b.cnr (B): 2 files of bins for one sample and assay: keep one"
    ]
