import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def blank_sheet():
    """Return a baseline and two follow-ups of one patient, nothing known of them."""
    sheet = pd.DataFrame({"patient": "P", "sample": ["B", "F", "G"]})
    sheet = sheet.assign(timepoint=["baseline", "followup", "followup"])
    names = ("her2_ihc", "her2_status", "ish_cells", "ish_amplified_percent")
    names += ("her2_ish_copies", "her2_ish_ratio", "cep17_copies")
    return sheet.assign(**dict.fromkeys(names, np.nan))
