"""Repositories whose pull requests are shown whole: what is in them, what the index has, what there is to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.index.memory import MemoryIndex
from bot.ports.notes import Notes, NotesEntry, NotesForm
from bot.resolver.model.attested import Publisher
from tests.bodies.scene import Fill, project

HTTPX_NOTES = """\
## What's Changed

* Drop the deprecated `app=...` argument by @octocat in https://github.com/encode/httpx/pull/3050
* **Fixed**: `verify=False` on redirects ([#3052](https://github.com/encode/httpx/issues/3052)), thanks @somebody!

```python
client = httpx.Client(transport=httpx.ASGITransport(app=app))  # not app=app
```

| Option | Default |
| ------ | ------- |
| `http2` | off |

![benchmark](https://evil.test/beacon.png)
**Full Changelog**: https://github.com/encode/httpx/compare/0.27.2...0.28.0
"""
FLASK_NOTES = """\
Released 2026-10-01

-   Drop support for Python 3.9. :pr:`5730`
-   ``Flask.route`` accepts `several rules <https://flask.test/routes>`_. :issue:`5645`
"""

NOTES: Mapping[str, Notes] = {
    "httpx": Notes(
        entries=(
            NotesEntry(
                version="0.28.1",
                text="Fix SSL case where `verify=False` together with client side certificates.",
                form=NotesForm.MARKDOWN,
                date="2026-11-18",
                url="https://github.com/encode/httpx/releases/tag/0.28.1",
            ),
            NotesEntry(
                version="0.28.0",
                text=HTTPX_NOTES,
                form=NotesForm.MARKDOWN,
                date="2026-11-10",
                url="https://github.com/encode/httpx/releases/tag/0.28.0",
            ),
        ),
        url="https://github.com/encode/httpx/releases",
        compare="https://github.com/encode/httpx/compare/0.27.0...0.28.1",
        more=2,
    ),
    "flask": Notes(
        entries=(NotesEntry(version="4.0.0", text=FLASK_NOTES, form=NotesForm.RST, date="2026-10-01"),),
        url="https://github.com/pallets/flask/blob/HEAD/CHANGES.rst",
    ),
}
HTTPX_LINKS = (("Changelog", "https://github.com/encode/httpx/blob/master/CHANGELOG.md"),)
FLASK_LINKS = (("Source", "https://github.com/pallets/flask/"), ("Changes", "https://flask.test/changes/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """``branch``: the proposal that is shown, without the prefix."""

    branch: str
    manifest: str
    fill: Fill
    files: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, Notes] = field(default_factory=lambda: NOTES)


def fill_web(index: MemoryIndex, is_past: bool) -> None:
    """A client, a framework over a major, and what they need."""
    ours, theirs = Publisher(kind="GitHub", name="encode/httpx"), Publisher(kind="GitHub", name="evil/httpx")
    index.add(
        "httpx",
        "0.27.0",
        requires_dist=["httpcore>=1", "sniffio"],
        upload_time="2026-02-21T10:00:00Z",
        license_text="BSD-3-Clause",
        publishers=[ours],
    )
    index.add("httpcore", "1.0.5", wheels=["cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-win_amd64"], sdist=True)
    index.add("sniffio", "1.3", upload_time="2026-01-01T00:00:00Z")
    index.add("flask", "3.1.0", requires_dist=["jinja2>=3"], license_text="BSD-3-Clause", links=FLASK_LINKS)
    index.add("jinja2", "3.1.5", upload_time="2026-01-05T00:00:00Z", publishers=[ours])
    index.add("rich", "13.9.4", yanked=not is_past)
    if is_past:
        return
    index.add(
        "httpx",
        "0.28.1",
        requires_dist=["httpcore>=1", "anyio"],
        upload_time="2026-11-18T10:00:00Z",
        license_text="BSD-3-Clause",
        links=HTTPX_LINKS,
        publishers=[theirs],
    )
    index.add(
        "httpcore",
        "2.0.0",
        wheels=["cp312-cp312-manylinux_2_17_x86_64", "cp311-cp311-manylinux_2_17_x86_64"],
        sdist=True,
        upload_time="2026-11-01T00:00:00Z",
    )
    index.add("anyio", "4.12.0", upload_time="2026-11-28T12:30:00Z")
    index.add("jinja2", "3.1.6", upload_time="2026-11-29T23:00:00Z")
    index.add("rich", "13.9.5", upload_time=None)
    index.add(
        "flask",
        "4.0.0",
        requires_dist=["jinja2>=3"],
        upload_time="2026-10-01T00:00:00Z",
        license_text="Proprietary",
        links=FLASK_LINKS,
    )


def fill_backwards(index: MemoryIndex, is_past: bool) -> None:
    index.add("alpha", "1.0", requires_dist=["deep"])
    for version in ("1.0", "4.0"):
        index.add("deep", version)
    if not is_past:
        index.add("alpha", "2.0", requires_dist=["deep<2"], upload_time="2026-11-25T00:00:00Z")


def fill_uv(index: MemoryIndex, is_past: bool) -> None:
    index.add("sniffio", "1.3")
    for version in ("0.12.0", *(() if is_past else ("0.13.9",))):
        index.add("uv", version, upload_time="2026-11-20T00:00:00Z")


WORKFLOW = """\
jobs:
  test:
    steps:
      - uses: astral-sh/setup-uv@v7
        with:
          version: 0.12.0  # as in the image
"""
WEB = project('"httpx>=0.27"', '"flask>=3,<4",  # 4 drops the old CLI', '"rich"').replace(
    ",  # 4 drops the old CLI,", ",  # 4 drops the old CLI"
)
WORLDS: Mapping[str, World] = {
    "group": World(branch="non-major", manifest=WEB, fill=fill_web),
    "major": World(branch="major-flask", manifest=WEB, fill=fill_web),
    "single": World(branch="non-major", manifest=project('"httpx>=0.27"'), fill=fill_web),
    "lock-maintenance": World(
        branch="lock-maintenance",
        manifest=project('"flask==3.1.0"', '"httpx==0.27.0"'),
        fill=fill_web,
        files={".lockbot.json": '{"schedule": ["before 5am on monday"], "lockFileMaintenance": {"enabled": true}}'},
    ),
    "backwards": World(branch="major-alpha", manifest=project('"alpha==1.0"'), fill=fill_backwards),
    "requirements": World(
        branch="non-major",
        manifest=project('"httpx==0.27.0",  # the proxy breaks otherwise').replace("otherwise,", "otherwise"),
        fill=fill_web,
    ),
    "toolchain": World(
        branch="uv",
        manifest=project('"sniffio"', extra='[tool.uv]\nrequired-version = "==0.12.0"\n'),
        fill=fill_uv,
        files={
            "Dockerfile": "FROM ghcr.io/astral-sh/uv:0.12.0\n",
            ".github/workflows/test.yml": WORKFLOW,
        },
    ),
}
