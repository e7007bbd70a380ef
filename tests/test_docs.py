"""The pages of docs/: citations of them in the code, and links between them, lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import REPOSITORY

DOCS = REPOSITORY / "docs"
PAGES = sorted(DOCS.glob("*.md"))
CITATION = re.compile(r'docs/(\w+\.md)(?:,\s+(?:#\s+)?"([^"]+)")?')
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
LONGEST = 350  # lines of a page


def headings(page: Path) -> list[str]:
    return [line.lstrip("#").strip() for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("#")]


def anchor(heading: str) -> str:
    """As GitHub makes it: lower case, punctuation gone, blanks to hyphens."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def cited_in(text: str) -> list[tuple[str, str]]:
    """Pages and headings, "" for none; a heading may run on in the next line."""
    return [(page, re.sub(r"\s+#?\s*", " ", heading or "")) for page, heading in CITATION.findall(text)]


def sources() -> list[Path]:
    folders = ("percepiano_core", "workflow_scripts", "benchmarks", "tests")
    return [path for folder in folders for path in sorted((REPOSITORY / folder).rglob("*.py"))]


def test_every_citation_names_a_page_and_a_heading_that_exist() -> None:
    found = {(page, heading) for path in sources() for page, heading in cited_in(path.read_text(encoding="utf-8"))}
    known = {page.name: headings(page) for page in PAGES}
    assert len(found) > 40
    assert [(p, h) for p, h in sorted(found) if p not in known or (h and h not in known[p])] == []


@pytest.mark.parametrize("page", [*PAGES, REPOSITORY / "tests/data/README.md"], ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, place in LINK.findall(page.read_text(encoding="utf-8")):
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), target
        assert not place or place in map(anchor, headings(path)), f"{target}#{place}"


def test_no_page_is_longer_than_one_sitting_and_all_are_listed() -> None:
    listed = (DOCS / "README.md").read_text(encoding="utf-8")
    for page in PAGES:
        if page.name != "configuration.md":  # a reference that is looked up, written from declarations
            assert len(page.read_text(encoding="utf-8").splitlines()) <= LONGEST, page.name
        assert page.name == "README.md" or f"({page.name})" in listed, page.name
