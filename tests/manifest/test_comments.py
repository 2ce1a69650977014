"""Comments beside requirements."""

from __future__ import annotations

import pytest

from bot.manifest.comments import find_comment

MANIFEST = """\
# top
[project]
dependencies = [
    "a>=1",
    # Load-bearing: see #12.
    # Ask before you raise it.
    "b<2",  # really
    'c # no comment', "d\\"#"
]

[tool.uv]
# stubs
constraint-dependencies = ["e<3"]  # all of them
"""

SCRIPT = """\
# /// script
# # for the page
# dependencies = [
#   "a<2",  # until the fix
# ]
# ///
"""


@pytest.mark.parametrize(
    ("line", "comment"),
    [
        (4, ""),
        (7, "Load-bearing: see #12. Ask before you raise it. really"),
        (8, ""),
        (13, "stubs all of them"),
        (99, ""),
    ],
)
def test_what_stands_beside_a_requirement(line: int, comment: str) -> None:
    assert find_comment(MANIFEST, line) == comment


@pytest.mark.parametrize(("line", "comment"), [(3, "for the page"), (4, "until the fix")])
def test_in_a_script_the_header_is_no_comment(line: int, comment: str) -> None:
    assert find_comment(SCRIPT, line, in_script=True) == comment
