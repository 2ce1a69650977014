"""Edits: what stays unchanged, and before -> after."""

from __future__ import annotations

import pytest
from packaging.requirements import InvalidRequirement

from bot.errors import InputError
from bot.manifest.declarations import find_pyproject_declarations, find_script_declarations
from bot.manifest.edit import SpecifierEdit, edit_manifest, edit_script, replace_specifier, specifier_of
from bot.manifest.model import Declaration
from bot.manifest.pyproject import parse_pyproject
from bot.manifest.script import parse_script

REQUIREMENTS = [
    ("requests", ">=2", "requests>=2"),
    ("requests[socks]", "==2.*", "requests[socks]==2.*"),
    ("requests >=1 ; python_version < '3.9'", ">=2", "requests >=2 ; python_version < '3.9'"),
    ("requests>=1;python_version<'3.9'", ">=2,<3", "requests>=2,<3;python_version<'3.9'"),
    ("requests (>=8.0)", ">=9.0", "requests (>=9.0)"),
    ("requests ( >=8.0 ) ; extra == 'x'", ">=9.0", "requests ( >=9.0 ) ; extra == 'x'"),
    ("  requests  [ a , b ]  ~= 1.0  ", "~= 2.0", "  requests  [ a , b ]  ~= 2.0  "),
    ("requests ; python_version < '3.9'", "==1", "requests==1 ; python_version < '3.9'"),
    ("zope.interface==4.4.*", "==4.16.*", "zope.interface==4.16.*"),
]


@pytest.mark.parametrize(("before", "specifier", "after"), REQUIREMENTS)
def test_only_the_specifier_of_a_requirement_changes(before: str, specifier: str, after: str) -> None:
    assert replace_specifier(before, specifier) == after


@pytest.mark.parametrize(("text", "specifier"), [("a >= 1 , < 2 ;x", ">= 1 , < 2"), ("a(==1)", "==1"), ("a", "")])
def test_the_specifier_as_written(text: str, specifier: str) -> None:
    assert specifier_of(text) == specifier


@pytest.mark.parametrize(
    ("text", "specifier"),
    [("a @ https://x.invalid/a.whl", "==1"), ("a>=1", ">=1; extra == 'b'"), ("a>=1", ">=1 # c"), ("a>=1", "[b]>=1")],
)
def test_a_specifier_that_would_change_more_is_refused(text: str, specifier: str) -> None:
    with pytest.raises(InvalidRequirement):
        replace_specifier(text, specifier)


# each: file with «old=>new» at the specifiers that change
MANIFESTS = {
    "a byte order mark": '\ufeff[project]\nname = "x"\nversion = "1"\ndependencies = ["a«==1=>==2»"]\n',
    "TOML 1.1": """\
project = {
    name = "x", # }
    version = "1",
    dependencies = [
        "a«==1=>==2»", # ]
        "\\x62 «>=1=>>=2» ; python_version \\x3c '4'",
    ],
    optional-dependencies = { e = [ "c«==1=>==3»" ],
    },
}
[tool.x]
time = 07:32
mark = "\\e[0m"
[dependency-groups]
dev = ["d«>=1=>>=2»", { include-group = "o",
}]
o = ["f«~=1.0=>~=2.0»"]
""",
    "comments and order": """\
# top
[project]
name = "x"   # name
version = "1"
dependencies = [
    # first
    "b«>=1=>>=2»",     # why b
    'a«==1.0=>==2.0»'  ,


  "c" , # no comma trouble
]
[tool.other]
x   =   { a = 1,b=2 }
""",
    "one line": """[project]\nname="x"\nversion="1"\ndependencies=["a«>=1=>>=2»","b<3", "a«<3=><4» ; os_name=='x'"]\n""",
    "crlf": '[project]\r\nname = "x"\r\nversion = "1"\r\ndependencies = [\r\n\t"a«>=1=>>=2»",\r\n]\r\n',
    "no final line end": '[project]\nname = "x"\nversion = "1"\ndependencies = ["a«>=1=>>=2»"]',
    "escapes": """[project]\nname = "x"\nversion = "1"
dependencies = ["a[\\u0062]«\\u003e=1=>>=2»; python_version < \\"3.9\\"", '''b«>=1=>>=2»''', \"\"\"c«>=1=>>=2»\"\"\"]
""",
    "all tables": """\
[build-system]
requires = ["hatchling «>= 1.0=>>= 2.0»"]
[project]
name = "x"
version = "1"
dependencies = ["a«>=1=>>=2»"]
optional-dependencies.extra = ["b«>=1=>>=2»"]
[dependency-groups]
dev = [{ include-group = "lint" }, "c«>=1=>>=2»"]
lint = ["d(«>=1=>>=2»)"]
[tool.uv]
dev-dependencies = ["e«>=1=>>=2»"]
constraint-dependencies = ["f«<2=><3»"]
override-dependencies = ["g«==1=>==2»", { package = { name = "p" }, dependencies = ["h«<2=><3»"] }]
build-constraint-dependencies = ["i«==1=>==2»"]
""",
    "dotted and split tables": """\
project.name = "x"
project.version = "1"
project.dependencies = [ "a«>=1=>>=2»" ]
[tool.uv]
package = false
[tool.black]
line-length = 1
[tool.uv.sources]
b = { index = "i" }
[dependency-groups]
"dev" = [
\t"c «~=1.0=>~=2.0»"
\t,
]
""",
    "unicode": '[project]\nname = "x"\nversion = "1"\ndescription = "ü 😀"\ndependencies = ["a«>=1=>>=2»"] # ü\n',
    "byte order of equal texts": """\
[project]
name = "x"
version = "1"
dependencies = ["a>=1", "a«>=1=>>=2»", "a>=1"]
""",
}

