import json
import re
import shutil
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from her2omics import tables
from her2omics.report import pages
from her2omics.report.case import page_name

VOID = {"meta", "input", "br", "link", "img", "hr"}


class Page(HTMLParser):
    """Text, addresses and element balance of a page."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.words, self.links, self.ids, self.open, self.tags = [], [], [], [], []
        self._skip = 0
        self.feed(text)
        self.close()
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append(tag)
        self.links += [values[key] for key in ("href", "src", "xlink:href") if key in values]
        self.ids += [values["id"]] if "id" in values else []
        self._skip += tag in ("style", "script")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self._skip -= tag in ("style", "script")

    def handle_data(self, data):
        if not self._skip:
            self.words.append(data)


def write_all(world, out):
    written = pages.write_cases(world.study, world.results, out)
    pages.write_cohort(
        world.study, world.results, world.cohort, out, sheets=world.sheets, config_file=None
    )
    return written


@pytest.fixture(scope="module")
def report(world):
    out = world.results / "report"
    write_all(world, out)
    return out


def read(path):
    return Page(path.read_text(encoding="utf-8"))


def all_pages(report):
    return [report / "index.html", *sorted((report / "cases").iterdir())]


def test_every_case_has_a_page_and_is_linked(world, report):
    cases = tables.read(world.results, "cases")["case"]
    index = read(report / "index.html")
    for case in cases:
        assert f"cases/{page_name(case)}" in index.links
        assert (report / "cases" / page_name(case)).is_file()
    assert len(list((report / "cases").iterdir())) == len(cases)


def test_pages_are_balanced_and_need_nothing_from_outside(report):
    for path in all_pages(report):
        text = path.read_text(encoding="utf-8")
        page = Page(text)
        assert page.open == []
        assert len(page.ids) == len(set(page.ids))
        assert not re.search(r"(https?:)?//[a-z]", text)
        assert "@import" not in text
        assert "url(" not in text
        for link in page.links:
            assert not link.startswith(("http", "//", "data:", "/"))
            assert (path.parent / link).resolve().exists()


def test_file_names_are_plain_and_short_enough(report):
    for path in report.rglob("*"):
        assert re.fullmatch(r"[A-Za-z0-9._-]+", path.name)
        assert len(path.name.encode()) <= 255


def test_what_the_user_wrote_is_escaped(world, report):
    case = tables.read(world.results, "cases")["case"][0]
    text = (report / "cases" / page_name(case)).read_text(encoding="utf-8")
    assert "<script" not in text
    assert "<b>tank 4</b>" not in text
    page = Page(text)
    assert "<script>alert('note')</script> & \"quoted\"" in page.text
    assert "<b>tank 4</b>" in page.text
    assert "x_bank" in page.text


def test_case_page_holds_what_it_must(world, report):
    cases = tables.read(world.results, "cases").set_index("label")
    text = read(report / "cases" / page_name(cases.at["clonal_selection", "case"])).text
    for words in (
        "Research use only",
        "Clonal selection",
        "HER2-positive",
        "HER2-low",
        "with a flat prior",
        "Priors are assumptions",
        "Locus: what happened to the ERBB2 amplification",
        "LOW_PURITY",
        "local or regional relapse",
        "430 days (14 months)",
        "T-DXd",
        "38 of 60 (63 %)",
        "dB",
        "IHC",
        "CEP17 copies per cell",
        "ISH group",
        "Would a second region change the answer?",
        "ER positive \N{RIGHTWARDS ARROW} negative (changed)",
    ):
        assert words in text


def test_not_assessable_has_its_reason_and_no_posterior(world, report):
    cases = tables.read(world.results, "cases").set_index("label")
    page = read(report / "cases" / page_name(cases.at["not_assessable", "case"]))
    assert "No verdict: a sentence from the gate" in page.text
    assert "BASELINE_NOT_POSITIVE" in page.text
    assert "with a flat prior" not in page.text
    assert "latents" not in page.ids
    assert "Evidence given" in page.text
    assert "38 of 60" not in page.text
    assert "2 of 60 (3 %)" in page.text
    assert "best fit" not in page.text
    assert "falls in part" not in page.text


def test_same_input_same_bytes(world, tmp_path):
    first, second = tmp_path / "a" / "report", tmp_path / "b" / "report"
    for out in (first, second):
        write_all(world, out)
    names = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert len(names) > 10
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_a_batch_writes_the_same_pages(world, report, tmp_path):
    patients = world.study.patients()
    for part in (patients[:3], patients[3:]):
        pages.write_cases(world.study, world.results, tmp_path, patients=part)
    for path in (report / "cases").iterdir():
        assert (tmp_path / "cases" / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("kept", [{"cases"}, {"cases", "expression"}, {"cases", "evidence"}])
def test_missing_tables_leave_sections_out(world, tmp_path, kept):
    results = tmp_path / "results"
    results.mkdir()
    for name in kept:
        shutil.copy(world.results / f"{name}.tsv", results)
    out = results / "report"
    pages.write_cases(world.study, results, out)
    pages.write_cohort(world.study, results, None, out, sheets=world.sheets, config_file=None)
    index = read(out / "index.html")
    assert "differential" not in index.ids
    assert ("arrows" in index.ids) == ("expression" in kept)
    for path in all_pages(out):
        page = read(path)
        assert page.open == []
        assert "None" not in page.text.replace("None was singled out", "")
        assert "nan" not in page.text.lower().split()


def test_no_cases_table_is_said(world, tmp_path):
    with pytest.raises(Exception, match=r"cases\.tsv: no such file: run `her2omics classify`"):
        pages.write_cases(world.study, tmp_path, tmp_path / "report")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("wanted", "number"), [("all", 7), ("losses", 5), ("none", 0)])
def test_case_pages_of_the_config(make_world, tmp_path, wanted, number):
    config = {"report.case_pages": wanted}
    world = make_world(tmp_path / "study", config=config)
    out = world.results / "report"
    assert len(write_all(world, out)) == number
    links = [link for link in read(out / "index.html").links if link.startswith("cases/")]
    assert len(set(links)) == number


def test_one_case(make_world, tmp_path):
    world = make_world(tmp_path / "study", 1, long_id=False)
    out = world.results / "report"
    assert len(write_all(world, out)) == 1
    assert "1 case with a posterior" in read(out / "index.html").text


def test_figures_are_files_of_their_own(report):
    names = {path.stem for path in (report / "figures").iterdir()}
    assert names == {"posteriors", "arrows", "overview", "subtypes", "exclusions"}
    for path in (report / "figures").iterdir():
        root = ET.parse(path).getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.find(".//{http://www.w3.org/2000/svg}a") is None


def test_versions_hash_every_input(world, report):
    import hashlib

    import yaml

    record = yaml.safe_load((world.results / "versions.yaml").read_text(encoding="utf-8"))
    files = {entry["file"]: entry for entry in record["inputs"]}
    assert set(files) == {"samples.tsv", "units.tsv", "counts.tsv"}
    for name, entry in files.items():
        data = (world.folder / name).read_bytes()
        assert entry["sha256"] == hashlib.sha256(data).hexdigest()
        assert entry["bytes"] == len(data)
    assert record["cohort"]["tau"] == 0.35
    assert record["config"]["seed"] == 1
    assert str(world.folder) not in json.dumps(record["inputs"])


def test_other_lesions_of_the_patient_are_named(world, report):
    del report
    cases = tables.read(world.results, "cases")
    first, second = cases.iloc[1], cases.iloc[2]
    from her2omics.report.clinical import other_lesions

    text = other_lesions(dict(first), [dict(second)])
    assert text == f"Lesions disagree: {second['case']} (subtype switch)."


def test_other_lesions_are_linked(world, tmp_path):
    results = tmp_path / "results"
    shutil.copytree(world.results, results, ignore=shutil.ignore_patterns("report", "cohort"))
    cases = tables.read(results, "cases")
    cases["patient"] = "P002"
    tables.write(cases, "cases", results)
    pages.write_cases(world.study, results, results / "report")
    page = read(results / "report" / "cases" / page_name(cases["case"][1]))
    assert page_name(cases["case"][2]) in page.links
    assert "Lesions disagree" in page.text


def test_pages_of_cases_that_are_gone_are_removed(world, tmp_path):
    results = tmp_path / "results"
    shutil.copytree(world.results, results, ignore=shutil.ignore_patterns("report"))
    out = results / "report"
    write = {"sheets": world.sheets, "config_file": None}
    pages.write_cases(world.study, results, out)
    (out / "cases" / "note.txt").write_text("not a page")
    cases = tables.read(results, "cases")
    tables.write(cases.iloc[1:], "cases", results)
    pages.write_cohort(world.study, results, None, out, **write)
    assert not (out / "cases" / page_name(cases["case"][0])).exists()
    assert len(list((out / "cases").glob("*.html"))) == len(cases) - 1
    assert (out / "cases" / "note.txt").exists()


@pytest.mark.parametrize(("wanted", "number"), [("losses", 5), ("none", 0)])
def test_pages_no_longer_asked_for_are_removed(make_world, tmp_path, wanted, number):
    from dataclasses import replace

    world = make_world(tmp_path / "study")
    out = world.results / "report"
    assert len(write_all(world, out)) == 7
    config = dict(world.study.config) | {"report": {"case_pages": wanted}}
    study = replace(world.study, config=config)
    pages.write_cohort(
        study, world.results, world.cohort, out, sheets=world.sheets, config_file=None
    )
    assert len(list((out / "cases").glob("*.html"))) == number
    assert (out / "cases").is_dir() == bool(number)


def test_a_gate_that_caps_one_label_only_is_information_elsewhere():
    from her2omics.report import fired

    row = {"code": "ON_TREATMENT", "kind": "C"}
    (down,) = fired.of_case({"label": "downregulation", "gates": "ON_TREATMENT"}, [row])
    assert (down["kind"], down["effect"]) == (
        "N",
        "for information (it caps only the label subtype switch)",
    )
    (switch,) = fired.of_case({"label": "subtype_switch", "gates": "ON_TREATMENT"}, [row])
    assert switch["kind"] == "C"
    (alone,) = fired.of_case({"label": "mixed", "gates": "LOW_PURITY"}, [])
    assert alone["kind"] == "C"


def test_numbers_and_modes_read_well():
    from her2omics.report import evidence_table

    assert evidence_table.signed(-0.001) == "+0.00"
    rows = [
        {"variable": "ploidy", "item": item, "time": time, "value": "2.1", "sd": 0.15, "n": 1}
        for time in ("baseline", "followup")
        for item in ("1", "2")
    ]
    weights = [{"variable": "ploidy", "label": "mixed", "decibans": 1.0}]
    (both,) = evidence_table.table(rows, weights)
    assert both["observed"][0].startswith("1: ")
    (one,) = evidence_table.table([row for row in rows if row["item"] == "1"], weights)
    assert one["observed"][0].startswith("2.1")
    assert evidence_table.table(rows, []) == []
