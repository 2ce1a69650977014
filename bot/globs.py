"""Patterns over names and paths, matched in time that grows with pattern times text: repositories write the patterns.

A pattern is a row of elements; how a dialect spells them is its own (``bot.manifest.globs``, ``bot.repoconfig.globs``).
Matching follows all ways through the pattern at once (Thompson's construction) and never goes back. What a character
makes of a set of states is remembered while there is room, so that the next path costs a look-up for each character.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from bot.values import value

#: How many states one pattern may remember, all remembered sets together.
_ROOM = 4096


@value(kw_only=False)
class Characters:
    """One character out of ``ranges`` (both ends included), or, ``negated``, any other."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False

    def accepts(self, character: str) -> bool:
        return any(low <= character <= high for low, high in self.ranges) is not self.negated


@value(kw_only=False)
class Run:
    """Any number of such characters."""

    characters: Characters


@value(kw_only=False)
class Folders:
    """Any number of whole folder names, each with its slash: none at all, ``a/``, ``a/b/``."""


@value(kw_only=False)
class Choice:
    """One of some texts."""

    texts: tuple[str, ...]


Element: TypeAlias = Characters | Run | Folders | Choice

ANY = Characters((), True)
SLASH = Characters((("/", "/"),))
NO_SLASH = Characters((("/", "/"),), True)


def literal(text: str) -> Iterable[Characters]:
    """The elements of a text that stands for itself."""
    return (Characters(((character, character),)) for character in text)


class Glob:
    """A pattern, ready to be matched; its work for a text is at most (states and arrows) times (characters)."""

    __slots__ = ("_arrows", "_end", "_jumps", "_places", "_room", "_start")

    def __init__(self, elements: Sequence[Element]) -> None:
        self._arrows: list[list[tuple[Characters, int]]] = []
        self._jumps: list[list[int]] = []
        self._end = self._state()
        for element in elements:
            self._end = self._append(element, self._end)
        self._places: dict[frozenset[int], _Place] = {}
        self._room = _ROOM
        self._start = self._place(self._closed([0]))

    def matches(self, text: str) -> bool:
        """Whether the pattern covers the whole text."""
        place = self._start
        for character in text:
            place = place.following.get(character) or self._follow(place, character)
            if not place.states:
                return False
        return self._end in place.states

    # --- building ------------------------------------------------------------

    def _state(self) -> int:
        self._arrows.append([])
        self._jumps.append([])
        return len(self._arrows) - 1

    def _append(self, element: Element, start: int) -> int:
        """Lead on from ``start`` by an element; the state that it ends in."""
        match element:
            case Characters():
                return self._arrow(start, element, self._state())
            case Run():
                again = self._jump(start, self._state())
                return self._arrow(again, element.characters, again)
            case Folders():
                outside, inside = self._jump(start, self._state()), self._state()
                self._arrow(outside, NO_SLASH, inside)
                self._arrow(inside, NO_SLASH, inside)
                return self._arrow(inside, SLASH, outside)
            case Choice():
                return self._append_choice(element, start)

    def _append_choice(self, element: Choice, start: int) -> int:
        end = self._state()
        for text in element.texts:
            place = start
            for character in literal(text):
                place = self._arrow(place, character, self._state())
            self._jump(place, end)
        return end

    def _arrow(self, start: int, characters: Characters, end: int) -> int:
        self._arrows[start].append((characters, end))
        return end

    def _jump(self, start: int, end: int) -> int:
        self._jumps[start].append(end)
        return end

    # --- matching ------------------------------------------------------------

    def _follow(self, place: _Place, character: str) -> _Place:
        arrows = (arrow for state in place.states for arrow in self._arrows[state])
        reached = self._closed(target for characters, target in arrows if characters.accepts(character))
        found = self._place(reached)
        if reached in self._places:
            place.following[character] = found
        return found

    def _closed(self, states: Iterable[int]) -> frozenset[int]:
        """The states with all those that jumps lead to."""
        waiting = list(states)
        found = set(waiting)
        while waiting:
            fresh = [state for state in self._jumps[waiting.pop()] if state not in found]
            found.update(fresh)
            waiting += fresh
        return frozenset(found)

    def _place(self, states: frozenset[int]) -> _Place:
        known = self._places.get(states)
        if known is not None:
            return known
        place = _Place(states)
        if len(states) < self._room:
            self._room -= len(states) + 1
            self._places[states] = place
        return place


class _Place:
    """The states that a text may have led to, and where its next characters lead, as far as that was asked."""

    __slots__ = ("following", "states")

    def __init__(self, states: frozenset[int]) -> None:
        self.states = states
        self.following: dict[str, _Place] = {}