SCRIPTS = {
    "plain": """#!/usr/bin/env -S uv run
# Words: requests>=1
# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "requests«>=1=>>=2»",  # why
#
#   'rich«==1.0=>==2.0»',
# ]
# [tool.uv]
# constraint-dependencies = ["idna«<3=><4»"]
# ///
import requests  # "requests>=1"
""",
    "crlf": '# /// script\r\n# dependencies = ["requests«>=1=>>=2»"]\r\n# ///\r\nx = 1\r\n',
    "one line twice": '# /// script\n# dependencies = ["a«>=1=>>=2»", "b>=1", "c«>=1=>>=3»"]\n# ///\n',
}


def split_marks(template: str) -> tuple[str, str, list[str]]:
    """The text before, the text after, and the new specifiers in order."""
    before = after = ""
    specifiers = []
    while "«" in template:
        head, _, rest = template.partition("«")
        mark, _, template = rest.partition("»")
        old, _, new = mark.partition("=>")
        before, after = before + head + old, after + head + new
        specifiers.append(new)
    return before + template, after + template, specifiers


def edits_between(before: tuple[Declaration, ...], after: tuple[Declaration, ...]) -> list[SpecifierEdit]:
    assert len(before) == len(after)
    pairs = zip(before, after, strict=True)
    return [
        SpecifierEdit(declaration=old, specifier=specifier_of(new.text)) for old, new in pairs if old.text != new.text
    ]


@pytest.mark.parametrize("template", MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_keeps_every_other_byte(template: str) -> None:
    before, after, specifiers = split_marks(template)
    declarations = find_pyproject_declarations(parse_pyproject(before, "pyproject.toml"))
    edits = edits_between(declarations, find_pyproject_declarations(parse_pyproject(after, "pyproject.toml")))
    assert len(edits) == len(specifiers)
    assert edit_manifest(before, edits) == after
    assert edit_manifest(before, list(reversed(edits))) == after


@pytest.mark.parametrize("template", SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_keeps_every_other_byte(template: str) -> None:
    before, after, specifiers = split_marks(template)
    old, new = parse_script(before, "s.py"), parse_script(after, "s.py")
    assert old is not None
    assert new is not None
    edits = edits_between(find_script_declarations(old), find_script_declarations(new))
    assert len(edits) == len(specifiers)
    assert edit_script(before, edits) == after


@pytest.mark.parametrize("template", MANIFESTS.values(), ids=MANIFESTS)
def test_no_edit_leaves_the_text(template: str) -> None:
    before, _, _ = split_marks(template)
    assert edit_manifest(before, []) == before


def test_a_declaration_that_is_gone_is_told_with_its_line() -> None:
    text = '[project]\nname = "x"\nversion = "1"\ndependencies = [\n  "a>=1",\n]\n'
    (declaration,) = find_pyproject_declarations(parse_pyproject(text, "pyproject.toml"))
    with pytest.raises(InputError, match=r"pyproject\.toml:5: 'a>=1' is not at its place"):
        edit_manifest(text.replace("a>=1", "b>=1"), [SpecifierEdit(declaration=declaration, specifier=">=2")])


def test_a_broken_specifier_never_reaches_the_file() -> None:
    text = '[project]\nname = "x"\nversion = "1"\ndependencies = ["a>=1"]\n'
    (declaration,) = find_pyproject_declarations(parse_pyproject(text, "pyproject.toml"))
    for specifier in ('>=2"', ">=2 ; python_version > '3'", "nonsense"):
        with pytest.raises(InputError):
            edit_manifest(text, [SpecifierEdit(declaration=declaration, specifier=specifier)])


def test_a_requirement_over_several_lines_is_refused() -> None:
    text = '[project]\nname = "x"\nversion = "1"\ndependencies = ["""a\\\n  >=1"""]\n'
    (declaration,) = find_pyproject_declarations(parse_pyproject(text, "pyproject.toml"))
    with pytest.raises(InputError, match="several lines"):
        edit_manifest(text, [SpecifierEdit(declaration=declaration, specifier=">=2")])


def test_a_script_without_its_header_is_refused() -> None:
    script = parse_script('# /// script\n# dependencies = ["a>=1"]\n# ///\n', "s.py")
    assert script is not None
    (declaration,) = find_script_declarations(script)
    with pytest.raises(InputError, match="no '# /// script' header"):
        edit_script("x = 1\n", [SpecifierEdit(declaration=declaration, specifier=">=2")])
