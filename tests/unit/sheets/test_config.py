import re

import pytest
import yaml

from her2omics.errors import InputError
from her2omics.sheets import config_page
from her2omics.sheets.config import defaults, flat_rules, read_config
from her2omics.thresholds import THRESHOLDS, limits


def write(tmp_path, text):
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_every_key_has_its_default():
    config = read_config(None)
    assert config == defaults()
    assert config["genome_build"] == "GRCh38"
    assert config["cohort_from"] is None
    assert config["ascertained"] is False
    assert config["batch_size"] == 100
    states = {key: value for key, value in config["priors"].items() if key != "multipliers"}
    assert sum(states.values()) == pytest.approx(1)
    assert vars(limits(config["thresholds"])) == vars(limits())


def test_an_empty_file_and_empty_sections_are_the_defaults(tmp_path):
    assert read_config(write(tmp_path, "# nothing\n")) == defaults()
    assert read_config(write(tmp_path, "priors:\nthresholds: {}\n")) == defaults()


def test_flags_win_over_the_file_nested_or_dotted(tmp_path):
    path = write(tmp_path, "seed: 3\nthresholds: {low_purity: 0.3}\nresults: out\n")
    config = read_config(path, {"seed": 4, "thresholds": {"low_purity": 0.25}})
    assert config == read_config(path, {"seed": 4, "thresholds.low_purity": 0.25})
    assert (config["seed"], config["results"]) == (4, "out")
    assert config["thresholds"]["low_purity"] == 0.25


def test_a_config_read_again_is_the_same(tmp_path):
    config = read_config(None, {"seed": 7, "priors.R": 0.79, "priors.D": 0.07})
    assert read_config(write(tmp_path, yaml.safe_dump(config))) == config


def test_the_same_number_is_the_same_setting():
    whole = read_config(None, {"thresholds.on_treatment_days": 60, "seed": 2.0})
    assert isinstance(whole["thresholds"]["on_treatment_days"], float)
    assert isinstance(whole["seed"], int)


def test_none_may_be_written_as_a_word():
    assert read_config(None, {"cohort_from": "none", "gene_sets": ""}) == defaults()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sed: 1\n", "config.yaml line 1: sed: unknown key - did you mean 'seed'?"),
        (
            "seed: 1\nthresholds:\n  low_purty: .1\n",
            "config.yaml line 3: thresholds.low_purty: unknown key - did you mean "
            "'thresholds.low_purity'?",
        ),
        ("thresholds: {replicate_sd: 1}\n", "thresholds.replicate_sd: this threshold is fixed"),
        ("low_purity: .3\n", "low_purity: unknown key - did you mean 'thresholds.low_purity'?"),
        ("seed: one\n", "line 1: seed: 'one' is not a whole number at least 0"),
        ("batch_size: 0\n", "batch_size: '0' is not a whole number at least 1"),
        ("seed: 1\nseed: 2\n", "line 2: seed: the key is there twice (first on line 1): keep one"),
        ("ascertained: maybe\n", "ascertained: 'maybe' is not true or false"),
        (
            "genome_build: hg38\n",
            "genome_build: 'hg38' is not one of GRCh38, GRCh37, custom - did you mean 'GRCh38'?",
        ),
        ("genome_build: custom\n", "genome_tables: genome_build is custom: give the folder"),
        ("genome_tables: somewhere\n", "is used with genome_build custom only, found GRCh38"),
        ("subtype: cohort_median\n", "subtype: expected keys below it: centring"),
        (
            "subtype: {centring: fixed}\n",
            "subtype.centring: 'fixed' is not one of fixed_reference_offset, fixed_reference",
        ),
        ("seed: {a: 1}\n", "seed.a: unknown key: seed takes one value, not keys below it"),
        (
            "priors: {R: .9}\n",
            "line 1: priors: the priors sum to 1.1, expected 1: give all of R, D",
        ),
        ("priors: {R: 0}\n", "priors.R: '0' is not a number above 0 and at most 1"),
        (
            "thresholds: {low_purity: '0,3'}\n",
            "thresholds.low_purity: '0,3' is not a number at least 0 and at most 1 - did you mean "
            "0.3 (decimal point)?",
        ),
        ("thresholds: {very_low_purity: .5}\n", "0.5 is above low_purity (0.2)"),
        ("thresholds: {probable_posterior: .9}\n", "0.9 is above called_posterior (0.8)"),
        ("cohort_from: nowhere\n", "cohort_from: no such folder: nowhere"),
        ("gene_sets: nowhere.gmt\n", "gene_sets: nowhere.gmt: no such file"),
        ("samples:\n", "samples: nothing is not text"),
        ("- a\n", "expected `key: value` lines"),
        ("a: [1\n", "config.yaml line 2: not YAML"),
    ],
)
def test_a_wrong_config_is_refused(tmp_path, text, message):
    with pytest.raises(InputError) as caught:
        read_config(write(tmp_path, text))
    assert len(caught.value.problems) == 1
    assert message in str(caught.value)


def test_all_problems_at_once(tmp_path):
    path = write(tmp_path, "sed: 1\nbatch_size: x\non_bad_file: skip\n")
    with pytest.raises(InputError) as caught:
        read_config(path, {"seed": -1})
    assert [str(problem).split(": ")[:2] for problem in caught.value.problems] == [
        ["config.yaml line 1", "sed"],
        ["config.yaml line 2", "batch_size"],
        ["config.yaml line 3", "on_bad_file"],
        ["config", "seed"],
    ]


def test_the_manual_holds_every_key_with_its_default(request):
    path = request.config.rootpath / "config" / "config.yaml"
    assert read_config(path) == defaults()
    text = path.read_text(encoding="utf-8")
    for key in flat_rules():
        assert re.search(rf"^ *{re.escape(key.rsplit('.', 1)[-1])}: ", text, re.M), key
    for name, threshold in THRESHOLDS.items():
        if threshold.user:
            comment = f"# {threshold.why} ({threshold.source}); {threshold.unit}\n  {name}: "
            assert comment in text


def test_the_page_of_keys_is_current(request):
    page = request.config.rootpath / "docs" / "config.md"
    assert page.read_text(encoding="utf-8") == config_page.render(), (
        "run: python -m her2omics.sheets.config_page > docs/config.md"
    )
