"""Throws damaged texts at every reader of what strangers write, and tells what nobody expected.

    python bench/fuzz.py --seconds 600 --seed 1                 # all readers in turns
    python bench/fuzz.py --seconds 60 --seed 1 lock script      # some of them
    python bench/fuzz.py --seed 1 lock --only 4711              # one input again, with its text

A reader may refuse with an error of lockbot's own, or of those that its callers take for a refusal. Anything else is told,
and so is an input that takes more than a budget of processor time or memory. An input is made of the seed, the reader's name
and its number alone. Samples and words stand in ``fuzz_samples``; what was found is in the tests, and so is a fixed sample
(``tests/laws/test_fuzz.py``).
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import hmac
import io
import json
import random
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from bench import fuzz_samples as samples
from bot.errors import LockbotError
from bot.forge.github.webhooks.doorway import GitHubDoorway
from bot.formats.json5 import parse_json5
from bot.index import MISREAD
from bot.index.memory import MemoryIndex, build_memory_index
from bot.index.metadata.archives import read_wheel_metadata
from bot.index.metadata.metadata import parse_core_metadata, parse_static_pkg_info
from bot.index.metadata.recorded import parse_requires_txt
from bot.index.metadata.source_archive import SourceRequest, read_source
from bot.index.pages.html import parse_html_page
from bot.index.pages.simple import parse_json_page
from bot.limits import Limits
from bot.lockfile.reader import parse_lock
from bot.lockfile.writer import render_lock
from bot.manifest.declarations import find_pyproject_declarations, find_script_declarations
from bot.manifest.edit import SpecifierEdit, edit_manifest, edit_script
from bot.manifest.model import Declaration
from bot.manifest.notebooks.editing import edit_notebook, replace_lock
from bot.manifest.notebooks.reading import parse_notebook
from bot.manifest.pyproject import parse_pyproject
from bot.manifest.script import parse_script
from bot.manifest.uvtoml import parse_uv_toml
from bot.pipeline.edges import Edges
from bot.pipeline.run import run_repository
from bot.ports.run import BranchName, RunReport, RunRequest, Sha
from bot.repoconfig.load import parse_config
from bot.report.run_json import render_json
from bot.resolver.model.index import Index, MetadataUnavailable
from bot.resolver.model.needs import parse_need
from bot.resolver.model.versions import parse_version
from bot.values import replace
from tests.plan.memory_commit import MemoryCommit

#: Longest text that is made, in characters.
_LONGEST = 200_000
_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_RELEASES: Mapping[str, Mapping[str, Sequence[str]]] = {
    "left": {"1.0": [], "1.1": ["right"], "2.0": []},
    "right": {"1.0": [], "1.1": ["third>=1"]},
    "third": {"1.0": [], "3.0": []},
    "hatchling": {"1.20": []},
    "setuptools": {"70.0": []},
}


def _make_index() -> MemoryIndex:
    """PyPI, and the index of the samples with the same packages."""
    index = build_memory_index(_RELEASES)
    own = Index(url="https://index.test/simple", name="own")
    for name, releases in _RELEASES.items():
        for version, requires_dist in releases.items():
            index.add(name, version, requires_dist=requires_dist, index=own)
    return index


_INDEX = _make_index()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """``read`` is given one damaged sample; ``refusals`` are errors that its callers expect."""

    name: str
    samples: Sequence[str | bytes]
    read: Callable[[str | bytes], object]
    refusals: tuple[type[Exception], ...] = (LockbotError,)


# --- readers --------------------------------------------------------------------------------------


def _text(data: str | bytes) -> str:
    return data if isinstance(data, str) else data.decode("utf-8", "replace")


def _bytes(data: str | bytes) -> bytes:
    return data if isinstance(data, bytes) else data.encode("utf-8", "replace")


def _read_manifest(data: str | bytes) -> None:
    parsed = parse_pyproject(_text(data), "pyproject.toml")
    _edit(parsed.text, find_pyproject_declarations(parsed), edit_manifest)


def _read_script(data: str | bytes) -> None:
    parsed = parse_script(_text(data), "script.py")
    if parsed is not None:
        _edit(_text(data), find_script_declarations(parsed), edit_script)


def _read_notebook(data: str | bytes) -> None:
    text = _text(data)
    notebook = parse_notebook(text, "script.ipynb")
    parsed = None if notebook is None else parse_script(notebook.cell.text, "script.ipynb")
    if notebook is None or parsed is None:
        return
    _edit(text, find_script_declarations(parsed), edit_notebook)
    if notebook.lock is not None:
        replace_lock(text, "script.ipynb", "version = 1\n# é\n")


def _read_json5(data: str | bytes) -> None:
    parse_json5(_text(data), "renovate.json5")


def _edit(text: str, declarations: Sequence[Declaration], edit: Callable[[str, Sequence[SpecifierEdit]], str]) -> None:
    edits = [SpecifierEdit(declaration=one, specifier="==9.9") for one in declarations if one.requirement.url is None]
    if edits:
        edit(text, edits)


def _read_lock(data: str | bytes) -> None:
    render_lock(parse_lock(_text(data), "uv.lock"))


def _read_uv_toml(data: str | bytes) -> None:
    parse_uv_toml(_text(data), "uv.toml")


def _read_config(data: str | bytes) -> None:
    config = parse_config(_text(data), ".lockbot.json")
    config.model_dump_json()


_DOORWAY = GitHubDoorway(secret="secret")


def _read_webhook(data: str | bytes) -> None:
    name, _, text = _text(data).partition("\n")
    body = _bytes(text)
    headers = {
        "x-hub-signature-256": "sha256=" + hmac.new(b"secret", body, hashlib.sha256).hexdigest(),
        "content-type": "application/json",
        "x-github-event": name,
        "x-github-delivery": "00000000-0000-0000-0000-000000000000",
    }
    _DOORWAY.receive(headers, body)


def _read_json_page(data: str | bytes) -> None:
    listing = parse_json_page(_bytes(data), "left", "https://index.test/simple/left/")
    assert listing.weight() >= 0


def _read_html_page(data: str | bytes) -> None:
    listing = parse_html_page(_text(data), "left", "https://index.test/simple/left/")
    assert listing.weight() >= 0


def _read_metadata(data: str | bytes) -> None:
    parse_static_pkg_info(_bytes(data), "left")
    parse_requires_txt(_text(data))
    for text in parse_core_metadata(_bytes(data), "left").requires_dist:
        parse_need(text)


def _read_wheel(data: str | bytes) -> None:
    read_wheel_metadata(io.BytesIO(_bytes(data)), "left-1.0-py3-none-any.whl", Limits())


_SDIST = SourceRequest(filename="left-1.0.tar.gz", name="left", version=parse_version("1.0"), recorded=True)


def _read_gzip(data: str | bytes) -> None:
    _read_archive(_bytes(data), _SDIST)


def _read_tar(data: str | bytes) -> None:
    """The damage is inside of what is packed, so that it isn't the checksum that finds it."""
    _read_archive(gzip.compress(_bytes(data), 1), _SDIST)


