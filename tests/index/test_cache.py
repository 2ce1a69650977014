"""The disk cache and the shared answers in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.index.cache.disk import Bucket, CacheHit, DiskCache, decoded
from bot.index.http.shared import Once
from tests.index.conftest import HandClock


def test_entries_come_back_with_their_time(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    assert cache.read(Bucket.PAGES, "k") is None
    cache.write(Bucket.PAGES, "k", ("a", 1, None, (b"x",)), 1000.0)
    assert DiskCache(tmp_path).read(Bucket.PAGES, "k") == CacheHit(value=("a", 1, None, (b"x",)), checked_at=1000.0)
    assert cache.read(Bucket.METADATA, "k") is None
    cache.touch(Bucket.PAGES, "k", 2000.0)
    hit = cache.read(Bucket.PAGES, "k")
    assert hit is not None
    assert hit.checked_at == 2000.0


@pytest.mark.parametrize(
    "damage", [lambda old: old[:-3], lambda old: old + b"x", lambda old: b"", lambda old: b"foreign"]
)
def test_damaged_entries_are_ignored(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    cache = DiskCache(tmp_path)
    cache.write(Bucket.PAGES, "k", ("a", 1), 1000.0)
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    path.write_bytes(damage(path.read_bytes()))
    assert cache.read(Bucket.PAGES, "k") is None


def test_an_entry_in_the_place_of_another_is_not_its_value(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    cache.write(Bucket.PAGES, "k", ("a", 1), 1000.0)
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    cache.write(Bucket.PAGES, "other", ("b", 2), 1000.0)
    (other,) = (found for found in tmp_path.rglob("*") if found.is_file() and found != path)
    path.replace(other)
    assert cache.read(Bucket.PAGES, "other") is None


def test_entries_are_for_their_owner_alone(tmp_path: Path) -> None:
    DiskCache(tmp_path).write(Bucket.PAGES, "k", ("a", 1), 1000.0)
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert path.stat().st_mode & 0o077 == 0


def test_many_writers_and_readers_see_whole_entries_only(tmp_path: Path) -> None:
    values = [tuple([number] * 20_000) for number in range(4)]
    stop = threading.Event()

    def write(number: int) -> None:
        for _time in range(20):
            DiskCache(tmp_path).write(Bucket.PAGES, "k", values[number], 1.0)

    def read() -> list[object]:
        seen: list[object] = []
        while not stop.is_set():
            hit = DiskCache(tmp_path).read(Bucket.PAGES, "k")
            if hit is not None:
                seen.append(hit.value)
        return seen

    write(0)
    with ThreadPoolExecutor() as pool:
        readers = [pool.submit(read) for _reader in range(2)]
        writers = [pool.submit(write, number) for number in range(4)]
        for writer in writers:
            writer.result()
        stop.set()
        seen = [value for reader in readers for value in reader.result()]
    assert seen
    assert all(value in values for value in seen)
    assert [path.name for path in tmp_path.rglob(".new-*")] == []


def test_entries_of_another_form_are_ignored() -> None:
    def decode(hit: CacheHit) -> str:
        match hit.value:
            case (str(text),):
                return text
        raise TypeError

    assert decoded(CacheHit(value=("a",), checked_at=0), decode) == "a"
    assert decoded(CacheHit(value=("a", "b"), checked_at=0), decode) is None
    assert decoded(CacheHit(value=3, checked_at=0), decode) is None
    assert decoded(None, decode) is None


def test_the_least_recently_used_answers_are_forgotten_first(clock: HandClock) -> None:
    once: Once[str, str] = Once(capacity=3, weigh=len, fresh_for=10, clock=clock)
    for key in "abc":
        once.claim(key).future.set_result("x")
    assert not once.claim("a").is_new
    once.claim("d").future.set_result("x")
    assert [once.claim(key).is_new for key in "acdb"] == [False, False, False, True]


def test_an_outdated_answer_is_handed_on_and_a_failure_is_not(clock: HandClock) -> None:
    once: Once[str, str] = Once(capacity=100, weigh=len, fresh_for=10, clock=clock)
    once.claim("a").future.set_result("old")
    once.claim("b").future.set_exception(ValueError())
    once.begin_run()
    again = once.claim("a")
    assert (again.is_new, again.previous, once.claim("b").previous) == (True, "old", None)
    # An answer that is on its way belongs to every run.
    once.begin_run()
    assert once.claim("a").future is again.future
