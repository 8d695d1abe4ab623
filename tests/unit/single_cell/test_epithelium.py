import numpy as np
import pytest
import scipy.sparse as sp

from her2omics.single_cell import epithelium
from her2omics.single_cell.bins import Bins
from her2omics.single_cell.malignant import from_copy_number

ARMS, EACH, GENES = 24, 5, 10
NOISE = 0.35  # of one cell's bin, by sampling
LINEAGE = 0.13  # of a bin of epithelium over the other cells


def bins():
    number = ARMS * EACH
    arm = np.repeat(np.array([f"{k}q" for k in range(ARMS)], dtype=object), EACH)
    weights = sp.csr_matrix(np.kron(np.eye(number), np.ones((GENES, 1))))
    return Bins(weights, np.full(number * GENES, 1 / (number * GENES)), arm)


def cells(malignant, normal, *, seed=1, step=0.25):
    """Profiles of malignant cells first, then of normal ones; t noise and cell states."""
    rng = np.random.default_rng(seed)
    copies = np.repeat(rng.choice([-step, 0.0, 0.0, step], ARMS), EACH)
    lineage = rng.normal(0, LINEAGE, ARMS * EACH)
    mean = np.vstack([np.tile(lineage + copies, (malignant, 1)), np.tile(lineage, (normal, 1))])
    state = rng.standard_t(5, (len(mean), 1)) * rng.normal(0, 0.08, ARMS * EACH)
    return mean + state + rng.standard_t(6, mean.shape) * NOISE / np.sqrt(1.5)


def divide(profile, groups=None):
    return epithelium.divide(
        profile,
        bins=bins(),
        spread=np.full(profile.shape[1], NOISE),
        groups=np.ones((len(profile), 1)) if groups is None else groups,
    )


@pytest.mark.parametrize(("malignant", "normal"), [(500, 60), (150, 150), (60, 500), (1000, 60)])
def test_few_and_many_normal_cells_are_told_apart(malignant, normal):
    found = divide(cells(malignant, normal))
    lower = found.lower > 0.5
    assert lower[malignant:].mean() > 0.9
    assert lower[:malignant].mean() < 0.03
    assert found.burden[0] < 0.085 < found.burden[1]
    assert found.apart > 2


@pytest.mark.parametrize("seed", range(6))
def test_malignant_cells_alone_are_not_parted(seed):
    assert divide(cells(400, 0, seed=seed)) is None


def test_two_malignant_clones_are_not_normal_and_malignant():
    rng = np.random.default_rng(3)
    own = np.repeat(rng.choice([0.0, 0.0, 0.3], ARMS), EACH)
    profile = cells(400, 0)
    profile[200:] += own
    assert divide(profile) is None


def test_the_order_of_the_cells_does_not_matter():
    profile = cells(300, 80)
    order = np.random.default_rng(2).permutation(len(profile))
    plain, other = divide(profile), divide(profile[order])
    assert np.abs(plain.lower[order] - other.lower).max() < 0.02
    assert other.burden == pytest.approx(plain.burden, abs=0.005)


def test_cells_beyond_those_that_find_the_axis_are_placed():
    found = divide(cells(6_000, 1_500))
    assert len(found.lower) == 7_500
    assert (found.lower[6_000:] > 0.5).mean() > 0.95
    assert (found.lower[:6_000] > 0.5).mean() < 0.02


def test_few_cells_are_left_together():
    assert divide(cells(5, 4)) is None


def test_a_burden_is_what_neighbours_share():
    place = bins()
    rng = np.random.default_rng(4)
    alone = np.exp(rng.normal(0, 0.13, ARMS * EACH)) - 1
    arms = np.repeat(rng.choice([-0.25, 0.0, 0.25], ARMS), EACH)
    assert epithelium.burden(alone, place) < 0.06
    assert epithelium.burden(arms, place) == pytest.approx(np.log1p(arms).std(), rel=0.25)
    # Bins that all stand as high say nothing of copies.
    assert epithelium.burden(np.full(ARMS * EACH, 0.2), place) == pytest.approx(0)
    # Single bins of the lineage, however high, are no arms.
    spikes = np.zeros(ARMS * EACH)
    spikes[::25] = 8.0
    assert epithelium.burden(spikes, place) < 0.085


