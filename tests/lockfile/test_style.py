"""A lock that replaces one of another uv changes only where the resolution changed.

``styles/*/uv-*.lock`` were written by those versions of uv for two of the projects in ``bench/churn_cases``; ``bumped.lock`` is
what uv 0.13.9 makes of each of them when one package is upgraded (with hosts renamed).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from bot.lockfile.diff import diff_locks, file_name
from bot.lockfile.graph import PackageId, id_of
from bot.lockfile.model import Lock
from bot.lockfile.reader import parse_lock
from bot.lockfile.writer import render_lock
from bot.resolver.assembly.reach import lock_reach
from bot.resolver.assembly.style import restyle

STYLES: Final = Path(__file__).parent / "styles"
OLD_LOCKS: Final = sorted(STYLES.glob("*/uv-*.lock"))
NAMES: Final = [f"{path.parent.name}-{path.stem}" for path in OLD_LOCKS]
#: The package that was upgraded, the names whose entries come and go with it, and what that costs in lines.
BUMPS: Final = {"small": ("idna", {"idna"}, 34), "split": ("anyio", {"anyio", "sniffio"}, 18)}


def read(path: Path) -> tuple[str, Lock]:
    text = path.read_bytes().decode()
    return text, parse_lock(text, path.name)


def known_files(*locks: Lock) -> dict[PackageId, frozenset[str]]:
    """An index that still has all files of these locks."""
    found: dict[PackageId, set[str]] = {}
    for package in (package for lock in locks for package in lock.packages):
        files = [*package.wheels, *([package.sdist] if package.sdist else [])]
        found.setdefault(id_of(package), set()).update(file_name(file) or "" for file in files)
    return {key: frozenset(names) for key, names in found.items()}


def keep_style(old: Lock, old_text: str, new: Lock, known: Mapping[PackageId, frozenset[str]]) -> str:
    """The text of ``new`` in the revision and style of ``old``."""
    new = replace(new, revision=old.revision)
    return restyle(render_lock(new), old, old_text, new, known)


def kept(old_text: str, new_text: str) -> str:
    old, new = parse_lock(old_text, "old"), parse_lock(new_text, "new")
    return keep_style(old, old_text, new, known_files(old, new))


def changed_lines(old: str, new: str) -> int:
    return sum(line[:1] in "+-" for line in difflib.ndiff(old.splitlines(), new.splitlines()))


def other_entries(text: str, names: set[str]) -> list[str]:
    """The lines of the entries of other names, without the edges to these."""
    entries = [
        entry for entry in text.split("\n\n[[package]]\n") if not any(f'name = "{name}"\n' in entry for name in names)
    ]
    return [
        line for entry in entries for line in entry.split("\n") if not any(f'name = "{name}"' in line for name in names)
    ]


@pytest.fixture(params=OLD_LOCKS, ids=NAMES)
def old_path(request: pytest.FixtureRequest) -> Path:
    path = request.param
    assert isinstance(path, Path)
    return path


def test_a_lock_that_says_the_same_keeps_every_byte(old_path: Path) -> None:
    text, lock = read(old_path)
    assert keep_style(lock, text, lock, known_files(lock)) == text


def test_a_bump_changes_its_own_lines_only(old_path: Path) -> None:
    text, old = read(old_path)
    _, new = read(old_path.with_name("bumped.lock"))
    name, names, count = BUMPS[old_path.parent.name]
    result = keep_style(old, text, new, known_files(old, new))
    assert result != text
    assert f'name = "{name}"' in result
    assert changed_lines(text, result) <= count
    assert other_entries(result, names) == other_entries(text, names)


def test_a_bump_in_old_style_means_what_the_new_lock_means(old_path: Path) -> None:
    text, old = read(old_path)
    _, new = read(old_path.with_name("bumped.lock"))
    result = parse_lock(keep_style(old, text, new, known_files(old, new)), "result")
    assert result.revision == old.revision
    assert [id_of(package) for package in result.packages] == [id_of(package) for package in new.packages]
    assert {change.name for change in diff_locks(new, result) if change.old != change.new} == set()
    ours, theirs = lock_reach(result), lock_reach(new)
    assert {table: ours[table] for table in ours} == {table: theirs[table] for table in ours}


def test_nothing_newer_than_the_old_revision_is_written(old_path: Path) -> None:
    text, old = read(old_path)
    _, new = read(old_path.with_name("bumped.lock"))
    result = keep_style(old, text, new, known_files(old, new))
    for word in ("upload-time", "upload_time", "provides-extras", "default-groups", "revision = "):
        assert (word in result) == (word in text)


# --- single rules, on locks by hand -----------------------------------------------------------------

HEAD: Final = 'version = 1\nrevision = 5\nrequires-python = ">=3.10"\n'
_UPLOADED: Final = 'size = 1, upload-time = "2026-01-01T00:00:00Z"'
FILES: Final = f"""sdist = {{ url = "https://files.test/a-1.0.tar.gz", hash = "sha256:0a", {_UPLOADED} }}
wheels = [
    {{ url = "https://files.test/a-1.0-cp310-cp310-win_amd64.whl", hash = "sha256:0b", {_UPLOADED} }},
    {{ url = "https://files.test/a-1.0-py3-none-any.whl", hash = "sha256:0c", {_UPLOADED} }},
]
"""


def demo(a_marker: str = "", b_marker: str = "", files: str = FILES, top: str = "", head: str = HEAD) -> str:
    """A project that requires ``a``, which requires ``b``."""
    registry = 'source = { registry = "https://index.test/simple" }'
    return f"""{head}{top}
