"""Which candidates are somatic: germline, errors, damage, ends, placement."""

import numpy as np
import pandas as pd
import pytest

from her2omics.errors import InputError
from her2omics.reads import somatic
from her2omics.reads.observations import Observations
from her2omics.thresholds import limits

RATE = 1e-4


def _seen(alt, ref, *, error=RATE, ends=30.0, mapping=60.0, strand=None):
    alt, ref = np.array(alt).reshape(2, -1), np.array(ref).reshape(2, -1)
    n = alt.shape[1]
    return Observations(
        ref=ref,
        alt=alt,
        ref_strand=ref,
        alt_strand=alt if strand is None else np.array(strand).reshape(2, -1),
        end_distance=np.full(n, ends),
        ref_mapping=np.full(n, 60.0),
        alt_mapping=np.full(n, mapping),
        error=np.full((2, n), error) if np.isscalar(error) else np.array(error).reshape(2, -1),
    )


def _reason(tumours, normals=(), *, ref="C", alt="A", territory=300_000):
    candidates = pd.DataFrame({"chromosome": ["chr1"], "position": [5], "ref": [ref], "alt": [alt]})
    judged = somatic.judge(candidates, tumours, list(normals), territory=territory, limits=limits())
    return judged["reason"].iloc[0]


NORMAL = _seen([0, 0], [20, 20])


def test_a_mutation_of_both_strands_is_called():
    assert _reason([_seen([4, 4], [36, 36])], [NORMAL], alt="T") == ""
    assert _reason([_seen([1, 3], [39, 37])], [NORMAL], alt="G") == ""


def test_errors_are_counted_against_all_that_was_looked_at():
    assert _reason([_seen([2, 0], [38, 40])], [NORMAL], alt="G") == "few_reads"
    few = [_seen([2, 1], [38, 39], error=1e-3)]
    assert _reason(few, [NORMAL], alt="G") == "error"
    assert _reason(few, [NORMAL], alt="G", territory=100) == ""


def test_two_samples_support_each_other():
    weak = _seen([2, 2], [38, 38], error=6e-4)
    assert _reason([weak], [NORMAL], alt="G") == "error"
    assert _reason([weak, weak], [NORMAL], alt="G") == ""


def test_damage_of_one_strand():
    formalin = _seen([6, 0], [34, 40], error=[2e-3, RATE])
    assert _reason([formalin], [NORMAL], alt="T") == "damage"
    other = _seen([0, 6], [40, 34], error=[RATE, 2e-3])
    assert _reason([other], [NORMAL], ref="G", alt="A") == "damage"
    assert _reason([formalin], [NORMAL], ref="A", alt="T") == ""
    mutation = _seen([6, 3], [34, 37], error=[2e-3, RATE])
    assert _reason([mutation], [NORMAL], alt="T") == ""


def test_the_normal():
    tumour = _seen([10, 10], [30, 30])
    assert _reason([tumour], [_seen([9, 11], [10, 10])]) == "germline"
    assert _reason([tumour], [_seen([2, 1], [20, 20])]) == "germline"
    assert _reason([tumour], [_seen([1, 0], [20, 20])]) == ""  # an error, or tumour in the blood
    assert _reason([tumour], [_seen([0, 0], [3, 3])]) == "normal_unknown"
    assert _reason([tumour]) == ""


def test_misaligned_reads():
    assert _reason([_seen([10, 10], [30, 30], ends=2.0)], [NORMAL]) == "ends"
    assert _reason([_seen([10, 10], [30, 30], mapping=35.0)], [NORMAL]) == "mapping"
    assert _reason([_seen([10, 10], [30, 30], strand=[20, 0])], [NORMAL]) == "strand"


def test_no_candidate():
    none = pd.DataFrame({"chromosome": [], "position": [], "ref": [], "alt": []})
    empty = _seen(np.zeros((2, 0), dtype=int), np.zeros((2, 0), dtype=int))
    judged = somatic.judge(none, [empty], [empty], territory=10, limits=limits())
    assert judged.empty
    assert "reason" in judged


def test_few_errors_pass_at_the_stated_number():
    """Simulated errors over a territory: as many false calls as stated, or fewer."""
    rng = np.random.default_rng(7)
    territory, rate, depth = 200_000, 2e-3, 45
    total = 0
    for _ in range(5):
        site = rate * rng.gamma(4, 1 / 4, 3 * territory)
        alt = rng.poisson(site * depth, (2, 3 * territory))
        some = alt.sum(axis=0) >= 3
        alt = alt[:, some]
        seen = _seen(alt, depth - alt, error=rate)
        n = alt.shape[1]
        candidates = pd.DataFrame(
            {"chromosome": "chr1", "position": np.arange(n) + 1, "ref": "C", "alt": "G"}
        )
        normal = _seen(np.zeros((2, n), dtype=int), np.full((2, n), 20))
        judged = somatic.judge(candidates, [seen], [normal], territory=territory, limits=limits())
        total += judged["reason"].eq("").sum()
        assert n > 500
    assert total <= 5 * limits().somatic_false_calls


def test_candidates_of_a_vcf(tmp_path):
    path = tmp_path / "c.vcf"
    rows = ["chr1\t7\t.\tA\tG", "chr1\t7\t.\tA\tT", "chr1\t9\t.\tAC\tA", "chr1\t11\t.\tC\tCA"]
    path.write_text(
        "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=100>\n"
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        + "".join(f"{row}\t.\t.\t.\n" for row in rows)
    )
    found = somatic.read_candidates([path, path])
    assert found.to_numpy().tolist() == [["chr1", 7, "A", "G"], ["chr1", 7, "A", "T"]]
    path.write_text("nothing\n")
    with pytest.raises(InputError, match="is no VCF of candidates"):
        somatic.read_candidates([path])
