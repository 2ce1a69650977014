"""``lockbot lock --revision``: the number or the style of the existing lock."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.cli.test_lock import PROJECT, Bench
from tests.real_uv import need_uv
from tests.runs.index_server import IndexServer


@dataclass(frozen=True, slots=True)
class Old:
    """A project with a lock as uv 0.6.3 would have written it, in which ``iris`` can move."""

    bench: Bench
    text: str

    def now(self) -> str:
        return (self.bench.folder / "uv.lock").read_text()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Old]:
    folder = tmp_path_factory.mktemp("made") / "project"
    folder.mkdir()
    with IndexServer() as index:
        index.release("rose", "1.0", "iris; python_version < '3.13'", "fern; sys_platform == 'win32'")
        index.release("fern", "1.0")
        index.release("iris", "1.0", "fern; sys_platform == 'win32'")
        index.release("iris", "2.0", "fern; sys_platform == 'win32'")
        bench = Bench(folder, index)
        bench.write(PROJECT + "dependencies = [\"rose; sys_platform == 'win32'\"]\n")
        assert bench.lock("--revision", "1", "-P", "iris==1.0").code == 0
        text = (folder / "uv.lock").read_text()
        text = text.replace('{ name = "fern" }', '{ name = "fern", marker = "sys_platform == \'win32\'" }')
        assert text.count("marker = \"sys_platform == 'win32'\"") == 4
        yield Old(bench, text)


@pytest.fixture
def old(made: Old) -> Old:
    (made.bench.folder / "uv.lock").write_text(made.text)
    return made


@pytest.mark.parametrize("number", [0, 2, 4])
def test_a_number_is_written_with_its_fields(old: Old, number: int) -> None:
    (old.bench.folder / "uv.lock").unlink()
    assert old.bench.lock("--revision", str(number)).code == 0
    assert ("revision = " in old.now()) == bool(number)
    assert (f"revision = {number}\n" in old.now()) == bool(number)
    assert ("upload-time" in old.now()) == (number >= 2)


@pytest.mark.parametrize("arguments", [("--revision", "keep"), ("--revision", "1")])
def test_a_lock_that_is_right_stays_whatever_its_revision(old: Old, arguments: tuple[str, ...]) -> None:
    assert old.bench.lock(*arguments).code == 0
    assert old.now() == old.text


def test_a_number_asked_for_is_written_though_the_lock_is_right(old: Old) -> None:
    checked = old.bench.lock("--revision", "3", "--check")
    assert checked.code == 1
    assert "its revision is 1, not 3" in checked.said
    assert old.bench.lock("--revision", "3").code == 0
    assert "revision = 3\n" in old.now()
    assert "upload-time" in old.now()
    assert old.bench.pins()["iris"] == "1.0"


def test_a_bump_changes_its_own_lines_only(old: Old) -> None:
    assert old.bench.lock("--revision", "keep", "-P", "iris").code == 0
    assert old.bench.pins()["iris"] == "2.0"
    same = [line for line in old.text.split("\n") if "iris" not in line]
    other = [line for line in old.now().split("\n") if "iris" not in line]
    assert [line for line in other if line not in same] == ['version = "2.0"']
    assert len(other) == len(same)


def test_a_package_that_cannot_move_leaves_the_lock_alone(old: Old) -> None:
    ended = old.bench.lock("--revision", "keep", "-P", "fern")
    assert (ended.code, old.now()) == (0, old.text)
    assert re.fullmatch(r"Resolved \d+ packages in \S+\n", ended.said)


def test_without_a_wish_a_bump_writes_the_newest_revision(old: Old) -> None:
    assert old.bench.lock("-P", "iris").code == 0
    assert "revision = 5\n" in old.now()


@pytest.mark.parametrize("wish", ["6", "²"])
def test_a_revision_that_does_not_exist_is_refused(old: Old, wish: str) -> None:
    ended = old.bench.lock("--revision", wish)
    assert ended.code == 2
    assert "use a number up to 5, or keep" in ended.said
    assert old.now() == old.text


@pytest.mark.uv
@pytest.mark.parametrize("arguments", [("--revision", "keep", "-P", "iris"), ("--revision", "0")])
def test_uv_accepts_what_is_written(old: Old, arguments: tuple[str, ...]) -> None:
    uv = need_uv()
    assert old.bench.lock(*arguments).code == 0
    command = [uv, "lock", "--check", "--no-cache", "--no-config", "--default-index", old.bench.index.url]
    done = subprocess.run(command, cwd=old.bench.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
