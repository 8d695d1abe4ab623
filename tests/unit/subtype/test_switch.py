import numpy as np
import pandas as pd
import pytest

from her2omics import resources, tables
from her2omics.subtype import ranks
from her2omics.subtype.centroids import subtypes
from her2omics.subtype.counterfactual import dilute
from her2omics.subtype.switch import luminal_gap, switches
from her2omics.tables import SUBTYPES
from her2omics.thresholds import limits

GENES = list(ranks.centroids().genes)
REFERENCE = resources.table("tcga712_subgroup_reference.tsv").set_index("gene").loc[GENES]
MEDIANS = {
    name: (REFERENCE[f"PAM50_{name}_median"] - REFERENCE["ERbalanced_median"]).to_numpy()
    for name in SUBTYPES
}
NORMAL = pd.Series(MEDIANS["Normal"], index=GENES)
AMPLICON = ranks.centroids().amplicon
NULL = limits().programme_null


def noisy(name: str, seed: int, sd: float = 0.3) -> np.ndarray:
    return MEDIANS[name] + np.random.default_rng(seed).normal(0, sd, 50)


def diluted(values: np.ndarray, share: float) -> np.ndarray:
    return dilute(values, NORMAL.to_numpy(), [share])[0]


def cohort(**pairs: tuple[np.ndarray, np.ndarray]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return cases and values of pairs named by patient."""
    cases = [
        {
            "case": f"{name}_B__{name}_F",
            "patient": name,
            "baseline": f"{name}_B",
            "followup": f"{name}_F",
            "setting": "relapse",
        }
        for name in pairs
    ]
    values = {
        f"{name}_{time}": row
        for name, pair in pairs.items()
        for time, row in zip("BF", pair, strict=True)
    }
    return (
        tables.typed(pd.DataFrame(cases), "pairs"),
        pd.DataFrame.from_dict(values, orient="index", columns=GENES),
    )


def purities(values: pd.DataFrame, baseline: float = 0.7, followup: float = 0.7) -> pd.DataFrame:
    value = np.where(values.index.str.endswith("B"), baseline, followup)
    return pd.DataFrame(
        {
            "sample": values.index,
            "purity": value,
            "purity_low": value - 0.05,
            "purity_high": value + 0.05,
            "weight": 1.0,
        }
    )


def run(cases, values, *, purity=None, context=None, seed=1, **options) -> pd.DataFrame:
    found = subtypes(
        values,
        patients=pd.Series(values.index.str[:-2], index=values.index),
        seed=seed,
        centring="none",
        bootstraps=20,
    )
    plain = pd.DataFrame(
        {"protocol": "polya", "preservation": "", "unit": "counts", "scaled": True},
        index=values.index,
    )
    return switches(
        cases,
        values,
        subtypes=found,
        purity=purities(values) if purity is None else purity,
        normal=NORMAL,
        context=plain.assign(**(context or {})),
        seed=seed,
        draws=100,
        **options,
    ).set_index("patient")


def switched(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    return noisy("Her2", seed), noisy("LumA", seed + 1)


def stable(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    return noisy("Her2", seed), noisy("Her2", seed + 1)


def test_a_switch_and_a_stable_pair():
    cases, values = cohort(s=switched(), t=stable())
    found = run(cases, values)
    assert found["call"].to_dict() == {"s": "switch", "t": "stable"}
    assert found["reason"].isna().all()
    assert found.loc["s", ["subtype_baseline", "subtype_followup"]].tolist() == ["Her2", "LumA"]
    assert found.loc["s", "delta_purity_adjusted"] > 0.5
    assert found.loc["s", "programme_delta_low"] > 0.5
    assert abs(found.loc["t", "programme_delta"]) < 0.2
    low, value, high = (
        found[["delta_purity_adjusted_low", "delta_purity_adjusted", "delta_purity_adjusted_high"]]
        .to_numpy(float)
        .T
    )
    assert (low < value).all()
    assert (value < high).all()


def test_delta_is_the_difference_of_the_luminal_gaps():
    cases, values = cohort(s=switched())
    r = ranks.correlations(values.to_numpy())
    expected = luminal_gap(r[0]) - luminal_gap(r[1])
    found = run(cases, values)
    assert found.loc["s", "delta"] == pytest.approx(expected)
    # Equal purities: nothing is diluted.
    assert found.loc["s", "delta_purity_adjusted"] == pytest.approx(expected)


def test_normal_tissue_in_the_followup_is_no_switch():
    pairs, drift = {}, np.random.default_rng(1)
    for seed in range(12):
        tumour = noisy("Her2", seed)
        pairs[f"p{seed}"] = (tumour, diluted(tumour, 0.4) + drift.normal(0, 0.2, 50))
    cases, values = cohort(**pairs)
    found = run(cases, values, purity=purities(values, 0.8, 0.32))
    assert (found["subtype_baseline"] != found["subtype_followup"]).sum() >= 6
    assert not found["call"].eq("switch").any()
    assert found["call"].eq("stable").sum() >= 4
    flipped = found["call"].eq("unconfirmed")
    assert found.loc[flipped, "reason"].str.contains("SMALL_DELTA").all()
    assert (found["delta_purity_adjusted"].abs() < found["delta"].abs()).all()
    blind = run(cases, values, purity=purities(values).iloc[:0])
    assert not blind["call"].eq("switch").any()


def test_a_purer_followup_is_diluted_to_the_baseline():
    tumour = noisy("Her2", 4)
    cases, values = cohort(p=(diluted(tumour, 0.4), tumour))
    found = run(cases, values, purity=purities(values, 0.32, 0.8)).loc["p"]
    assert found["call"] != "switch"
    assert abs(found["delta_purity_adjusted"]) < 0.15 < abs(found["delta"])


def test_unknown_purity_is_at_most_unconfirmed():
    cases, values = cohort(s=switched())
    unknown = run(cases, values, purity=purities(values).iloc[:1]).loc["s"]
    assert unknown["call"] == "unconfirmed"
    assert "PURITY_UNKNOWN" in unknown["reason"].split(";")


@pytest.mark.parametrize(
    ("column", "words", "mixed"),
    [
        ("protocol", ["polya", "capture"], True),
        ("preservation", ["ffpe", "frozen"], True),
        ("unit", ["counts", "tpm"], True),
        ("protocol", ["polya", ""], False),
    ],
)
def test_protocols_must_agree_within_the_pair(column, words, mixed):
    cases, values = cohort(s=switched())
    found = run(cases, values, context={column: words}).loc["s"]
    assert (found["call"], found["reason"]) == (
        ("unconfirmed", "MIXED_PROTOCOL") if mixed else ("switch", None)
    )
    assert run(cases, values, context={column: words}, co_processed=True)["call"].eq("switch").all()


@pytest.mark.parametrize(
    ("setting", "days", "on"),
    [
        ("on_treatment", None, True),
        ("on_treatment", 400, True),
        ("post_neoadjuvant", None, False),
        ("post_neoadjuvant", 90, False),
        ("post_neoadjuvant", 20, True),
        ("relapse", 20, True),
        ("relapse", 400, False),
        (None, None, False),
    ],
)
def test_treatment_keeps_a_switch_unconfirmed(setting, days, on):
    cases, values = cohort(s=switched())
    found = run(cases.assign(setting=setting, days_since_anti_her2=days), values).loc["s"]
    assert (found["call"], found["reason"]) == (
        ("unconfirmed", "ON_TREATMENT") if on else ("switch", None)
    )


def test_losing_the_amplicon_genes_alone_is_no_switch():
    calls = []
    for seed in range(20):
        tumour = noisy("Her2", seed, 0.8)
        lost = tumour.copy()
        lost[AMPLICON] = MEDIANS["LumA"][AMPLICON] - 2
        cases, values = cohort(p=(tumour, lost))
        found = run(cases, values).loc["p"]
        calls.append(found["call"])
        assert abs(found["programme_delta"] + NULL) < 0.03  # the 48 others did not move
    assert "switch" not in calls


def test_a_followup_of_normal_tissue_is_unconfirmed():
    cases, values = cohort(p=(noisy("Her2", 1), noisy("Normal", 2)))
    found = run(cases, values).loc["p"]
    assert found["subtype_followup"] == "Normal"
    assert found["call"] == "unconfirmed"
    assert "NORMAL_LIKE" in found["reason"].split(";")


def test_few_genes():
    cases, values = cohort(s=switched())
    some, many = values.copy(), values.copy()
    some.iloc[0, :7] = np.nan
    many.iloc[1, :25] = np.nan
    found = run(cases, some).loc["s"]
    assert found["call"] == "unconfirmed"
    assert "FEW_GENES" in found["reason"].split(";")
    found = run(cases, many).loc["s"]
    assert (found["call"], found["reason"]) == ("not_assessable", "FEW_GENES")
    assert np.isnan(found["programme_delta"])


def test_levels_without_a_scale_cannot_be_diluted():
    cases, values = cohort(s=switched())
    found = run(cases, values, context={"scaled": False}).loc["s"]
    assert found["call"] == "unconfirmed"
    assert "NO_SCALE" in found["reason"].split(";")


def test_cases_without_rna_of_both_samples_have_no_row():
    cases, values = cohort(s=switched(), t=stable())
    alone = cases.copy()
    alone.loc[0, ["case", "followup"]] = ["s_B__none", None]
    assert run(alone, values).index.tolist() == ["t"]
    assert run(alone.iloc[:1], values).empty


def test_a_case_does_not_depend_on_the_others():
    cases, values = cohort(a=switched(1), b=stable(5), c=(noisy("LumB", 7), noisy("Basal", 9)))
    together = run(cases, values)
    shuffled = run(cases.iloc[::-1], values.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(together, shuffled.loc[list(together.index)], check_names=False)
    part = cases.iloc[[1]]
    alone = run(part, values.loc[[*part["baseline"], *part["followup"]]])
    pd.testing.assert_frame_equal(together.loc[["b"]], alone)


def test_the_users_thresholds_count():
    cases, values = cohort(s=switched())
    found = run(cases, values, thresholds={"switch_delta": 1.9})
    assert found.loc["s", "call"] == "unconfirmed"
    assert "SMALL_DELTA" in found.loc["s", "reason"]
