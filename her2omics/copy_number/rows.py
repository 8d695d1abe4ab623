"""Rows of the arm's tables: what the draws of a patient say of each sample, segment and case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from her2omics.copy_number import pair
from her2omics.copy_number.absolute import Draws, centre, copies, ish_groups, quantiles
from her2omics.copy_number.alleles import SHARES, AlleleCurves
from her2omics.copy_number.fit import PurityPosterior
from her2omics.copy_number.profile import Profile
from her2omics.copy_number.retention import slope, slope_draws
from her2omics.copy_number.tracks import Track, offsets
from her2omics.genome import Genome

# The centromere is gained if it exceeds both the short arm and the genome's mean by this, log2: 17p
# is lost in every other tumour, and a lost control is no gain.
CEP17_GAIN = 0.3
NEAR_LOCUS = 3_000_000  # bases at either side of ERBB2 that are shown
STATED_GENES = ("CDK12", "IKZF3", "RARA", "TOP2A")
# Edges of the amplicons of two samples within this are the same; they are bins apart; bases.
SAME_EDGE = 50_000
_Z90 = 1.6448536269514722


def _interval(name: str, values: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    middle, low, high = quantiles(values, weight)
    return {name: middle, f"{name}_low": low, f"{name}_high": high}


def sample_row(profile: Profile, row: int, track: Track, draws: Draws) -> dict[str, Any]:
    """Return the columns of table ``copy_number`` that one sample's draws give."""
    here, weight = profile.locus.iloc[row], draws.weight
    shift = centre(profile, row)
    groups = ish_groups(draws.erbb2, draws.cep17, weight)
    sigma = float(np.hypot(here["sd"], here["background_se"]))
    measured = np.isfinite(here["log2"])
    copied = measured and track.kind != "discrete"
    out: dict[str, Any] = {
        "assay": track.assay,
        "measured_by": track.kind,
        **_interval("purity", draws.purity, weight),
        **_interval("ploidy", draws.ploidy, weight),
        **_log_ratio(here, shift, draws, deconvoluted=track.deconvoluted),
        "resolved": "yes" if here["resolved"] else "no",
        "erbb2_bins": here["bins"],
        "p17_log2": _of(profile.p17, here["sample"]) - shift,
        "cep17_gain": _centromere_gain(profile, here["sample"], shift),
        "note": "; ".join(filter(None, (track.note, here["reason"], _unresolved(draws)))),
    }
    if copied:
        purity = 1.0 if track.deconvoluted else quantiles(draws.purity, weight)[0]
        background = quantiles(draws.background, weight)[0]
        out |= {
            **_interval("erbb2_copies", draws.erbb2, weight),
            **_interval("other_copies", draws.background, weight),
            **_interval("cep17_copies", draws.cep17, weight),
            **_interval("erbb2_cep17_ratio", draws.erbb2 / draws.cep17, weight),
            **_interval("erbb2_ploidy_ratio", draws.erbb2 / draws.ploidy, weight),
            "min_detectable_copies": pair.detectable_copies(purity, background, sigma),
        }
    # Where an amplicon may hide, not being amplified is no finding.
    if copied and (here["resolved"] or groups[0] + groups[2] > pair.SURE):
        out["ish_group"] = int(groups.argmax()) + 1
        out |= {f"p_ish_group_{group}": p for group, p in enumerate(groups, start=1)}
    return out | _amplicon(profile, here)


def haplotype_row(phased: AlleleCurves | None) -> dict[str, float]:
    """Return the columns of ``copy_number`` that tell the amplified haplotype's share of the DNA.

    Missing where the alleles leave open which haplotype is which: the curve of unphased SNPs is
    symmetric about one half.
    """
    if phased is None:
        return {}
    density = np.exp(phased.curve[0] - phased.curve[0].max())
    density /= density.sum()
    if np.allclose(density, density[::-1], atol=1e-6):
        return {}
    mean = float(density @ SHARES)
    sd = float(np.sqrt(density @ (SHARES - mean) ** 2))
    return {"amplified_haplotype_share": mean, "amplified_haplotype_share_sd": sd}


def _log_ratio(
    here: pd.Series, shift: float, draws: Draws, *, deconvoluted: bool
) -> dict[str, float]:
    """Return the log ratio of the locus in the whole sample, and its standard error.

    Of a table of copies it is what those copies would show at the sample's purity.
    """
    if not deconvoluted:
        return {"erbb2_log2": here["log2"] - shift, "erbb2_log2_sd": here["sd"]}
    purity, ploidy = (quantiles(v, draws.weight)[0] for v in (draws.purity, draws.ploidy))
    normal = 2 * (1 - purity)
    log2 = np.log2((purity * draws.erbb2 + normal) / (purity * ploidy + normal))
    middle, low, high = quantiles(log2, draws.weight)
    return {"erbb2_log2": middle, "erbb2_log2_sd": (high - low) / (2 * _Z90)}


