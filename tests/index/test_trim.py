"""The disk cache stays below a size, whoever else uses it."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bot.index.cache.disk import Bucket, DiskCache
from bot.index.cache.trim import trim_cache

NOW = 1_000_000.0
VALUE = (b"x" * 1000,)
#: An entry is its value and some fifty bytes more.
LIMIT = 5_500


def fill(folder: Path, names: str) -> DiskCache:
    """An entry for each letter, the first one used longest ago."""
    cache = DiskCache(folder)
    for age, name in enumerate(reversed(names)):
        cache.write(Bucket.METADATA, name, VALUE, NOW - 86_400 * (age + 1))
    return cache


def kept(cache: DiskCache, names: str) -> str:
    return "".join(name for name in names if cache.read(Bucket.METADATA, name) is not None)


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    cache = fill(tmp_path, "abcdefgh")
    cache.touch(Bucket.METADATA, "a", NOW)
    assert trim_cache(tmp_path, LIMIT, NOW) == 4
    assert kept(cache, "abcdefgh") == "afgh"


def test_a_read_that_the_file_system_noted_is_a_use(tmp_path: Path) -> None:
    cache = fill(tmp_path, "abcdefgh")
    (oldest,) = [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_mtime == NOW - 8 * 86_400]
    os.utime(oldest, (NOW, NOW - 8 * 86_400))
    trim_cache(tmp_path, LIMIT, NOW)
    assert kept(cache, "abcdefgh") == "afgh"


def test_below_the_limit_nothing_goes(tmp_path: Path) -> None:
    cache = fill(tmp_path, "abcde")
    assert trim_cache(tmp_path, LIMIT, NOW) == 0
    assert kept(cache, "abcde") == "abcde"


def test_what_a_killed_process_left_goes_also_below_the_limit(tmp_path: Path) -> None:
    cache = fill(tmp_path, "a")
    (entry,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    left, being_written = entry.with_name(".new-1"), entry.with_name(".new-2")
    for path, age in ((left, 3700), (being_written, 1)):
        path.write_bytes(b"half")
        os.utime(path, (NOW - age, NOW - age))
    assert trim_cache(tmp_path, LIMIT, NOW) == 1
    assert (left.exists(), being_written.exists(), kept(cache, "a")) == (False, True, "a")


def test_nobody_looks_again_within_the_hour(tmp_path: Path) -> None:
    fill(tmp_path, "a")
    trim_cache(tmp_path, LIMIT, NOW)
    fill(tmp_path, "abcdefgh")
    assert [trim_cache(tmp_path, LIMIT, NOW + seconds) for seconds in (0, 3599, 3600)] == [0, 0, 4]


def test_a_mark_from_the_future_stops_nobody(tmp_path: Path) -> None:
    fill(tmp_path, "abcdefgh")
    trim_cache(tmp_path, 10**9, NOW + 10**6)
    assert trim_cache(tmp_path, LIMIT, NOW) == 4


def test_other_formats_and_what_was_left_behind_count_and_foreign_files_do_not(tmp_path: Path) -> None:
    cache = fill(tmp_path, "fgh")
    old, left, foreign = (
        tmp_path / "index-0-4" / "pages" / "x",
        tmp_path / "index-0-4" / ".new-1",
        tmp_path / "git" / "y",
    )
    for path, used in ((old, NOW - 90 * 86_400), (left, NOW - 7200), (foreign, 0.0)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 2000)
        os.utime(path, (used, used))
    assert trim_cache(tmp_path, LIMIT, NOW) == 2
    assert [path.exists() for path in (old, left, foreign)] == [False, False, True]
    assert kept(cache, "fgh") == "fgh"


def test_without_a_cache_nothing_is_made(tmp_path: Path) -> None:
    assert trim_cache(tmp_path / "none", LIMIT, NOW) == 0
    assert not (tmp_path / "none").exists()


def test_many_may_write_read_and_trim_at_once(tmp_path: Path) -> None:
    stop = threading.Event()

    def use(number: int) -> int:
        cache, seen = DiskCache(tmp_path), 0
        while not stop.is_set():
            for letter in "abcdefgh":
                cache.write(Bucket.METADATA, f"{letter}{number}", VALUE, NOW)
                hit = cache.read(Bucket.METADATA, f"{letter}{number}")
                assert hit is None or hit.value == VALUE
                seen += 1
        return seen

    def trim(first: float) -> int:
        return sum(trim_cache(tmp_path, LIMIT, first + 3600.0 * turn) for turn in range(60))

    with ThreadPoolExecutor() as pool:
        users = [pool.submit(use, number) for number in range(2)]
        trimmers = [pool.submit(trim, NOW + 10**6 * turn) for turn in range(2)]
        removed = sum(trimmer.result() for trimmer in trimmers)
        stop.set()
        assert all(user.result() for user in users)
    assert removed
    trim_cache(tmp_path, LIMIT, NOW + 10**9)
    assert sum(path.stat().st_size for path in tmp_path.glob("index-*/**/*") if path.is_file()) <= LIMIT
