import pytest
from hypothesis import given
from hypothesis import strategies as st

from her2omics.errors import InputError
from her2omics.sheets.batches import batch_count, batch_patients, parse_batch


@given(st.integers(0, 60), st.integers(1, 70))
def test_batches_are_a_balanced_partition_in_order(count, total):
    patients = [f"P{number}" for number in range(count)]
    batches = [batch_patients(patients, index, total) for index in range(1, total + 1)]
    assert [patient for batch in batches for patient in batch] == patients
    sizes = [len(batch) for batch in batches]
    assert max(sizes) - min(sizes) <= 1


@given(st.integers(0, 5000), st.integers(1, 200))
def test_no_batch_exceeds_the_batch_size(count, size):
    total = batch_count(count, size)
    assert max(len(batch_patients(range(count), index, total)) for index in (1, total)) <= size


def test_a_batch_as_text():
    assert parse_batch("2/7") == (2, 7)
    assert parse_batch(" 1/1 ") == (1, 1)


@pytest.mark.parametrize("text", ["0/7", "8/7", "2", "a/b", "2/0", "-1/2", "1/2/3", ""])
def test_what_is_no_batch(text):
    with pytest.raises(InputError, match="expected I/N"):
        parse_batch(text)


def test_a_batch_outside_is_a_defect():
    with pytest.raises(ValueError, match="batch 3 of 2"):
        batch_patients(["a"], 3, 2)
