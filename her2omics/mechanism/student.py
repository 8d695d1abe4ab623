"""Student's t with 6 degrees of freedom, the law of every measurement's error."""

from __future__ import annotations

import numpy as np
from scipy import special

#: Log density of the standard law at 0.
T6_LOG_NORM = special.gammaln(3.5) - special.gammaln(3.0) - 0.5 * np.log(6 * np.pi)


def t6_logpdf(residual: np.ndarray, scale: np.ndarray | float) -> np.ndarray:
    """Return the log density of Student's t with 6 degrees of freedom."""
    return T6_LOG_NORM - np.log(scale) - 3.5 * np.log1p((residual / scale) ** 2 / 6)
