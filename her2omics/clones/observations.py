"""Read counts and copy numbers of a patient's mutations, from a table in PyClone-VI's columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2omics.errors import Problem, raise_all, suggestion

REQUIRED = ("mutation_id", "sample_id", "ref_counts", "alt_counts", "tumour_content")
OPTIONAL = {
    "major_cn": np.nan,
    "minor_cn": np.nan,
    "normal_cn": 2.0,
    "error_rate": 0.001,  # errors a read; PyClone's default
    "major_cn_2": np.nan,
    "minor_cn_2": np.nan,
    "cn_share_2": 0.0,
    "tumour_content_sd": np.nan,
}


@dataclass(frozen=True)
class Observations:
    """Counts and copy numbers, arrays of shape (mutations, samples), NaN where unknown.

    Attributes
    ----------
    mutations, samples
        Names along both axes.
    alt, ref
        Reads with and without the mutation; both NaN where the site is not covered.
    major, minor, normal
        Copies in the cancer cells (of their first state, where there are two) and normal cells.
    major_2, minor_2, share_2
        A second state of the segment and the share of cancer cells in it; share 0 where none.
    purity, purity_sd
        Share of cells that are cancer cells, and its standard deviation.
    error
        Errors a read.
    """

    mutations: np.ndarray
    samples: np.ndarray
    alt: np.ndarray
    ref: np.ndarray
    major: np.ndarray
    minor: np.ndarray
    normal: np.ndarray
    purity: np.ndarray
    purity_sd: np.ndarray
    error: np.ndarray
    major_2: np.ndarray
    minor_2: np.ndarray
    share_2: np.ndarray

    @property
    def copies(self) -> np.ndarray:
        """Mean copies over the cancer cells; two where unknown."""
        second = np.where(self.share_2 > 0, self.share_2 * (self.major_2 + self.minor_2), 0.0)
        mean = (1 - self.share_2) * (self.major + self.minor) + second
        return np.where(np.isnan(mean), 2.0, mean)

    def taken(self, rows: np.ndarray, columns: np.ndarray) -> Observations:
        """Return the observations of these mutations and samples, in this order."""
        return Observations(
            self.mutations[rows],
            self.samples[columns],
            **{name: value[np.ix_(rows, columns)] for name, value in self._arrays().items()},
        )

    def order(self) -> tuple[np.ndarray, np.ndarray]:
        """Order of mutations and samples by what was counted: names and rows play no part."""
        by_sample = [np.nansum(self.alt, axis=0), np.nansum(self.ref, axis=0)]
        columns = np.lexsort(by_sample[::-1])
        keys = [
            np.nan_to_num(value[:, s], nan=-1.0)
            for value in self._arrays().values()
            for s in columns
        ]
        return np.lexsort(keys[::-1]), columns

    def _arrays(self) -> dict[str, np.ndarray]:
        names = ("mutations", "samples")
        return {name: value for name, value in self.__dict__.items() if name not in names}


def observations(frame: pd.DataFrame) -> Observations:
    """Return the counts of a table with one row per mutation and sample.

    Parameters
    ----------
    frame
        mutation_id, sample_id, ref_counts, alt_counts, tumour_content, and, where known, major_cn,
        minor_cn, normal_cn (2 where absent), error_rate (.001 where absent), tumour_content_sd (15
        % of the purity where absent), and of a second state of the segment major_cn_2, minor_cn_2
        and cn_share_2, its share of the cancer cells. Copy numbers may be fractions. A missing row
        or missing counts: the site is not covered.

    Raises
    ------
    InputError
        Columns that are missing, pairs of mutation and sample that occur twice, counts that are
        negative, purities outside of (0, 1] or missing.
    """
    raise_all(
        [
            Problem(f"column is missing{suggestion(name, frame.columns)}", column=name)
            for name in REQUIRED
            if name not in frame
        ]
    )
    mutation, mutations = pd.factorize(frame["mutation_id"].astype(str))
    sample, samples = pd.factorize(frame["sample_id"].astype(str))
    values = {
        name: frame[name].to_numpy(float, na_value=np.nan)
        if name in frame
        else np.full(len(frame), default)
        for name, default in (*((name, np.nan) for name in REQUIRED[2:]), *OPTIONAL.items())
    }
    raise_all(_problems(mutation, sample, mutations, samples, values))

    def square(name: str, missing: float = np.nan) -> np.ndarray:
        out = np.full((len(mutations), len(samples)), missing)
        out[mutation, sample] = np.where(np.isnan(values[name]), missing, values[name])
        return out

    purity = square("tumour_content")
    known = np.nanmedian(purity, axis=0) if len(purity) else np.empty(0)
    major, minor = square("major_cn"), square("minor_cn")
    major_2, minor_2 = square("major_cn_2"), square("minor_cn_2")
    share = square("cn_share_2", 0.0)
    return Observations(
        mutations=np.asarray(mutations, dtype=object),
        samples=np.asarray(samples, dtype=object),
        alt=square("alt_counts"),
        ref=square("ref_counts"),
        major=np.maximum(major, minor),
        minor=np.minimum(major, minor),
        normal=square("normal_cn", OPTIONAL["normal_cn"]),
        purity=np.where(np.isnan(purity), known, purity),
        purity_sd=square("tumour_content_sd"),
        error=square("error_rate", OPTIONAL["error_rate"]),
        major_2=np.maximum(major_2, minor_2),
        minor_2=np.minimum(major_2, minor_2),
        share_2=np.where(np.isnan(major_2) | np.isnan(minor_2), 0.0, np.clip(share, 0, 1)),
    )


def _problems(mutation, sample, mutations, samples, values) -> list[Problem]:
    problems = []
    twice = pd.Series(list(zip(mutation, sample, strict=True))).duplicated()
    for row in np.flatnonzero(twice):
        problems.append(
            Problem(
                f"mutation {mutations[mutation[row]]} occurs twice; keep one row",
                sample=samples[sample[row]],
                column="mutation_id",
            )
        )
    for name in ("ref_counts", "alt_counts"):
        for row in np.flatnonzero(values[name] < 0):
            problems.append(
                Problem(
                    f"{values[name][row]:g} reads of mutation {mutations[mutation[row]]}",
                    sample=samples[sample[row]],
                    column=name,
                )
            )
    for s, label in enumerate(samples):
        purity = values["tumour_content"][sample == s]
        purity = purity[~np.isnan(purity)]
        if not len(purity):
            text = "the sample's purity is unknown; estimate it, or give it"
        elif (purity <= 0).any() or (purity > 1).any():
            text = f"{purity[(purity <= 0) | (purity > 1)][0]:g} is no share of cells (0 to 1)"
        else:
            continue
        problems.append(Problem(text, sample=label, column="tumour_content"))
    return problems
