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


def _counts(frame):
    return snv.counts_of(frame).assign(ratio=1.0)


def test_truncal_mutations_carry_a_low_purity_over(made, rng):
    before = _counts(made.mutations_of(made.Tumour(purity=0.6), rng).frame)
    after = _counts(made.mutations_of(made.Tumour(purity=0.08), rng).frame)
    shared = snv.shared_loglik(before, after, np.array([0.6]), np.array([2.0]))[0]
    assert PURITY[np.argmax(shared[:, 5])] == pytest.approx(0.08, abs=0.02)


def test_samples_without_common_mutations_do_not_inform_each_other(made, rng):
    before = _counts(made.mutations_of(made.Tumour(), rng).frame)
    other = before.rename(index=lambda name: "x" + name)
    assert not snv.shared_loglik(before, other, np.array([0.6]), np.array([2.0])).any()


def _clonal(rng, share, depth=120):
    """Return clonal mutations that are these shares of the DNA."""
    alt = rng.binomial(depth, share)
    frame = pd.DataFrame({"chromosome": "1", "position": range(len(share)), "alt_count": alt})
    frame["mutation_id"] = [f"m{k:02d}" for k in range(len(share))]
    return _counts(frame.assign(ref_count=depth - alt))


@pytest.mark.parametrize("early", [0.3, 0.6])
def test_mutations_on_one_and_on_two_copies_show_a_doubled_genome(rng, early):
    # Of purity .25 with 4 copies and of .4 with 2 copies: the same ratios. In both samples.
    copies = np.where(np.arange(60) < early * 60, 2, 1)
    one, two = (_clonal(rng, 0.25 * copies / (4 * 0.25 + 2 * 0.75)) for _ in range(2))
    purity, ploidy = np.array([0.25, 0.4]), np.array([4.0, 2.0])
    alone = snv.clonal_loglik(one, purity, ploidy)
    both = snv.shared_loglik(one, two, purity, ploidy, purity, ploidy)
    doubled, half = (alone[k, k] + both[k, k, k] for k in range(2))
    assert doubled > half + 3


def test_what_one_sample_alone_has_on_all_copies_is_no_sign_of_a_doubled_genome(rng):
    before, after = _clonal(rng, np.full(30, 0.2)), _clonal(rng, np.zeros(30))
    purity, ploidy = np.array([0.25, 0.4]), np.array([4.0, 2.0])
    alone = snv.clonal_loglik(before, purity, ploidy)
    both = snv.shared_loglik(before, after, purity, ploidy, purity, ploidy)
    doubled, half = (alone[k, k] + both[k, k, k] for k in range(2))
    assert doubled < half - 10


def test_mutations_on_one_copy_alone_show_a_genome_that_has_not_doubled(rng):
    counts = _clonal(rng, np.full(60, 0.4 / 2))
    doubled = snv.clonal_loglik(counts, np.array([0.25]), np.array([4.0]))[0, 0]
    assert doubled < snv.clonal_loglik(counts, np.array([0.4]), np.array([2.0]))[0, 0] - 1


def test_mutations_on_all_copies_of_a_haplotype_are_likely_where_it_was_gained():
    chances = snv._early_copies()
    assert chances.sum(axis=1) == pytest.approx(np.ones(8))
    assert chances[0, 0] == pytest.approx(1)  # one copy
    assert chances[1, 0] > chances[1, 1] > 0.2  # 1 + 1 or 2 + 0
    assert chances[3, 1] > chances[3, 0]  # 2 + 2