def test_some_tumour_cells_among_normal_ones_have_no_burden_of_their_own():
    tumour, normal = cells(400, 0, step=0.5).mean(axis=0), cells(0, 400).mean(axis=0)
    second = cells(400, 0, seed=5, step=0.4).mean(axis=0)
    mixed = 0.6 * normal + 0.4 * tumour
    assert epithelium.burden(mixed, bins()) > 0.105  # passed for a second tumour
    assert epithelium.burden_beyond(mixed, tumour, bins()) < 0.085
    alone = epithelium.burden(second, bins())
    assert epithelium.burden_beyond(second, tumour, bins()) == pytest.approx(alone, rel=0.15)


@pytest.fixture(scope="module")
def named():
    profile = np.vstack([cells(300, 60), np.zeros((80, ARMS * EACH))])
    return from_copy_number(
        profile,
        lineage=np.array(["epithelial"] * 360 + ["immune"] * 80),
        bins=bins(),
        umis=np.full(440, 3_000.0),
        kept=np.arange(440) != 3,
        sample=np.arange(440) % 2,
        seed=1,
    )


def test_cells_have_a_probability_of_being_malignant(named):
    assert named.source == "copy_number"
    assert np.isnan(named.probability[3])  # unsound
    assert np.nanmedian(named.probability[:300]) > 0.95
    assert np.median(named.probability[300:360]) < 0.2
    assert (named.probability[360:] == 0).all()


def copies(*, seed=1, step=0.25):
    """What the DNA of the malignant cells of :func:`cells` lets expect."""
    rng = np.random.default_rng(seed)
    return np.repeat(rng.choice([-step, 0.0, 0.0, step], ARMS), EACH)


def test_a_group_follows_the_dna_of_its_tumour_and_no_other():
    tumour, normal = cells(40, 0).mean(axis=0), cells(0, 40).mean(axis=0)
    assert epithelium.follows(tumour, copies()) > 0.95
    assert epithelium.follows(normal, copies()) < 0.05
    assert epithelium.follows(tumour, copies(seed=8)) < 0.3
    assert epithelium.follows(tumour, np.zeros(ARMS * EACH)) == 0.5


def with_dna(profile, dna):
    number = len(profile)
    return from_copy_number(
        np.vstack([profile, np.zeros((80, ARMS * EACH))]),
        lineage=np.array(["epithelial"] * number + ["immune"] * 80),
        bins=bins(),
        umis=np.full(number + 80, 3_000.0),
        kept=np.ones(number + 80, dtype=bool),
        sample=np.zeros(number + 80, dtype=int),
        seed=1,
        dna=dna,
    )


@pytest.mark.parametrize("seed", range(3))
def test_dna_tells_the_malignant_cells_of_a_quiet_genome(seed):
    profile = cells(300, 40, seed=seed, step=0.1)
    without = with_dna(profile, None)
    assert (without.probability[:300] > 0.5).mean() < 0.2  # too quiet for the cells alone
    found = with_dna(profile, copies(seed=seed, step=0.13))
    assert found.source == "dna"
    assert (found.probability[:300] > 0.5).mean() > 0.9


def test_dna_of_another_tumour_changes_nothing_and_is_said():
    profile = cells(300, 60)
    alone, other = with_dna(profile, None), with_dna(profile, copies(seed=8))
    assert other.source == "copy_number"
    assert "not used" in other.note
    assert alone.note == ""
    right = np.r_[np.ones(300), np.zeros(60)]
    for found in (alone, other):
        assert ((found.probability[:360] > 0.5) == right).mean() > 0.95


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("share", [0.0, 0.1])
def test_dna_without_the_copies_of_the_tumour_changes_nothing(seed, share):
    """No tumour in the DNA, or a tenth of the purity it was taken for: arms have noise."""
    noise = np.repeat(np.random.default_rng(seed).normal(0, 0.025, ARMS), EACH)
    profile = cells(300, 60, seed=seed)
    alone, flat = with_dna(profile, None), with_dna(profile, share * copies(seed=seed) + noise)
    assert flat.source == "copy_number"
    assert "not used" in flat.note
    assert (flat.probability == alone.probability).all()


