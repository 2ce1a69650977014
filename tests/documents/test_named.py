"""What the documents name of the project is there: files, modules, programs of bench/ with their options, paths over HTTP."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from bot.app.diagnosis import _OF_GITHUB
from tests.documents.blocks import PAGES
from tests.test_docs import DOCS, ROOT, read, rows, sections

#: Pages that tell how it was once.
_HISTORY = {"decisions.md", "changelog.md"}
_NOW = [path for path in PAGES if path.name not in _HISTORY]
#: Rings and folders beside ``bot``: what a code span may begin with to be a path of ours.
_PATH = re.compile(r"`((?:bot|tests|bench|config|docs|\.ci|\.github)/[\w./-]+)(?:::\w+)?`")
_MODULE = re.compile(r"`((?:bot\.)?[a-z_]+(?:\.\w+)+)`")
_BENCH = re.compile(r"\bbench(?:\.|/)(\w+)(?:\.py)?([^`\n|]*)")
_PARTS = {path.stem for path in (ROOT / "bot").iterdir()} - {"toml", "__pycache__"}


def mentioned(pattern: re.Pattern[str]) -> Iterator[tuple[str, re.Match[str]]]:
    for path in _NOW:
        for found in pattern.finditer(read(path)):
            yield path.name, found


def test_files_that_are_named_are_there() -> None:
    named = [(page, found[1]) for page, found in mentioned(_PATH)]
    assert len(named) > 300
    assert [f"{page}: {name}" for page, name in named if not (ROOT / name).exists() and not is_elsewhere(name)] == []


def is_elsewhere(name: str) -> bool:
    """A file of a reader's repository, not of ours."""
    return name.startswith((".github/", "docs/", "tests/")) and not name.endswith(".py")


def leads_somewhere(dotted: str) -> bool:
    """Whether it is a module or folder of ``bot``, or a name in one."""
    *folder, last = dotted.removeprefix("bot.").split(".")
    place = ROOT.joinpath("bot", *folder)
    if (place / last).is_dir() or (place / f"{last}.py").is_file():
        return True
    module = place.with_suffix(".py") if place.with_suffix(".py").is_file() else place / "__init__.py"
    return module.is_file() and re.search(rf"\b{re.escape(last)}\b", read(module)) is not None


def test_modules_that_are_named_are_there() -> None:
    named = [
        (page, found[1])
        for page, found in mentioned(_MODULE)
        if page in ("architecture.md", "contributing.md", "resolver.md")
        and (found[1].startswith("bot.") or found[1].partition(".")[0] in _PARTS)
    ]
    assert len(named) > 100
    assert [f"{page}: {name}" for page, name in named if not leads_somewhere(name)] == []


def test_programs_of_bench_are_there_with_their_options() -> None:
    wrong = []
    for page, found in mentioned(_BENCH):
        path = ROOT / "bench" / f"{found[1]}.py"
        options = re.findall(r"--[a-z][a-z-]*", found[2])
        if not path.is_file() and not path.with_suffix("").is_dir():
            wrong.append(f"{page}: {found[0]}")
        text = read(path) if path.is_file() else ""
        wrong += [f"{page}: {found[1]} {option}" for option in options if f'"{option}"' not in text]
    assert wrong == []


def answered() -> frozenset[str]:
    """First parts of the paths that the web server answers: what a proxy in front has to pass on."""
    texts = [read(path) for path in (ROOT / "bot" / "web").rglob("*.py")]
    paths = {
        found for text in texts for found in re.findall(r"(?:Route\(|^[A-Z_]+ = )\"(/[a-z-]+)", text, re.MULTILINE)
    }
    assert {"/webhook", "/setup", "/sign-in", "/repositories"} <= paths
    return frozenset(paths)


def test_paths_over_http_are_told() -> None:
    table = rows(sections(read(DOCS / "operating.md"))["HTTP"])
    told = {found for row in table for found in re.findall(r"(/[a-z-]+)", row[0])}
    told |= set(re.findall(r"`(/[a-z-]+)`", sections(read(DOCS / "status-pages.md"))["Switching sign-in on"]))
    assert told == answered()


def manifest() -> dict[str, Any]:
    """What the App asks for."""
    return dict(yaml.safe_load(read(ROOT / "app.yml")))


def test_permissions_are_those_that_the_app_asks_for() -> None:
    table = rows(sections(read(DOCS / "operating.md"))["Permissions"])
    assert dict(row[0].split(": ") for row in table) == {
        name.replace("_", " "): access for name, access in manifest()["default_permissions"].items()
    }


def test_events_are_those_that_the_app_asks_for() -> None:
    text = " ".join(sections(read(DOCS / "operating.md"))["Permissions"].split())
    (told,) = re.findall(r"Events: ([^.]*)\.", text)
    assert {one.lower().replace(" ", "_") for one in told.split(", ")} == set(manifest()["default_events"])


def test_lines_of_doctor_are_all_explained() -> None:
    told = {name for row in rows(sections(read(DOCS / "setup.md"))["`lockbot doctor`"]) for name in row[0].split(", ")}
    asked = set(re.findall(r"look_at\(\"([\w -]+)\"", read(ROOT / "bot" / "app" / "diagnosis.py"))) | set(_OF_GITHUB)
    assert {f"`{name}`" for name in asked} == told


def test_extras_are_those_of_the_distribution() -> None:
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    told = {name for row in rows(sections(read(DOCS / "installation.md"))["Extras"]) for name in row[0].split(", ")}
    assert told == {"none", *(f"`{name}`" for name in project["optional-dependencies"])}


def test_ways_to_deploy_are_all_told() -> None:
    table = rows(sections(read(DOCS / "deploying.md"))["Deploying"])
    files = {found for row in table for found in re.findall(r"\(\.\./([^)]+)\)", row[2])}
    there = {f"config/deploy/{path.name}" for path in (ROOT / "config" / "deploy").iterdir()}
    assert files == there | {"Dockerfile", "fly.toml"}


@pytest.mark.parametrize(
    ("dotted", "there"),
    [("plan.proposals", True), ("work.publishing.publish", True), ("plan.nothing", False), ("bot.limits.Limits", True)],
)
def test_a_module_is_looked_up(dotted: str, there: bool) -> None:
    assert leads_somewhere(dotted) is there
