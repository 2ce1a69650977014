"""METADATA of a large wheel, found by ``lockbot`` and by a list of all members, both in one run.

    python -m bench.zip_directory [--members N] [--rounds N]

Target: at most a fifth of the time that the list takes.
"""

from __future__ import annotations

import argparse
import io
import time
import zipfile
from collections.abc import Callable
from statistics import median

from bench.measure import machine, say
from bot.index.metadata.archives import read_wheel_metadata
from bot.limits import Limits

NAME = "a-1.0-py3-none-any.whl"
PATH = "a-1.0.dist-info/METADATA"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    wheel = _make_wheel(options.members)
    old, new = _in_turns(options.rounds, lambda: _by_list(wheel), lambda: _by_walk(wheel))
    say(f"zip directory of {options.members} members: {machine()}")
    say(f"list {old * 1000:.1f} ms, lockbot {new * 1000:.1f} ms, ratio {new / old:.2f}")


def _make_wheel(members: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for number in range(members):
            archive.writestr(f"a/include/some/folder/of/headers/file_{number}.h", b"")
        archive.writestr(PATH, b"Metadata-Version: 2.1\nName: a\nVersion: 1.0\n")
    return buffer.getvalue()


def _by_list(wheel: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return archive.read(PATH)


def _by_walk(wheel: bytes) -> bytes:
    return read_wheel_metadata(io.BytesIO(wheel), NAME, Limits())


def _in_turns(rounds: int, old: Callable[[], bytes], new: Callable[[], bytes]) -> tuple[float, float]:
    times: tuple[list[float], list[float]] = ([], [])
    for _round in range(rounds):
        for program, found in zip((old, new), times, strict=True):
            started = time.perf_counter()
            program()
            found.append(time.perf_counter() - started)
    assert old() == new()
    return median(times[0]), median(times[1])


if __name__ == "__main__":
    main()
