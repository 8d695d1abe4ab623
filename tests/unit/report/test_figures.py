import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from her2omics.report.cohort import wilson
from her2omics.report.evidence_table import table
from her2omics.report.svg import Drawing, Scale, number, percent


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_round_and_inside(low, span):
    scale = Scale(low, low + span, 0, 100)
    ticks = scale.ticks()
    slack = 1e-6 * max(1.0, abs(low), span)
    assert all(low - slack <= tick <= low + span + slack for tick in ticks)
    assert len(ticks) <= 12


@given(st.floats(-1e5, 1e5))
def test_coordinates_keep_their_value(value):
    assert math.isclose(float(number(value)), value, abs_tol=0.0501)


def test_values_outside_are_drawn_at_the_edge():
    scale = Scale(0, 1, 10, 110)
    assert [scale(value) for value in (-3, 0.5, 7)] == [10, 60, 110]


def test_text_and_tips_are_escaped():
    drawing = Drawing(10, 10, title='<a & "b">')
    drawing.text(1, 1, "<b>&")
    drawing.rect(0, 0, 1, 1, "#fff", tip="<i>", href='x" onload="y')
    svg = drawing.svg()
    assert "<b>" not in svg
    assert "<i>" not in svg
    assert 'href="x&quot; onload=&quot;y"' in svg
    assert 'aria-label="&lt;a &amp; &quot;b&quot;&gt;"' in svg


@pytest.mark.parametrize(
    ("share", "shown"), [(0, "0 %"), (0.004, "<1 %"), (0.5, "50 %"), (0.996, ">99 %"), (1, "100 %")]
)
def test_percent_never_rounds_to_certainty(share, shown):
    assert percent(share) == shown


def test_wilson_against_published_values():
    # Newcombe 1998, Stat Med 17:857, table I, method 3: 81/263 and 0/20.
    assert wilson(81, 263)[1:] == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20)[1:] == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(0, 0) is None


@given(st.integers(1, 500), st.data())
def test_wilson_holds_the_proportion(total, data):
    events = data.draw(st.integers(0, total))
    share, low, high = wilson(events, total)
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1


def row(variable, time, value, *, sd=None, n=None, item=None):
    return {
        "case": "c",
        "variable": variable,
        "item": item,
        "time": time,
        "value": value,
        "sd": sd,
        "n": n,
        "source": "",
    }


def test_change_carries_the_sample_effect():
    rows = table(
        [
            row("erbb2_mrna", "baseline", "5", sd=0.3),
            row("erbb2_mrna", "followup", "2", sd=0.4),
            row("rna_sample_sd", "baseline", "0.25"),
            row("rna_sample_sd", "followup", "0.25"),
        ],
        [
            {"case": "c", "variable": "erbb2_mrna", "label": label, "decibans": weight}
            for label, weight in (("mixed", -40.0), ("downregulation", -25.0), ("not_lost", None))
        ],
    )
    assert [entry["name"] for entry in rows] == ["ERBB2 mRNA above HER2-negative tumours"]
    spread = math.sqrt(0.3**2 + 0.4**2 + 2 * 0.25**2)
    observed = [line.replace("\N{NO-BREAK SPACE}", " ") for line in rows[0]["observed"]]
    assert observed[1] == f"change \N{MINUS SIGN}3.00 \N{PLUS-MINUS SIGN} {spread:.2f}"
    weights = {cell["label"]: cell["decibans"] for cell in rows[0]["cells"]}
    assert weights == {
        "downregulation": 0.0,
        "mixed": -15.0,
        "clonal_selection": None,
        "subtype_switch": None,
        "not_lost": None,
    }


def test_a_missing_biopsy_stays_missing():
    rows = table([row("neighbours_mrna", "followup", "1.5", sd=0.2)], [])
    assert [line.replace("\N{NO-BREAK SPACE}", " ") for line in rows[0]["observed"]] == [
        "missing \N{RIGHTWARDS ARROW} 1.5 \N{PLUS-MINUS SIGN} 0.20",
    ]


def test_a_variable_of_a_later_arm_is_shown_under_its_own_name():
    rows = table([row("new_thing", "pair", "0.5", sd=0.1)], [])
    assert rows[0]["name"] == "new thing"
    assert all(cell["expected"] == "" for cell in rows[0]["cells"])
