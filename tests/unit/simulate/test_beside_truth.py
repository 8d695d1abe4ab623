import pandas as pd
import pytest

from her2omics import tables
from her2omics.errors import InputError
from her2omics.simulate import beside_truth


@pytest.fixture
def run_folder(tmp_path):
    cases = pd.DataFrame(
        {
            "case": ["A_B__A_F", "B_B__none"],
            "label": ["downregulation", "not_assessable"],
            "call": ["probable", "none"],
            "p_downregulation": [0.876, None],
            "gates": [None, "NO_FOLLOWUP;FEW_GENES"],
        }
    )
    truth = pd.DataFrame(
        {
            "case": ["B_B__none", "A_B__A_F"],
            "label": ["not_lost", "downregulation"],
            "gates_must": ["NO_FOLLOWUP", None],
        }
    )
    tables.write(cases, "cases", tmp_path / "results")
    tables.write(truth, "truth", tmp_path)
    return tmp_path


def test_labels_stand_beside_their_truth(run_folder):
    lines = beside_truth.summary(run_folder).splitlines()
    assert lines[0].split() == ["case", "truth", "label", "call", "p", "gates"]
    loss = ["A_B__A_F", "downregulation", "downregulation", "probable", "0.88", "-"]
    assert lines[1].split() == loss
    assert lines[2].split()[:4] == ["B_B__none", "not_assessable", "not_assessable", "none"]
    assert lines[2].endswith(" NO_FOLLOWUP FEW_GENES")
    assert lines[0].index("label") == lines[1].rindex("downregulation")  # aligned
    assert lines[-1].endswith("report/index.html")


def test_says_what_is_missing(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        beside_truth.summary(tmp_path)
