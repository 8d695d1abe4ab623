"""Somatic calls of one patient: candidates, what all samples show at them, and the judgement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pysam

from her2omics.reads import somatic
from her2omics.reads.alleles import SITE, snps_of_design
from her2omics.reads.observations import Observations, error_rates, observe
from her2omics.reads.plan import Plan
from her2omics.reads.reference import contigs, names_by_chromosome
from her2omics.thresholds import limits


def call(
    plan: Plan,
    *,
    candidates: Sequence[Path],
    windows: Sequence[Path],
    reads: Mapping[str, str],
) -> pd.DataFrame:
    """Return all candidates of a patient with the reason why they are no mutations.

    Without a normal, common SNPs (``reads.snp_sites``) are left out; rarer germline variants cannot
    be told from mutations.

    Parameters
    ----------
    plan
        Study and its reads.
    candidates
        VCFs of the caller.
    windows
        Tables of the windows of the patient's designs.
    reads
        Name of each alignment of the patient -> BAM or CRAM.

    Returns
    -------
    DataFrame
        :func:`her2omics.reads.somatic.judge`.
    """
    settings = plan.study.config["reads"]
    found = somatic.read_candidates(candidates)
    where = pd.concat([pd.read_csv(path, sep="\t", dtype={"chromosome": str}) for path in windows])
    targets = where[where["on_target"].eq(1)] if where["on_target"].any() else where
    masked = set(zip(found["chromosome"], found["position"], strict=True))
    times = {name: plan.alignment(name).timepoint for name in reads}
    normals = [name for name in reads if times[name] == "normal"]
    found = _without_germline(found, plan, where, bool(normals))
    observed: dict[str, Observations] = {}
    with pysam.FastaFile(settings["reference"]) as fasta:
        for name in [*normals, *(name for name in reads if name not in normals)]:
            file = pysam.AlignmentFile(reads[name], reference_filename=settings["reference"])
            quality = {key: settings[key] for key in ("mapping_quality", "base_quality")}
            with file:
                rates = error_rates(file, fasta, targets, masked, **quality)
                observed[name] = observe(file, found, rates=rates, **quality)
            if name in normals:
                found, observed = _absent(found, observed, name)
    tumours = [observed[name] for name in reads if times[name] != "normal"]
    length = int((targets["end"] - targets["start"]).sum())
    return somatic.judge(
        found,
        tumours,
        [observed[name] for name in normals],
        territory=length,
        limits=limits(plan.study.config["thresholds"]),
    )


def _without_germline(
    found: pd.DataFrame, plan: Plan, windows: pd.DataFrame, has_normal: bool
) -> pd.DataFrame:
    """Return candidates that are no common SNPs, where no normal can tell."""
    sites = plan.study.config["reads"]["snp_sites"]
    if has_normal or sites is None:
        return found
    names = names_by_chromosome(contigs(Path(plan.study.config["reads"]["reference"])))
    known = pd.MultiIndex.from_frame(snps_of_design(Path(sites), windows, names)[list(SITE)])
    mine = pd.MultiIndex.from_frame(found[list(SITE)])
    return found[~mine.isin(known)].reset_index(drop=True)


#: Share of a normal's molecules above which a candidate is a germline variant, looked at no more.
_GERMLINE_SHARE = 0.2


def _absent(
    found: pd.DataFrame, observed: dict[str, Observations], name: str
) -> tuple[pd.DataFrame, dict[str, Observations]]:
    """Return the candidates that a normal does not plainly have, with what was seen at them."""
    alt, ref = observed[name].alt.sum(axis=0), observed[name].ref.sum(axis=0)
    keep = alt <= _GERMLINE_SHARE * np.maximum(alt + ref, 1)
    kept = {
        other: Observations(**{key: value[..., keep] for key, value in vars(one).items()})
        for other, one in observed.items()
    }
    return found[keep].reset_index(drop=True), kept
