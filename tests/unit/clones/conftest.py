import numpy as np
import pandas as pd
import pytest


def draw(
    ccf,
    sizes,
    *,
    purity=(0.7, 0.6),
    depth=120,
    copies=(1, 1),
    seed=1,
    reported=None,
):
    """Mutations of clusters with fractions ``ccf`` (K, S) on one copy; returns table and labels."""
    rng = np.random.default_rng(seed)
    ccf = np.asarray(ccf, dtype=float)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    rows = []
    for n, k in enumerate(labels):
        for s in range(ccf.shape[1]):
            cells = purity[s] * sum(copies) + 2 * (1 - purity[s])
            share = 0.001 + 0.998 * purity[s] * ccf[k, s] / cells
            reads = rng.poisson(depth)
            alt = rng.binomial(reads, share)
            rows.append(
                {
                    "mutation_id": f"m{n}",
                    "sample_id": f"S{s}",
                    "ref_counts": reads - alt,
                    "alt_counts": alt,
                    "major_cn": copies[0],
                    "minor_cn": copies[1],
                    "normal_cn": 2,
                    "tumour_content": (reported or purity)[s],
                }
            )
    return pd.DataFrame(rows), labels


@pytest.fixture
def drawn():
    return draw
