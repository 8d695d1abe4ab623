"""Gates that need the sheets, the files or the arms' tables.

Kinds: S stops the verdict, C caps it at ``probable``, F drops or widens the factor concerned, N is
shown. A missing modality is not a low one: it fires no gate here. The gates that can be read from
the evidence alone fire in ``her2omics.mechanism.gates``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from types import SimpleNamespace

import pandas as pd

from her2omics import tables
from her2omics.cohort.protocol import pair_differs
from her2omics.quality import identity as persons
from her2omics.thresholds import limits

# Codes of kind S: the verdict is `not_assessable`.
STOPS = frozenset(
    {
        "EXCLUDED",
        "NO_FOLLOWUP",
        "INPUT_ERROR",
        "GENOTYPE_MISMATCH",
        "UNRELATED_TUMOUR",
        "BASELINE_NOT_POSITIVE",
        "BASELINE_UNCONFIRMED",
        "NO_LOCUS_EVIDENCE",
    }
)
_TIMES = (("baseline", "baseline"), ("followup", "follow-up"))


@dataclass(frozen=True)
class Gate:
    """One gate that fired (a row of table ``quality`` without its case)."""

    code: str
    kind: str
    sample: str | None = None
    value: str | None = None
    threshold: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Inputs:
    """What the gates look at: the sheets and the tables of cohort and arms (may be empty).

    Attributes
    ----------
    samples
        The sample sheet, indexed by sample.
    noise, subtypes
        Tables of those names, indexed by sample.
    switches
        Table ``switches``, indexed by case.
    input_errors, identity
        Tables of those names.
    lineage
        Table ``lineage``, indexed by case.
    single_cell
        Table ``single_cell``, indexed by sample.
    limit
        Thresholds.
    """

    samples: pd.DataFrame
    noise: pd.DataFrame
    subtypes: pd.DataFrame
    switches: pd.DataFrame
    input_errors: pd.DataFrame
    identity: pd.DataFrame
    lineage: pd.DataFrame
    single_cell: pd.DataFrame
    limit: SimpleNamespace

    def rna(self, sample: str | None) -> bool:
        """Return whether the sample has RNA in the cohort."""
        return sample in self.noise.index


Rule = Callable[[Mapping, Inputs], Iterator[Gate]]


def _both(case: Mapping) -> Iterator[tuple[str, str]]:
    for column, word in _TIMES:
        if case[column] is not None:
            yield case[column], word


def input_error(case: Mapping, inputs: Inputs) -> Iterator[Gate]:
    """A file turned out unreadable (config ``on_bad_file: gate``)."""
    names = {sample for sample, _ in _both(case)}
    errors = inputs.input_errors[inputs.input_errors["sample"].isin(names)]
    for sample, file, message in zip(
        errors["sample"], errors["file"], errors["message"], strict=True
    ):
        yield Gate("INPUT_ERROR", "S", sample, file, "a readable file", message)


def decalcified(case: Mapping, inputs: Inputs) -> Iterator[Gate]:
    """Decalcification ruins DNA and probes."""
    for sample, word in _both(case):
        if inputs.samples.at[sample, "preservation"] == "decalcified":
            note = f"The {word} biopsy was decalcified: DNA and ISH count for less."
            yield Gate("DECALCIFIED", "F", sample, "decalcified", "not decalcified", note)


def preanalytic(case: Mapping, inputs: Inputs) -> Iterator[Gate]:
    """Late fixation loses HER2 protein and mimics its loss."""
    limit = inputs.limit.fixation_delay_hours
    for sample, word in _both(case):
        delay = inputs.samples.at[sample, "fixation_delay_hours"]
        if delay > limit:
            note = f"The {word} biopsy was fixed late: its reported HER2 status is not used."
            yield Gate("PREANALYTIC", "F", sample, f"{delay:g} h", f"{limit:g} h", note)


def mixed_protocol(case: Mapping, inputs: Inputs) -> Iterator[Gate]:
    """Library protocols shift single genes by SD .88 log2."""
    names = [sample for sample, _ in _both(case)]
    if len(names) < 2 or not all(inputs.rna(name) for name in names):
        return
    made = [
        {"protocol": inputs.noise.at[name, "protocol"], "unit": inputs.noise.at[name, "unit"]}
        for name in names
    ]
    differs = pair_differs(*made)
    if differs is not None:
        note = "RNA of the two biopsies was made differently: levels and programme count for less."
        yield Gate("MIXED_PROTOCOL", "F", None, differs, "the same", note)


def low_library(case: Mapping, inputs: Inputs) -> Iterator[Gate]:
    """Few reads leave single genes noisy."""
    for sample, word in _both(case):
        if not inputs.rna(sample):
            continue
        size = inputs.noise.at[sample, "library_size"]
        if size < inputs.limit.min_library:
            note = f"Few RNA reads in the {word} biopsy: ERBB2 and its neighbours count for less."
            threshold = f"{inputs.limit.min_library:,.0f} reads"
            yield Gate("LOW_LIBRARY", "F", sample, f"{size:,.0f} reads", threshold, note)


def few_genes(case: Mapping, inputs: Inputs) -> Iterator[Gate]:
    """Below 30 PAM50 genes no subtype is called."""
    for sample, word in _both(case):
        if sample not in inputs.subtypes.index:
            continue
        used = inputs.subtypes.at[sample, "genes_used"]
        if used < inputs.limit.min_pam50_genes_call:
            note = f"Too few PAM50 genes in the {word} biopsy: the programme is not used."
            threshold = f"{inputs.limit.min_pam50_genes_call:g} genes"
            yield Gate("FEW_GENES", "F", sample, f"{used} genes", threshold, note)


def normal_like(case: Mapping, inputs: Inputs) -> Iterator[Gate]:
    """A follow-up that looks like normal breast may be normal breast."""
    sample = case["followup"]
    if sample in inputs.subtypes.index and inputs.subtypes.at[sample, "subtype"] == "Normal":
        margin = inputs.subtypes.at[sample, "margin"]
        note = "RNA of the follow-up is dominated by normal tissue."
        yield Gate("NORMAL_LIKE", "C", sample, f"Normal-like, margin {margin:.2f}", None, note)


def assay_changed(case: Mapping, inputs: Inputs) -> Iterator[Gate]:
    """Another antibody clone or guideline can change a status by itself."""
    if case["followup"] is None:
        return
    before, after = inputs.samples.loc[case["baseline"]], inputs.samples.loc[case["followup"]]
    for column, word in (("her2_clone", "antibody clone"), ("guideline_year", "guideline")):
        first, second = before[column], after[column]
        if pd.notna(first) and pd.notna(second) and first != second:
            value = " against ".join(
                f"{v:g}" if isinstance(v, float) else str(v) for v in (first, second)
            )
            note = f"The HER2 tests differ in their {word}."
            yield Gate("ASSAY_CHANGED", "N", None, value, "the same", note)
            return


def single_region(case: Mapping, inputs: Inputs) -> Iterator[Gate]:
    """One biopsy per time cannot tell selection from sampling of a mosaic."""
    if case["followup"] is None:
        return
    samples = inputs.samples
    mine = samples[samples["patient"].eq(case["patient"]) & samples["exclude"].isna()]
    counts = mine["timepoint"].value_counts()
    if counts.get("baseline", 0) < 2 and counts.get("followup", 0) < 2:
        note = "One region per time: selection and sampling are not told apart."
        yield Gate("SINGLE_REGION", "N", None, "1 and 1", "2 or more", note)


def genotype_mismatch(case: Mapping, inputs: Inputs) -> Iterator[Gate]:
    """Two of the case's samples, or one of them and a normal, are of two people."""
    rows = persons.of_case(case, inputs.identity, inputs.samples)
    for row in persons.different(rows).to_dict("records"):
        other = row["sample_b"] or f"the normal in the file of {row['sample_a']}"
        value = f"{row['concordance']:.0%} of {row['sites']} SNPs equal"
        note = f"{row['sample_a']} and {other} are not of one person"
        note += f": {row['note']}." if row["note"] else "."
        yield Gate("GENOTYPE_MISMATCH", "S", row["sample_a"], value, "one person", note)


