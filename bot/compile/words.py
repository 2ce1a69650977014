"""Command lines as uv reads them: options of a table, in any order among the words that stand alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from packaging.utils import InvalidName, canonicalize_name

from bot.errors import InputError
from bot.pep440 import shorten


class Shape(Enum):
    """What follows an option: nothing (``COUNT``: it may be said again), one value, or values that add up."""

    FLAG = auto()
    COUNT = auto()
    VALUE = auto()
    VALUES = auto()


@dataclass(frozen=True, slots=True)
class WordOption:
    """``name`` is the long spelling without dashes. ``excludes`` must not be given beside it; what it ``undoes`` is
    forgotten. ``separator`` parts several values in one word. An option without ``help`` is taken and not shown."""

    name: str
    shape: Shape = Shape.FLAG
    help: str = ""
    metavar: str = ""
    short: str = ""
    aliases: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    undoes: tuple[str, ...] = ()
    separator: str | None = None

    @property
    def spellings(self) -> Iterator[str]:
        """Every spelling, with its dashes."""
        yield f"--{self.name}"
        yield from (f"--{alias}" for alias in self.aliases)
        if self.short:
            yield f"-{self.short}"


class Words:
    """The options of one command; ``meaningless`` are those that only uv can obey."""

    def __init__(self, command: str, options: Sequence[WordOption], meaningless: frozenset[str] = frozenset()) -> None:
        self._command = command
        self._meaningless = meaningless
        self._by_spelling = {spelling: option for option in options for spelling in option.spellings}

    def read(self, words: Sequence[str]) -> tuple[list[str], Given]:
        """The words that stand alone, and the options; raises ``InputError``."""
        given = Given(self)
        commands = list(self._operands(iter(words), given))
        given.check()
        return commands, given

    def wrong(self, problem: str) -> InputError:
        return InputError(problem, hint=f"lockbot {self._command} --help lists what can be said")

    def _operands(self, rest: Iterator[str], given: Given) -> Iterator[str]:
        """Take all options; what is left are the words that stand alone."""
        for word in rest:
            if word == "--":
                yield from rest
            elif len(word) > 1 and word.startswith("-"):
                for option, value in self._options_in(word, rest):
                    given.add(option, value)
            else:
                yield word

    def _options_in(self, word: str, rest: Iterator[str]) -> Iterator[tuple[WordOption, str | None]]:
        """The option of a word with its value; short flags may share a word."""
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            yield self._with_value(self._find(name), value if equals else None, rest)
            return
        while word:
            option, tail = self._find(word[:2]), word[2:]
            takes_value = option.shape in (Shape.VALUE, Shape.VALUES)
            if takes_value or tail.startswith("="):
                yield self._with_value(option, tail.removeprefix("=") if tail else None, rest)
                return
            yield option, None
            word = f"-{tail}" if tail else ""

    def _find(self, spelling: str) -> WordOption:
        option = self._by_spelling.get(spelling)
        if option is None:
            raise self.wrong(f"there is no option {shorten(spelling)}")
        if option.name in self._meaningless:
            raise self.wrong(f"--{option.name} has no meaning for lockbot {self._command}")
        return option

    def _with_value(self, option: WordOption, value: str | None, rest: Iterator[str]) -> tuple[WordOption, str | None]:
        if option.shape in (Shape.FLAG, Shape.COUNT):
            if value is not None:
                raise self.wrong(f"--{option.name} takes no value")
            return option, None
        if value is None:
            value = next(rest, None)
            if value is None or (value.startswith("-") and value != "-"):
                raise self.wrong(f"--{option.name} needs a value")
        if not value and option.shape is Shape.VALUE:
            raise self.wrong(f"--{option.name} needs a value")
        return option, value


class Given:
    """The options of a command line, by name."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._values: dict[str, list[str]] = {}
        self.options: dict[str, WordOption] = {}

    def add(self, option: WordOption, value: str | None) -> None:
        if option.name in self._values and option.shape in (Shape.FLAG, Shape.VALUE):
            raise self._words.wrong(f"--{option.name} is said twice")
        for other in option.undoes:
            self._values.pop(other, None)
        values = self._values.setdefault(option.name, [])
        self.options[option.name] = option
        if value is not None:
            values += [value] if option.separator is None else value.split(option.separator)

    def check(self) -> None:
        """Refuse options that exclude each other."""
        for name in self._values:
            for other in self.options[name].excludes:
                if other in self._values:
                    raise self._words.wrong(f"--{name} and --{other} can't be used together")

    def has(self, name: str) -> bool:
        return name in self._values

    def switch(self, name: str) -> bool | None:
        """What is said by ``--NAME`` and ``--no-NAME``; ``None`` where neither is."""
        return True if self.has(name) else False if self.has(f"no-{name}") else None

    def text(self, name: str) -> str | None:
        return self._values[name][0] if self.has(name) else None

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(self._values.get(name, ()))

    def names(self, name: str) -> tuple[str, ...]:
        """Names of packages, extras or groups, normalized."""
        return tuple(self._normalized(text, name) for text in self.texts(name))

    def value(self, option: WordOption) -> bool | str | tuple[str, ...]:
        """What is said of an option that is given."""
        if option.shape is Shape.FLAG:
            return True
        return self._values[option.name][0] if option.shape is Shape.VALUE else self.texts(option.name)

    def _normalized(self, text: str, option: str) -> str:
        try:
            return canonicalize_name(text, validate=True)
        except InvalidName:
            raise self._words.wrong(f"--{option} {shorten(text)!r} is not a name") from None
