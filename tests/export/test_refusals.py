"""What an export does not know is refused with a sentence, before anything is written."""

from __future__ import annotations

import pytest

from bot.errors import InputError
from bot.export.arguments import parse_arguments
from bot.export.cyclonedx import Identity
from bot.export.document import ExportRequest, export_text
from bot.export.project import ExportProject
from bot.export.pylock_toml import Places, canonical_wheel_name
from bot.lockfile.reader import parse_lock

_LOCK = """
version = 1
revision = 3
requires-python = ">=3.12"

[[package]]
name = "app"
version = "1"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "alpha" }},
]

[[package]]
name = "alpha"
version = "1"
source = {source}
{files}
"""


def export(options: str, source: str, files: str, *, tree_root: str | None = None) -> str:
    return export_text(
        ExportRequest(
            arguments=parse_arguments(["export", "--no-header", *options.split()]),
            lock=parse_lock(_LOCK.format(source=source, files=files), "uv.lock"),
            project=ExportProject(name="app", declared={"app": frozenset()}),
            places=Places(lock=".", output=".", tree_root=tree_root),
            command="export",
            identity=Identity(serial="0", timestamp="0"),
        )
    )


LOCAL = ('{ registry = "wheels" }', 'wheels = [{ path = "alpha-1-py3-none-any.whl", hash = "sha256:00" }]')


def test_pylock_needs_the_hash_of_every_file() -> None:
    with pytest.raises(InputError, match=r"the lock holds no hash of alpha-1.tar.gz, and pylock.toml needs one"):
        export(
            "--format pylock.toml",
            '{ registry = "https://index.invalid/simple" }',
            'sdist = { url = "https://files.invalid/alpha-1.tar.gz" }',
        )


def test_pylock_does_not_name_a_folder_of_this_machine_where_it_must_not() -> None:
    with pytest.raises(InputError, match=r"wheels is a folder of this machine"):
        export("--format pylock.toml", *LOCAL)
    assert 'index = "file:///here/wheels"' in export("--format pylock.toml", *LOCAL, tree_root="/here")


def test_pylock_admits_common_source_archives_only() -> None:
    with pytest.raises(InputError, match=r"alpha is the source archive alpha-1.tar.bz2, which pylock.toml does not"):
        export(
            "--format pylock.toml",
            '{ url = "https://files.invalid/alpha-1.tar.bz2" }',
            'sdist = { hash = "sha256:00" }',
        )


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("a-1.0-py3-none-any.whl", "a-1.0-py3-none-any.whl"),
        ("Big.Name-1.0.0RC1-1-cp312-cp312-linux_x86_64.whl", "big_name-1.0.0rc1-1-cp312-cp312-linux_x86_64.whl"),
        ("a-1.0+Local_1-py3-none-any.whl", "a-1.0+local.1-py3-none-any.whl"),
    ],
)
def test_wheels_have_a_canonical_name(name: str, canonical: str) -> None:
    assert canonical_wheel_name(name) == canonical


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("--extra web", "no extra web is declared by app"),
        ("--group docs", "no dependency group docs is declared by app"),
        ("--package lib", "the package lib is not in the lock"),
    ],
)
def test_what_the_lock_does_not_know_is_named(options: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        export(options, *LOCAL)
