"""Components of normals: found where normals share something, none where they do not."""

import numpy as np
import pytest

from her2omics.cohort import components
from her2omics.cohort.bin_blocks import blocks, shaping, stack

COUNTS = (0, 2, 4, 6)


@pytest.fixture(scope="module")
def normals(bins_of, grch38):
    def make(pattern):
        given = [(f"N{seed}", bins_of(seed, pattern=pattern)) for seed in range(16)]
        return stack(given, genome=grch38)

    return make


def choose(found):
    autosome = found.bins["chromosome"].ne("X").to_numpy()
    use = shaping(blocks(found.bins))
    return components.held_out(found, counts=COUNTS, use=use, autosome=autosome)


def test_normals_that_share_patterns_ask_for_components(normals):
    found = normals(0.08)
    count, corrected = choose(found)
    assert count in (2, 4)
    assert corrected.std() < 0.85 * (found.log2 - np.median(found.log2, axis=0)).std()


def test_normals_of_noise_alone_ask_for_none(normals):
    assert choose(normals(0.0))[0] == 0


def test_loadings_do_not_follow_a_gained_arm(normals):
    found = normals(0.08)
    autosome = found.bins["chromosome"].ne("X").to_numpy()
    grouped = blocks(found.bins)
    middle = components.learn(found.log2, grouped, autosome, 3)
    gained = found.log2[:1] + 0.8 * found.bins["arm"].eq("8q").to_numpy()
    plain, moved = (
        components.loadings(log2, middle, grouped, shaping(grouped))
        for log2 in (found.log2[:1], gained)
    )
    np.testing.assert_allclose(moved, plain, atol=0.25)


def test_one_outlying_bin_makes_no_component(normals):
    found = normals(0.0)
    log2 = found.log2.copy()
    log2[3, 200] = -15
    autosome = found.bins["chromosome"].ne("X").to_numpy()
    middle = components.learn(log2, blocks(found.bins), autosome, 2)
    assert abs(middle.centre[200]) < 0.3
    assert np.abs(middle.components[:, 200]).max() < 1