def test_flat_dna_tells_no_slope():
    assert epithelium.rise(cells(40, 0).mean(axis=0), np.zeros(ARMS * EACH)) == (0.0, np.inf)


def test_normal_cells_are_no_tumour_where_there_is_dna():
    found = with_dna(cells(0, 200), copies())
    assert found.probability[:200].max() < 0.25
    assert found.source == "copy_number"
    assert "no epithelial cells have clear copy-number changes" in found.note


def alone(number, *, malignant, seed):
    """Return the probabilities of epithelial cells beside 80 immune ones."""
    own = cells(number if malignant else 0, 0 if malignant else number, seed=seed)
    return with_dna(own, None).probability[:number]


def test_one_cell_is_never_surely_the_wrong_kind():
    """A single cell's burden is mostly noise; with 60 of them it is known."""
    normal = np.concatenate([alone(1, malignant=False, seed=500 + seed) for seed in range(40)])
    tumour = np.concatenate([alone(1, malignant=True, seed=seed) for seed in range(40)])
    assert normal.max() < 0.95
    assert tumour.min() > 0.05
    assert tumour.mean() > normal.mean() + 0.4
    assert alone(60, malignant=False, seed=500).max() < 0.1
    assert alone(60, malignant=True, seed=1).min() > 0.95


@pytest.mark.parametrize("apart", [True, False])
def test_two_tumours_are_both_malignant(apart):
    """The follow-up is another tumour: it has nothing of the copies of the first.

    In one biopsy they would be a tumour and its normal epithelium.
    """
    profile = np.vstack(
        [cells(200, 0, seed=1), cells(200, 0, seed=5, step=0.4), np.zeros((80, ARMS * EACH))]
    )
    found = from_copy_number(
        profile,
        lineage=np.array(["epithelial"] * 400 + ["immune"] * 80),
        bins=bins(),
        umis=np.full(480, 3_000.0),
        kept=np.ones(480, dtype=bool),
        sample=np.repeat([0, 1, 0], [200, 200, 80]) if apart else np.arange(480) % 2,
        seed=1,
    )
    medians = np.sort([np.median(found.probability[a : a + 200]) for a in (0, 200)])
    assert medians[1] > 0.8
    assert medians[0] > 0.8 if apart else medians[0] < 0.05


@pytest.mark.parametrize("number", [1, 5])
def test_bins_without_neighbours_tell_nothing(number):
    """The genes of a panel: a bin on each of a few arms."""
    arm = np.array([f"{k}q" for k in range(number)], dtype=object)
    few = Bins(sp.eye(number, format="csr"), np.full(number, 1 / number), arm)
    found = from_copy_number(
        np.random.default_rng(1).normal(0.5, 0.3, (60, number)),
        lineage=np.array(["epithelial"] * 60),
        bins=few,
        umis=np.full(60, 3_000.0),
        kept=np.ones(60, dtype=bool),
        sample=np.zeros(60, dtype=int),
        seed=1,
    )
    assert found.source == "lineage"
    assert found.probability == pytest.approx(0.9)


def test_without_normal_cells_epithelium_is_malignant_with_the_prior():
    found = from_copy_number(
        None,
        lineage=np.array(["epithelial", "immune", "unknown"]),
        bins=None,
        umis=np.full(3, 2_000.0),
        kept=np.ones(3, dtype=bool),
        sample=np.zeros(3, dtype=int),
        seed=1,
    )
    assert found.source == "lineage"
    assert found.probability[0] == pytest.approx(0.9)
    assert found.probability[1] == 0
    assert np.isnan(found.probability[2])


def test_of_divisions_the_one_with_a_quiet_lower_part_is_the_clearest():
    """Normal cells alone, or with one of two clones whose arms differ in opposite ways.

    Figures of a simulated tumour: the second stood farther apart, and lacked as much of the trunk.
    """

    def division(burden, malignant, apart):
        return epithelium.Division(np.zeros(1), malignant, burden, apart)

    normal = division((0.097, 0.258), 0.01, 6.83)
    assert normal.clear > division((0.211, 0.345), 0.02, 7.20).clear
    # But some of the normal cells, of no burden at all, are no clearer than all of them.
    assert normal.clear > division((0.0, 0.133), 0.0, 5.9).clear
