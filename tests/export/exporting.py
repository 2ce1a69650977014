"""One export of a folder, by lockbot and by the real uv."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli.commands.export import export_as_told
from bot.errors import LockbotError
from bot.export.arguments import command_of, parse_arguments

#: What tells one inventory from another.
_CHANCE = (
    (re.compile(r'"urn:uuid:[0-9a-f-]{36}"'), '"urn:uuid:…"'),
    (re.compile(r'"timestamp": "[0-9TZ:.-]{30}"'), '"timestamp": "…"'),
)


def without_chance(text: str) -> str:
    for chance, fixed in _CHANCE:
        text = chance.sub(fixed, text)
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """``text`` is standard output but for what chance decides, ``None`` where the command was refused."""

    text: str | None
    said: str = ""


def export_with_lockbot(folder: Path, options: Sequence[str], output: pytest.CaptureFixture[str]) -> Exported:
    words = ["export", "--frozen", *options]
    output.readouterr()
    before = Path.cwd()
    os.chdir(folder)
    try:
        export_as_told(parse_arguments(words), command_of(words))
    except LockbotError as error:
        return Exported(text=None, said=str(error))
    finally:
        os.chdir(before)
    return Exported(text=without_chance(output.readouterr().out))


def export_with_uv(uv: str, folder: Path, options: Sequence[str]) -> Exported:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
    done = subprocess.run(
        [uv, "export", "--frozen", *options], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return Exported(text=None if done.returncode else without_chance(done.stdout), said=done.stderr)
