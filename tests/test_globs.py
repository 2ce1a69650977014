"""The three dialects mean what their translations to regular expressions meant, and no pattern is dear to match."""

from __future__ import annotations

import posixpath
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.globs import ANY, NO_SLASH, Choice, Folders, Glob, Run, literal
from bot.manifest.globs import is_excluded, is_included, matches_name
from bot.repoconfig.globs import matches_path
from bot.repoconfig.regexes import is_regex
from bot.resolver.lowering.globs import expand
from tests.resolver.trees import MemoryTree

# --- the oracle: regular expressions, which are right on small inputs ------------------------------

_PIECE = re.compile(r"\*+|\?|\[!?\]?[^\]]*\]|.", re.DOTALL)
_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\{[^{}]*\}|.", re.DOTALL)


def uv_expression(pattern: str, wild: str) -> re.Pattern[str]:
    text = ""
    for piece in _PIECE.findall(pattern):
        if piece.startswith("*"):
            text += f"{wild}*"
        elif piece == "?":
            text += wild
        elif piece.startswith("[") and piece not in ("[", "[]", "[!]"):
            negated = piece.startswith("[!")
            members = re.escape(piece[2 if negated else 1 : -1]).replace("\\-", "-")
            text += f"[{'^' if negated else ''}{members}]"
        else:
            text += re.escape(piece)
    return compiled(text)


