"""All judges of parity against one uv: what of `tests/` that uv does not bear out.

    python -m bench.parity [--uv PATH | --version X.Y.Z] [--only PATH,...] [--pypi] [--json FILE]

The judges are the tests that ask the real uv (mark `uv`): scenarios, lowering, refusals, markers, pages, styles, whole
runs. They run once with the uv named, which may be any that is installed, or a version that is fetched from PyPI for
this run alone; nothing of the project changes. Listed is each test that fails, by judge, with the first lines of what
differs; those of another uv are what lockbot would have to learn to stand for it. Exit code 1 where anything differs.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from bench.measure import HERE, UV, say
from tests.real_uv import JUDGE

#: How much of what a test says is repeated.
_LINES = 6
_WIDTH = 200
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A test that this uv does not bear out."""

    judge: str
    test: str
    said: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All that one run of the judges found; ``asked`` are the tests of each judge."""

    uv: str
    asked: Counter[str]
    skipped: Counter[str]
    differences: Sequence[Difference]


def main() -> None:
    options = _options()
    with _uv(options) as program, TemporaryDirectory(prefix="parity-") as scratch:
        report = Path(scratch) / "tests.xml"
        verdict = _read(report, _named(program)) if _judge(options, program, report) else None
    if verdict is None or not verdict.asked:
        raise SystemExit("no test was run; see above")
    _tell(verdict)
    if options.json:
        options.json.write_text(json.dumps(asdict(verdict), indent=2) + "\n", "utf-8")
    sys.exit(bool(verdict.differences))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--uv", type=Path, help="the program (default: the reference version that is installed here)")
    which.add_argument("--version", help="a version to fetch from PyPI")
    parser.add_argument("--only", default="tests", help="files or folders of tests, with commas")
    parser.add_argument("--pypi", action="store_true", help="also the judges that need PyPI")
    parser.add_argument("--json", type=Path, help="write what was found to this file")
    return parser.parse_args()


@contextmanager
def _uv(options: argparse.Namespace) -> Iterator[Path]:
    if options.version is None:
        yield (options.uv or Path(UV)).resolve()
        return
    with TemporaryDirectory(prefix="parity-uv-") as folder:
        install = [UV, "pip", "install", "--quiet", "--no-deps", "--target", folder, f"uv=={options.version}"]
        subprocess.run(install, check=True)
        yield Path(folder) / "bin" / "uv"


def _named(program: Path) -> str:
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def _judge(options: argparse.Namespace, program: Path, report: Path) -> bool:
    """Run the tests; whether they could be run."""
    marks = "uv" if options.pypi else "uv and not pypi"
    command = [sys.executable, "-m", "pytest", "-q", "-m", marks, "--tb=short", f"--junit-xml={report}"]
    command += ["-n", "2", "-p", "no:cacheprovider", *options.only.split(",")]
    done = subprocess.run(
        command, cwd=HERE.parent, env={**os.environ, JUDGE: str(program)}, capture_output=True, text=True
    )
    if done.returncode > 1:
        say(done.stdout + done.stderr)
    return done.returncode <= 1


def _read(report: Path, uv: str) -> Verdict:
    asked: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    differences = []
    # What pytest wrote a moment ago.
    for case in ElementTree.parse(report).iter("testcase"):
        judge = case.get("classname", "").removeprefix("tests.").replace(".", "/")
        asked[judge] += 1
        skipped[judge] += case.find("skipped") is not None
        failure = next((one for one in (case.find("failure"), case.find("error")) if one is not None), None)
        if failure is not None:
            differences.append(Difference(judge=judge, test=case.get("name", ""), said=_said(failure.text or "")))
    return Verdict(uv=uv, asked=asked, skipped=skipped, differences=differences)


def _said(text: str) -> list[str]:
    """The lines in which pytest says what differs."""
    lines = [line[1:].strip() for line in _COLOURS.sub("", text).splitlines() if line.startswith("E ")]
    return [line[:_WIDTH] for line in lines if line][:_LINES]


def _tell(verdict: Verdict) -> None:
    differing = Counter(one.judge for one in verdict.differences)
    say(f"{verdict.uv}: {sum(differing.values())} of {sum(verdict.asked.values())} tests differ")
    for judge, count in sorted(verdict.asked.items()):
        passed_over = f", {verdict.skipped[judge]} passed over" if verdict.skipped[judge] else ""
        say(f"  {judge:<44} {count:>4} asked, {differing[judge]:>4} differ{passed_over}")
    for one in verdict.differences:
        say(f"\n{one.judge}: {one.test}")
        for line in one.said:
            say(f"    {line}")


if __name__ == "__main__":
    main()
