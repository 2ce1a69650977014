"""The order in which uv's hash tables give back what was put in.

Conflicts that follow from included groups are written to the lock in such an order. It depends on nothing but the
values: the hash (rustc-hash 2) has no seed, the table (hashbrown) places by it and is read from its first place on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from bot.lockfile.model import ConflictItem, ConflictKind

Item = TypeVar("Item")

_WORD = (1 << 64) - 1
_MULTIPLIER = 0xF1357AEA2E62A9C5
_FIRST_SEED = 0x243F6A8885A308D3
_SECOND_SEED = 0x13198A2E03707344
_BULK_SEED = 0xA4093822299F31D0
_ROTATION = 26
_GROUP = 16
_KINDS = {ConflictKind.EXTRA: 0, ConflictKind.GROUP: 1, ConflictKind.PROJECT: 2}


def _word(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _folded_product(left: int, right: int) -> int:
    product = left * right
    return (product & _WORD) ^ (product >> 64)


def _hash_bytes(data: bytes) -> int:
    length, first, second = len(data), _FIRST_SEED, _SECOND_SEED
    if length > 16:
        for start in range(0, length - 16, 16):
            one, two = _word(data[start : start + 8]), _word(data[start + 8 : start + 16])
            first, second = second, _folded_product(first ^ one, _BULK_SEED ^ two)
        tail = data[-16:]
        first, second = first ^ _word(tail[:8]), second ^ _word(tail[8:])
    elif length >= 8:
        first, second = first ^ _word(data[:8]), second ^ _word(data[-8:])
    elif length >= 4:
        first, second = first ^ _word(data[:4]), second ^ _word(data[-4:])
    elif length:
        first, second = first ^ data[0], second ^ (data[-1] << 8 | data[length // 2])
    return _folded_product(first, second) ^ length


def _mixed(words: Iterable[int]) -> int:
    state = 0
    for word in words:
        state = (state + word) * _MULTIPLIER & _WORD
    return (state << _ROTATION | state >> (64 - _ROTATION)) & _WORD


def _text_words(text: str) -> Iterator[int]:
    yield _hash_bytes(text.encode())
    yield 0xFF


def _item_words(item: ConflictItem) -> Iterator[int]:
    yield from _text_words(item.package)
    yield _KINDS[item.kind]
    if item.name is not None:
        yield from _text_words(item.name)


def hash_item(item: ConflictItem) -> int:
    return _mixed(_item_words(item))


def hash_set(items: tuple[ConflictItem, ...]) -> int:
    """Hash a sorted set of items."""
    return _mixed([len(items), *(word for item in items for word in _item_words(item))])


class HashTable(Generic[Item]):
    """A set that gives its items back in the order of their places; only adding is possible."""

    def __init__(self, hash_of: Callable[[Item], int]) -> None:
        self._hash_of = hash_of
        self._places: list[Item | None] = []
        self._known: set[Item] = set()

    def enter(self, item: Item) -> None:
        """Add an item; the table grows only if it is new."""
        if item not in self._known:
            self.add(item)

    def add(self, item: Item) -> None:
        """Add an item; a full table grows even if it is known."""
        self._reserve(1)
        if item not in self._known:
            self._known.add(item)
            self._place(item)

    def extend(self, items: Sequence[Item]) -> None:
        """Add items, making room for at least half of them first (for all, if there are none yet)."""
        self._reserve((len(items) + 1) // 2 if self._known else len(items))
        for item in items:
            self.add(item)

    def __iter__(self) -> Iterator[Item]:
        return (item for item in self._places if item is not None)

    @staticmethod
    def _room(places: int) -> int:
        return max(places - 1, 0) if places < 8 else places // 8 * 7

    def _reserve(self, more: int) -> None:
        needed, room = len(self._known) + more, self._room(len(self._places))
        if needed <= room:
            return
        needed = max(needed, room + 1)
        size = 4 if needed < 4 else 8 if needed < 8 else 1 << (needed * 8 // 7 - 1).bit_length()
        items = list(self)
        self._places = [None] * size
        for item in items:
            self._place(item)

    def _place(self, item: Item) -> None:
        size = len(self._places)
        position, step = self._hash_of(item) % size, 0
        while True:
            for offset in range(min(_GROUP, size)):
                place = (position + offset) % size
                if self._places[place] is None:
                    self._places[place] = item
                    return
            step += _GROUP
            position = (position + step) % size
