"""``lockbot lock`` as a program: what it writes, what it says, how it exits."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.program import Ended, run_lockbot
from tests.runs.index_server import IndexServer

PROJECT = '[project]\nname = "app"\nversion = "1.0"\nrequires-python = ">=3.11"\n'


@dataclass(frozen=True, slots=True)
class Bench:
    """A project folder and an index on loopback."""

    folder: Path
    index: IndexServer

    def lock(self, *arguments: str, **environment: str) -> Ended:
        home = self.folder.parent / "home"
        words = ("lock", "--default-index", self.index.url, *arguments)
        ended = run_lockbot(*words, folder=self.folder, home=home, **environment)
        assert ended.text == ""
        return ended

    def write(self, text: str, name: str = "pyproject.toml") -> None:
        (self.folder / name).write_text(text)

    def pins(self, name: str = "uv.lock") -> dict[str, str]:
        lock = tomllib.loads((self.folder / name).read_text())
        return {package["name"]: package["version"] for package in lock["package"] if "version" in package}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    folder = tmp_path / "project"
    folder.mkdir()
    with IndexServer() as index:
        index.release("iris", "1.0")
        index.release("iris", "2.0")
        index.release("rose", "1.0", "iris<2")
        yield Bench(folder, index)


# --- what it writes ---------------------------------------------------------------------------------


def test_a_project_without_a_lock_gets_one(bench: Bench) -> None:
    bench.write(PROJECT + 'dependencies = ["rose"]\n')

    ended = bench.lock()

    assert (ended.code, bench.pins()) == (0, {"app": "1.0", "iris": "1.0", "rose": "1.0"})
    assert [path.name for path in bench.folder.iterdir() if path.name.startswith(".uv")] == []


def test_a_lock_that_is_right_is_left_alone_and_no_index_is_asked(bench: Bench) -> None:
    bench.write(PROJECT + 'dependencies = ["iris<2"]\n')
    bench.lock()
    before = (bench.folder / "uv.lock").stat().st_mtime_ns

    ended = bench.lock("--offline", "--no-cache", "--check")

    assert ended.code == 0
    assert (bench.folder / "uv.lock").stat().st_mtime_ns == before


def test_a_lock_that_is_right_is_resolved_again_when_pages_are_asked_again(bench: Bench) -> None:
    bench.write(PROJECT + 'dependencies = ["iris"]\n')
    bench.lock()
    lock = bench.folder / "uv.lock"
    whole = lock.read_text("utf-8")
    lock.write_text(re.sub(", hash = .*(?= })", "", whole), "utf-8")
    assert lock.read_text("utf-8") != whole
    assert bench.lock("--check").code == 0
    assert bench.lock("--check", "--no-refresh", "--refresh-package", "iris").code == 0
    assert bench.lock("--check", "--refresh").code == 1
    assert bench.lock("--refresh-package", "iris").code == 0
    assert lock.read_text("utf-8") == whole
    for told in (("--offline", "--refresh"), ("--offline", "--refresh-package", "iris")):
        assert bench.lock(*told).code == 2


def test_spacing_is_checked_where_that_experiment_is_tried(bench: Bench) -> None:
    manifest = PROJECT + 'dependencies = ["iris"]\n'
    bench.write(manifest)
    bench.lock()
    lock = bench.folder / "uv.lock"
    lock.write_text(lock.read_text("utf-8").replace("version = 1", "version  = 1", 1), "utf-8")
    assert bench.lock("--check").code == 0
    ended = bench.lock("--check", "--preview-features", "lockfile-format-check")
    assert (ended.code, "uv.lock:1: the lock is not spaced as it would be written" in ended.said) == (1, True)
    bench.write(manifest + '[tool.uv]\npreview-features = ["lockfile-format-check"]\n')
    assert (bench.lock().code, bench.lock("--check").code) == (0, 1)
    assert (bench.lock("--refresh").code, bench.lock("--check").code) == (0, 0)


def test_only_what_is_needed_is_loaded(bench: Bench) -> None:
    bench.write(PROJECT + 'dependencies = ["rose"]\n')

    solving, checking = (_loaded(bench.lock(PYTHONPROFILEIMPORTTIME="1")) for _ in range(2))

    libraries = {"click", "githubkit", "pydantic", "structlog"}
    assert solving & libraries == frozenset()
    assert {"bot.resolver.search.solve", "pycurl"} <= solving
    assert checking & {*libraries, "bot.resolver.search.solve", "dataclasses", "pycurl"} == frozenset()


def _loaded(ended: Ended) -> frozenset[str]:
    assert ended.code == 0
    lines = [line for line in ended.said.splitlines() if line.startswith("import time:")]
    return frozenset(line.rpartition("|")[2].strip() for line in lines)


def test_versions_stay_until_they_are_to_be_upgraded(bench: Bench) -> None:
    bench.write(PROJECT + 'dependencies = ["iris<2"]\n')
    bench.lock()
    bench.write(PROJECT + 'dependencies = ["iris"]\n')

    bench.lock()
    kept = bench.pins()["iris"]
    bench.lock("--upgrade-package", "iris")

    assert (kept, bench.pins()["iris"]) == ("1.0", "2.0")


def test_a_dry_run_and_a_check_write_nothing(bench: Bench) -> None:
    bench.write(PROJECT + 'dependencies = ["iris"]\n')

    ended = [bench.lock("--dry-run"), bench.lock("--check")]

    assert [one.code for one in ended] == [0, 1]
    assert not (bench.folder / "uv.lock").exists()


def test_a_script_is_locked_beside_itself(bench: Bench) -> None:
    bench.write('# /// script\n# requires-python = ">=3.11"\n# dependencies = ["iris"]\n# ///\n', "tool.py")

    ended = bench.lock("--script", "tool.py")

    assert (ended.code, bench.pins("tool.py.lock")) == (0, {"iris": "2.0"})


def test_the_cache_is_kept_below_its_size(bench: Bench) -> None:
    bench.write(PROJECT + 'dependencies = ["iris"]\n')
    cache = bench.folder.parent / "cache"
    old = cache / "index-0-4" / "pages" / "old"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"x" * 1_000_001)

    ended = [bench.lock(LOCKBOT_CACHE_DIR=str(cache), LOCKBOT_CACHE_SIZE=size) for size in ("one", "1")]

    assert [one.code for one in ended] == [2, 0]
    assert "LOCKBOT_CACHE_SIZE='one' is not a number of megabytes" in ended[0].said
    assert not old.exists()
    assert list(cache.glob("index-*/pages/*/*"))


# --- what it refuses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manifest", "code", "sentence"),
    [
        ('[project]\nname = "app\n', 2, "error: pyproject.toml:2: not valid TOML: Illegal character '\\n'"),
        (
            PROJECT + 'dependencies = ["iris=>1"]\n',
            1,
            "error: pyproject.toml:5: ",
        ),
        (
            PROJECT + 'dependencies = ["iris"]\n[tool.uv.sources]\niris = { index = "corp" }\n',
            1,
            "error: pyproject.toml:7: iris: the index 'corp' is not declared (add it as a [[tool.uv.index]] with that",
        ),
        (
            PROJECT + 'dependencies = ["tulip"]\n',
            1,
            "was not found in the package indexes",
        ),
        (
            PROJECT + 'dependencies = ["rose", "iris>=2"]\n',
            1,
            "requires iris <2",
        ),
        (
            PROJECT + 'dependencies = ["iris"]\n[[tool.uv.index]]\nurl = "https://x.invalid"\nexplicit = true\n',
            2,
            "error: pyproject.toml:6: ",
        ),
    ],
    ids=["broken TOML", "broken requirement", "unknown index", "404 package", "unsatisfiable", "index without a name"],
)
def test_bad_projects_end_in_a_sentence_and_leave_no_lock(
    bench: Bench, manifest: str, code: int, sentence: str
) -> None:
    bench.write(manifest)

    ended = bench.lock()

    assert ended.code == code
    assert sentence in ended.said
    assert "Traceback" not in ended.said
    assert not (bench.folder / "uv.lock").exists()


def test_settings_that_do_not_count_are_told_and_the_rest_is_locked(bench: Bench) -> None:
    bench.write(PROJECT + 'dependencies = ["iris"]\n[tool.uv]\nresolution = "newest"\n')

    ended = bench.lock()

    assert ended.code == 0
    assert ended.said.startswith("warning: pyproject.toml:7: 'newest' is not known here, so none of the settings of ")
    assert (bench.folder / "uv.lock").exists()


def test_a_project_for_another_uv_is_refused_unless_its_revision_is_kept(bench: Bench) -> None:
    bench.write(PROJECT + 'dependencies = ["iris"]\n[tool.uv]\nrequired-version = ">=0.5, <0.6"\n')

    refused, kept = bench.lock("--check"), bench.lock("--revision", "keep")

    assert (refused.code, kept.code) == (2, 0)
    assert "error: pyproject.toml:7: required-version asks for uv >=0.5, <0.6, and" in refused.said


@pytest.mark.parametrize(
    ("lock", "sentence"),
    [
        ("version = 1\n[[package\n", "uv.lock:2: not valid TOML"),
        ("version = 2\n", "uv.lock"),
        ('version = 1\nrequires-python = ">=3.11"\n[[package]]\nname = "iris"\n', "uv.lock"),
    ],
    ids=["broken TOML", "other version", "package without source"],
)
def test_a_broken_lock_is_refused_and_kept(bench: Bench, lock: str, sentence: str) -> None:
    bench.write(PROJECT + 'dependencies = ["iris"]\n')
    bench.write(lock, "uv.lock")

    ended = bench.lock()

    assert ended.code == 2
    assert sentence in ended.said
    assert (bench.folder / "uv.lock").read_text() == lock


def test_an_index_that_cannot_be_reached_is_told(bench: Bench) -> None:
    bench.write(PROJECT + 'dependencies = ["iris"]\n')

    ended = bench.lock("--offline", "--no-cache")

    assert ended.code == 1
    assert "iris" in ended.said
    assert "Traceback" not in ended.said


def test_a_folder_without_a_project_is_told(bench: Bench) -> None:
    ended = bench.lock()

    assert ended.code == 2
    assert "no pyproject.toml here or above" in ended.said


def test_a_half_written_lock_is_never_seen(bench: Bench) -> None:
    bench.write(PROJECT + 'dependencies = ["iris"]\n')
    bench.lock()
    text = (bench.folder / "uv.lock").read_text()
    bench.write(PROJECT + 'dependencies = ["tulip"]\n')

    ended = bench.lock()

    assert ended.code == 1
    assert (bench.folder / "uv.lock").read_text() == text


def test_metadata_that_a_build_left_is_used_only_when_asked(bench: Bench) -> None:
    bench.index.archive("fern", "1.0", egg_info="iris<2\n")
    bench.write(PROJECT + 'dependencies = ["fern"]\n')

    refused = bench.lock()
    taken = bench.lock("--recorded")

    assert (refused.code, taken.code) == (1, 0)
    assert "fern 1.0" in refused.said
    assert "recorded, not built: fern (egg-info)" in taken.said
    assert bench.pins() == {"app": "1.0", "fern": "1.0", "iris": "1.0"}
