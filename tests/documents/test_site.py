"""The site is built strictly, asks nobody else for anything, and shows what GitHub shows of the same files."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import cmarkgfm
import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from bench.site import lead_out, link_tests
from tests.test_docs import DOCS, ROOT, anchor, read, sections

PAGES = sorted(path.stem for path in DOCS.glob("*.md"))
#: What a browser fetches by itself, and by which attribute it is told to.
FETCHED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "object": "data",
    "form": "action",
}
#: Elements of which a page has to have as many on the site as on GitHub.
BODIES = ("h1", "h2", "h3", "table", "tr", "li", "ol", "ul", "pre", "blockquote", "img")


@dataclass
class Elements(HTMLParser):
    """The elements of a page, with their attributes; of the site's, only those of the text."""

    found: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Elements()
    parser.feed(html)
    return parser.found


def text_of(html: str) -> str:
    """The part of a page of the site that comes from its Markdown."""
    match = re.search(r'<article class="md-content__inner[^>]*>(.*?)</article>', html, re.DOTALL)
    assert match
    return match[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    config = load_config(str(ROOT / "mkdocs.yml"), strict=True, site_dir=str(folder))
    build(config)
    return folder


def page(site: Path, name: str) -> str:
    return read(site / ("index.html" if name == "index" else f"{name}/index.html"))


def fetched(html: str) -> Iterator[str]:
    for tag, attributes in elements(html):
        if tag == "link" and attributes.get("rel") not in ("canonical", "next", "prev"):
            yield attributes.get("href") or ""
        elif tag in FETCHED:
            yield attributes.get(FETCHED[tag]) or ""


def test_no_page_makes_a_reader_ask_another_host(site: Path) -> None:
    abroad = [
        f"{path.relative_to(site)}: {url}"
        for path in site.rglob("*.html")
        for url in fetched(read(path))
        if re.match(r"(?:[a-z]+:)?//", url)
    ]
    styles = [str(path) for path in site.rglob("*.css") if re.search(r"url\(['\"]?(?:https?:)?//", read(path))]
    # A page with this part asks GitHub's API how many stars a repository has.
    asking = [str(path) for path in site.rglob("*.html") if 'data-md-component="source"' in read(path)]
    assert (abroad, styles, asking) == ([], [], [])


def test_every_page_is_found_by_the_search(site: Path) -> None:
    places = {entry["location"] for entry in json.loads(read(site / "search" / "search_index.json"))["docs"]}
    assert {"" if name == "index" else f"{name}/" for name in PAGES} - places == set()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_on_the_site_what_it_has_on_github(site: Path, name: str) -> None:
    there = Counter(tag for tag, _ in elements(cmarkgfm.github_flavored_markdown_to_html(read(DOCS / f"{name}.md"))))
    here = Counter(tag for tag, _ in elements(text_of(page(site, name))))
    assert {tag: here[tag] for tag in BODIES} == {tag: there[tag] for tag in BODIES}


@pytest.mark.parametrize("name", PAGES)
def test_headings_have_the_same_anchors_in_both(site: Path, name: str) -> None:
    ids = [one.get("id") for tag, one in elements(text_of(page(site, name))) if re.fullmatch(r"h[1-6]", tag)]
    headings = [anchor(heading) for heading in sections(read(DOCS / f"{name}.md")) if heading]
    assert set(headings) <= set(ids)


def test_links_out_of_the_documents_lead_to_the_project() -> None:
    said = load_config(str(ROOT / "mkdocs.yml"))["extra"]["repository"]
    urls = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]["urls"]
    assert said.startswith(f"{urls['Source']}/")


def test_links_out_of_the_documents_lead_to_the_repository() -> None:
    text = 'see [this](../SECURITY.md#scope), [that](app.md) and [those](../config/hooks.json "of pre-commit")'
    assert lead_out(text, "https://example.org/main") == (
        "see [this](https://example.org/main/SECURITY.md#scope), [that](app.md) and "
        '[those](https://example.org/main/config/hooks.json "of pre-commit")'
    )


def test_a_test_that_is_named_is_a_link() -> None:
    text = "| a | b | `tests/web/test_pages.py::test_it` |"
    assert link_tests(text) == '| a | b | [test](../tests/web/test_pages.py "test_it") |'
    assert lead_out(link_tests(text), "https://example.org/main") == (
        '| a | b | [test](https://example.org/main/tests/web/test_pages.py "test_it") |'
    )
