"""Both sheets together: what is refused, with the exact words, and what comes out."""

import time

import numpy as np
import pytest

from her2omics.errors import InputError
from her2omics.sheets.config import read_config
from her2omics.sheets.study import read_study

SAMPLES = [
    {"patient": "002", "sample": "B", "timepoint": "baseline", "her2_status": "positive"},
    {"patient": "002", "sample": "F", "timepoint": "followup", "setting": "relapse"},
]
UNITS = [
    {"sample": "B", "assay": "rna", "filetype": "matrix", "unit": "counts", "path": "m.tsv"},
    {"sample": "F", "assay": "rna", "filetype": "matrix", "unit": "counts", "path": "m.tsv"},
]


def sheet(rows, required):
    columns = list(dict.fromkeys([*required, *(column for row in rows for column in row)]))
    lines = ["\t".join(str(row.get(column, "")) for column in columns) for row in rows]
    return "\n".join(["\t".join(columns), *lines]) + "\n"


@pytest.fixture
def study(tmp_path):
    """Write the sheets beside some files and read them."""
    for name in (
        "m.tsv",
        "a.sf",
        "b.sf",
        "a.fastq.gz",
        "b.fastq.gz",
        "t.bam",
        "i.bam",
        "i.bam.bai",
    ):
        (tmp_path / name).write_text("content\n")
    (tmp_path / "quant").mkdir()

    def read(samples=SAMPLES, units=UNITS, **config):
        (tmp_path / "samples.tsv").write_text(
            sheet(samples, ("patient", "sample", "timepoint")), encoding="utf-8"
        )
        (tmp_path / "units.tsv").write_text(
            sheet(units, ("sample", "assay", "filetype", "path")), encoding="utf-8"
        )
        return read_study(
            tmp_path / "samples.tsv", tmp_path / "units.tsv", config=read_config(None, config)
        )

    return read


def with_samples(first=None, second=None, *more):
    return {"samples": [SAMPLES[0] | (first or {}), SAMPLES[1] | (second or {}), *more]}


def with_units(first=None, second=None, *more):
    return {"units": [UNITS[0] | (first or {}), UNITS[1] | (second or {}), *more]}


