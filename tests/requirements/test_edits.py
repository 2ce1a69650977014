"""Edits of requirements files, before and after: only the version's characters move."""

from __future__ import annotations

import pytest

from bot.errors import InputError
from bot.manifest.edit import SpecifierEdit
from bot.manifest.model import Declaration, DepType
from bot.requirements.declarations import edit_requirements, find_declarations, find_note
from bot.requirements.reader import parse_requirements

#: Before, the specifiers by package, after.
EDITS = [
    ("flask==1.0", {"flask": "==2.0"}, "flask==2.0"),
    ("Flask_Cors == 1.0\n", {"Flask_Cors": "== 2.0"}, "Flask_Cors == 2.0\n"),
    (
        "flask[async]>=1,<2 ; python_version > '3.8'  # why",
        {"flask": ">=1,<3"},
        "flask[async]>=1,<3 ; python_version > '3.8'  # why",
    ),
    ("flask (>=1)", {"flask": ">=2"}, "flask (>=2)"),
    ("\ufeffflask==1\r\nidna==1\r\n", {"idna": "==2"}, "\ufeffflask==1\r\nidna==2\r\n"),
    (
        "-r base.in\n\n# a pin\nflask==1 # b\n--no-index\nidna==1",
        {"flask": "==10.11", "idna": "==2"},
        "-r base.in\n\n# a pin\nflask==10.11 # b\n--no-index\nidna==2",
    ),
    (
        "flask==1 \\\n  --hash=sha256:aa\nidna==1",
        {"flask": "==2", "idna": "==2"},
        "flask==2 \\\n  --hash=sha256:aa\nidna==2",
    ),
    ("\\\nflask==1", {"flask": "==2"}, "\\\nflask==2"),
    ("\tflask==1\t", {"flask": "==2"}, "\tflask==2\t"),
    ("e @ https://x.invalid/e.zip\nflask==1", {"flask": "==2"}, "e @ https://x.invalid/e.zip\nflask==2"),
    ("flask", {"flask": "==2"}, "flask==2"),
    ("flask ; os_name == 'nt'", {"flask": "==2"}, "flask==2 ; os_name == 'nt'"),
]


def declared(text: str) -> tuple[Declaration, ...]:
    return find_declarations(parse_requirements(text, "r.in"))


@pytest.mark.parametrize(("before", "specifiers", "after"), EDITS)
def test_edits(before: str, specifiers: dict[str, str], after: str) -> None:
    rows = {row.requirement.name: row for row in declared(before)}
    edits = [SpecifierEdit(declaration=rows[name], specifier=text) for name, text in specifiers.items()]
    assert edit_requirements(before, edits) == after


def test_two_requirements_of_one_package_are_edited_by_their_places() -> None:
    before = "flask==1 ; os_name == 'nt'\nflask==2 ; os_name != 'nt'\n"
    edit = SpecifierEdit(declaration=declared(before)[1], specifier="==3")
    assert edit_requirements(before, [edit]) == "flask==1 ; os_name == 'nt'\nflask==3 ; os_name != 'nt'\n"


@pytest.mark.parametrize("specifier", ["==2 --hash=x", "==2\nidna", "==2 # c", "==2;", "[x]==2", "== 2 \\\n"])
def test_a_specifier_that_would_say_more_is_refused(specifier: str) -> None:
    with pytest.raises(InputError, match=r"r\.in"):
        edit_requirements("flask==1", [SpecifierEdit(declaration=declared("flask==1")[0], specifier=specifier)])


@pytest.mark.parametrize("text", ["", "idna\n", "flask==3"])
def test_what_has_moved_is_not_edited(text: str) -> None:
    with pytest.raises(InputError, match=r"r\.in:1: 'flask==1' is not at its place"):
        edit_requirements(text, [SpecifierEdit(declaration=declared("flask==1")[0], specifier="==2")])


def test_declarations_name_what_has_a_name() -> None:
    text = "-e ./a\nflask==1\n./b\ne @ https://x.invalid/e.zip\n"
    found = find_declarations(parse_requirements(text, "r.in"), DepType.CONSTRAINTS)
    assert [(row.text, row.line, row.table.value) for row in found] == [
        ("flask==1", 2, "constraints"),
        ("e @ https://x.invalid/e.zip", 4, "constraints"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "note"),
    [
        ("flask==1 # because", 1, "because"),
        ("# one\n# two\nflask==1", 3, "one two"),
        ("# one\n\nflask==1", 3, ""),
        ("idna==1\n    # via flask\nflask==1", 3, ""),
        ("idna==1\n# via flask\nflask==1", 3, ""),
        ("flask==1 # via -r r.in", 1, ""),
        ("flask==1", 9, ""),
    ],
)
def test_what_people_say_of_a_requirement(text: str, line: int, note: str) -> None:
    assert find_note(text, line) == note