def _read_zip(data: str | bytes) -> None:
    _read_archive(_bytes(data), replace(_SDIST, filename="left-1.0.zip"))


def _read_archive(data: bytes, request: SourceRequest) -> None:
    read_source(io.BytesIO(data), len(data), request, Limits())


def _read_members(data: str | bytes) -> None:
    """What is read from a source archive; files parted by lines ``=== path``."""
    _read_tar(samples.pack_tar({f"left-1.0/{path}": text for path, text in _part(_text(data)).items()}))


def _part(text: str) -> Mapping[str, str]:
    parts = ("\n" + text).split("\n=== ")[1:]
    return {path.strip() or "x": content for path, _, content in (part.partition("\n") for part in parts)}


def _read_repository(data: str | bytes) -> None:
    """A whole run over files that are parted by lines ``=== path``."""
    report = _run(_part(_text(data)), _INDEX)
    render_json(report)


def _run(files: Mapping[str, str], index: MemoryIndex) -> RunReport:
    request = RunRequest(root=Path("/"), base=Sha("0" * 40), base_branch=BranchName("main"), now=_NOW, repository="o/r")
    return run_repository(request, Edges(open_commit=MemoryCommit(files).open, index=index, keep=_raise))


def _raise(error: Exception, place: str) -> str:
    del place
    raise error


