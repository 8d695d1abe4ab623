from hypothesis import given
from hypothesis import strategies as st

from her2omics.sheets.seeds import seed_for


def test_a_seed_never_changes():
    # Another value here means that every result with random steps changes.
    assert seed_for(1, "bootstrap", "P1") == 3784940603668563300


@given(st.lists(st.text(max_size=6), max_size=4), st.lists(st.text(max_size=6), max_size=4))
def test_seeds_differ_where_ids_differ(first, second):
    assert (seed_for(1, *first) == seed_for(1, *second)) == (first == second)
    assert seed_for(1, *first) != seed_for(2, *first)
    assert 0 <= seed_for(1, *first) < 2**64
