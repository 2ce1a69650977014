"""Fuzzes the readers of ``bench.fuzz`` guided by coverage: inputs that reach new code are kept and damaged further.

    uv pip install atheris
    python -m bench.guided --seconds 1800 --seed 1              # all readers, the time shared out
    python -m bench.guided --seconds 300 --seed 1 lock script   # some of them
    python -m bench.guided lock --input FILE                    # one finding again

Atheris (libFuzzer) counts which code of ``bot`` an input reaches. Half of the damages are libFuzzer's, of bytes; the other half
those of ``bench.fuzz``, which know lines, quotes and nesting. Each reader has a process of its own. What nobody expected is
told once for each place, with the input kept in ``--keep``; the search goes on. Atheris isn't locked with the project: it is
built for some Pythons only.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import re
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

import atheris

# What is imported here is what is watched.
with atheris.instrument_imports(include=["bot"]):
    from bench.fuzz import READERS, Budget, Finding, Reader, damage, try_data

#: Bytes; longer inputs find little and take long.
_LONGEST = 20_000
#: Megabytes of one reader's process.
_MEMORY = 4096


def main(arguments: Sequence[str]) -> int:
    options = _parse(arguments)
    chosen = [one for one in READERS if not options.readers or one.name in options.readers]
    if options.input is not None:
        return _show(chosen[0], options.input.read_bytes())
    if options.child:
        _fuzz(chosen[0], options.keep, options.seconds, options.seed)
    each = max(1, options.seconds // len(chosen))
    return sum(_run_child(reader, options.keep, each, options.seed) for reader in chosen) and 1


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Fuzz the readers, guided by coverage.")
    parser.add_argument("readers", nargs="*", metavar="READER", help=", ".join(one.name for one in READERS))
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "guided")
    parser.add_argument("--input", type=Path)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    unknown = set(options.readers) - {one.name for one in READERS}
    if unknown:
        parser.error(f"no reader is named {', '.join(sorted(unknown))}")
    return options


def _run_child(reader: Reader, keep: Path, seconds: int, seed: int) -> int:
    """The number of findings; says what was tried."""
    command = [sys.executable, "-m", "bench.guided", reader.name, "--child", "--keep", str(keep)]
    command += ["--seconds", str(seconds), "--seed", str(seed)]
    started = time.monotonic()
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    runs = re.findall(r"Done (\d+) runs", run.stderr)
    covered = re.findall(r"cov: (\d+)", run.stderr)
    found = run.stdout.count("\nFINDING ") + run.stdout.startswith("FINDING ")
    print(
        f"{reader.name}: {runs[-1] if runs else '?'} inputs in {time.monotonic() - started:.0f} s, "
        f"{covered[-1] if covered else '?'} places reached, {found} findings\n{run.stdout}",
        end="",
        flush=True,
    )
    if not runs:
        print(f"{reader.name}: ended early with {run.returncode}\n{run.stderr[-2000:]}", flush=True)
        found += 1
    return found


def _fuzz(reader: Reader, keep: Path, seconds: int, seed: int) -> None:
    """Doesn't return: libFuzzer ends the process."""
    corpus = keep / reader.name.replace(" ", "-") / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, sample in enumerate(reader.samples):
        corpus.joinpath(f"sample-{number}").write_bytes(sample if isinstance(sample, bytes) else sample.encode())
    told: set[str] = set()
    is_text = isinstance(reader.samples[0], str)

    def read(data: bytes) -> None:
        finding = _try(reader, data, is_text=is_text)
        if finding is not None and _kind(finding) not in told:
            told.add(_kind(finding))
            kept = corpus.parent / f"finding-{len(told)}"
            kept.write_bytes(data)
            print(f"FINDING {reader.name}: {finding.problem}; input in {kept}\n{finding.details}", flush=True)

    def change(data: bytes, longest: int, number: int) -> bytes:
        chance = random.Random(number)
        if not is_text or chance.random() < 0.5:
            return bytes(atheris.Mutate(data, longest))
        with contextlib.suppress(UnicodeEncodeError):
            return damage(data.decode("utf-8", "replace"), chance).encode()[:longest]
        return data

    flags = [f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={_LONGEST}", f"-rss_limit_mb={_MEMORY}"]
    flags.append(f"-artifact_prefix={corpus.parent}/")
    atheris.Setup([sys.argv[0], *flags, "-timeout=120", str(corpus)], read, custom_mutator=change)
    atheris.Fuzz()


def _try(reader: Reader, data: bytes, *, is_text: bool) -> Finding | None:
    return try_data(reader, data.decode("utf-8", "replace") if is_text else data, 0, Budget())


def _kind(finding: Finding) -> str:
    return re.sub(r"\d+(\.\d+)? (s|MiB)", "", finding.problem)


def _show(reader: Reader, data: bytes) -> int:
    print(data.decode("utf-8", "replace"))
    try:
        finding = _try(reader, data, is_text=isinstance(reader.samples[0], str))
    except Exception:  # noqa: BLE001 - shown
        traceback.print_exc()
        return 1
    print(f"--- {finding.problem}\n{finding.details}" if finding else "--- nothing is wrong")
    return 1 if finding else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