def _repository(files: Mapping[str, str]) -> str:
    return "".join(f"=== {path}\n{text}\n" for path, text in files.items())


_PLAIN = (
    '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["left==1.0", "right>=1"]\n'
)
_PLAIN_LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [
    { name = "left" },
]

[package.metadata]
requires-dist = [{ name = "left", specifier = "==1.0" }]

[[package]]
name = "left"
version = "1.0"
source = { registry = "https://index.test/simple" }
wheels = [
    { url = "https://files.test/left-1.0-py3-none-any.whl", hash = "sha256:01" },
]
"""
_THIRD = '[project]\nname = "third"\nversion = "1"\ndependencies = []\n'
_REPOSITORIES = (
    {"pyproject.toml": samples.PYPROJECT, "libs/lib/pyproject.toml": samples.LIBRARY, "third/pyproject.toml": _THIRD},
    {
        "pyproject.toml": samples.PYPROJECT,
        "third/pyproject.toml": _THIRD,
        "uv.lock": samples.LOCK,
        ".lockbot.json": samples.CONFIG,
    },
    {"a/pyproject.toml": _PLAIN, "a/uv.lock": _PLAIN_LOCK, "s.py": samples.SCRIPT, ".lockbot.json": samples.CONFIG},
    {
        "a/pyproject.toml": _PLAIN,
        "n.ipynb": samples.NOTEBOOK,
        "renovate.json5": samples.RENOVATE,
        ".github/dependabot.yml": samples.DEPENDABOT,
    },
    {"a/pyproject.toml": _PLAIN, "b/pyproject.toml": _PLAIN.replace("app", "other"), "b/uv.lock": _PLAIN_LOCK},
    {"pyproject.toml": _PLAIN, "uv.toml": samples.UV_TOML, "x/s.py": samples.SCRIPT, "x/s.py.lock": _PLAIN_LOCK},
)

#: For files of an index.
_UNREADABLE_FILE = (LockbotError, MetadataUnavailable, *MISREAD)

READERS: Sequence[Reader] = (
    Reader(name="manifest", samples=[samples.PYPROJECT, samples.LIBRARY, _PLAIN], read=_read_manifest),
    Reader(name="script", samples=[samples.SCRIPT], read=_read_script),
    Reader(name="notebook", samples=[samples.NOTEBOOK], read=_read_notebook),
    Reader(name="json5", samples=[samples.RENOVATE], read=_read_json5),
    Reader(name="lock", samples=[samples.LOCK, _PLAIN_LOCK], read=_read_lock),
    Reader(name="uv.toml", samples=[samples.UV_TOML], read=_read_uv_toml),
    Reader(name="config", samples=[samples.CONFIG], read=_read_config),
    Reader(
        name="webhook",
        samples=[f"{name}\n{json.dumps(body)}" for name, body in samples.PAYLOADS.items()],
        read=_read_webhook,
    ),
    # What Python raises for misread text is caught at the doors of the index.
    Reader(name="json page", samples=[samples.PAGE_JSON], read=_read_json_page, refusals=(LockbotError, *MISREAD)),
    Reader(name="html page", samples=[samples.PAGE_HTML], read=_read_html_page, refusals=(LockbotError, *MISREAD)),
    Reader(
        name="metadata",
        samples=[samples.METADATA],
        read=_read_metadata,
        refusals=_UNREADABLE_FILE,
    ),
    Reader(
        name="wheel", samples=[samples.make_wheel()], read=_read_wheel, refusals=(LockbotError, MetadataUnavailable)
    ),
    Reader(
        name="sdist gzip",
        samples=[gzip.compress(samples.make_sdist(), 1, mtime=0)],
        read=_read_gzip,
        refusals=_UNREADABLE_FILE,
    ),
    Reader(
        name="sdist tar",
        samples=[samples.make_sdist()],
        read=_read_tar,
        refusals=_UNREADABLE_FILE,
    ),
    Reader(
        name="sdist zip",
        samples=[samples.make_zipped_sdist()],
        read=_read_zip,
        refusals=_UNREADABLE_FILE,
    ),
    Reader(
        name="sdist members",
        samples=[_repository(samples.SDIST_FILES)],
        read=_read_members,
        refusals=_UNREADABLE_FILE,
    ),
    Reader(name="repository", samples=[_repository(files) for files in _REPOSITORIES], read=_read_repository),
)


# --- damage ---------------------------------------------------------------------------------------


def make_input(reader: Reader, seed: int, number: int) -> str | bytes:
    """One sample, damaged: the same for the same arguments."""
    chance = random.Random(f"{seed}/{reader.name}/{number}")
    data = chance.choice(reader.samples)
    if isinstance(data, bytes):
        return _damage_bytes(data, chance)
    return damage(data, chance)


def damage(text: str, chance: random.Random) -> str:
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        text = chance.choice(_DAMAGES)(text, chance)[:_LONGEST]
    return text


def _damage_bytes(data: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        start = chance.randrange(len(damaged) or 1)
        match chance.randrange(4):
            case 0:
                damaged[start : start + 1] = bytes([chance.randrange(256)])
            case 1:
                del damaged[start : start + chance.choice((1, 4, 64))]
            case 2:
                damaged[start:start] = damaged[start : start + chance.choice((4, 64))] * chance.choice((1, 8))
            case _:
                damaged[start : start + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f"))
    return bytes(damaged)


def _span(text: str, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(text) + 1)
    return start, min(len(text), start + chance.choice((1, 3, 10, 40, 200)))


def _delete(text: str, chance: random.Random) -> str:
    start, end = _span(text, chance)
    return text[:start] + text[end:]


def _repeat(text: str, chance: random.Random) -> str:
    start, end = _span(text, chance)
    return text[:end] + text[start:end] * chance.choice((1, 1, 2, 10, 300)) + text[end:]


def _stretch(text: str, chance: random.Random) -> str:
    """One to three characters, very often: what an expression that gives back takes for ever at."""
    start = chance.randrange(len(text) + 1)
    part = text[start : start + chance.choice((1, 1, 2, 3))] if chance.random() < 0.5 else chance.choice(" \t0a.-,")
    return text[:start] + part * (chance.choice((500, 3000, 9000)) // (len(part) or 1)) + text[start:]


def _repeat_line(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    return "\n".join([*lines[:at], *[lines[at]] * chance.choice((2, 2, 3, 50, 1000)), *lines[at:]])


def _number_lines(text: str, chance: random.Random) -> str:
    """One line many times, each with a number of its own in place of a word."""
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    word = next((one for one in ("left", "name", "1.0", "a") if one in lines[at]), "")
    many = [
        lines[at].replace(word, f"{word}{count}", 1) if word else lines[at] for count in range(chance.choice((5, 300)))
    ]
    return "\n".join([*lines[:at], *many, *lines[at:]])


def _swap_lines(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return "\n".join(lines)


def _insert(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(samples.WORDS) + text[at:]


def _replace_quoted(text: str, chance: random.Random) -> str:
    quotes = [at for at, character in enumerate(text) if character in "\"'"]
    if len(quotes) < 2:
        return text
    at = chance.randrange(len(quotes) - 1)
    return text[: quotes[at] + 1] + chance.choice(samples.WORDS) + text[quotes[at + 1] :]


def _replace_value(text: str, chance: random.Random) -> str:
    """What stands behind ``=`` or ``:`` on one line."""
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    for sign in ("=", ":"):
        key, found, _ = lines[at].partition(sign)
        if found:
            values = (
                "1",
                "[]",
                "{}",
                "true",
                '""',
                "[1]",
                '{ a = "b" }',
                "1979-05-27",
                "1.5",
                "9" * 30,
                '"x"',
                "[[[]]]",
            )
            lines[at] = f"{key}{sign} {chance.choice((*values, *samples.WORDS))}"
            break
    return "\n".join(lines)


def _cut_off(text: str, chance: random.Random) -> str:
    return text[: chance.randrange(len(text) + 1)]


def _splice(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    one, two = sorted((chance.randrange(len(lines)), chance.randrange(len(lines))))
    at = chance.randrange(len(lines))
    return "\n".join([*lines[:at], *lines[one:two], *lines[at:]])


def _nest(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    opening, closing = chance.choice((("[", "]"), ("{ a = ", " }"), ("(", ")"), ('{"a":', "}")))
    depth = chance.choice((5, 60, 100, 2000))
    return text[:at] + opening * depth + closing * depth + text[at:]


_DAMAGES: Sequence[Callable[[str, random.Random], str]] = (
    _delete, _repeat, _stretch, _repeat_line, _number_lines, _swap_lines, _insert, _insert,
    _replace_quoted, _replace_quoted, _replace_quoted, _replace_value, _replace_value, _cut_off, _splice, _nest,
)  # fmt: skip


# --- judging --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """For one input: seconds of processor time, and bytes that the process's peak may rise by."""

    seconds: float = 5.0
    memory: int = 256 << 20


