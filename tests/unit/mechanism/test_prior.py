import numpy as np
import pytest
from scipy import stats

from her2omics.mechanism import prior
from her2omics.mechanism.noise import SPREADS
from her2omics.mechanism.states import STATES

STATE_PRIORS = {
    "R": 0.8,
    "D": 0.06,
    "CS": 0.06,
    "DA": 0.02,
    "SS-ret": 0.02,
    "SS-lost": 0.02,
    "MIX": 0.01,
    "PR": 0.01,
}


def _draw(stratum, n=20_000, setting="relapse", purity=((), ())):
    z = np.random.default_rng(1).standard_normal((n, prior.DIMENSION))
    index = np.full(n, prior.STRATA.index(stratum))
    return prior.latents(z, index, prior.condition(setting, purity))


def test_strata_carry_the_priors_of_their_states():
    weights = prior.stratum_priors(STATE_PRIORS)
    assert weights.sum() == pytest.approx(1)
    mix = [w for w, s in zip(weights, prior.STRATA, strict=True) if s.startswith("MIX")]
    assert sum(mix) == pytest.approx(0.01)


@pytest.mark.parametrize("stratum", prior.STRATA)
def test_particles_stay_in_the_state_of_their_stratum(stratum):
    home = stratum.removesuffix("-cells").removesuffix("-copies")
    state = _draw(stratum).state
    assert np.mean(state == STATES.index(home)) > 0.97


def test_marginal_distributions():
    x = _draw("R")
    assert np.median(x.C_A[0]) == pytest.approx(14, rel=0.05)
    assert x.C_A[0].min() >= 6
    assert x.C_A[0].max() <= 80
    assert x.f[0].min() >= 0.85
    assert np.mean(x.psi[0] > 2.75) == pytest.approx(0.3, abs=0.02)
    assert np.all(x.C_N[0] == np.round(x.C_N[0]))
    assert np.mean(x.p[0]) == pytest.approx(0.6, abs=0.02)


def test_whole_genome_doubling_keeps_the_copies_relative():
    x = _draw("R")
    doubled = x.psi[1] > 1.6 * x.psi[0]
    assert 0.005 < doubled.mean() < 0.05
    assert np.median(x.C_A[1][doubled] / x.C_A[0][doubled]) == pytest.approx(2, rel=0.1)


def test_selected_lineages_shift_their_programme_in_half_of_the_cases():
    m = _draw("CS").m
    assert np.mean(m == 0) == pytest.approx(0.5, abs=0.02)
    assert np.median(m[m != 0]) == pytest.approx(0.8, abs=0.05)


def test_repression_of_downregulation_is_one_plus_gamma():
    d = _draw("D").d
    assert d.min() >= 1
    assert d.mean() == pytest.approx(2.2, abs=0.05)


def test_purity_evidence_narrows_purity():
    free = _draw("R").p[1]
    told = _draw("R", purity=((), ((0.3, 0.06, 1.0),))).p[1]
    assert np.std(told) < 0.6 * np.std(free)
    assert np.median(told) == pytest.approx(0.31, abs=0.03)


def test_both_modes_of_a_purity_fit_stay_possible():
    modes = ((0.3, 0.03, 0.5), (0.7, 0.03, 0.5))
    p = _draw("R", purity=(modes, ())).p[0]
    assert np.mean(p < 0.45) > 0.1
    assert np.mean(p > 0.55) > 0.1


@pytest.mark.parametrize(("index", "spread"), list(enumerate(SPREADS)))
def test_pieces_scatter_as_a_beta_of_that_intraclass_correlation(index, spread):
    z = np.random.default_rng(2).standard_normal(40_000)
    share = np.full(len(z), 0.6)
    piece = prior.piece_share(share, z, np.full(len(z), index))
    assert piece.mean() == pytest.approx(0.6, abs=0.01)
    assert piece.var() == pytest.approx(spread * 0.24, rel=0.05)
    size = 1 / spread - 1
    assert stats.kstest(piece, stats.beta(0.6 * size, 0.4 * size).cdf).statistic < 0.02


def test_a_share_of_none_or_all_stays():
    z = np.array([-1.0, 1.0])
    assert list(prior.piece_share(np.array([0.0, 1.0]), z, np.array([0, 1]))) == [0.0, 1.0]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [("relapse", 0.1), ("metastasis", 0.1), ("post_neoadjuvant", 0.9), (None, 0.4)],
)
def test_a_stated_setting_keeps_a_doubt(setting, expected):
    assert prior.treated_probability(setting) == pytest.approx(expected)
