"""The latent case: everything true about a pair before anything is measured.

One row per case (a baseline and one follow-up lesion). Measurements that decide whether a pair is
in the cohort at all - the reported HER2 status with the ISH piece behind it - are drawn here too.
Both levels, evidence and files, are written from these rows.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from her2omics.mechanism import states
from her2omics.simulate import pathology
from her2omics.simulate.distributions import (
    choose,
    constant_or_uniform,
    stream,
    truncated_beta,
    truncated_normal,
)
from her2omics.simulate.scenario import Scenario, unselected

Arrays = dict[str, np.ndarray]

_BLOCK = 2048  # patients per draw: case k does not depend on how many cases are asked for
_MAX_BLOCKS = 400

_THERAPY = {"trastuzumab": 0.55, "t-dm1": 0.20, "t-dxd": 0.15, "none": 0.10}

#: Intrinsic subtype of HER2-positive tumours, and what each turns into. Assumptions: HER2-enriched
#: leads, and the commonest change is towards luminal.
_SUBTYPES = {"Her2": 0.50, "LumB": 0.25, "LumA": 0.17, "Basal": 0.08}
_TURNS_INTO = {
    "Her2": {"LumA": 0.75, "Basal": 0.25},
    "LumB": {"LumA": 0.75, "Basal": 0.25},
    "LumA": {"LumB": 0.70, "Basal": 0.30},
    "Basal": {"LumA": 0.40, "LumB": 0.30, "Her2": 0.30},
}
_NEGATIVE_SUBTYPES = {"LumA": 0.45, "LumB": 0.30, "Basal": 0.20, "Her2": 0.05}
_ER_POSITIVE = {"LumA": 0.97, "LumB": 0.95, "Her2": 0.40, "Basal": 0.05}

#: Tumours of a higher ploidy have doubled their genome before both biopsies.
HIGH_PLOIDY = 2.75

#: What the follow-up has in common with the baseline: drawn once per patient.
_BULK_SETS = {"bulk": 0.45, "dna": 0.22, "rna": 0.27, "segments": 0.06}


def draw(n: int, *, seed: int, scenario: Scenario, ascertained: bool = True) -> pd.DataFrame:
    """Draw n latent cases.

    Parameters
    ----------
    n
        Number of cases (rows); with two lesions per patient an odd n leaves the last alone.
    seed
        The same (seed, scenario, ascertained) gives the same first rows whatever n.
    scenario
        Parameters; see :mod:`her2omics.simulate.scenario`.
    ascertained
        Keep pairs reported positive at baseline and negative at follow-up; else all pairs.

    Returns
    -------
    DataFrame
        ``n`` rows. Columns that end in ``_baseline`` or ``_followup`` are of that biopsy:
        ``purity``, ``ploidy``, ``f`` (share of cancer cells of the amplified lineage),
        ``copies_amplified``, ``copies_other``, ``status``, ``ihc``, ``ish_copies``, ``cep17``,
        ``ish_cells``, ``ish_amplified``, ``f_bulk``, ``f_cells`` (share in the piece),
        ``rna_per_cell``, ``rna_share`` (q), ``normal_level``, ``sample_effect``, ``subtype``,
        ``er``, ``private_share``. Of the pair: ``patient`` and ``lesion`` (integers),
        ``scenario``, ``setting``, ``state``, ``repression_log2``, ``programme_shift``, exponents,
        levels, treatment and which kinds of evidence exist (``has_*``).

    Raises
    ------
    ValueError
        If the scenario yields practically no pair that passes the selection.
    """
    if not ascertained:
        scenario = unselected(scenario)
    blocks: list[pd.DataFrame] = []
    kept = 0
    for index in range(_MAX_BLOCKS):
        rng = stream(seed, scenario.name, "latents", index)
        block = _block(rng, scenario)
        block["patient"] += index * _BLOCK
        block = block[_selected(block, scenario)]
        blocks.append(block)
        kept += len(block)
        if kept >= n:
            break
    else:
        raise ValueError(f"scenario {scenario.name}: {kept} of {n} pairs pass the selection")
    frame = pd.concat(blocks, ignore_index=True).iloc[:n]
    frame["patient"] = pd.factorize(frame["patient"])[0]
    frame.insert(0, "scenario", scenario.name)
    return frame.reset_index(drop=True)


def _selected(block: pd.DataFrame, scenario: Scenario) -> np.ndarray:
    if scenario.selection == "none":
        return np.ones(len(block), dtype=bool)
    passes = block["status_baseline"].eq("positive") & block["status_followup"].eq("negative")
    return passes.groupby(block["patient"]).transform("all").to_numpy()


def _block(rng: np.random.Generator, scenario: Scenario) -> pd.DataFrame:
    pair = _pair(rng, scenario)
    lesions = []
    for lesion in range(scenario.lesions):
        if scenario.name == "lesions_disagree":
            pair = pair | {"nominal": np.full(_BLOCK, ("D", "DA")[lesion], dtype=object)}
        rows = pair | _followup(rng, scenario, pair)
        rows["lesion"] = np.full(_BLOCK, lesion)
        lesions.append(pd.DataFrame(rows))
    frame = pd.concat(lesions, ignore_index=True)
    frame = frame.sort_values(["patient", "lesion"], kind="stable", ignore_index=True)
    return frame.drop(columns="nominal")


def _pair(rng: np.random.Generator, scenario: Scenario) -> Arrays:
    """Draw the patient: baseline tumour, its samples, and what both biopsies share."""
    n, fixed = _BLOCK, scenario.fixed
    out: Arrays = {"patient": np.arange(n), "nominal": choose(rng, dict(scenario.states), n)}
    setting = choose(rng, {"relapse": 0.6, "post_neoadjuvant": 0.4}, n)
    out["setting"] = setting if scenario.setting is None else np.full(n, scenario.setting, object)

    purity = truncated_beta(rng, 6, 4, 0.10, 0.95, n)
    out["purity_baseline"] = _given(rng, fixed, ("purity_baseline", "purity_both"), purity)
    high_ploidy = rng.random(n) < 0.3
    ploidy = np.where(high_ploidy, rng.normal(3.5, 0.35, n), rng.normal(2.1, 0.15, n))
    if "ploidy" in fixed:
        ploidy = constant_or_uniform(rng, fixed["ploidy"], n)
        high_ploidy = ploidy > HIGH_PLOIDY
    out["ploidy_baseline"] = ploidy
    near_diploid = ~high_ploidy
    out["doubling_between"] = near_diploid & (rng.random(n) < scenario.doubling_between)
    other = 2.0 + rng.poisson(0.4, n) + 2.0 * high_ploidy
    out["copies_other_baseline"] = _given(rng, fixed, ("copies_other",), other)
    # The amplified lineage has at least two copies more than the others, else nothing is gained.
    least = np.maximum(6.0, out["copies_other_baseline"] + 2)
    gain = truncated_normal(rng, np.log(14), 0.5, np.log(least), np.log(80), n)
    amplified = _given(rng, fixed, ("copies_amplified_baseline",), np.exp(gain))
    if not scenario.amplified:
        amplified = out["copies_other_baseline"].copy()
    out["copies_amplified_baseline"] = amplified
    out |= _lineage_before(rng, out["nominal"], fixed)

    for time in ("baseline", "followup"):  # share of the mutations that only this side has
        share = np.where(out["setting"] == "relapse", rng.beta(3, 6, n), rng.beta(1.5, 8, n))
        out[f"private_share_{time}"] = _given(rng, fixed, ("private_share",), share)
    out |= _expression(rng, scenario)
    out |= _treatment(rng, out["setting"])
    out |= _measured(rng)

    subtypes = _SUBTYPES if scenario.amplified else _NEGATIVE_SUBTYPES
    out["subtype_baseline"] = choose(rng, subtypes, n)
    out["er_baseline"] = _er(rng, out["subtype_baseline"])
    out |= _sample(rng, scenario, out, "baseline", np.zeros(n))
    return out


def _given(
    rng: np.random.Generator,
    fixed: dict[str, float | tuple[float, float]],
    keys: tuple[str, ...],
    drawn: np.ndarray,
) -> np.ndarray:
    for key in keys:
        if key in fixed:
            return constant_or_uniform(rng, fixed[key], len(drawn))
    return drawn


def _lineage_before(rng: np.random.Generator, state: np.ndarray, fixed: dict) -> Arrays:
    """Draw f_1 and, for MIX and PR, whether cells or copies are lost."""
    n = len(state)
    by_copies = ((state == "PR") & (rng.random(n) < 1 / 2)) | (
        (state == "MIX") & (rng.random(n) < 1 / 3)
    )
    if "f_followup" in fixed:
        by_copies = np.zeros(n, dtype=bool)
    by_cells = np.isin(state, ("MIX", "PR")) & ~by_copies
    f = np.select(
        [state == "CS", by_cells],
        [truncated_beta(rng, 3, 2, 0.20, 0.98, n), truncated_beta(rng, 6, 2, 0.40, 0.98, n)],
        rng.uniform(0.85, 1, n),
    )
    return {"by_copies": by_copies, "f_baseline": _given(rng, fixed, ("f_baseline",), f)}


def _expression(rng: np.random.Generator, scenario: Scenario) -> Arrays:
    """Draw what mRNA does with dosage, programme and normal tissue: the same in both biopsies."""
    n = _BLOCK
    shared, own = rng.normal(0, 0.5, (2, n))
    follow = rng.random(n) < scenario.neighbours_follow
    return {
        "exponent_erbb2": rng.normal(*scenario.exponent_erbb2, n),
        "exponent_neighbours": rng.normal(*scenario.exponent_neighbours, n),
        "level_erbb2": shared,
        "level_neighbours": 0.5 * shared + np.sqrt(0.75) * own,  # correlation .5
        "programme_effect": rng.normal(0, 0.5, n),
        "normal_level_baseline": rng.normal(*scenario.normal_level, n),
        "neighbours_share": np.where(follow, scenario.neighbours_follow_share, 0.0),
    }


def _treatment(rng: np.random.Generator, setting: np.ndarray) -> Arrays:
    """Draw therapy, whatever the state, and the days since the last dose of late follow-ups.

    Relapses lie more than 60 days after it, biopsies under treatment 14 to 59. After neoadjuvant
    treatment the days are not given: the parameter table says nothing of them, and what is
    independent of the state must not move the classifier's prior.
    """
    n = len(setting)
    therapy = choose(rng, _THERAPY, n)
    late = np.round(np.clip(np.exp(rng.normal(np.log(400), 0.7, n)), 61, 4000))
    early = rng.integers(14, 60, n).astype(float)
    days = np.where(np.isin(setting, ("relapse", "metastasis")), late, np.nan)
    days = np.where(setting == "on_treatment", early, days)
    return {"therapy": therapy, "days_since_anti_her2": np.where(therapy == "none", np.nan, days)}


def _measured(rng: np.random.Generator) -> Arrays:
    """Draw which kinds of evidence a pair has, independent of its state."""
    n = _BLOCK
    bulk = choose(rng, _BULK_SETS, n)
    return {
        "has_cn": bulk != "rna",
        "has_clusters": np.isin(bulk, ("bulk", "dna")),
        "has_rna": np.isin(bulk, ("bulk", "rna")),
        "has_ish": rng.random(n) < 0.5,
        "has_cells": rng.random(n) < 0.05,
    }


def _er(rng: np.random.Generator, subtype: np.ndarray) -> np.ndarray:
    share = np.array([_ER_POSITIVE[name] for name in subtype])
    return np.where(rng.random(len(subtype)) < share, "positive", "negative").astype(object)


def _followup(rng: np.random.Generator, scenario: Scenario, pair: Arrays) -> Arrays:
    """Draw the follow-up lesion of each patient and read its state off the partition."""
    n, fixed, state = _BLOCK, scenario.fixed, pair["nominal"]
    relapse = np.isin(pair["setting"], ("relapse", "metastasis"))
    purity = np.where(
        relapse,
        truncated_beta(rng, 5, 5, 0.05, 0.95, n),
        truncated_beta(rng, 2.5, 5, 0.05, 0.90, n),
    )
    out: Arrays = {
        "purity_followup": _given(rng, fixed, ("purity_followup", "purity_both"), purity)
    }
    doubled = pair["doubling_between"]
    drift = rng.normal(0, 0.1, n) * ("ploidy" not in fixed)
    out["ploidy_followup"] = pair["ploidy_baseline"] * np.where(doubled, 2, 1) + drift
    out["copies_other_followup"] = pair["copies_other_baseline"] + 2.0 * doubled
    out |= _lineage_after(rng, scenario, pair, out["copies_other_followup"])

    gamma = rng.gamma(2, 0.6, n)
    repression = np.select(
        [np.isin(state, ("D", "MIX")), state == "SS-ret"],
        [1 + gamma, 0.3 + gamma],
        np.abs(rng.normal(0, 0.25, n)),
    )
    if "repression_log2" in fixed:
        weak = constant_or_uniform(rng, fixed["repression_log2"], n)
        repression = np.where(np.isin(state, ("D", "MIX", "SS-ret")), weak, repression)
    out["repression_log2"] = repression
    shift = np.select(
        [np.isin(state, ("SS-ret", "SS-lost")), (state == "CS") & (rng.random(n) < 0.5)],
        [truncated_normal(rng, 0.8, 0.2, 0.5, np.inf, n), rng.normal(0.8, 0.25, n)],
        0.0,
    )
    out["programme_shift"] = _given(rng, fixed, ("programme_shift",), shift)
    if not scenario.amplified:
        out["f_followup"] = pair["f_baseline"]
        out["copies_amplified_followup"] = out["copies_other_followup"]
    kept = states.copies_ratio(
        pair["copies_amplified_baseline"],
        out["copies_amplified_followup"],
        pair["copies_other_baseline"],
        out["copies_other_followup"],
    )
    out["state"] = states.state_of(
        pair["f_baseline"], out["f_followup"], kept, repression, out["programme_shift"]
    )
    out |= _programme(rng, scenario, pair, out["programme_shift"])
    out["normal_level_followup"] = pair["normal_level_baseline"] + np.where(
        relapse, rng.normal(0, 0.5, n), 0.0
    )
    out |= _sample(rng, scenario, pair | out, "followup", repression)
    out["escape"] = out.pop("escape_followup")
    return out


def _lineage_after(
    rng: np.random.Generator, scenario: Scenario, pair: Arrays, other: np.ndarray
) -> Arrays:
    """Draw f_2 and C_A2."""
    n, fixed, state = _BLOCK, scenario.fixed, pair["nominal"]
    f1 = pair["f_baseline"]
    by_cells = np.isin(state, ("MIX", "PR")) & ~pair["by_copies"]
    stays = np.clip(f1 + rng.normal(0, 0.03, n), 0.8, 1)
    reduced = 0.15 + rng.random(n) * (np.minimum(0.5, 0.6 * f1) - 0.15)
    f2 = np.select(
        [state == "CS", by_cells, pair["by_copies"]],
        [0.15 * rng.beta(1, 3, n), reduced, f1],
        stays,
    )
    if "f_followup" in fixed:
        f2 = constant_or_uniform(rng, fixed["f_followup"], n)

    before = pair["copies_amplified_baseline"]
    gained = before - pair["copies_other_baseline"]
    doubled = pair["doubling_between"]
    same = before * np.exp(rng.normal(0, 0.1, n)) * np.where(doubled, 2, 1)
    scar = other + rng.uniform(0, 0.15, n) * gained
    cut = other + rng.uniform(0.25, 0.6, n) * gained
    copies = np.select([np.isin(state, ("DA", "SS-lost")), pair["by_copies"]], [scar, cut], same)
    if "copies_kept" in fixed:
        kept = constant_or_uniform(rng, fixed["copies_kept"], n)
        whole = ~np.isin(state, ("DA", "SS-lost", "CS")) & ~pair["by_copies"]
        copies = np.where(whole, other + kept * gained, copies)
    return {"f_followup": f2, "copies_amplified_followup": copies}


def _programme(
    rng: np.random.Generator, scenario: Scenario, pair: Arrays, shift: np.ndarray
) -> Arrays:
    """Draw the subtype after, and the change on top of the shift (drug, lesion, noise)."""
    n = _BLOCK
    before = pair["subtype_baseline"]
    target = np.empty(n, dtype=object)
    for subtype, shares in _TURNS_INTO.items():
        rows = before == subtype
        target[rows] = choose(rng, shares, int(rows.sum()))
    on_drug = np.isin(pair["setting"], ("post_neoadjuvant", "on_treatment"))
    # Under the drug tumours move to luminal, so that is where both movements point.
    luminal = np.where(before == "LumA", "LumB", "LumA").astype(object)
    if scenario.on_drug_target is not None:
        luminal = np.where(before == scenario.on_drug_target, "LumB", scenario.on_drug_target)
    target = np.where(on_drug, luminal, target)
    noise = rng.standard_t(6, n) * scenario.delta_noise
    drift = np.where(on_drug, 0.4 + 0.25 * noise, 0.18 * noise)
    after = np.where(shift >= 0.5, target, before)
    return {
        "programme_target": target,
        "programme_drift": drift,
        "programme_centre": np.where(on_drug, 0.4, 0.0),
        "subtype_followup": after,
        "er_followup": np.where(after == before, pair["er_baseline"], _er(rng, after)),
    }


def _sample(
    rng: np.random.Generator, scenario: Scenario, rows: Arrays, time: str, repression: np.ndarray
) -> Arrays:
    """Draw the pieces of one biopsy, its RNA yield, stain, ISH and reported status."""
    n = _BLOCK
    f, amplified = rows[f"f_{time}"], rows[f"copies_amplified_{time}"]
    other, ploidy, purity = (rows[f"{key}_{time}"] for key in ("copies_other", "ploidy", "purity"))
    out: Arrays = {}
    per_cell = ploidy / 2 * np.exp(rng.normal(0, 0.35, n))
    out["rna_per_cell"] = per_cell
    out["rna_share"] = purity * per_cell / (purity * per_cell + 1 - purity)
    out["sample_effect"] = rng.normal(0, 0.25, n) * scenario.rna_noise
    out["f_bulk"] = pathology.piece(rng, f, scenario.piece_icc)
    out["f_cells"] = pathology.piece(rng, f, scenario.piece_icc)

    f_ish = pathology.piece(rng, f, scenario.piece_icc)
    out["ish_copies"] = (f_ish * amplified + (1 - f_ish) * other) * np.exp(rng.normal(0, 0.1, n))
    out["cep17"] = other * np.exp(rng.normal(0, 0.1, n))
    out["ish_cells"] = rng.choice([20, 40, 100], n, p=[0.5, 0.3, 0.2])
    share = 0.95 * f_ish * counted_amplified(amplified, other) + 0.01
    out["ish_amplified"] = rng.binomial(out["ish_cells"], share)

    protein = pathology.protein_level(f, amplified, other, ploidy, repression)
    escapes = scenario.protein_only_loss if time == "followup" else 0.0
    escape = rng.random(n) < escapes
    group = pathology.ish_group(out["ish_copies"] / out["cep17"], out["ish_copies"])
    reported, stain = pathology.reported_status(rng, protein, escape, group)
    forced = scenario.forced_status[time == "followup"]
    reported, stain = pathology.force_status(reported, stain, forced)
    out["status"] = np.where(reported, "positive", "negative").astype(object)
    out["ihc"] = pathology.IHC[stain]
    out["escape"] = escape
    return {f"{key}_{time}": value for key, value in out.items()}


def counted_amplified(amplified: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return whether cells of the lineage are counted as amplified: ratio >= 2 or >= 6 copies."""
    return (amplified >= 2 * other) | (amplified >= 6)