[[package]]
name = "a"
version = "1.0"
{registry}
dependencies = [
    {{ name = "b"{b_marker} }},
]
{files}
[[package]]
name = "b"
version = "1.0"
{registry}

[[package]]
name = "demo"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "a"{a_marker} }},
]

[package.metadata]
requires-dist = [{{ name = "a" }}]
"""


def marker(text: str) -> str:
    return f', marker = "{text}"'


WINDOWS: Final = marker("sys_platform == 'win32'")


@pytest.mark.parametrize(
    ("a_marker", "old", "new"),
    [
        ("", marker("python_full_version >= '3.10'"), ""),
        (WINDOWS, WINDOWS, ""),
        (WINDOWS, marker("python_full_version >= '3.12' and sys_platform == 'win32'"), marker("python_full_version >= '3.12'")),
        ("", marker("os_name == 'nt' or os_name == 'java'"), marker("os_name == 'java' or os_name == 'nt'")),
    ],
    ids=["said by requires-python", "said by the parent", "partly said by the parent", "spelled in another order"],
)  # fmt: skip
def test_an_edge_of_the_same_meaning_keeps_its_text(a_marker: str, old: str, new: str) -> None:
    assert kept(demo(a_marker, old), demo(a_marker, new)) == demo(a_marker, old)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ((WINDOWS, ""), ("", WINDOWS)),
        (("", WINDOWS), ("", "")),
        (("", ""), ("", WINDOWS)),
        (("", marker("python_full_version < '3.11'")), ("", marker("python_full_version < '3.12'"))),
    ],
)
def test_an_edge_of_another_meaning_is_the_new_one(old: tuple[str, str], new: tuple[str, str]) -> None:
    assert kept(demo(*old), demo(*new)) == demo(*new)


def test_recorded_files_stay_when_later_ones_were_uploaded() -> None:
    row = '    { url = "https://files.test/a-1.0-0-py3-none-any.whl", hash = "sha256:0d" },'
    later = FILES.replace("wheels = [", f"wheels = [\n{row}")
    assert kept(demo(), demo(files=later)) == demo()


def test_recorded_files_that_newer_uv_would_leave_out_stay() -> None:
    pruned = "\n".join(line for line in FILES.split("\n") if "win_amd64" not in line)
    assert kept(demo(), demo(files=pruned)) == demo()


def test_a_file_that_the_index_lost_is_dropped() -> None:
    pruned = "\n".join(line for line in FILES.split("\n") if "win_amd64" not in line)
    old, new = parse_lock(demo(), "old"), parse_lock(demo(files=pruned), "new")
    assert keep_style(old, demo(), new, known_files(new)) == demo(files=pruned)


def test_a_file_with_another_hash_is_the_new_one() -> None:
    changed = demo(files=FILES.replace("sha256:0b", "sha256:ff"))
    assert kept(demo(), changed) == changed


def test_a_package_that_is_needed_in_more_places_gets_the_files_for_them() -> None:
    narrow = demo(WINDOWS, files="\n".join(line for line in FILES.split("\n") if "none-any" not in line))
    assert kept(narrow, demo("", WINDOWS)) == demo("", WINDOWS)
    older = 'requires-python = ">=3.9"'
    wider = demo().replace('requires-python = ">=3.10"', older)
    assert kept(demo(files=FILES.replace("win_amd64", "win32")), wider) == wider


def test_rows_of_files_keep_their_fields_when_others_come() -> None:
    sizeless = FILES.replace(", size = 1", "")
    changed = FILES.replace("sha256:0b", "sha256:ff")
    expected = sizeless.replace('"sha256:0b"', '"sha256:ff", size = 1')
    assert kept(demo(files=sizeless), demo(files=changed)) == demo(files=expected)


def test_fields_of_later_revisions_are_left_out() -> None:
    old = demo(files=re.sub(', upload-time = "[^"]*"', "", FILES)).replace("revision = 5", "revision = 1")
    assert kept(old, demo()) == old
    bumped = kept(old, demo().replace("1.0", "1.1"))
    assert "upload-time" not in bumped
    assert "revision = 1\n" in bumped


def test_the_underscore_of_some_versions_of_uv_is_kept() -> None:
    old = demo().replace("upload-time", "upload_time")
    assert kept(old, demo()) == old
    assert kept(old, demo().replace("1.0", "1.1")) == old.replace("1.0", "1.1")


def test_a_date_worked_out_from_a_span_is_kept() -> None:
    old = '\n[options]\nexclude-newer = "2026-02-03T00:00:00Z"\nexclude-newer-span = "P1W"\n'
    new = old.replace("2026-02-03", "0001-01-01")
    assert kept(demo(top=old), demo(top=new)) == demo(top=old)
    other = new.replace("P1W", "P2W")
    assert 'exclude-newer-span = "P2W"' in kept(demo(top=old), demo(top=other))


def test_conflicts_keep_the_order_in_which_they_were_declared() -> None:
    items = ['    { package = "demo", extra = "b" },', '    { package = "demo", extra = "a" },']
    old, new = ("\n".join(["conflicts = [[", *rows, "]]\n"]) for rows in (items, items[::-1]))
    assert kept(demo(top=old), demo(top=new)) == demo(top=old)


BELOW, ABOVE = "python_full_version < '3.12'", "python_full_version >= '3.12'"
FINER: Final = ("python_full_version == '3.10.*'", "python_full_version == '3.11.*'")


def forks(*texts: str) -> str:
    return "\n".join(["resolution-markers = [", *(f'    "{text}",' for text in texts), "]\n"])


def unused(name: str, version: str, *texts: str) -> str:
    """An entry that belongs to these forks."""
    registry = 'source = { registry = "https://index.test/simple" }'
    return f'\n[[package]]\nname = "{name}"\nversion = "{version}"\n{registry}\n{forks(*texts)}'


def test_forks_keep_their_order() -> None:
    old = demo(top=forks(BELOW, ABOVE)) + unused("x", "1", BELOW, ABOVE) + unused("x", "2", ABOVE)
    new = demo(top=forks(ABOVE, BELOW)) + unused("x", "1", ABOVE, BELOW) + unused("x", "2", ABOVE)
    assert kept(old, new) == old


def test_forks_that_are_cut_finer_for_nothing_stay() -> None:
    old = demo(top=forks(BELOW, ABOVE)) + unused("x", "1", BELOW) + unused("x", "2", ABOVE)
    new = demo(top=forks(*FINER, ABOVE)) + unused("x", "1", *FINER) + unused("x", "2", ABOVE)
    assert kept(old, new) == old


def test_forks_that_are_cut_finer_for_one_package_are_new_there_only() -> None:
    old = demo(top=forks(BELOW, ABOVE)) + unused("x", "1", BELOW) + unused("x", "2", ABOVE)
    split = unused("y", "1", FINER[0]) + unused("y", "2", FINER[1], ABOVE)
    new = demo(top=forks(*FINER, ABOVE)) + unused("x", "1", *FINER) + unused("x", "2", ABOVE) + split
    assert kept(old, new) == demo(top=forks(*FINER, ABOVE)) + unused("x", "1", BELOW) + unused("x", "2", ABOVE) + split


def test_forks_that_are_cut_elsewhere_are_new() -> None:
    old = demo(top=forks(BELOW, ABOVE)) + unused("x", "1", BELOW, ABOVE) + unused("x", "2", ABOVE)
    other = ("python_full_version < '3.14'", "python_full_version >= '3.14'")
    new = demo(top=forks(*other)) + unused("x", "1", *other) + unused("x", "2", other[1])
    assert kept(old, new) == new


def test_a_text_in_a_layout_of_its_own_lends_its_revision() -> None:
    old = "# by hand\n" + demo().replace("revision = 5", "revision = 3")
    assert kept(old, demo()) == demo().replace("revision = 5", "revision = 3")


def test_line_ends_are_those_of_the_old_text() -> None:
    old = demo().replace("\n", "\r\n")
    assert kept(old, demo()) == old
    assert kept(old, demo(b_marker=WINDOWS)) == demo(b_marker=WINDOWS).replace("\n", "\r\n")


@pytest.mark.parametrize("revision", range(6))
def test_the_writer_gives_each_revision_its_fields(revision: int) -> None:
    _, lock = read(STYLES / "small" / "bumped.lock")
    text = render_lock(replace(lock, revision=revision))
    assert (f"revision = {revision}\n" in text) == bool(revision)
    assert ("provides-extras" in text) == (revision >= 1)
    assert ("upload-time" in text) == (revision >= 2)
