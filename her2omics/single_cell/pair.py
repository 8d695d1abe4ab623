"""What two samples say together: share of amplified cells, and output of those that are left."""

from __future__ import annotations

import numpy as np

from her2omics.single_cell.estimates import (
    Interval,
    PairStatement,
    SampleDosage,
    SampleOutput,
    interval,
)
from her2omics.thresholds import limits

_UNKNOWN = Interval(np.nan, np.nan, np.nan)
#: Normal quantiles: two-sided 90 % interval, power of four in five.
_QUANTILES = 1.645 + 0.842
#: A rise of the share with a gain by more than this: the amplified cells are still there.
_MOST = 0.5

#: RNA shows the dose, not the copies.
_LOST_OR_SILENT = (
    "too few amplified cells are left to tell their ERBB2 output: copies lost, or the whole "
    "amplicon silenced, which DNA tells apart"
)

_OUTPUT_OPEN = "not clear: whether the ERBB2 output per dose of the cells left falls as well"
#: A fall of the output that is less likely than not leaves a lost share a lost one [assume].
_EVEN = 0.5

_NORMAL_AMONG = (
    "without immune, stromal or endothelial cells normal epithelium counts as tumour: a share that "
    "is low, or falls, need not be the tumour's"
)


def compare(
    baseline: SampleDosage,
    followup: SampleDosage,
    *,
    output_baseline: SampleOutput,
    output_followup: SampleOutput,
    gene_sd: float,
    genes: float,
    rng: np.random.Generator,
    normal_among: bool = False,
) -> PairStatement:
    """Return the statement on a pair of samples of one fit.

    Parameters
    ----------
    baseline, followup
        Draw k of both belongs together: they share the diploid level.
    output_baseline, output_followup
        :func:`her2omics.single_cell.output.measure` of the same fit.
    gene_sd
        SD of a gene's log ratio between the samples (:func:`.gene_shift.between`): ERBB2 and the
        genes of the dose move by it as others do.
    genes
        Number of genes that the dose is worth (:func:`.gene_shift.worth`).
    rng
        Generator of this pair alone.
    normal_among
        Normal epithelium may be among the malignant cells, which were told by lineage alone. Each
        share is a lower bound of the tumour's then: that it fell cannot be told, and that it did
        not only where all of the follow-up's cells are amplified. The output is of amplified cells,
        which are no normal ones.
    """
    limit = limits()
    share = baseline.tumour_share_draws
    highest = np.where(np.isfinite(share), 1.0, np.nan) if normal_among else share
    change = followup.tumour_share_draws - highest
    known = bool(np.isfinite(change).all())
    told = known and not normal_among
    number = min(output_baseline.amplified_cells, output_followup.amplified_cells)
    enough = number >= limit.single_cell_min_amplified
    of_dose = np.exp(gene_sd / np.sqrt(genes) * rng.normal(size=len(change)))
    of_erbb2 = np.exp(gene_sd * rng.normal(size=len(change)))
    output = output_followup.draws / np.maximum(output_baseline.draws, 1e-12)
    output = output * of_erbb2 / of_dose
    dose = followup.dose_draws / baseline.dose_draws * of_dose
    p_share = _chance(change < -limit.single_cell_share_fall) if known else np.nan
    p_output = _chance(output < limit.single_cell_output_ratio) if enough else np.nan
    p_dose = _chance(dose < limit.single_cell_output_ratio) if enough else np.nan
    call, reason = _call(baseline, followup, p_share, p_output, p_dose, normal_among)
    spread = np.hypot(np.std(baseline.tumour_share_draws), np.std(followup.tumour_share_draws))
    return PairStatement(
        share_change=interval(change) if told else _UNKNOWN,
        output_ratio=interval(output) if enough else _UNKNOWN,
        dosage_ratio=interval(dose) if enough else _UNKNOWN,
        p_share_falls=p_share if told else np.nan,
        p_output_falls=p_output,
        p_dosage_falls=p_dose,
        detectable_change=float(min(_QUANTILES * spread, 1.0)) if told else np.nan,
        call=call,
        reason=reason,
    )


def _chance(flags: np.ndarray) -> float:
    return float(np.mean(flags))


def _call(
    baseline: SampleDosage,
    followup: SampleDosage,
    p_share: float,
    p_output: float,
    p_dose: float,
    normal_among: bool,
) -> tuple[str, str]:
    """Return call and reason."""
    limit = limits()
    sure = limit.single_cell_probability
    for name, side in (("baseline", baseline), ("follow-up", followup)):
        if not side.identifiable:
            return "undetermined", f"{name}: {side.reason}"
    if baseline.amplified_fraction.high < limit.single_cell_share_fall:
        return "undetermined", "the baseline has next to no amplified cells: nothing to lose"
    falls, stays = p_share >= sure, p_share <= 1 - sure
    if normal_among and not stays:
        return "undetermined", _NORMAL_AMONG
    if falls and followup.gain_fraction - baseline.gain_fraction > _MOST:
        return "lost", "most cells keep a gain: fewer copies in all cells, not other cells"
    if np.isnan(p_output):
        if falls:
            return "lost", _LOST_OR_SILENT
        return "undetermined", "too few amplified cells carry the ERBB2 output"
    weaker, same = p_output >= sure, p_output <= 1 - sure
    if falls and weaker:
        return "mixed", ""
    if falls and p_output <= _EVEN:
        return "lost", "" if same else _OUTPUT_OPEN
    if stays and weaker:
        return "silenced", ""
    if stays and same:
        fewer = p_dose >= sure
        return "retained", "fewer copies in the amplified cells" if fewer else ""
    unclear = [
        text
        for flag, text in (
            (falls or stays, "whether the amplified share falls"),
            (weaker or same, "whether the ERBB2 output per dose falls"),
        )
        if not flag
    ]
    return "undetermined", f"not clear: {', '.join(unclear)}"