class TooSlow(Exception):
    """The input took more than its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    reader: str
    number: int
    problem: str
    details: str = field(default="", repr=False)


def try_input(reader: Reader, seed: int, number: int, budget: Budget) -> Finding | None:
    """What is wrong with how one input is read, if anything."""
    return try_data(reader, make_input(reader, seed, number), number, budget)


def try_data(reader: Reader, data: str | bytes, number: int, budget: Budget) -> Finding | None:
    before, started = _peak(), time.process_time()
    try:
        with _alarm(4 * budget.seconds):
            reader.read(data)
    except reader.refusals:
        pass
    except Exception as error:  # noqa: BLE001 - what is looked for
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        return Finding(
            reader=reader.name,
            number=number,
            problem=f"{type(error).__name__} at {place}",
            details="".join(traceback.format_exception(error)[-14:]),
        )
    took, grew = time.process_time() - started, _peak() - before
    if took > budget.seconds:
        return Finding(reader=reader.name, number=number, problem=f"took {took:.1f} s")
    if grew > budget.memory:
        return Finding(reader=reader.name, number=number, problem=f"took {grew >> 20} MiB")
    return None


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TooSlow(f"more than {seconds:.0f} s")

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        signal.signal(signal.SIGVTALRM, before)


# --- the command ----------------------------------------------------------------------------------


def main(arguments: Sequence[str]) -> int:
    options = _parse(arguments)
    chosen = [one for one in READERS if not options.readers or one.name in options.readers]
    if options.only is not None:
        return _show(chosen[0], options.seed, options.only)
    tried: Counter[str] = Counter()
    found: dict[tuple[str, str], Finding] = {}
    deadline = time.monotonic() + options.seconds
    number = options.start
    while time.monotonic() < deadline:
        for reader in chosen:
            finding = try_input(reader, options.seed, number, Budget())
            tried[reader.name] += 1
            if finding is not None and (reader.name, finding.problem) not in found:
                found[reader.name, finding.problem] = finding
                print(f"{finding.reader} {finding.number}: {finding.problem}\n{finding.details}", flush=True)
        number += 1
    total = ", ".join(f"{name} {count}" for name, count in tried.items())
    print(f"seed {options.seed}, {options.seconds} s, peak {_peak() >> 20} MiB: {total}; {len(found)} findings")
    return 1 if found else 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Throw damaged texts at every reader.")
    parser.add_argument("readers", nargs="*", metavar="READER", help=", ".join(one.name for one in READERS))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0, help="the number of the first input")
    parser.add_argument("--only", type=int, help="one input alone, shown")
    options = parser.parse_args(arguments)
    unknown = set(options.readers) - {one.name for one in READERS}
    if unknown:
        parser.error(f"no reader is named {', '.join(sorted(unknown))}")
    return options


def _show(reader: Reader, seed: int, number: int) -> int:
    data = make_input(reader, seed, number)
    print(data if isinstance(data, str) else repr(data))
    finding = try_input(reader, seed, number, Budget())
    print(f"--- {finding.problem}\n{finding.details}" if finding else "--- nothing is wrong")
    return 1 if finding else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
