"""Every message of ours that a person can meet, gathered from the code: what errors, problems and refusals are made with.

A message is the text as the code has it, with ``…`` for what is filled in. Gathered are the texts given to the errors of
``bot.errors`` and below, to click's, to the values in ``_VALUES``, to functions that hand their argument on to one of these,
and all sentences of the rooms in ``_ROOMS``, whose reasons are returned and passed on until somebody reads them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.documents.blocks import ROOT

BOT = ROOT / "bot"
GAP = "…"
_OR = " / "
#: Labels, and words that other sentences are made with.
_LABELS = frozenset(
    {
        "a number that is not negative",
        "a time without a zone",
        "an array of strings",
        "an array of tables",
        "auto must be decided before a rule is applied",
        "git was started without pipes",
        "in the lock",
        "lock file maintenance",
        "non-major dependencies",
        "on a line of its own",
        "on closed pull requests of mine",
        "on my dashboard issue",
        "on open pull requests of mine",
        "on pull requests of others",
        "on the dashboard",
        "one of several",
        "people with write access to this repository",
        "people with write access to this repository and the pull request's author",
        "proprietary|commercial|all rights reserved",
        "the end of a text",
        "the folder or file …",
        "the last round returns",
        "the major step of … from … to …",
        "uv-pre-commit rev, frozen:",
        "uv-pre-commit rev:",
        "was asked for",
        "what could be looked at",
        "what is held back",
        "what it does",
        "…: installation token",
        "…: pyproject.toml",
        "… (as it would be locked now)",
        "… back from … to …",
        "in pull request …",
    }
)
#: Errors that are none of ours, but end up before a person.
_OTHERS = frozenset(
    {
        "UsageError",
        "BadParameter",
        "ClickException",
        "ValueError",
        "CutoffError",
        "NetrcError",
        "NoSecretError",
        "PresetError",
    }
)
#: Values that carry a sentence to a person.
_VALUES = frozenset(
    {"Problem", "Notice", "Refused", "Unusable", "HeldBack", "Unread", "LeftAlone", "Finding", "Missing"}
)
#: Methods that make such an error of their first argument, wherever they are called.
_EVERYWHERE: Mapping[str, tuple[str, ...]] = {
    "refuse": ("problem", "hint"),
    "error_at": ("manifest", "keys", "problem", "hint"),
}
#: What of their arguments is no sentence.
_NAMES = frozenset({"path", "line", "file", "package", "version", "place", "name", "later", "variable"})
#: What stands behind a sentence, in brackets: who finds the sentence has it too.
_HINTS = frozenset({"hint", "remedy", "advice"})
#: Where every sentence is for people who wonder what is the matter.
_ROOMS = (
    "detect/",
    "follow/",
    "judging/",
    "lockfile/",
    "pinned/",
    "plan/",
    "report/answers.py",
    "report/checks.py",
    "report/commands.py",
    "report/dashboard/waits.py",
    "report/head_check.py",
    "report/local/",
    "report/nothing.py",
    "report/problems.py",
    "report/relocking.py",
    "resolver/judge/",
    "resolver/offers/",
    "resolver/search/",
    "toolchain/",
)
#: What a sentence does not hold: patterns, markers, statements, comments that are hidden, words of a program's text.
_NO_SENTENCE = re.compile(r"\(\?|\\[\[{(bd]|\w+ == |^<!--.*-->$|\w+\[\[|^#|%%|^\| | = |^uv \w+|^, ")
#: Parts whose errors are the program's own: a mistake in our code, or told in other words by who catches them.
_WITHIN = ("index/memory.py", "pubgrub/", "markers/algebra.py", "forge/memory/")


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """``hint``: what the code says to do, empty where it says nothing beside the text."""

    text: str
    place: str
    hint: str = ""


@cache
def messages() -> tuple[Message, ...]:
    """Without those that hold no word beside what is filled in, and those that only stand behind another one."""
    found = {one for path in sorted(BOT.rglob("*.py")) for one in _of_module(path)}
    behind = {hint for one in found for hint in one.hint.split(_OR)} | _LABELS
    return tuple(sorted(one for one in found if _is_sentence(one.text) and one.text not in behind))


def _is_sentence(text: str) -> bool:
    words = re.findall(r"[A-Za-z]{2,}", text.replace(GAP, " "))
    return len(words) >= 2 and " " in text.strip(f" {GAP}") and not _NO_SENTENCE.search(text)


def _of_module(path: Path) -> Iterator[Message]:
    name = path.relative_to(BOT).as_posix()
    if name.startswith(_WITHIN):
        return
    tree = ast.parse(path.read_text("utf-8"))
    constants = dict(_constants(tree))
    for text, hint, line in (*_told(tree, constants), *(_worded(tree, constants) if name.startswith(_ROOMS) else ())):
        yield Message(_shown(text), f"bot/{name}:{line}", _shown(hint))


def _shown(text: str) -> str:
    """In one line, without what is hidden in a comment."""
    return " ".join(re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).split())


def _worded(tree: ast.Module, constants: Mapping[str, str]) -> Iterator[tuple[str, str, int]]:
    """All texts of a module but docstrings and the parts of what is put together."""
    within = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)} - {
        id(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)
    }
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in within | said:
            text = _text(node, constants)
            if text and len(re.findall(r"[A-Za-z]{2,}", text)) > 2:
                yield text, "", node.lineno


def _told(tree: ast.Module, constants: Mapping[str, str]) -> Iterator[tuple[str, str, int]]:
    tellers = _tellers(tree)
    functions = {one.name: one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in tellers:
            arguments = list(_arguments(node, functions.get(_called(node))))
            hints = [text for name, one in arguments if name in _HINTS for text in _alternatives(one, constants)]
            for name, argument in arguments:
                for text in _alternatives(argument, constants) if name not in _HINTS | _NAMES else ():
                    yield text, _OR.join(hints), argument.lineno


def _arguments(call: ast.Call, function: ast.FunctionDef | None) -> Iterator[tuple[str, ast.expr]]:
    """With the names of the parameters that they are for, as far as the module says them."""
    known = list(_EVERYWHERE.get(_called(call), ()))
    if function is not None:
        known = [one.arg for one in function.args.args if one.arg not in ("self", "cls")]
    for at, argument in enumerate(call.args):
        yield known[at] if at < len(known) else "", argument
    yield from ((one.arg or "", one.value) for one in call.keywords)


def _sentences(call: ast.Call) -> Iterator[ast.expr]:
    yield from (one for name, one in _arguments(call, None) if name not in _NAMES)


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _tellers(tree: ast.Module) -> frozenset[str]:
    """Errors, values, and the functions of the module that hand a text of theirs on to one."""
    tellers = set(_errors()) | _OTHERS | _VALUES | set(_EVERYWHERE)
    functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
    while True:
        more = {one.name for one in functions if one.name not in tellers and _hands_on(one, tellers)}
        if not more:
            return frozenset(tellers)
        tellers |= more


def _hands_on(function: ast.FunctionDef, tellers: set[str]) -> bool:
    given = {one.arg for one in (*function.args.args, *function.args.kwonlyargs)} - _NAMES - {"self"}
    return any(
        isinstance(node, ast.Name) and node.id in given
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and _called(call) in tellers
        for argument in _sentences(call)
        for node in _parts(argument)
    )


def _parts(argument: ast.expr) -> Iterator[ast.expr]:
    """What a text is put together of, as far as it stands there by itself."""
    match argument:
        case ast.JoinedStr(values=values):
            for value in values:
                if isinstance(value, ast.FormattedValue):
                    yield value.value
        case ast.BinOp(left=left, right=right):
            yield from (*_parts(left), *_parts(right))
        case _:
            yield argument


@cache
def _errors() -> frozenset[str]:
    """The names of all classes below ``LockbotError``."""
    bases: dict[str, set[str]] = {}
    for path in BOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
    found = {"LockbotError"}
    while more := {name for name, above in bases.items() if name not in found and above & found}:
        found |= more
    return frozenset(found)


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                yield name, text
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str(text))):
                yield name, text
            case _:
                pass


def _alternatives(node: ast.expr, constants: Mapping[str, str]) -> Iterator[str]:
    """The texts that an argument may be; none where it is no text of ours."""
    match node:
        case ast.IfExp(body=body, orelse=orelse):
            yield from (*_alternatives(body, constants), *_alternatives(orelse, constants))
        case ast.BoolOp(values=values):
            for value in values:
                yield from _alternatives(value, constants)
        case _:
            text = _text(node, constants)
            if text is not None:
                yield text


def _text(node: ast.expr, constants: Mapping[str, str]) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return constants.get(name)
        case ast.JoinedStr(values=values):
            return "".join(_text(value, constants) or GAP for value in values)
        case ast.FormattedValue(value=ast.Name(id=name)):
            return constants.get(name)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = _text(left, constants), _text(right, constants)
            return None if first is None and second is None else f"{first or GAP}{second or GAP}"
        case _:
            return None
