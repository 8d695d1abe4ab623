"""Table ``amplicon_branch``: what the reads on the amplicon say of each case."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace

import numpy as np
import pandas as pd

from her2omics.clones.branch import Pair, Tumour, loglr
from her2omics.sheets.seeds import seed_for

_Z90 = 1.6448536269514722
_CHROMOSOME = "17"


def on_amplicon(frame: pd.DataFrame, copy_number: pd.DataFrame) -> set[str]:
    """Return the mutations of a patient that lie on the amplicon of any of its samples.

    Parameters
    ----------
    frame
        ``mutation_id, chromosome, position`` (1-based).
    copy_number
        Rows of table ``copy_number`` of the patient's baselines.
    """
    if not {"chromosome", "position"} <= set(frame):
        return set()
    place = frame["position"].to_numpy(float, na_value=np.nan) - 1
    here = np.zeros(len(frame), dtype=bool)
    for row in copy_number.dropna(subset=["amplicon_start", "amplicon_end"]).itertuples():
        here |= (place >= row.amplicon_start) & (place < row.amplicon_end)
    here &= frame["chromosome"].astype(str).str.removeprefix("chr").eq(_CHROMOSOME).to_numpy(bool)
    return set(frame.loc[here, "mutation_id"])


def branch_table(
    cases: pd.DataFrame,
    frames: Mapping[str, pd.DataFrame],
    *,
    purity: pd.DataFrame,
    copy_number: pd.DataFrame,
    seed: int,
    limit: SimpleNamespace,
) -> pd.DataFrame:
    """Return the rows of table ``amplicon_branch``.

    Parameters
    ----------
    cases
        Table ``pairs``.
    frames
        Mutations by patient (:func:`~her2omics.clones.study_table.study_table`).
    purity, copy_number
        Tables of the copy-number arm.
    seed
        Config seed.
    limit
        Thresholds.

    Returns
    -------
    DataFrame
        A row per case with an amplicon at baseline and reads on it: ``case, patient, baseline,
        followup, log_lr, mutations, haplotype_share``.
    """
    known = copy_number.drop_duplicates("sample").set_index("sample", drop=False)
    tumours = {sample: _tumour(rows, limit) for sample, rows in purity.groupby("sample")}
    out = []
    for case in cases.to_dict("records"):
        both = case["baseline"], case["followup"]
        if any(tumours.get(sample) is None for sample in both) or both[0] not in known.index:
            continue
        baseline = known.loc[[both[0]]]
        if baseline["amplicon_start"].isna().all():
            continue
        followup = known.reindex([both[1]]).iloc[0]
        alt, depth = _reads(frames.get(case["patient"]), both, baseline)
        pair = Pair(
            *(tumours[sample] for sample in both),
            share=float(followup["amplified_haplotype_share"]),
            share_sd=float(followup["amplified_haplotype_share_sd"]),
            alt=alt,
            depth=depth,
        )
        rng = np.random.default_rng(seed_for(seed, "branch", case["case"]))
        found = loglr(
            pair, limit=limit.branch_loglr_limit, limit_for=limit.branch_loglr_for, rng=rng
        )
        if found is not None:
            ids = {name: case[name] for name in ("case", "patient", "baseline", "followup")}
            told = {"log_lr": found, "mutations": alt.shape[1], "haplotype_share": pair.share}
            out.append(ids | told)
    return pd.DataFrame(out)


def _tumour(rows: pd.DataFrame, limit: SimpleNamespace) -> Tumour | None:
    """Return the modes of a sample's purity; None where it is not known."""
    rows = rows[rows["source"].ne("none") & rows["purity"].gt(0)]
    if rows.empty:
        return None
    stated = (rows["purity_high"] - rows["purity_low"]) / (2 * _Z90)
    fixed = {"sheet": limit.sheet_purity_sd, "pathologist": limit.pathologist_purity_sd}
    sd = rows["source"].map(fixed).fillna(stated).fillna(limit.sheet_purity_sd)
    columns = (rows["purity"], sd, rows["ploidy"], rows["weight"].fillna(1.0))
    values = [column.to_numpy(float, na_value=np.nan) for column in columns]
    return Tumour([tuple(mode) for mode in np.array(values).T.tolist()])


def _reads(
    frame: pd.DataFrame | None, both: tuple[str, str], baseline: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Return mutated reads and depth (2, n) of the mutations that both samples cover."""
    if frame is None or not len(frame):
        return np.empty((2, 0)), np.empty((2, 0))
    chosen = frame[frame["mutation_id"].isin(on_amplicon(frame, baseline))]
    alt, ref = (
        chosen.pivot_table(index="mutation_id", columns="sample_id", values=name)
        .reindex(columns=list(both))
        .astype(float)
        for name in ("alt_counts", "ref_counts")
    )
    depth = alt + ref
    covered = depth.gt(0).all(axis=1)
    return alt[covered].to_numpy().T, depth[covered].to_numpy().T
