"""Lines of keys and items, whatever the TOML looks like."""

from __future__ import annotations

from typing import Any

import pytest

from bot.manifest.lines import find_lines, line_of
from bot.manifest.model import KeyPath
from bot.toml import parse_toml

DOCUMENTS = {
    "dotted": "a.b.c = 1\na.b.d = 2\n'x y'.\"z.w\" = 3\n",
    "arrays": "a = [\n  1, # [\n  [2,\n  3], {b = [4,\n 5]},\n]\n",
    "tables": "[a]\nb = 1\n[[c.d]]\ne = 1\n[c.d.f]\ng = 2\n[[c.d]]\n[c.d.f]\ng = 3\n",
    "strings": 'a = \'\'\'\n[x]\n\'\'\'\nb = """\n\\""" ]\n"""\nc = \'#\'\nd = "\\"]" # \']\ne = 1\n',
    "values": 'a = 1979-05-27 07:32:00\nb = -inf\nc = {d = true, "e" = {f = []}}\ng = 0x0f\n',
    "windows": "a = 1\r\n[b]\r\nc = [\r\n1,\r\n2\r\n]\r\n",
    "tables of several lines": "a = {\n  b = [ # ]\n  {c = 1,\n  },\n ], # }\n\n  d.e = 2,\n}\nf = 07:32\n",
    "a byte order mark": "\ufeffa = 1\n[b]\nc = [1]\n",
    "a byte order mark and a table": "\ufeff[b]\nc = [1]\n",
    "no end of line": "[a]\nb = {c = 1}",
    "empty": "",
}


def paths(value: Any, keys: KeyPath = ()) -> set[KeyPath]:
    found = {keys} if keys else set()
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        found |= paths(child, (*keys, key))
    return found


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_every_key_and_item_has_a_line(text: str) -> None:
    wanted = paths(parse_toml(text))
    implicit = {keys for keys in wanted if any(other[: len(keys)] == keys and other != keys for other in wanted)}
    assert wanted - implicit <= set(find_lines(text))


def test_lines_count_from_one() -> None:
    lines = find_lines(DOCUMENTS["tables"])
    assert lines[("a", "b")] == 2
    assert lines[("c", "d", 0, "e")] == 4
    assert lines[("c", "d", 0, "f", "g")] == 6
    assert lines[("c", "d", 1)] == 7
    assert lines[("c", "d", 1, "f", "g")] == 9


def test_the_nearest_table_stands_in() -> None:
    assert line_of("\n[a]\nb = [1]\n", ("a", "b", 7, "x")) == 3
    assert line_of("\n[a]\nb = [1]\n", ("a", "zzz"), first_line=11) == 12
    assert line_of("", ("a",)) is None
