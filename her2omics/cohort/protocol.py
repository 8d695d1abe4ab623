"""How a sample's RNA was made: like the reference, and alike within a pair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import overload

import pandas as pd

from her2omics.readers import units

# Counts and their logarithms are the same data; TPM and FPKM differ by a factor per sample, which
# the size factors take out.
_KINDS = {
    **dict.fromkeys(units.COUNT_UNITS, "counts"),
    **dict.fromkeys(("tpm", "log2_tpm", "fpkm"), "per length"),
}

# Decalcified tissue is fixed and embedded too; what the acid adds has its own gate.
_PRESERVATION = {"decalcified": "ffpe"}
_SAME = {"preservation": _PRESERVATION, "unit": _KINDS}


@overload
def like_reference(protocol: str | None, preservation: str | None, unit: str | None) -> bool: ...
@overload
def like_reference(protocol: pd.Series, preservation: pd.Series, unit: pd.Series) -> pd.Series: ...
def like_reference(protocol, preservation, unit):
    """Return whether a sample was made like the bundled reference: frozen, poly-A, in counts.

    Parameters
    ----------
    protocol, preservation, unit
        Words of the sheets (``rna_protocol``, ``preservation``, ``unit``) of one sample, or three
        Series. What is unknown (missing or empty) is not known to be like the reference.

    Returns
    -------
    bool or Series of bool
    """
    if isinstance(protocol, pd.Series):
        return protocol.eq("polya") & preservation.eq("frozen") & unit.isin(units.COUNT_UNITS)
    return protocol == "polya" and preservation == "frozen" and unit in units.COUNT_UNITS


def pair_differs(first: Mapping, second: Mapping) -> str | None:
    """Return how the RNA of two samples was made differently.

    Parameters
    ----------
    first, second
        ``protocol``, ``preservation`` and ``unit`` of each sample (a row of the expression store's
        ``obs`` or of table ``noise``); a missing or empty value is unknown, which is no difference.

    Returns
    -------
    str or None
        Such as ``polya against capture``; several differences are joined by ``, ``. ``None`` where
        nothing is known to differ. Units differ where their kinds do: counts, per length (TPM,
        FPKM), log2 ratio; a logarithm is the same kind. Preservation differs between frozen and
        fixed tissue.
    """
    differences = []
    for key in ("protocol", "preservation", "unit"):
        words = [_word(sample.get(key)) for sample in (first, second)]
        kinds = [_SAME.get(key, {}).get(word, word) for word in words]
        if None not in words and kinds[0] != kinds[1]:
            differences.append(" against ".join(words))
    return ", ".join(differences) or None


def _word(value: object) -> str | None:
    return None if pd.isna(value) or value == "" else str(value)
