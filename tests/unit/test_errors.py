import pytest

from her2omics.errors import InputError, Problem, one_of, raise_all, suggestion


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("wrong"), "wrong"),
        (Problem("wrong", "samples.tsv"), "samples.tsv: wrong"),
        (Problem("wrong", "samples.tsv", 3), "samples.tsv line 3: wrong"),
        (Problem("wrong", "samples.tsv", 3, "P1_F"), "samples.tsv line 3 (P1_F): wrong"),
        (
            Problem("wrong", "samples.tsv", 3, "P1_F", "timepoint"),
            "samples.tsv line 3 (P1_F): timepoint: wrong",
        ),
        (Problem("wrong", column="priors.R"), "priors.R: wrong"),
        (Problem("wrong", sample="P1_F"), "(P1_F): wrong"),
    ],
)
def test_a_problem_says_where_it_is(problem, text):
    assert str(problem) == text


def test_an_error_carries_all_problems():
    problems = [Problem("one"), Problem("two", "a.tsv")]
    with pytest.raises(InputError) as caught:
        raise_all(problems)
    assert caught.value.problems == tuple(problems)
    assert str(caught.value) == "one\na.tsv: two"
    assert InputError("text").problems == (Problem("text"),)
    assert InputError(Problem("text")).problems == (Problem("text"),)


def test_no_problem_no_error():
    raise_all([])


def test_a_suggestion_is_close_or_absent():
    assert suggestion("folowup", ["normal", "followup"]) == " - did you mean 'followup'?"
    assert suggestion("Baseline", ["baseline"]) == " - did you mean 'baseline'?"
    assert suggestion("xyz", ["normal", "followup"]) == ""
    assert suggestion("x", []) == ""


def test_the_message_of_a_closed_list():
    assert one_of("folowup", ["normal", "baseline", "followup"]) == (
        "'folowup' is not one of normal, baseline, followup - did you mean 'followup'?"
    )
