"""For mkdocs: what makes pages that are written for GitHub right on the site."""

from __future__ import annotations

import posixpath
import re
from typing import Any

_LINK = re.compile(r"(?<=\]\()(\.\./[^)\s]+)(?=\)| \")")
_FENCE = re.compile(r"^(```\w+) .+$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def on_page_markdown(markdown: str, *, config: Any, **_: object) -> str:
    """mkdocs calls it with the text of each page."""
    return lead_out(link_tests(name_languages(markdown)), config["extra"]["repository"])


def lead_out(markdown: str, repository: str) -> str:
    """Links to files that are no pages lead to the repository, as they do on GitHub."""
    return _LINK.sub(lambda found: f"{repository}/{posixpath.normpath(found[1].removeprefix('../'))}", markdown)


def link_tests(markdown: str) -> str:
    """A test that is named is a link: its name is longer than a telephone is wide, and nothing in it can be broken."""
    return _TEST.sub(r'[test](../\1 "\2")', markdown)


def name_languages(markdown: str) -> str:
    """Fences keep the first word behind them, the language; others are for the tests, and Python-Markdown bears none."""
    return _FENCE.sub(r"\1", markdown)
