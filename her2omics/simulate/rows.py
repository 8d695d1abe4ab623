"""Rows of the evidence table, gathered by variable and returned by case."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd


class Rows:
    """Collects measurements of many cases, one variable and time at a go."""

    def __init__(self, cases: pd.DataFrame) -> None:
        self._case = cases["case"].to_numpy()
        self._parts: list[pd.DataFrame] = []

    def add(
        self,
        variable: str,
        time: str,
        value: Iterable,
        keep: np.ndarray,
        *,
        sd: float | np.ndarray = np.nan,
        n: float | Iterable = np.nan,
        item: str | None = None,
        source: str,
    ) -> None:
        """Add one measurement of each case that ``keep`` marks; arrays have one value per case."""
        rows = np.flatnonzero(keep)
        table = pd.DataFrame({"row": np.arange(len(self._case)), "sd": sd})
        table["value"] = np.asarray(value)
        table["n"] = np.asarray(n)
        table["item"] = item
        self.add_long(variable, time, table.iloc[rows], source=source)

    def add_long(self, variable: str, time: str, table: pd.DataFrame, *, source: str) -> None:
        """Add any number of measurements per case: columns row, item, value, sd, n."""
        value = table["value"]
        if value.dtype != object:
            value = pd.Series([f"{x:.6g}" for x in value], index=table.index, dtype=object)
        self._parts.append(table.assign(variable=variable, time=time, value=value, source=source))

    def frame(self) -> pd.DataFrame:
        """Return all rows, case by case, in the order in which variables were added."""
        parts = [part for part in self._parts if len(part)]
        if not parts:
            return pd.DataFrame(columns=["case", "variable", "item", "time", "value", "sd", "n"])
        out = pd.concat([part.astype({"item": object}) for part in parts], ignore_index=True)
        out = out.sort_values("row", kind="stable", ignore_index=True)
        out["case"] = self._case[out["row"].to_numpy()]
        return out.drop(columns="row")
