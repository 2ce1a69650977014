"""Compiles random requirements files by lockbot and by the real uv, and tells every difference.

    python -m bench.compiles --count 1000 --seed 1     # a thousand of them
    python -m bench.compiles --seed 1 --only 4711      # one of them again, with its files and both texts

Repositories and commands are made of the seed and a number alone (``tests/compile/random_compiles.py``); a fixed sample is
a test, marked ``uv``. The packages are served by an index of its own on the loopback interface, so no network is needed.
"""

from __future__ import annotations

import argparse
import difflib
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.compile.compiling import CompilingUv, Outcome, compile_with_lockbot
from tests.compile.random_compiles import RandomCompile, random_compile
from tests.real_uv import find_uv
from tests.resolver.index_host import IndexHost


def verdict(theirs: Outcome, ours: Outcome) -> str:
    """What to say of one compile; ``builds``: uv would build something here, which nobody may ask of lockbot."""
    if ours.text is None and "never builds" in ours.said:
        return "builds"
    if theirs.code < 0:
        return "uv crashed"
    if theirs.code != ours.code:
        return "code"
    if theirs.code:
        return "refused alike"
    return "identical" if theirs.text == ours.text else "differs"


def made(seed: int, number: int) -> RandomCompile:
    return random_compile(Random(f"compile {seed} {number}"))


def run(options: argparse.Namespace, folder: Path) -> int:
    counts: Counter[str] = Counter()
    started = time.monotonic()
    program = find_uv()
    if program is None:
        print("there is no uv to compare with", file=sys.stderr)
        return 2
    with IndexHost() as host:
        uv = CompilingUv(program, host, folder)
        for number in (
            [options.only] if options.only is not None else range(options.first, options.first + options.count)
        ):
            one = made(options.seed, number)
            theirs = uv.compile(one.repository, one.words, folder / f"{number}")
            ours = compile_with_lockbot(one.repository, one.words)
            word = verdict(theirs, ours)
            counts[word] += 1
            if word in ("code", "differs") or options.only is not None:
                print("\n".join(tell(one, number, word, theirs, ours, whole=options.only is not None)), flush=True)
    print(f"{dict(counts)} in {time.monotonic() - started:.0f} s")
    return 1 if counts["code"] or counts["differs"] else 0


def tell(one: RandomCompile, number: int, word: str, theirs: Outcome, ours: Outcome, *, whole: bool) -> Iterator[str]:
    yield f"{number} {word}: {' '.join(one.words)}"
    if whole:
        for path, text in one.repository.files.items():
            yield f"--- {path}\n{text}"
        yield f"=== uv {theirs.code}\n{theirs.text or theirs.said}"
        yield f"=== lockbot {ours.code}\n{ours.text or ours.said}"
    elif word == "code":
        yield f"  uv {theirs.code}: {theirs.said[-300:]}"
        yield f"  lockbot {ours.code}: {ours.said[:300]}"
    else:
        lines = (theirs.text or "").splitlines(), (ours.text or "").splitlines()
        yield from list(difflib.unified_diff(*lines, "uv", "lockbot", lineterm="", n=1))[:20]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", type=int)
    with tempfile.TemporaryDirectory() as folder:
        return run(parser.parse_args(), Path(folder))


if __name__ == "__main__":
    sys.exit(main())
