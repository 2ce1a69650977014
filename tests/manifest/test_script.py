"""The header of a script is found where uv finds it, and nowhere else."""

from __future__ import annotations

import pytest

from bot.errors import InputError
from bot.manifest.declarations import find_script_declarations
from bot.manifest.model import DepType
from bot.manifest.script import find_header, parse_script

HEADER = "# /// script\n# dependencies = []\n# ///\n"

NONE = {
    "no header": "print(1)\n",
    "indented": " # /// script\n# ///\n",
    "trailing blank in the mark": "# /// script \n# ///\n",
    "another type": "# /// tool\n# ///\n",
    "first mark in the middle of a line": "x = 1 # /// script\n# ///\n" + HEADER,
    "closing mark only": "# ///\n",
}

FOUND = {
    "at the top": (HEADER, "dependencies = []\n", 2),
    "after a shebang": ("#!/usr/bin/env python\n" + HEADER, "dependencies = []\n", 3),
    "after comments and code": ("# hello\nimport os\n\n" + HEADER, "dependencies = []\n", 5),
    "CRLF": (HEADER.replace("\n", "\r\n"), "dependencies = []\n", 2),
    "empty comment lines": ("# /// script\n#\n# a = 1\n#\n# ///\n", "\na = 1\n\n", 2),
    "the last closing mark counts": ("# /// script\n# a = 1\n# ///\n#\n# ///\n", "a = 1\n///\n\n", 2),
    "comments after the closing mark": ("# /// script\n# a = 1\n# ///\n# more\n#\n", "a = 1\n", 2),
    "another block after it": (HEADER + "\n# /// tool\n# x\n# ///\n", "dependencies = []\n", 2),
    "a mark inside another block": (HEADER + "\n# /// tool\n# # /// script\n# ///\n", "dependencies = []\n", 2),
    "an unclosed second header": (HEADER + "\n# /// script\n# x\n", "dependencies = []\n", 2),
    "empty": ("# /// script\n# ///\n", "\n", 2),
    "no line end at the end": ("# /// script\n# a = 1\n# ///", "a = 1\n", 2),
}

REFUSED = {
    "unclosed": ("#!x\n# /// script\n# a = 1\n\n# ///\n", "not closed", 2),
    "no blank after the hash": ("# /// script\n#a = 1\n# ///\n", "not closed", 1),
    "content after the closing mark": ("# /// script\n# a = 1\n# /// end\n", "not closed", 1),
    "two headers": (HEADER + "\n" + HEADER, "two '# /// script' headers", 1),
    "wrong TOML": ("\n# /// script\n# a = 1\n# b =\n# ///\n", "not valid TOML", 4),
    "wrong requirement": ("# /// script\n# dependencies = [\n#   'a',\n#   '>b',\n# ]\n# ///\n", "dependencies[1]", 4),
    "wrong Python": ("# /// script\n# requires-python = 'x'\n# ///\n", "not a list of version specifiers", 2),
}


@pytest.mark.parametrize("text", NONE.values(), ids=NONE)
def test_a_file_without_a_header_is_no_script(text: str) -> None:
    assert parse_script(text, "s.py") is None


@pytest.mark.parametrize(("text", "toml", "line"), FOUND.values(), ids=FOUND)
def test_a_header_is_found_with_its_line(text: str, toml: str, line: int) -> None:
    header = find_header(text, "s.py")
    assert header is not None
    assert (header.toml, header.line) == (toml, line)


@pytest.mark.parametrize(("text", "says", "line"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_header_is_refused_at_its_line(text: str, says: str, line: int) -> None:
    with pytest.raises(InputError, match=says.replace("[", r"\[")) as caught:
        parse_script(text, "dir/s.py")
    assert (caught.value.path, caught.value.line) == ("dir/s.py", line)


def test_declarations_of_a_script_have_lines_of_the_file() -> None:
    script = parse_script(
        "#!/usr/bin/env python\n# /// script\n# dependencies = [\n#   'a>=1',\n#   'b; sys_platform == \"linux\"',\n# ]\n"
        "# [tool.uv]\n# constraint-dependencies = ['c<2']\n# ///\n",
        "s.py",
    )
    assert script is not None
    found = [
        (one.table, one.index, one.text, one.line, one.requirement.name) for one in find_script_declarations(script)
    ]
    assert found == [
        (DepType.SCRIPT, 0, "a>=1", 4, "a"),
        (DepType.SCRIPT, 1, 'b; sys_platform == "linux"', 5, "b"),
        (DepType.CONSTRAINT, 0, "c<2", 8, "c"),
    ]
