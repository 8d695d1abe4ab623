import numpy as np
import pandas as pd
import pytest

from her2omics.copy_number import snv
from her2omics.copy_number.fit import PURITY


@pytest.mark.parametrize("purity", [0.2, 0.5, 0.8])
def test_purity_of_clonal_mutations(made, rng, purity):
    found = snv.snv_purity(made.mutations_of(made.Tumour(purity=purity), rng).frame)
    low, high = found.interval()
    assert found.source == "snv"
    assert low <= purity <= high


@pytest.mark.parametrize("count", [0, 2])
def test_few_mutations_say_nothing(made, rng, count):
    found = snv.snv_purity(made.mutations_of(made.Tumour(), rng).frame.head(count))
    low, high = found.interval()
    assert found.source == "none"
    assert high - low > 0.8


def test_unusable_mutations_are_left_out(made, rng):
    frame = made.mutations_of(made.Tumour(), rng, count=4).frame
    frame.loc[0, "chromosome"] = "X"
    frame.loc[1, ["ref_count", "alt_count"]] = 4, 1
    frame = pd.concat([frame, frame.tail(1)])
    assert list(snv.counts_of(frame).index) == ["m02", "m03"]


def test_truncal_mutations_carry_a_low_purity_over(made, rng):
    before = snv.counts_of(made.mutations_of(made.Tumour(purity=0.6), rng).frame)
    after = snv.counts_of(made.mutations_of(made.Tumour(purity=0.08), rng).frame)
    shared = snv.shared_loglik(before, after, 0.6)
    assert PURITY[np.argmax(shared)] == pytest.approx(0.08, abs=0.02)


def test_samples_without_common_mutations_do_not_inform_each_other(made, rng):
    before = snv.counts_of(made.mutations_of(made.Tumour(), rng).frame)
    other = before.rename(index=lambda name: "x" + name)
    assert not snv.shared_loglik(before, other, 0.6).any()
