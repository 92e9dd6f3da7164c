"""docs/certification.md counts what is there: every case once, and the sums it names are those of the tests."""

from __future__ import annotations

import re
from pathlib import Path

CASE = re.compile(r"TC_(?:[A-Z]_)?\d+(?:_\d)?(?!\d)")
HERE = Path(__file__).parent
DOCUMENT = (HERE.parents[1] / "docs" / "certification.md").read_text()
ALL = 401


def of_section(title: str) -> list[str]:
    """The cases that a section names, each as often as it does."""
    return CASE.findall(DOCUMENT.partition(f"## {title}")[2].partition("\n## ")[0])


def test_every_case_is_counted_once() -> None:
    tested = {case for path in HERE.glob("test_*.py") for case in CASE.findall(path.read_text())}
    other, missing = of_section("Shown by other tests"), of_section("Not for this console yet")
    listed = [*other, *missing]
    assert len(listed) == len(set(listed)), "none stands twice"
    assert not tested & set(listed), "none that has a test is told to have none"
    assert (
        f"Of {ALL} cases {len(tested)} have a test by their id, {len(other)} are shown by other tests, "
        f"{len(missing)} are not for this console yet." in DOCUMENT
    )
    assert len(tested) + len(listed) == ALL


def test_every_file_that_the_document_names_is_there() -> None:
    root = HERE.parents[1]
    for name in re.findall(r"tests/[\w/]+\.py", DOCUMENT):
        assert (root / name).is_file(), name
    named = set(re.findall(r"test_certification_\w+\.py", DOCUMENT))
    assert named == {path.name for path in HERE.glob("test_*.py")} - {Path(__file__).name}