def compiled(text: str) -> re.Pattern[str]:
    """A range that ends before it begins is refused by ``re``, and nothing to compare with."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        try:
            return re.compile(text, re.DOTALL)
        except re.error:
            assume(False)
            raise


def covers(pattern: Sequence[str], parts: Sequence[str]) -> bool:
    if not pattern:
        return not parts
    first, rest = pattern[0], pattern[1:]
    if first == "**":
        return any(covers(rest, parts[start:]) for start in range(len(parts) + 1)) if rest else bool(parts)
    return bool(parts) and bool(uv_expression(first, "[^/]").fullmatch(parts[0])) and covers(rest, parts[1:])


def renovate_expression(pattern: str) -> re.Pattern[str]:
    text = ""
    for token in _TOKEN.findall(pattern):
        if token.startswith("{") and token.endswith("}"):
            text += "(?:" + "|".join(map(re.escape, token[1:-1].split(","))) + ")"
        else:
            text += {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(token, re.escape(token))
    return compiled(text)


NAMES = st.text("ab.]-", min_size=1, max_size=4)
PATHS = st.lists(NAMES, min_size=1, max_size=5).map("/".join)
STEPS = st.one_of(st.just("**"), st.text("ab.*?[]!-", min_size=1, max_size=6))
MEMBER_PATTERNS = st.lists(STEPS, min_size=1, max_size=5).map("/".join)


@given(pattern=MEMBER_PATTERNS, path=PATHS)
def test_member_patterns_mean_what_they_meant(pattern: str, path: str) -> None:
    assume(not posixpath.normpath(path).startswith("..") and posixpath.normpath(path) == path)
    assert is_included(pattern, path) is covers(posixpath.normpath(pattern).split("/"), path.split("/"))


@given(pattern=MEMBER_PATTERNS, path=PATHS)
def test_exclude_patterns_mean_what_they_meant(pattern: str, path: str) -> None:
    assert is_excluded(pattern, path) is bool(uv_expression(posixpath.normpath(pattern), ".").fullmatch(path))


@given(step=STEPS, name=NAMES)
def test_steps_mean_what_they_meant(step: str, name: str) -> None:
    assert matches_name(step, name) is bool(uv_expression(step, "[^/]").fullmatch(name))


@given(pattern=st.text("ab/*?{},", min_size=1, max_size=12), text=st.text("ab/,{}", max_size=8))
def test_patterns_of_the_configuration_mean_what_they_meant(pattern: str, text: str) -> None:
    assume(not is_regex(pattern))
    below = text.startswith(pattern.rstrip("/") + "/")
    assert matches_path(text, [pattern]) is (bool(renovate_expression(pattern).fullmatch(text)) or below)


FILES = st.lists(st.lists(st.sampled_from(["a", "b", "ab", ".git"]), min_size=1, max_size=4), max_size=8)


@given(files=FILES, pattern=st.lists(st.sampled_from(["**", "*", "a", "a*", "?"]), min_size=1, max_size=5))
def test_expanding_finds_the_folders_that_match(files: list[list[str]], pattern: list[str]) -> None:
    folders = {"/".join(parts[:end]) for parts in files for end in range(1, len(parts) + 1)}
    found = list(expand(MemoryTree({f"{folder}/x": "" for folder in folders}), ".", "/".join(pattern)))
    assert len(found) == len(set(found))
    seen = {folder for folder in folders if ".git" not in folder.split("/")}
    assert set(found) & seen == {one for one in seen if is_included("/".join(pattern), one)}


def test_a_range_that_ends_before_it_begins_holds_nothing() -> None:
    assert not is_included("[b-a]", "a")
    assert is_included("[b-ac]", "c")
    assert is_included("[!b-a]", "a")


# --- what matching costs --------------------------------------------------------------------------


@contextmanager
def budget(steps: int) -> Iterator[None]:
    """Fail at once when more than so many functions are called."""
    left = steps

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal left
        left -= event in ("call", "c_call")
        if left < 0:
            raise AssertionError(f"more than {steps} calls")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)


DEEP = "/".join(["d"] * 24)


@pytest.mark.parametrize(
    ("matches", "pattern", "text"),
    [
        (is_included, "**/" * 10 + "x", DEEP),
        (is_included, "*a" * 8 + "b", "a" * 60),
        (is_included, ("**/" + "*d" * 4 + "/") * 10 + "x", DEEP),
        (is_excluded, "*a" * 8 + "b", "a" * 60),
        (is_excluded, "**/" * 10 + "x", DEEP),
        (lambda pattern, text: matches_path(text, [pattern]), "**/" * 8 + "x", DEEP),
        (lambda pattern, text: matches_path(text, [pattern]), "{a,aa}" * 20 + "b", "a" * 40),
        (lambda pattern, text: matches_path(text, [pattern]), "{,a}" * 40 + "b", "a" * 40),
    ],
)
def test_no_pattern_is_dear_to_match(matches: Callable[[str, str], bool], pattern: str, text: str) -> None:
    with budget(40 * (len(pattern) + 1) + 8 * len(pattern) * len(text)):
        assert not matches(pattern, text)


def test_what_a_text_taught_is_used_for_the_next() -> None:
    glob = Glob([Folders(), *literal("a"), Run(NO_SLASH)])
    assert glob.matches("ab/" * 3 + "a")
    text = "ab/" * 100 + "a"
    with budget(len(text) + 10):
        assert glob.matches(text)


def test_a_pattern_is_right_also_when_its_memory_is_full() -> None:
    glob = Glob([Run(ANY), *literal("a"), *[ANY] * 3000])
    assert glob.matches("ab" * 1600 + "b")
    assert not glob.matches("b" * 3200)


def test_a_choice_may_be_empty() -> None:
    glob = Glob([Choice(("", "ab")), Run(NO_SLASH)])
    assert [text for text in ("", "ab", "abc", "b", "/") if glob.matches(text)] == ["", "ab", "abc", "b"]


class CountingTree(MemoryTree):
    """Counts how often each folder is looked into."""

    def __init__(self, folder: str) -> None:
        super().__init__({f"{folder}/x": ""})
        self.looked = 0

    def list_dirs(self, path: str) -> Sequence[str]:
        self.looked += 1
        return super().list_dirs(path)

    def is_dir(self, path: str) -> bool:
        self.looked += 1
        return super().is_dir(path)


@pytest.mark.parametrize("pattern", ["**/" * 10 + "x", "**/*/" * 10 + "x", "**/d/" * 10 + "**"])
def test_expanding_looks_into_a_folder_once_for_each_step(pattern: str) -> None:
    tree = CountingTree(DEEP)
    with budget(100_000):
        list(expand(tree, ".", pattern))
    assert tree.looked <= 25 * len(pattern.split("/"))


class DeepTree(MemoryTree):
    """Three thousand folders, one in the other."""

    def list_dirs(self, path: str) -> Sequence[str]:
        return ("d",) if path.count("d") < 3000 else ()


def test_expanding_goes_as_deep_as_there_are_folders() -> None:
    assert sum(1 for _ in expand(DeepTree({}), ".", "**")) == 3000
