"""TOML from outside: what is refused, with which words, in which time; what merely looks so is read."""

from __future__ import annotations

import datetime as dt
import time
import tomllib

import pytest

from bot.limits import TOML_DEPTH
from bot.toml import TomlError, parse_toml

DEEP = ".".join(["a"] * (TOML_DEPTH + 1))
DOTS = ". " * 50 + "a.b.c.d.e.f.g.h.i.j." * 20

#: All of these took minutes or gigabytes, or ended in an error that is not TOML's.
REFUSED = {
    "one key of many parts": (".".join(["a"] * 60_000) + " = 1", "a key has 60000 parts", 1),
    "one header of many parts": ("\n[" + ".".join(["a"] * 50_000) + "]", "a key has 50000 parts", 2),
    "an array's header": ("[[" + ".".join(["a"] * 50_000) + "]]", "a key has 50000 parts", 1),
    "quoted parts": ("x = 1\n" + " . ".join(["'a'", '"b"'] * 30_000) + " = 1", "a key has 60000 parts", 2),
    "in an inline table": ("x = { y = 1, " + ".".join(["a"] * 60_000) + " = 1 }", "a key has 60000 parts", 1),
    "after a string that holds quotes": ('x = """\\""" ""#"""\n' + DEEP + "=1", "a key has 81 parts", 2),
    "many keys of many parts": (
        "".join(f"k{number}." + ".".join(["a"] * 70) + " = 1\n" for number in range(5_000)),
        "too many keys of many parts",
        199,
    ),
    "deep arrays": ("x = 1\ny = " + "[" * 5_000 + "]" * 5_000, f"nested more than {TOML_DEPTH} levels deep", 2),
    "arrays a little too deep": ("y = " + "[\n" * 85 + "]" * 85, f"nested more than {TOML_DEPTH} levels deep", 81),
    "deep inline tables": ("y = " + "{a=" * 200 + "1" + "}" * 200, f"nested more than {TOML_DEPTH} levels deep", 1),
    "a long number": ("x = 1\ny = -" + "1_" * 4_300 + "1", "a number has too many digits", 2),
    "a long text": ("# comment\n" * 500_000, "the text is longer than 1048576 characters", None),
    "no TOML": ("x = 1\ny = ", "not valid TOML: Invalid value", 2),
    "a table stated twice": ("[a]\n[b]\n[a]\n", "not valid TOML: Cannot declare ('a',) twice", 3),
    "quotes that never end": ("a" + "." * 9 + '\\"' * 500_000, "not valid TOML: Invalid initial character", 1),
}

READ = {
    "nothing": "",
    "a byte order mark": "\ufeffa = 1",
    "keys of some parts": "[a.b.c.d.e]\nf.g.h.i = { j.k = [[1]] }\n",
    "dots in a string": f'a = "{DOTS}"',
    "dots in a literal string": f"a = '{DOTS}'",
    "dots after an escaped quote": f'a = "\\"{DOTS}"',
    "dots in a comment": f"a = 1 # ' {DOTS}\nb = 2",
    "dots in a long string": f'a = """\n{DOTS}\n"\\""" {DOTS}"""',
    "dots in a long literal string": f"a = '''\n{DOTS}\n'' {DOTS}'''''\nb = 1",
    "brackets in strings and comments": f'a = ["{"[" * 200}"] # {"[{" * 200}\nb = 1',
    "arrays beside each other": "a = [" + "[[1], [2]], " * 300 + "]",
    "a long number in a string": f'a = "{"1" * 5_000}"',
    "a long fraction": f"a = 0.{'1' * 5_000}",
    "many tables of an array": "[[tool.x]]\na.b = 1\n" * 20_000,
    "as deep as may be": ".".join(["a"] * (TOML_DEPTH - 1)) + " = [1]",
}


#: What TOML 1.1 allows and 1.0 does not.
NEWER = {
    "lines in an inline table": ("a = {\n  b = 1, # c\n\n  d = { e = 2,\n}, }", {"a": {"b": 1, "d": {"e": 2}}}),
    "a comma at the end": ("a = { b = 1, }", {"a": {"b": 1}}),
    "escapes": (r'a = "\e[0m\x41\xe9"', {"a": "\x1b[0mA\u00e9"}),
    "times without seconds": (
        "a = 07:32\nb = 2026-11-30 07:32",
        {"a": dt.time(7, 32), "b": dt.datetime.fromisoformat("2026-11-30T07:32")},
    ),
}


@pytest.mark.parametrize("name", NEWER)
def test_toml_1_1_is_read(name: str) -> None:
    text, document = NEWER[name]
    assert parse_toml(text) == document


def test_depth_is_told_by_line_in_tables_of_several_lines() -> None:
    with pytest.raises(TomlError) as caught:
        parse_toml("x = 1\ny = {\n  a = [\n" + "{ b = [\n" * 90 + "] }\n" * 90 + "],\n}\n")
    assert caught.value.line == 43


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_text_is_refused_at_once_with_line_and_sentence(name: str) -> None:
    text, problem, line = REFUSED[name]
    started = time.process_time()
    with pytest.raises(TomlError) as caught:
        parse_toml(text)
    assert time.process_time() - started < 3
    assert (caught.value.problem[: len(problem)], caught.value.line) == (problem, line)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("name", READ)
def test_what_merely_looks_hostile_is_read_as_it_is(name: str) -> None:
    assert parse_toml(READ[name]) == tomllib.loads(READ[name].removeprefix("\ufeff"))


def test_the_sentence_names_the_line() -> None:
    with pytest.raises(TomlError, match=r"^not valid TOML: Expected '=' after a key in a key/value pair \(line 2\)$"):
        parse_toml("a = 1\nb\n")


def test_a_caller_states_its_own_limit() -> None:
    with pytest.raises(TomlError, match="longer than 3 characters"):
        parse_toml("a = 1", limit=3)
