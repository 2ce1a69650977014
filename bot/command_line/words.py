"""The words of a command, read by a table of options as uv reads them.

An option may stand before or behind what stands alone, short ones may share a word, a value may follow an equals sign; of
a switch the last word counts, and what may be said once is not said twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from bot.command_line.options import Kind, Option, absent_values
from bot.errors import InputError
from bot.pep440 import shorten
from bot.values import value

#: How alike two names have to be to be taken for each other.
_ALIKE = 0.3


@value
class Typed:
    """``values``: of every option by its key; ``said``: those that were given, as they were spelled at length;
    ``operands``: the words that stand alone, the command among them."""

    values: Mapping[str, object]
    said: tuple[str, ...]
    operands: tuple[str, ...]


def read_words(words: Iterable[str], options: Sequence[Option], command: str) -> Typed:
    """What ``words`` say; ``command`` is the one whose help is pointed at. Raises ``InputError``."""
    return _Reader(options, command).read(words)


def leading(words: Sequence[str], options: Sequence[Option]) -> int:
    """How many words at the beginning are options of the table, with their values."""
    by_name = {name: option for option in options for name in option.names}
    at = 0
    while at < len(words):
        name, equals, _ = words[at].partition("=")
        option = by_name.get(name) or _cluster(words[at], by_name)
        if option is None or words[at] == "--":
            break
        at += 1 if option.kind.is_bare or equals else 2
    return min(at, len(words))


def _cluster(word: str, by_name: Mapping[str, Option]) -> Option | None:
    """The option of a word of several flags: ``-qq``."""
    found = [by_name.get(f"-{sign}") for sign in word[1:]] if word[:1] == "-" and word[:2] != "--" else []
    flags = [option for option in found if option is not None and option.kind.is_bare]
    return flags[0] if flags and len(flags) == len(found) else None


class _Reader:
    """One command line."""

    def __init__(self, options: Sequence[Option], command: str) -> None:
        self._by_name = {name: option for option in options for name in option.names}
        self._command = command
        self._values = absent_values(options)
        #: What is said at length -> its option.
        self._said: dict[str, Option] = {}

    def read(self, words: Iterable[str]) -> Typed:
        operands = tuple(self._operands(iter(words)))
        self._check()
        return Typed(values=self._values, said=tuple(f"--{name}" for name in self._said), operands=operands)

    def _wrong(self, problem: str, name: str = "") -> InputError:
        nearest = self._nearest(name) if name.startswith("--") else None
        listed = f"{self._command} --help lists what can be said"
        return InputError(problem, hint=f"did you mean {nearest}? {listed}" if nearest else listed)

    def _nearest(self, name: str) -> str | None:
        known = [one for one in self._by_name if one.startswith("--")]
        best = max(known, key=lambda one: _likeness(one, name), default=None)
        return best if best is not None and _likeness(best, name) >= _ALIKE else None

    def _operands(self, rest: Iterator[str]) -> Iterator[str]:
        """Take all options; what is left are the words that stand alone."""
        for word in rest:
            if word == "--":
                yield from rest
            elif word.startswith("--"):
                name, equals, given = word.partition("=")
                self._take(name, given if equals else None, rest)
            elif word.startswith("-") and len(word) > 1:
                self._take_short(word, rest)
            else:
                yield word

    def _take_short(self, word: str, rest: Iterator[str]) -> None:
        """Flags may share a word, and the last of them may have its value there."""
        while word:
            name, tail = word[:2], word[2:]
            option = self._by_name.get(name)
            if option is None or not option.kind.is_bare or tail.startswith("="):
                self._take(name, tail.removeprefix("=") if tail else None, rest)
                return
            self._take(name, None, rest)
            word = f"-{tail}" if tail else ""

    def _take(self, name: str, given: str | None, rest: Iterator[str]) -> None:
        option = self._by_name.get(name)
        if option is None:
            raise self._wrong(f"there is no option {shorten(name)}", name)
        if not option.kind.is_bare:
            self._note(option, option.long)
            self._values[option.key] = self._valued(option, self._text(option, given, rest))
            return
        if given is not None:
            raise self._wrong(f"{option.long} takes no value")
        self._note(option, name if option.denies(name) else option.long)
        before = self._values[option.key]
        assert option.kind is not Kind.COUNT or isinstance(before, int)
        self._values[option.key] = (
            before + 1 if isinstance(before, int) and option.kind is Kind.COUNT else (not option.denies(name))
        )

    def _note(self, option: Option, long: str) -> None:
        name = long[2:]
        if name in self._said and option.kind not in (Kind.COUNT, Kind.TEXTS):
            raise self._wrong(f"{long} is said twice")
        for other in [one for one, of in self._said.items() if of is option and one != name]:
            del self._said[other]
        self._said[name] = option

    def _text(self, option: Option, given: str | None, rest: Iterator[str]) -> str:
        text = next(rest, None) if given is None else given
        if text is None or (given is None and text.startswith("-") and text != "-"):
            raise self._wrong(f"{option.long} needs a value")
        if not text and option.kind is not Kind.TEXTS:
            raise self._wrong(f"{option.long} needs a value")
        if option.choices and text not in option.choices:
            raise self._wrong(f"{option.long} {shorten(text)!r} is not one of {', '.join(option.choices)}")
        return text

    def _valued(self, option: Option, text: str) -> object:
        if option.kind is not Kind.TEXTS:
            return Path(text) if option.kind in (Kind.FOLDER, Kind.FILE) else text
        before = self._values[option.key]
        assert isinstance(before, tuple)
        return (*before, *parted(text, option.separator))

    def _check(self) -> None:
        """Refuse options that exclude each other."""
        for one, option in self._said.items():
            for other, its in self._said.items():
                if one != other and _exclude(option, one, its, other):
                    raise self._wrong(f"--{one} and --{other} can't be used together")


def _exclude(one: Option, name: str, other: Option, its: str) -> bool:
    return its in _excluded(one, name) or name in _excluded(other, its)


def _excluded(option: Option, name: str) -> tuple[str, ...]:
    return option.denied_excludes if option.denies(f"--{name}") else option.excludes


def parted(text: str, separator: str | None) -> tuple[str, ...]:
    """The values in one text: as it is, between blanks, or between the separator."""
    if separator is None:
        return (text,)
    return tuple(text.split() if separator == " " else text.split(separator))


def _likeness(one: str, other: str) -> float:
    """The share of pairs of letters that two names have in common."""
    pairs, others = _pairs(one), _pairs(other)
    return len(pairs & others) / max(len(pairs | others), 1)


def _pairs(name: str) -> frozenset[str]:
    text = name.removeprefix("--")
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))
