"""A panel of normals: what it learns, whom it refuses, and what it says of those left out."""

import numpy as np
import pytest

from her2omics.cohort import panel
from her2omics.errors import InputError

# One to three copies of whole arms at purity .5, and ERBB2 at 18 copies; in a "normal" 12 copies in
# a fifth of the cells.
TUMOUR = {
    ("1", 125_000_000, 249_000_000): 0.32,
    ("8", 46_000_000, 146_000_000): 0.45,
    ("16", 38_000_000, 91_000_000): -0.41,
    ("5", 50_000_000, 182_000_000): -0.41,
    ("17", 39_500_000, 39_900_000): 2.5,
}
AMPLIFIED = {("17", 39_500_000, 39_900_000): 1.0}


@pytest.fixture
def learnt(bins_of, grch38):
    def make(count, **others):
        normals = [(f"N{seed}", bins_of(seed)) for seed in range(count)]
        normals += list(others.items())
        return panel.learn(normals, assay="wes", genome=grch38)

    return make


def test_eight_normals_carry_components_and_fewer_a_centre_only(learnt):
    many, few = learnt(12), learnt(6)
    assert len(many.middle.components) >= 2
    assert len(few.middle.components) == 0
    assert many.normals == tuple(f"N{seed}" for seed in range(12))
    assert not many.left_out
    assert 0.02 <= many.tau < few.tau


def test_tumours_are_refused_with_the_arms_that_say_so(bins_of, grch38):
    other = {place: TUMOUR[place] for place in list(TUMOUR)[3:]}
    tumours = [("T0", bins_of(0, events=TUMOUR)), ("T1", bins_of(1, events=other))]
    with pytest.raises(InputError) as error:
        panel.learn(tumours, assay="wes", genome=grch38)
    message = str(error.value)
    assert "(T0): is no normal of wes: a gain of ERBB2 at 17q12 of 1." in message
    assert "+8q" in message
    assert "0 of 2 normals of wes can be used, at least 2 are needed" in message
    assert "never of tumours" in message


def test_a_cohort_of_her2_positive_tumours_does_not_become_its_own_standard(bins_of, grch38):
    amplicon, *arms = list(TUMOUR)[::-1]
    tumours = []
    for seed in range(10):
        events = {arm: TUMOUR[arm] for k, arm in enumerate(arms) if (k + seed) % 4}
        events[amplicon] = 1.5 + 0.2 * seed
        tumours.append((f"T{seed}", bins_of(seed, events=events)))
    with pytest.raises(InputError, match="0 of 10 normals of wes can be used") as error:
        panel.learn(tumours, assay="wes", genome=grch38)
    assert str(error.value).count("a gain of ERBB2 at 17q12") == 10


def test_a_normal_with_a_17q12_gain_is_left_out_with_a_warning(learnt, bins_of):
    reference = learnt(10, odd=bins_of(99, events=AMPLIFIED))
    assert "odd" not in reference.normals
    (warning,) = panel.warnings_of(reference)
    assert warning.sample == "odd"
    assert "a 'normal' with a 17q12 gain would erase the ERBB2 amplification" in str(warning)


def test_a_tumour_among_the_normals_is_left_out(learnt, bins_of):
    reference = learnt(10, tumour=bins_of(99, events=TUMOUR))
    assert set(reference.left_out) == {"tumour"}
    assert len(reference.normals) == 10


def test_two_of_six_amplified_normals_are_left_out(bins_of, grch38):
    samples = [(f"T{seed}", bins_of(seed, events=AMPLIFIED)) for seed in range(2)]
    samples += [(f"N{seed}", bins_of(seed)) for seed in range(10, 14)]
    reference = panel.learn(samples, assay="wes", genome=grch38)
    assert set(reference.left_out) == {"T0", "T1"}


def test_one_normal_is_too_few(learnt):
    with pytest.raises(InputError, match="1 of 1 normals of wes can be used, at least 2"):
        learnt(1)


def test_another_design_is_named(learnt, bins_of):
    other = bins_of(50)
    other["start"] += 100
    with pytest.raises(InputError, match=r"other.: has 0% of the .* bins that most normals"):
        learnt(4, other=other)


def test_the_order_of_the_normals_does_not_change_who_is_left_out(bins_of, grch38):
    samples = [(f"N{seed}", bins_of(seed)) for seed in range(9)]
    samples.insert(4, ("odd", bins_of(99, events=AMPLIFIED)))
    found = [panel.learn(part, assay="wes", genome=grch38) for part in (samples, samples[::-1])]
    assert set(found[0].left_out) == set(found[1].left_out) == {"odd"}
    np.testing.assert_allclose(found[0].middle.centre, found[1].middle.centre, atol=0.05)


def test_many_names_are_taken_evenly():
    names = [f"N{k}" for k in range(500)]
    chosen = panel.at_most(names)
    assert len(chosen) == panel.MAX_NORMALS
    assert (chosen[0], chosen[-1]) == ("N0", "N499")
    assert panel.at_most(names[:3]) == names[:3]
