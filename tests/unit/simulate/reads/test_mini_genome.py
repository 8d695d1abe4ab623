"""The mini genome: the order and the block of GRCh38, and a build that the package can load."""

import numpy as np

from her2omics import genome
from her2omics.simulate import coordinates
from her2omics.simulate.amplicon import GENES
from her2omics.simulate.reads import mini_genome as small


def test_the_block_keeps_its_base_pairs_and_the_genes_their_order(where):
    full = coordinates.axis().genome.genes
    mini = where.genome.genes
    for column in ("start", "end"):
        np.testing.assert_array_equal(np.argsort(mini[column]), np.argsort(full[column]))
        block = mini.loc[list(GENES), column] - full.loc[list(GENES), column]
        assert block.nunique() == 1
    assert 20e6 < where.end < 30e6


def test_the_map_goes_forward_and_keeps_chromosomes_and_arms(where):
    full, mini = coordinates.axis(), small.mini_genome()
    place = np.linspace(0, full.end - 1, 20_001).astype(np.int64)
    moved = mini.place(place)
    assert np.all(np.diff(moved) >= 0)
    inner = mini.place(full.starts + full.lengths // 3)
    np.testing.assert_array_equal(where.chromosome(inner), np.arange(len(full.starts)))
    assert list(where.arms) == list(full.arms)
    for arm, (start, end) in full.arms.items():
        low, high = where.arms[arm]
        assert low <= mini.place(np.array([(start + end) // 2]))[0] < high, arm


def test_it_is_a_custom_build(tmp_path, where):
    small.write_tables(tmp_path)
    loaded = genome.load("custom", tables=tmp_path)
    assert loaded.contigs.equals(where.genome.contigs.astype("int64"))
    assert loaded.genes.equals(where.genome.genes)
    assert loaded.arms()["end"].gt(loaded.arms()["start"]).all()


def test_a_tumour_keeps_its_copies(drawn):
    for tumour in drawn.patient.tumours:
        genome_ = tumour.genome
        assert np.all(np.diff(genome_.edges) > 0)
        assert genome_.edges[-1] == drawn.patient.where.end
        start, end = tumour.biopsy.amplicon
        middle = drawn.patient.where.at("17", (start + end) // 2)
        total = genome_.copies[0].sum(axis=0)[genome_.segment_of(np.array([middle]))]
        assert total[0] == np.float64(max(tumour.biopsy.copies_amplified, total[0]))
        assert abs(total[0] - tumour.biopsy.copies_amplified) < 1e-9