def identity_unchecked(case: Mapping, inputs: Inputs) -> Iterator[Gate]:
    """No genotypes say that both biopsies come from the same person."""
    if case["followup"] is None:
        return
    rows = persons.of_case(case, inputs.identity, inputs.samples)
    if persons.checked(case, rows):
        return
    note = "No genotypes: that both biopsies are of one person was not checked."
    value = None
    if len(rows):
        most = int(rows["sites"].max())
        value = f"{most} shared SNPs"
        why = "; ".join(dict.fromkeys(rows["note"].dropna())) or "the genotypes do not decide"
        note = f"That both biopsies are of one person is not known: {why}."
    yield Gate("IDENTITY_UNCHECKED", "N", None, value, "genotypes of both", note)


def no_normal(case: Mapping, inputs: Inputs) -> Iterator[Gate]:
    """Mutations without a matched normal: germline variants are among them."""
    if case["case"] in inputs.lineage.index and inputs.lineage.at[case["case"], "normal"] == "none":
        note = "No matched normal: clusters of mutations that one biopsy alone has count for less."
        yield Gate("NO_NORMAL", "F", None, "none", "a normal in the sheet, or its reads", note)


def unrelated_tumour(case: Mapping, inputs: Inputs) -> Iterator[Gate]:
    """The mutations of the two biopsies, made against a normal, are of two tumours."""
    if case["case"] not in inputs.lineage.index:
        return
    row = inputs.lineage.loc[case["case"]]
    if row["call"] == "unrelated" and row["normal"] != "none":
        value = f"log10 Bayes factor of one origin {row['log10_bayes_factor']:.1f}"
        threshold = f"above -{inputs.limit.lineage_bayes_factor:g}"
        private = f"{row['private_baseline']} and {row['private_followup']}"
        note = (
            f"{case['baseline']} and {case['followup']} are of two tumours: {private} mutations are"
            f" clonal in one and visibly absent in the other, {row['shared']} are in both."
        )
        yield Gate("UNRELATED_TUMOUR", "S", case["followup"], value, threshold, note)


