"""What PyPI shows of the project: README.md as the build makes it over, and where its links lead."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import cmarkgfm

from tests.test_architecture import ROOT

_PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
VERSION: str = _PROJECT["project"]["version"]
SOURCE: str = _PROJECT["project"]["urls"]["Source"]
#: What stands before the path of a file in a release's links and pictures.
BEFORE = (f"{SOURCE}/blob/v{VERSION}/", f"{SOURCE.replace('github.com', 'raw.githubusercontent.com')}/v{VERSION}/")


def description() -> str:
    """README.md after the substitutions of ``pyproject.toml``, as hatch-fancy-pypi-readme makes them."""
    hook = _PROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    text = "".join((ROOT / one["path"]).read_text("utf-8") for one in hook["fragments"])
    for one in hook["substitutions"]:
        text = re.sub(one["pattern"], one["replacement"], text)
    return text.replace("$HFPR_VERSION", VERSION)


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("href", "src")]


def addresses(markdown: str) -> list[str]:
    """Every link and picture of a text, as its reader would follow it."""
    parser = _Addresses()
    parser.feed(cmarkgfm.github_flavored_markdown_to_html(markdown))
    return parser.found


def relative(markdown: str) -> list[str]:
    return [one for one in addresses(markdown) if not re.match(r"https?://|#", one)]


def files(markdown: str) -> Iterator[str]:
    """The files of the project that are linked to or shown, from its root."""
    for one in addresses(markdown):
        for before in BEFORE:
            if one.startswith(before):
                yield one.removeprefix(before).partition("#")[0]