DNA = {"sample": "B", "assay": "wes", "unit": ""}
REFUSED = {
    "typo in a value": (
        with_samples(second={"timepoint": "folowup"}),
        ["samples.tsv line 3 (F): timepoint: 'folowup' is not one of normal, baseline, followup - "
         "did you mean 'followup'?"],
    ),
    "unknown column": (
        with_samples({"her2_ich": "3+"}),
        ["samples.tsv line 1: her2_ich: unknown column - did you mean 'her2_ihc'?"],
    ),
    "unknown column like none": (
        with_samples({"mood": "fine"}),
        ["samples.tsv line 1: mood: unknown column - a column of your own begins with 'x_'"],
    ),
    "empty id": (
        with_samples({"patient": "NA"}),
        ["samples.tsv line 2 (B): patient: is empty, every row needs one (NA counts as empty)"],
    ),
    "id with a space": (
        with_samples({"patient": "P 2"}),
        ["samples.tsv line 2 (B): patient: 'P 2' is not an id: letters, digits, '.', '_' and '-', "
         "first a letter or digit, without '__' (ids become file names)"],
    ),
    "id with shell characters": (with_samples({"patient": "$(rm)"}), ["'$(rm)' is not an id"]),
    "id with the separator of cases": (with_samples({"patient": "a__b"}), ["'a__b' is not an id"]),
    "id that hides a file": (with_samples({"patient": ".a"}), ["'.a' is not an id"]),
    "sample named none": (
        {"samples": [SAMPLES[0] | {"sample": "none"}], "units": []},
        ["'none' is not an id"],
    ),
    "percent for a share": (
        with_samples({"tumour_content": "40"}),
        ["samples.tsv line 2 (B): tumour_content: '40' is not a share from 0 to 1 - did you mean "
         "'0.4'? (percent are not used here)"],
    ),
    "percent sign for a share": (with_samples({"purity": "40%"}), ["did you mean '0.4'?"]),
    "decimal comma": (
        with_samples({"ploidy": "2,1"}),
        ["'2,1' is not a ploidy from 0.5 to 12 - did you mean '2.1' (decimal point)?"],
    ),
    "word for a number": (
        with_samples({"her2_ish_ratio": "high"}),
        ["her2_ish_ratio: 'high' is not a HER2/CEP17 ratio, 0 or more"],
    ),
    "negative copies": (with_samples({"cep17_copies": "-1"}), ["'-1' is not a mean copy number"]),
    "half a cell": (with_samples({"ish_cells": "20.5"}), ["'20.5' is not a whole number of cells"]),
    "IHC without plus": (
        with_samples({"her2_ihc": "3"}),
        ["'3' is not one of 0, 0+, 1+, 2+, 3+ - did you mean '3+'?"],
    ),
    "receptor": (
        with_samples({"er": "postive"}),
        ["'postive' is not positive, negative or a percentage from 0 to 100 - did you mean "
         "'positive'?"],
    ),
    "receptor beyond all cells": (with_samples({"pr": "101"}), ["'101' is not positive, negative"]),
    "therapy": (
        with_samples(second={"therapy_since_baseline": "t-dm1;tdxd"}),
        ["therapy_since_baseline: 'tdxd' is not one of trastuzumab, pertuzumab, t-dm1, t-dxd"],
    ),
    "exclude says no": (
        with_samples({"exclude": "no"}),
        ["exclude: 'no' is not a reason: any text here excludes the row, so leave the cell empty"],
    ),
    "setting of a baseline": (
        with_samples({"setting": "relapse"}),
        ["samples.tsv line 2 (B): setting: 'relapse' in a baseline row: the setting describes a "
         "follow-up, leave it empty elsewhere"],
    ),
    "duplicate sample": (
        with_samples(second={"sample": "B"}),
        ["samples.tsv line 3 (B): sample: the sample is already on line 2: every specimen has one "
         "row",
         "units.tsv line 3 (F): sample: the sample is not in the sample sheet"],
    ),
    "follow-up without baseline": (
        with_samples(None, None, {"patient": "3", "sample": "G", "timepoint": "followup"}),
        ["samples.tsv line 4 (G): timepoint: follow-up of patient 3, who has no baseline row"],
    ),
    "follow-up of an excluded baseline": (
        with_samples(
            {"exclude": "bad stain"}, None, {"patient": "3", "sample": "C", "timepoint": "baseline"}
        ),
        ["samples.tsv line 3 (F): timepoint: the baseline of patient 002 is excluded (line 2): "
         "exclude this row too"],
    ),
    "nothing to judge": (
        {"samples": [{"patient": "1", "sample": "N", "timepoint": "normal"}], "units": []},
        ["samples.tsv: no row with timepoint baseline: there is no case to judge"],
    ),
    "everything excluded": (
        with_samples({"exclude": "x"}, {"exclude": "x"}),
        ["samples.tsv: every baseline is excluded: no case is left"],
    ),
    "dates": (
        with_samples({"collected_days": "100"}, {"collected_days": "50"}),
        ["samples.tsv line 3 (F): collected_days: day 50 is before the baseline B (line 2, day "
         "100)"],
    ),
    "unit of an unknown sample": (
        with_units(second={"sample": "FF"}),
        ["units.tsv line 3 (FF): sample: the sample is not in the sample sheet - did you mean "
         "'F'?"],
    ),
    "filetype of another assay": (
        with_units({"filetype": "bam", "unit": "", "path": "i.bam"}),
        ["units.tsv line 2 (B): filetype: 'bam' does not go with assay rna: expected one of fastq, "
         "salmon, star, matrix"],
    ),
    "matrix without unit": (
        with_units({"unit": ""}),
        ["units.tsv line 2 (B): unit: is empty: a matrix needs its unit (counts, tpm, fpkm, "
         "log2_counts, log2_tpm, log2_ratio)"],
    ),
    "unit of another filetype": (
        with_units({"unit": "copies"}),
        ["unit: 'copies' is not one of counts, tpm, fpkm, log2_counts, log2_tpm, log2_ratio (units "
         "of a matrix)"],
    ),
    "unit with a typo": (
        with_units({"unit": "TPM"}),
        ["unit: 'TPM' is not one of counts, tpm,"],
    ),
    "missing file": (
        with_units({"path": "mm.tsv"}),
        ["units.tsv line 2 (B): path: mm.tsv: no such file - did you mean 'm.tsv'?; paths are "
         "relative to the sheet"],
    ),
    "missing folder": (
        with_units({"path": "data/m.tsv"}),
        ["data/m.tsv: no such file (there is no folder data either); paths are relative"],
    ),
    "folder of salmon": (
        with_units({"filetype": "salmon", "unit": "", "path": "quant"}),
        ["quant: is a folder, expected a file - give the file quant.sf inside it"],
    ),
    "bam that is none": (
        with_units(None, None, DNA | {"filetype": "bam", "path": "m.tsv"}),
        ["m.tsv: expected a .bam or .cram file"],
    ),
    "two matrices of one sample": (
        with_units(None, None, UNITS[0] | {"path": "a.sf"}),
        ["units.tsv line 4 (B): filetype: a second file (matrix) where line 2 already gives matrix "
         "of this sample and assay: keep one"],
    ),
    "the same row twice": (
        with_units(None, None, UNITS[0]),
        ["units.tsv line 4 (B): path: the same file as on line 2: keep one row"],
    ),
    "one file for two samples": (
        with_units(
            {"filetype": "salmon", "unit": "", "path": "a.sf"},
            {"filetype": "salmon", "unit": "", "path": "a.sf"},
        ),
        ["units.tsv line 3 (F): path: a.sf is also the file of sample B (line 2)"],
    ),
    "second read of a matrix": (
        with_units({"path2": "a.sf"}),
        ["path2: only fastq has a second file, found matrix"],
    ),
    "reads that are one file": (
        with_units(
            {"filetype": "fastq", "unit": "", "path": "a.fastq.gz", "path2": "a.fastq.gz"}
        ),
        ["path2: read 1 and read 2 are the same file"],
    ),
    "one cnr for two samples": (
        with_units(
            DNA | {"filetype": "bins", "path": "m.tsv"},
            DNA | {"sample": "F", "filetype": "bins", "path": "m.tsv"},
        ),
        ["units.tsv line 3 (F): path: m.tsv is also the file of sample B (line 2)"],
    ),
    "two designs of one sample": (
        with_units(
            DNA | {"filetype": "bins", "path": "m.tsv", "targets": "m.tsv"},
            DNA | {"filetype": "purity", "path": "m.tsv", "targets": "a.sf"},
        ),
        ["targets: a.sf is another design than m.tsv of line 2, of the same sample and assay"],
    ),
    "missing targets": (
        with_units(None, None, DNA | {"filetype": "bins", "path": "m.tsv", "targets": "t.bed"}),
        ["targets: t.bed: no such file"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sheets", "messages"), REFUSED.values(), ids=REFUSED.keys())
def test_a_wrong_study_is_refused(study, sheets, messages):
    with pytest.raises(InputError) as caught:
        study(**sheets)
    assert len(caught.value.problems) == len(messages), str(caught.value)
    for problem, message in zip(caught.value.problems, messages, strict=True):
        assert message in str(problem)


def test_problems_of_both_sheets_at_once(study):
    with pytest.raises(InputError) as caught:
        study(
            [SAMPLES[0] | {"timepoint": "base", "purity": "2"}, SAMPLES[1] | {"er": "?"}],
            [UNITS[0] | {"assay": "dna"}],
        )
    assert [(problem.file, problem.line, problem.column) for problem in caught.value.problems] == [
        ("samples.tsv", 2, "timepoint"),
        ("samples.tsv", 3, "er"),
        ("samples.tsv", 2, "purity"),
        ("units.tsv", 2, "assay"),
    ]


def test_a_sound_study_is_typed(study, tmp_path):
    found = study(
        [
            SAMPLES[0] | {"purity": "0.6", "er": "90%", "x_own": "1", "note": "a, b"},
            SAMPLES[1] | {"therapy_since_baseline": "t-dm1 ; chemo"},
            {"patient": "002", "sample": "N", "timepoint": "normal"},
        ]
    )
    samples = found.samples.set_index("sample")
    assert samples["patient"].tolist() == ["002"] * 3
    assert samples.loc["B", ["er", "x_own", "note", "line"]].tolist() == ["90", "1", "a, b", 2]
    assert samples["purity"].dtype == float
    assert samples.loc["B", "purity"] == 0.6
    assert np.isnan(samples.loc["F", "purity"])
    assert samples.loc["B", "setting"] is None
    assert samples.loc["F", "therapy_since_baseline"] == "t-dm1;chemo"
    assert samples["guideline_year"].dtype == float
    assert found.units["path"].tolist() == [str(tmp_path / "m.tsv")] * 2
    assert found.units["line"].tolist() == [2, 3]
    assert found.units.loc[0, "targets"] is None
    assert found.cases["case"].tolist() == ["B__F"]
    assert found.patients() == ["002"]
    assert found.warnings == ()


def test_sheets_need_only_the_required_columns(study):
    found = study([{"patient": "1", "sample": "B", "timepoint": "baseline"}], [])
    assert found.cases["case"].tolist() == ["B__none"]
    assert len(found.units) == 0
    assert "path2" in found.units


def test_the_order_of_columns_does_not_matter(study):
    turned = [dict(reversed(row.items())) for row in SAMPLES]
    assert study(turned).samples.equals(study().samples)


def test_excluded_rows_stay_in_the_table_and_mark_their_case(study):
    extra = {"patient": "002", "sample": "F2", "timepoint": "followup", "exclude": "no tumour"}
    found = study([*SAMPLES, extra], [*UNITS, UNITS[0] | {"sample": "F2", "path": "gone.tsv"}])
    assert found.samples["exclude"].tolist() == [None, None, "no tumour"]
    assert found.cases["case"].tolist() == ["B__F", "B__F2"]
    assert found.cases["excluded"].tolist() == [None, "F2: no tumour"]
    assert found.units["sample"].tolist() == ["B", "F"]


def test_allowed_but_worth_a_word(study):
    found = study(
        [
            SAMPLES[0]
            | {"her2_ihc": "1+", "her2_ish_copies": "300", "cep17_copies": "60"}
            | {"therapy_since_baseline": "chemo"},
            SAMPLES[1],
        ],
        [
            UNITS[0] | {"targets": "m.tsv"},
            UNITS[1] | {"filetype": "salmon", "path": "a.sf", "column": "c"},
        ],
    )
    texts = [str(warning) for warning in found.warnings]
    assert len(texts) == 6
    assert "samples.tsv line 2 (B): her2_ish_copies: ISH values do not fit together" in texts[0]
    assert "totals, divide both by the cells counted" in texts[0]
    assert "'positive' although IHC is 1+: the reported status is used" in texts[1]
    assert "belongs to follow-ups, not used in a baseline row" in texts[2]
    assert "targets: not used with assay rna" in texts[3]
    assert "unit: 'counts' is not used: only matrix and gene_cn have a unit" in texts[4]
    assert "column: 'c' is not used: a salmon file holds one sample" in texts[5]


def test_lanes_and_an_indexed_bam_are_sound(study):
    fastq = {"sample": "F", "assay": "wes", "filetype": "fastq"}
    found = study(
        units=[
            {"sample": "B", "assay": "wes", "filetype": "bam", "path": "i.bam"},
            fastq | {"path": "a.fastq.gz", "lane": "1"},
            fastq | {"path": "b.fastq.gz", "lane": "2"},
        ]
    )
    assert len(found.units) == 3


def test_two_thousand_rows_are_checked_in_a_second(study):
    samples, units = [], []
    for number in range(1000):
        for name, row in zip("BF", SAMPLES, strict=True):
            sample = f"P{number}_{name}"
            row = row | {"patient": f"P{number}", "sample": sample, "purity": (number + 1) / 1001}
            samples.append(row)
            units.append(UNITS[0] | {"sample": sample})
    study()
    started = time.process_time()
    found = study(samples, units)
    assert time.process_time() - started < 1.5
    assert len(found.cases) == 1000
