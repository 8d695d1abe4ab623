import pandas as pd
import pytest

from her2omics.readers.mutations import COLUMNS, Mutations
from her2omics.readers.somatic import FILTERED, GERMLINE, has_normal, somatic


def calls(*rows):
    """Mutations from (id, reference reads, alternative reads, and what differs)."""
    made = [
        {"mutation_id": name, "ref_count": ref, "alt_count": alt, "passed": True, **more}
        for name, ref, alt, more in rows
    ]
    return Mutations(pd.DataFrame(made).reindex(columns=list(COLUMNS)), "m", {})


def ids(found):
    return [None if one is None else one.frame["mutation_id"].tolist() for one in found]


def test_what_the_normal_carries_is_left_out_of_all_samples():
    before = calls(("germline", 50, 50, {}), ("somatic", 50, 50, {}))
    after = calls(("germline", 90, 10, {}), ("somatic", 50, 0, {}))
    normal = calls(("germline", 30, 28, {}), ("somatic", 58, 1, {}))
    found = somatic([before, after, None], [normal])
    assert ids(found) == [["somatic"], ["somatic"], None]
    assert found[0].dropped == {GERMLINE: 1}
    assert ids(somatic([before], []))[0] == ["germline", "somatic"]


def test_the_normals_reads_may_stand_in_the_tumours_own_file():
    beside = {"normal_ref_count": 30, "normal_alt_count": 29}
    found = somatic([calls(("g", 50, 50, beside)), calls(("g", 60, 40, {}))], [])
    assert ids(found) == [[], []]


@pytest.mark.parametrize(("alt", "kept"), [(0, True), (3, True), (5, True), (12, False)])
def test_tumour_cells_in_the_normal_are_forgiven(alt, kept):
    found = somatic([calls(("m", 50, 50, {}))], [calls(("m", 100 - alt, alt, {}))])
    assert ids(found) == [["m"] if kept else []]


def test_a_call_one_sample_passed_stays_in_all():
    failed = {"passed": False}
    before = calls(("a", 50, 3, failed), ("b", 50, 3, failed))
    after = calls(("a", 50, 30, {}), ("b", 50, 4, failed))
    found = somatic([before, after], [])
    assert ids(found) == [["a"], ["a"]]
    assert found[1].dropped == {FILTERED: 1}


def test_whether_a_normal_was_seen():
    bare = calls(("m", 50, 5, {}))
    beside = calls(("m", 50, 5, {"normal_ref_count": 30, "normal_alt_count": 0}))
    assert not has_normal([bare, None], [None])
    assert has_normal([bare], [bare])
    assert has_normal([beside], [])
