"""Mutation clusters of a pair: trunk, the two lineages, and what is private to either side.

One draw serves both levels: the evidence level measures each cluster's cancer cell fraction, the
file level places its mutations in the genome.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from her2omics import resources
from her2omics.simulate.distributions import poisson, rows_of, stream
from her2omics.simulate.scenario import Scenario

#: Mutations seen by each assay relative to an exome, and its depth (reads).
YIELD = {"wes": 1.0, "panel": 0.15, "wgs": 4.0}
DEPTH = {"wes": 100, "panel": 500, "wgs": 60}
_TRUNK, _LINEAGE = 40, 12
MOSAIC = 0.98  # above this share of the amplified lineage the other is not seen
_CCF_FLOOR_SD = 0.03
#: True fractions whose error was measured; all cells and none are hardly ever off.
_FRACTION = (0.05, 0.95)
MIN_MUTATIONS = 2
#: Mean variant allele fraction of a C>T artefact of formalin [assume].
ARTEFACT_VAF = 0.04
#: Share of the mutations that one of two different panels covers [assume].
PANEL_COVERS = 0.7


def draw(cases: pd.DataFrame, scenario: Scenario, *, seed: int) -> pd.DataFrame:
    """Return the latent clusters of all cases.

    Parameters
    ----------
    cases
        Latent cases of one scenario, n rows; the cases of one patient share what its baseline has.
    scenario
        Assay (number of mutations), unrelated tumours, artefacts.
    seed
        Seed of the cohort; case k does not depend on how many cases there are.

    Returns
    -------
    DataFrame
        ``row`` (position of the case), ``clone`` (``trunk``, ``amplified``, ``other``,
        ``baseline_1``, ``followup_1``, ...; ``artefact``), ``n`` (mutations, may be 0), and the
        true cancer cell fraction ``baseline`` and ``followup`` (of an artefact: what its reads
        pretend).
    """
    n, many = len(cases), YIELD[scenario.assay]
    patient = rows_of(cases["patient"].to_numpy())
    once = stream(seed, scenario.name, "clusters").random((patient.max(initial=-1) + 1, 12))[
        patient
    ]
    each = stream(seed, scenario.name, "clusters of a lesion").random((n, 10))
    zero, one = np.zeros(n), np.ones(n)
    share = {time: cases[f"private_share_{time}"].to_numpy() for time in ("baseline", "followup")}
    f = {time: cases[f"f_bulk_{time}"].to_numpy() for time in ("baseline", "followup")}
    lineage = _LINEAGE * (cases["f_baseline"].to_numpy() < MOSAIC)
    shared = 0.0 if scenario.unrelated else 1.0
    mean_share = (share["baseline"] + share["followup"]) / 2
    kinds = [
        ("trunk", shared * _TRUNK * (1 - mean_share), once[:, 0], one, one),
        ("amplified", lineage, once[:, 1], f["baseline"], shared * f["followup"]),
        ("other", lineage, once[:, 2], 1 - f["baseline"], shared * (1 - f["followup"])),
    ]
    if scenario.unrelated:
        kinds += [
            ("amplified_2", lineage, each[:, 7], zero, f["followup"]),
            ("other_2", lineage, each[:, 8], zero, 1 - f["followup"]),
        ]
    for time, chance in (("baseline", once[:, 3:10]), ("followup", each[:, :7])):
        two = chance[:, 0] < 0.5
        for k, used in enumerate((one, two.astype(float))):
            clonal = (chance[:, 1 + k] < 0.5) | (scenario.unrelated and k == 0)
            ccf = np.where(clonal, 1.0, 0.1 + 0.8 * chance[:, 3 + k])
            mean = _TRUNK * share[time] * used / np.where(two, 2, 1)
            before, after = (ccf, zero) if time == "baseline" else (zero, ccf)
            kinds.append((f"{time}_{k + 1}", mean, chance[:, 5 + k], before, after))
    if scenario.ffpe_artefacts:
        late = once[:, 10] < 0.5
        seen = {
            time: np.minimum(2 * ARTEFACT_VAF / cases[f"purity_{time}"].to_numpy(), 1)
            for time in ("baseline", "followup")
        }
        mean = scenario.ffpe_artefacts * one
        before, after = seen["baseline"] * ~late, seen["followup"] * late
        kinds.append(("artefact", mean, once[:, 11], before, after))
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "row": np.arange(n),
                    "clone": clone,
                    "n": poisson(chance, many * mean),
                    "baseline": before,
                    "followup": after,
                }
            )
            for clone, mean, chance, before, after in kinds
        ],
        ignore_index=True,
    )


def ccf_sd(n: np.ndarray, *, purity: np.ndarray, assay: str | pd.Series) -> np.ndarray:
    """Return the SD of a cluster's cancer cell fraction as cases at evidence level have it.

    Parameters
    ----------
    n
        Mutations of each cluster.
    purity
        Of its sample.
    assay
        One for all, or one each.
    """
    depth = DEPTH[assay] if isinstance(assay, str) else assay.map(DEPTH).to_numpy()
    return np.sqrt(0.25 / (n * depth * purity / 2) + _CCF_FLOOR_SD**2)


def measured_ratio(assay: str) -> float:
    """Return by what fractions of clusters from files are off, relative to :func:`ccf_sd`.

    From ``resources/evidence_noise.tsv``; 1 for an assay that was not measured.
    """
    table = resources.table("evidence_noise.tsv")
    row = table[table["variable"].eq("cluster_ccf") & table["assay"].eq(assay)]
    return float((row["sd"] / row["simulated_sd"]).iloc[0]) if len(row) else 1.0


def cluster_ccf(cases: pd.DataFrame, scenario: Scenario, *, seed: int) -> dict[str, pd.DataFrame]:
    """Return the clusters' cancer cell fractions as measured in both samples.

    Parameters
    ----------
    cases, scenario, seed
        As in :func:`draw`.

    Returns
    -------
    dict
        ``baseline`` and ``followup`` -> rows ``row`` (position of the case), ``item`` (cluster,
        numbered by size), ``value`` (CCF, 0-1), ``sd``, ``n`` (mutations). Clusters of fewer than
        two mutations are left out; with two different panels also those that one of them does not
        cover, on its side.
    """
    true = draw(cases, scenario, seed=seed)
    true = true[true["n"] >= MIN_MUTATIONS]
    true = true.sort_values(["row", "n"], ascending=[True, False], kind="stable", ignore_index=True)
    true["item"] = (true.groupby("row").cumcount() + 1).astype(str)
    out = {}
    for time in ("baseline", "followup"):
        rng = stream(seed, scenario.name, "clusters measured", time)
        noise = rng.normal(0, 1, len(true))
        part = true
        if scenario.different_panels:
            rng = stream(seed, scenario.name, "clusters covered", time)
            part = true.assign(n=rng.binomial(true["n"], PANEL_COVERS))
            covered = part["n"] >= MIN_MUTATIONS
            part, noise = part[covered], noise[covered]
        purity = cases[f"purity_{time}"].to_numpy()[part["row"].to_numpy()]
        sd = ccf_sd(part["n"].to_numpy(), purity=purity, assay=scenario.assay)
        if scenario.noise_of_files:
            sd = np.where(part[time].between(*_FRACTION), measured_ratio(scenario.assay), 1.0) * sd
        value = np.clip(part[time] + sd * noise, 0, 1)
        out[time] = pd.DataFrame(
            {"row": part["row"], "item": part["item"], "value": value, "sd": sd, "n": part["n"]}
        )
    return out
