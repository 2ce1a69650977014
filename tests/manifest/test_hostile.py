"""Manifests, settings and headers that are made to hurt: refused at once with a sentence and, where it is known, a line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.errors import InputError
from bot.manifest.declarations import find_pyproject_declarations
from bot.manifest.edit import SpecifierEdit, edit_manifest
from bot.manifest.pyproject import parse_pyproject
from bot.manifest.script import parse_script
from bot.manifest.uvtoml import parse_uv_toml

PROJECT = '[project]\nname = "app"\nversion = "1"\n'


def script(header: str) -> str:
    lines = "".join(f"# {line}\n" if line else "#\n" for line in header.split("\n"))
    return f"# /// script\n{lines}# ///\n"


READERS: dict[str, Callable[[str], object]] = {
    "pyproject": lambda text: parse_pyproject(PROJECT + text, "sub/file"),
    "uv.toml": lambda text: parse_uv_toml(text, "sub/file"),
    "script": lambda text: parse_script(script(text), "sub/file"),
}

HOSTILE = {
    "a number of 4301 digits": (f"x = {'1' * 4301}\n", "a number has too many digits"),
    "a dotted key of 50,000 parts": (f"a{'.a' * 49_999} = 1\n", "a key has 50000 parts, more than 80"),
    "a header of 50,000 parts": (f"[a{'.a' * 49_999}]\n", "a key has 50000 parts, more than 80"),
    "many keys 70 deep": ("".join(f"k{i}{'.a' * 70} = 1\n" for i in range(5000)), "too many keys of many parts"),
    "arrays 90 deep": (f"x = {'[' * 90}{']' * 90}\n", "nested more than 80 levels deep"),
    "arrays 5,000 deep": (f"x = {'[' * 5000}\n", "nested more than 80 levels deep"),
    "tables 90 deep": (f"x = {'{a = ' * 90}1{'}' * 90}\n", "nested more than 80 levels deep"),
    "comments without end": ("# c\n" * 300_000, "the text is longer than 1048576 characters"),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("case", HOSTILE)
def test_what_would_take_minutes_is_refused(case: str, reader: str) -> None:
    text, problem = HOSTILE[case]

    with pytest.raises(InputError) as caught:
        READERS[reader](text)

    assert caught.value.problem == problem
    assert caught.value.path == "sub/file"


VALUES = {
    "dependencies": ['dependencies = ["x===1.0-custom"]', f'dependencies = ["x>={"1" * 4301}"]'],
    "an exact version": [f'version = "{"1" * 4301}"', 'version = "1.0-custom"'],
    "requires-python": ['requires-python = "===3.x"', f'requires-python = ">=3.{"1" * 30}"'],
    "a long requirement": ['dependencies = ["x' + ">=1," * 5000 + '"]', f'dependencies = ["{" " * 20_000}"]'],
    "a long name": [f'name = "{"a" * 20_000}/"'],
}


@pytest.mark.parametrize("case", VALUES)
def test_a_value_that_nothing_can_be_done_with_is_refused_with_its_line(case: str) -> None:
    for line in VALUES[case]:
        key = line.partition(" ")[0]
        rest = "".join(f'{name} = "1"\n' for name in ("name", "version") if name != key)

        with pytest.raises(InputError) as caught:
            parse_pyproject(f"[project]\n{rest}\n{line}\n", "pyproject.toml")

        assert caught.value.line == rest.count("\n") + 3
        assert len(caught.value.problem) < 500


@pytest.mark.parametrize(
    "text", [f'exclude-newer = "{"1" * 4301} days"', f'exclude-newer = "P{"1" * 4301}D"', 'required-version = "===x"']
)
def test_a_setting_that_nothing_can_be_done_with_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_uv_toml(text, "uv.toml")

    assert caught.value.line == 1
    assert len(caught.value.problem) < 500


def test_a_large_manifest_is_edited() -> None:
    """60,000 tables: the edit reads the text, it does not model it."""
    text = PROJECT + 'dependencies = ["a>=1"]\n' + "[[tool.x]]\n" * 60_000
    (declaration,) = find_pyproject_declarations(parse_pyproject(text, "pyproject.toml"))

    edited = edit_manifest(text, [SpecifierEdit(declaration=declaration, specifier=">=2")])

    assert edited == text.replace("a>=1", "a>=2")


def test_a_manifest_that_grew_too_deep_is_not_edited() -> None:
    text = PROJECT + 'dependencies = ["a>=1"]\n'
    (declaration,) = find_pyproject_declarations(parse_pyproject(text, "pyproject.toml"))

    with pytest.raises(InputError, match="a key has 101 parts"):
        edit_manifest(f"{text}{'a.' * 100}a = 1\n", [SpecifierEdit(declaration=declaration, specifier=">=2")])


def test_keys_with_escapes_keep_their_places() -> None:
    text = PROJECT + '[dependency-groups]\n"d\\u00e9v\\"" = []\n"d\\u0065v" = ["a>=1"]\n'
    manifest = parse_pyproject(text.replace('\\u00e9v\\"', "x"), "pyproject.toml")
    (declaration,) = find_pyproject_declarations(manifest)

    edited = edit_manifest(manifest.text, [SpecifierEdit(declaration=declaration, specifier=">=2")])

    assert declaration.line == manifest.text.count("\n")
    assert edited == manifest.text.replace("a>=1", "a>=2")


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_outside_of_all_years_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not a valid timestamp"):
        parse_uv_toml(f'exclude-newer = "{text}"', "uv.toml")


URLS = ("https://[::1", "https://host:99999999/x", "http://[bad]/x", "https://ho\u2100st/x")


@pytest.mark.parametrize("url", URLS)
def test_a_url_that_can_not_be_taken_apart_is_refused_where_it_stands(url: str) -> None:
    for text in (
        f'[project]\nname = "x"\nversion = "1"\ndependencies = [\n"a @ {url}",\n]\n',
        f'[project]\nname = "x"\nversion = "1"\n[[tool.uv.index]]\nurl = "{url}"\n',
        f'[project]\nname = "x"\nversion = "1"\n[tool.uv.sources]\na = {{ git = "{url}" }}\n',
        f'[project]\nname = "x"\nversion = "1"\n[tool.uv.sources]\na = {{ url = "{url}" }}\n',
    ):
        with pytest.raises(InputError) as caught:
            parse_pyproject(text, "pyproject.toml")
        assert caught.value.line == 5
