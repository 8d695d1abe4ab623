"""The somatic mutations of a patient: without germline variants and what no caller believes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import special

from her2omics.readers.mutations import COUNTS, NORMAL_COUNTS, Mutations

# Tumour cells in the normal and errors of sequencing: up to this share of its reads may show a
# somatic mutation (tumour-in-normal contamination is rare above 5 %, Taylor-Weiner 2018,
# doi:10.1038/s41592-018-0036-9); beyond it by chance in this share of mutations.
NORMAL_SHARE, CHANCE = 0.03, 0.001
GERMLINE, FILTERED = "carried by the normal", "FILTER not passed in any sample"


def somatic(
    tumours: Sequence[Mutations | None], normals: Sequence[Mutations | None]
) -> list[Mutations | None]:
    """Return the tumours' mutations without those the normal carries or no sample passed.

    A call that failed the filters in one sample stays where another sample of the patient passed
    it: its reads tell more than its absence would.

    Parameters
    ----------
    tumours, normals
        Of one patient; None: no mutations were read. The normals' reads at the tumours' mutations
        count beside those that the tumours' own files hold.
    """
    read = [one for one in tumours if one is not None]
    if not read:
        return list(tumours)
    carried = set().union(*(_carried(one.frame, NORMAL_COUNTS) for one in read))
    carried |= set().union(*(_carried(one.frame, COUNTS) for one in normals if one is not None))
    passed = set().union(*(one.frame.loc[one.frame["passed"], "mutation_id"] for one in read))
    return [None if one is None else _without(one, carried, passed) for one in tumours]


def has_normal(tumours: Sequence[Mutations | None], normals: Sequence[Mutations | None]) -> bool:
    """Return whether any reads of a normal stand beside the tumours' mutations."""
    return any(one is not None for one in normals) or any(
        one is not None and one.frame["normal_alt_count"].notna().any() for one in tumours
    )


def _carried(frame: pd.DataFrame, names: tuple[str, str]) -> set[str]:
    """Return the mutations of which the normal has more reads than contamination explains."""
    ref, alt = (frame[name].to_numpy(dtype=float) for name in names)
    known = np.isfinite(ref) & np.isfinite(alt)
    # P(as many reads or more), binomial.
    chance = special.betainc(np.maximum(alt[known], 1e-9), ref[known] + 1, NORMAL_SHARE)
    return set(frame.loc[known, "mutation_id"].to_numpy()[chance < CHANCE])


def _without(found: Mutations, carried: set[str], passed: set[str]) -> Mutations:
    ids = found.frame["mutation_id"]
    reason = np.select([ids.isin(carried), ~ids.isin(passed)], [GERMLINE, FILTERED], "")
    counted = pd.Series(reason[reason != ""]).value_counts()
    dropped = dict(found.dropped) | {str(name): int(count) for name, count in counted.items()}
    frame = found.frame[reason == ""].reset_index(drop=True)
    return replace(found, frame=frame, dropped=dropped)
