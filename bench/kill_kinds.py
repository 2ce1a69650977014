"""What the repositories of ``bench/kills.py`` are made of: lines of pins for the small pipeline, or a project of uv's for
the real one. In both, ``alpha`` is behind and ``beta`` is something that people change."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.github import Hub
from tests.runs.index_server import IndexServer
from tests.runs.server import Server, with_real_pipeline, with_small_pipeline

Pins = dict[str, str]

MANIFEST = """\
[project]
name = "app"
version = "{beta}"
requires-python = ">=3.11"
dependencies = ["alpha=={alpha}"]

[[tool.uv.index]]
url = "{url}"
default = true
"""

LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "alpha"
version = "{alpha}"
source = {{ registry = "{url}" }}
wheels = [
    {wheel},
]

[[package]]
name = "app"
version = "{beta}"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "alpha" }},
]

[package.metadata]
requires-dist = [{{ name = "alpha", specifier = "=={alpha}" }}]
"""


class Kind(Protocol):
    """``paths`` are what a proposal changes, ``newest`` where ``alpha`` goes."""

    branch: str
    title: str
    labels: list[str]
    paths: list[str]
    newest: str

    def make_server(self, hub: Hub, folder: Path, workers: int) -> Server: ...

    def close(self) -> None: ...

    def write(self, pins: Pins) -> dict[str, str]: ...

    def read(self, files: Mapping[str, str]) -> Pins: ...

    def tell(self, before: str) -> str:
        """What a pull request's text says where ``alpha`` moves from ``before``."""
        ...


@dataclass
class SmallKind:
    branch: str = "lockbot/all-non-major"
    title: str = "Update alpha"
    labels: list[str] = field(default_factory=lambda: ["dependencies", "python"])
    paths: list[str] = field(default_factory=lambda: ["pins.toml"])
    newest: str = "2.0"

    def make_server(self, hub: Hub, folder: Path, workers: int) -> Server:
        world = {"latest": {"alpha": self.newest}, "labels": self.labels}
        (folder / "world.json").write_text(json.dumps(world))
        return Server(hub, folder, with_small_pipeline, workers=workers)

    def close(self) -> None:
        """Nothing is open."""

    def write(self, pins: Pins) -> dict[str, str]:
        return {"pins.toml": "".join(f"{name}=={version}\n" for name, version in pins.items())}

    def read(self, files: Mapping[str, str]) -> Pins:
        return dict(line.split("==") for line in files["pins.toml"].split())

    def tell(self, before: str) -> str:
        return f"| alpha | {before} | {self.newest} |"


class RealKind:
    def __init__(self) -> None:
        self.branch, self.title, self.newest = "lockbot/non-major", "Update alpha to 1.2", "1.2"
        self.labels, self.paths = ["dependencies"], ["pyproject.toml", "uv.lock"]
        self._index = IndexServer()
        self._index.__enter__()
        for version in ("1.0", "1.2"):
            self._index.release("alpha", version)

    def make_server(self, hub: Hub, folder: Path, workers: int) -> Server:
        allowed = {"LOCKBOT_ALLOW_PRIVATE_NETWORK": "127.0.0.0/8"}
        return Server(hub, folder, with_real_pipeline, workers=workers, more=allowed)

    def close(self) -> None:
        self._index.__exit__(None, None, None)

    def write(self, pins: Pins) -> dict[str, str]:
        known = pins | {"url": self._index.url, "wheel": self._index.describe("alpha", pins["alpha"])}
        return {"pyproject.toml": MANIFEST.format(**known), "uv.lock": LOCK.format(**known)}

    def read(self, files: Mapping[str, str]) -> Pins:
        """Where the lock says something else than the manifest, what it says is read as nobody wants it."""
        manifest, lock = files["pyproject.toml"], files["uv.lock"]
        found = re.search(r'"alpha==(.+)"', manifest), re.search(r'^version = "(.+)"', manifest, re.MULTILINE)
        alpha, beta = (one[1] if one else "" for one in found)
        is_locked = lock == self.write({"alpha": alpha, "beta": beta})["uv.lock"]
        return {"alpha": alpha if is_locked else f"not {alpha}", "beta": beta}

    def tell(self, before: str) -> str:
        return f"`{before}` → `{self.newest}`"
