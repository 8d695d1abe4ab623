"""Copy numbers as evidence: what has no width is no measurement."""

import pandas as pd

from her2omics import tables
from her2omics.mechanism.evidence_table import _copy_number_rows


def test_copies_at_the_floor_of_the_estimate_say_nothing():
    pairs = tables.typed(
        pd.DataFrame(
            [{"case": "B__F", "patient": "P", "baseline": "B", "followup": "F"}], dtype=object
        ),
        "pairs",
    )
    copies = {"B": (0.05, 0.05, 0.05), "F": (2.0, 1.8, 2.2)}
    rows = [
        {
            "sample": sample,
            "patient": "P",
            "resolved": "yes",
            "erbb2_log2": 1.0,
            "erbb2_log2_sd": 0.1,
            "other_copies": value,
            "other_copies_low": low,
            "other_copies_high": high,
        }
        for sample, (value, low, high) in copies.items()
    ]
    found = _copy_number_rows(tables.typed(pd.DataFrame(rows), "copy_number"), pairs)
    both = pd.concat(found, ignore_index=True)
    assert both["variable"].value_counts().to_dict() == {"erbb2_log2": 2, "other_copies": 1}
    assert both["sd"].gt(0).all()
    assert both.loc[both["variable"].eq("other_copies"), "value"].tolist() == [2.0]