def lineage_unchecked(case: Mapping, inputs: Inputs) -> Iterator[Gate]:
    """No mutations say whether both biopsies are of one tumour."""
    if case["followup"] is None:
        return
    value, threshold = None, "mutations of both, made against a normal"
    note = "No mutations of both biopsies: that they are of one tumour was not checked."
    if case["case"] in inputs.lineage.index:
        row = inputs.lineage.loc[case["case"]]
        value = f"log10 Bayes factor of one origin {row['log10_bayes_factor']:.1f}"
        note = "That both biopsies are of one tumour is not known: "
        if row["call"] == "not_assessable":
            threshold = f"beyond +-{inputs.limit.lineage_bayes_factor:g}"
            note += "their mutations do not decide."
        elif row["normal"] == "none":
            note += "no matched normal, and germline variants look shared."
        else:
            return
    yield Gate("LINEAGE_UNCHECKED", "N", None, value, threshold, note)


def few_cells(case: Mapping, inputs: Inputs) -> Iterator[Gate]:
    """Few malignant cells tell neither a share nor an output."""
    limit = inputs.limit.few_malignant_cells
    for sample, word in _both(case):
        if sample not in inputs.single_cell.index:
            continue
        found = inputs.single_cell.at[sample, "malignant_cells"]
        if found < limit:
            note = f"Few malignant cells in the {word} biopsy: its single cells are not used."
            threshold = f"{limit:g} malignant cells"
            yield Gate("FEW_CELLS", "F", sample, f"{found} malignant cells", threshold, note)


def no_normal_cells(case: Mapping, inputs: Inputs) -> Iterator[Gate]:
    """Without immune, stromal or endothelial cells nothing tells tumour from normal epithelium."""
    limit = inputs.limit.reference_least_cells
    for sample, word in _both(case):
        if sample not in inputs.single_cell.index:
            continue
        row = inputs.single_cell.loc[sample]
        if row["malignant_by"] == "lineage":
            note = (
                f"No normal cells beside those of the {word} biopsy: its epithelial cells are taken"
                " for the tumour, and their amplified share is not used."
            )
            value = f"{row['other_cells']} other cells"
            threshold = f"{limit:g} in the patient's samples"
            yield Gate("NO_NORMAL_CELLS", "F", sample, value, threshold, note)


RULES: tuple[Rule, ...] = (
    input_error,
    decalcified,
    preanalytic,
    mixed_protocol,
    low_library,
    few_genes,
    normal_like,
    assay_changed,
    single_region,
    genotype_mismatch,
    identity_unchecked,
    unrelated_tumour,
    lineage_unchecked,
    no_normal,
    few_cells,
    no_normal_cells,
)


def quality(
    cases: pd.DataFrame,
    *,
    samples: pd.DataFrame,
    noise: pd.DataFrame,
    subtypes: pd.DataFrame,
    switches: pd.DataFrame,
    input_errors: pd.DataFrame,
    identity: pd.DataFrame,
    lineage: pd.DataFrame,
    single_cell: pd.DataFrame | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return table ``quality``: the gates that fire, in the order of the cases.

    Parameters
    ----------
    cases
        Table ``pairs``.
    samples
        The sample sheet.
    noise, subtypes, switches, input_errors, identity, lineage, single_cell
        Tables of those names; may be empty.
    thresholds
        The user's thresholds, if any.
    """
    inputs = Inputs(
        samples=samples.set_index("sample"),
        noise=noise.set_index("sample"),
        subtypes=subtypes.set_index("sample"),
        switches=switches.set_index("case"),
        input_errors=input_errors,
        identity=identity,
        lineage=lineage.set_index("case"),
        single_cell=(tables.empty("single_cell") if single_cell is None else single_cell).set_index(
            "sample"
        ),
        limit=limits(thresholds),
    )
    judged = cases[cases["excluded"].isna()]  # what the sheet excludes is stopped by the verdict
    rows = [
        {"case": case["case"], **asdict(gate)}
        for case in judged.astype(object).where(judged.notna(), None).to_dict("records")
        for rule in RULES
        for gate in rule(case, inputs)
    ]
    return tables.typed(pd.DataFrame(rows, columns=["case", *Gate.__annotations__]), "quality")