def _of(frame: pd.DataFrame, sample: str) -> float:
    return float(frame.loc[frame["sample"].eq(sample), "log2"].iloc[0])


def _unresolved(draws: Draws) -> str:
    return "CEP17 is measured on the short arm alone" if draws.cep17_unresolved else ""


def _centromere_gain(profile: Profile, sample: str, mean: float) -> str | None:
    sides = profile.pericentromere
    level = sides.loc[sides["sample"].eq(sample), "log2"].max()
    control = _of(profile.p17, sample)
    if not np.isfinite([level, control]).all():
        return None
    return "yes" if level - max(control, mean) > CEP17_GAIN else "no"


def _amplicon(profile: Profile, here: pd.Series) -> dict[str, Any]:
    """Return edges and genes of the focal gain."""
    genes = profile.genes[profile.genes["sample"].eq(here["sample"])].set_index("gene")
    out: dict[str, Any] = {
        f"{gene.lower()}_state": "gained" if genes.at[gene, "gained"] else "not_gained"
        for gene in STATED_GENES
        if gene in genes.index and np.isfinite(genes.at[gene, "log2"])
    }
    if np.isfinite(here["start"]):
        out["amplicon_start"], out["amplicon_end"] = int(here["start"]), int(here["end"])
        out["amplicon_genes"] = ";".join(genes.index[genes["spanned"]])
    return out


def segment_rows(
    profile: Profile,
    row: int,
    posterior: PurityPosterior,
    *,
    minor: np.ndarray,
    deconvoluted: bool,
) -> pd.DataFrame:
    """Return the segments of one sample with their copies at the leading purity and ploidy.

    ``minor``: (K,) copies of the rarer haplotype, NaN where unknown.
    """
    log2 = profile.log2[row] - centre(profile, row)
    leading = posterior.modes.iloc[0]
    purity = 1.0 if deconvoluted else leading["purity"]
    known = np.isfinite(log2)
    frame = profile.segments[["chromosome", "start", "end", "arm", "bins"]].assign(
        log2=log2,
        log2_sd=profile.se[row],
        copies=np.maximum(copies(2.0**log2, purity, leading["ploidy"]), 0),
        minor_copies=minor,
    )
    return frame[known].reset_index(drop=True)


def near_locus(profile: Profile, row: int, track: Track, *, genome: Genome) -> pd.DataFrame:
    """Return the pieces of a sample's track around ERBB2, relative to the genome's mean."""
    begin, place = int(offsets(genome)["17"]), genome.genes.loc["ERBB2"]
    low = begin + int(place["start"]) - NEAR_LOCUS
    high = begin + int(place["end"]) + NEAR_LOCUS
    near = (track.end > low) & (track.start < high) & np.isfinite(track.log2)
    return pd.DataFrame(
        {
            "start": track.start[near] - begin,
            "end": track.end[near] - begin,
            "log2": track.log2[near] - centre(profile, row),
        }
    )


def pair_row(
    profile: Profile,
    both: tuple[int, int],
    draws: Sequence[Draws],
    deconvoluted: Sequence[bool],
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Return the columns of table ``copy_number_pairs`` of one case.

    Parameters
    ----------
    profile
        Profile of the patient.
    both
        Rows of baseline and follow-up.
    draws, deconvoluted
        Of all samples of the profile.
    rng
        Generator.
    """
    before, after = both
    cells = np.array(
        [
            np.ones_like(d.purity) if known else d.purity
            for d, known in zip(draws, deconvoluted, strict=True)
        ]
    )
    drawn = slope_draws(cells, np.array([d.ploidy for d in draws]), before, after)
    drawn, conflict = pair.combined_slope(drawn, slope(profile, before, after), rng)
    locus = profile.locus.iloc[[before, after]]
    sigma = np.hypot(locus["sd"], locus["background_se"]).to_numpy()
    found = pair.compare(
        draws[before],
        draws[after],
        drawn,
        sigma_before=sigma[0],
        sigma_after=sigma[1],
        resolved=tuple(locus["resolved"]),
        reasons=tuple(locus["reason"]),
        conflict=conflict,
    )
    edges = locus[["start", "end"]].to_numpy(dtype=float)
    same = None
    if np.isfinite(edges).all():
        same = "yes" if (np.abs(np.diff(edges, axis=0)) <= SAME_EDGE).all() else "no"
    return {
        **dict(zip(_names("retention"), found.retention, strict=True)),
        **dict(zip(_names("retention_17q"), found.retention_17q, strict=True)),
        **dict(zip(_names("slope"), found.beta, strict=True)),
        "call": found.call,
        "reason": found.reason or None,
        "min_purity": found.min_purity if np.isfinite(found.min_purity) else None,
        "p_amplified_followup": found.p_amplified,
        "same_edges": same,
    }


def _names(name: str) -> tuple[str, str, str]:
    return name, f"{name}_low", f"{name}_high"
