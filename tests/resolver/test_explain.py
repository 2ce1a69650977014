"""What is said of requirements that contradict each other: whole texts, in ``explain_cases.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

from bot.errors import NoSolutionError
from bot.markers import parse_marker
from bot.resolver.explanation.ranges import render_existing, render_versions
from bot.resolver.model.specifiers import to_range
from bot.resolver.model.spoken import spoken_marker
from bot.resolver.model.versions import parse_version
from tests.resolver.explained import make_bench

CASES: dict[str, dict[str, Any]] = tomllib.loads((Path(__file__).parent / "explain_cases.toml").read_text("utf-8"))


def pyproject(*requirements: str, more: str = "", python: str = ">=3.9") -> dict[str, str]:
    rows = "".join(f'    "{one}",\n' for one in requirements)
    head = f'[project]\nname = "demo"\nversion = "1"\nrequires-python = "{python}"\ndependencies = [\n{rows}]\n'
    return {"pyproject.toml": head + more}


@pytest.mark.parametrize("name", CASES)
def test_a_contradiction_is_told(name: str) -> None:
    assert make_bench(CASES[name]).explanation() == CASES[name]["text"]


@pytest.mark.parametrize("name", CASES)
def test_no_explanation_is_long(name: str) -> None:
    assert len(CASES[name]["text"].splitlines()) <= 20


def test_without_advice_nothing_is_solved_again() -> None:
    bench = make_bench({"files": pyproject("a>=2"), "packages": {"a": {"1": []}}})
    with pytest.raises(NoSolutionError) as caught:
        bench.lock()
    assert "It would lock" not in str(caught.value)


def test_the_error_names_the_packages_and_says_it_in_one_sentence() -> None:
    bench = make_bench({"files": pyproject("a", "b<2"), "packages": {"a": {"1": ["b>=2"]}, "b": {"1": [], "2": []}}})
    with pytest.raises(NoSolutionError) as caught:
        bench.lock()
    assert caught.value.packages == ("a", "b")
    assert caught.value.sentence == (
        "demo requires a (pyproject.toml:6), and every version of a requires b >=2, "
        "and demo requires b <2 (pyproject.toml:7)"
    )


HELD = {
    "by another package": (
        ["app", "a"],
        {"app": {"1": ["a<2"]}, "a": {"1": [], "2": []}},
        "demo requires app (pyproject.toml:6), and every version of app requires a <2",
    ),
    "by the project itself": (
        ["a<2"],
        {"a": {"1": [], "2": []}},
        "demo requires a <2 (pyproject.toml:6)",
    ),
    "by what it requires": (
        ["a", "b<2"],
        {"a": {"1": [], "2": ["b>=2"]}, "b": {"1": [], "2": []}},
        "a 2 requires b >=2, and demo requires b <2 (pyproject.toml:7)",
    ),
    "by Python": (
        ["a"],
        {"a": {"1": [], "2": {"requires_python": ">=3.10"}}},
        "a 2 needs Python >=3.10, and demo supports Python >=3.9 (pyproject.toml:4) on Python <3.10",
    ),
    "because there is none": (["a"], {"a": {"1": []}}, "no usable version of a is ==2"),
}


@pytest.mark.parametrize("name", HELD)
def test_held_back_is_one_sentence(name: str) -> None:
    requirements, packages, sentence = HELD[name]
    bench = make_bench({"files": pyproject(*requirements), "packages": packages})
    upgraded = replace(bench, arguments={"upgrade_package": ("a==2",)})
    with pytest.raises(NoSolutionError) as caught:
        upgraded.lock(bench.lock().lock)
    assert caught.value.sentence == sentence


def test_what_can_be_had_is_not_held_back() -> None:
    packages: dict[str, Any] = {"a": {"1": [], "2": []}}
    arguments = {"upgrade_package": ["a==1"]}
    locked = make_bench({"files": pyproject("a"), "packages": packages, "arguments": arguments}).lock().lock
    assert {package.name: str(package.version) for package in locked.packages} == {"a": "1", "demo": "1"}


RANGES = {
    ">=1,<2": ">=1,<2",
    ">1.5": ">1.5",
    "<=1.5": "<=1.5",
    "==1.0": "==1",
    "==1.*": ">=1,<2",
    "~=1.4": ">=1.4,<2",
    "!=1.5": "!=1.5",
    ">=1,!=1.5,<2": ">=1,<2,!=1.5",
    ">=2rc1": ">=2rc1",
    ">1.0.post1": ">=1.post2",
    "<2.0.dev1": "<2.dev1",
    "===1.0+cpu": "==1+cpu",
}


@pytest.mark.parametrize("specifiers", RANGES)
def test_a_range_reads_as_specifiers(specifiers: str) -> None:
    assert render_versions(to_range(SpecifierSet(specifiers)).versions) == RANGES[specifiers]


EXISTING = {
    ">=1.1,<1.3": ">=1.1,<=1.2",
    ">=1.1,<1.2": "1.1",
    ">=1.2": ">=1.2",
    "<1.2": "<=1.1",
    ">=1.1,<1.4": ">=1.1,<=1.3",
    "!=1.2": "<=1.1 or >=1.3",
    ">=7": ">=7",
}


@pytest.mark.parametrize("specifiers", EXISTING)
def test_versions_are_told_by_those_that_exist(specifiers: str) -> None:
    known = [parse_version(f"1.{minor}").key for minor in range(6)]
    assert render_existing(to_range(SpecifierSet(specifiers)).versions, known) == EXISTING[specifiers]


def test_all_versions_need_no_numbers() -> None:
    known = [parse_version(f"1.{minor}").key for minor in range(6)]
    assert render_existing(to_range(SpecifierSet(">=0.5")).versions, known) is None


MARKERS = {
    "python_full_version >= '3.12'": "on Python >=3.12",
    "python_full_version < '3.12' and sys_platform == 'win32'": "on Python <3.12 on Windows",
    "sys_platform == 'darwin' or sys_platform == 'linux'": "on macOS or on Linux",
    "sys_platform != 'win32'": "not on Windows",
    "platform_machine == 'arm64' and sys_platform == 'darwin'": "on macOS (arm64)",
    "implementation_name == 'cpython' and sys_platform == 'linux'": "on Linux (cpython)",
    "os_name == 'nt'": "where os_name == 'nt'",
}


@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_reads_as_a_phrase(marker: str) -> None:
    assert spoken_marker(parse_marker(marker)) == MARKERS[marker]
