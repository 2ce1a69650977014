"""Markers in one environment: what ``packaging`` says of the same marker there."""

from __future__ import annotations

from random import Random

import pytest
from packaging.markers import Marker as PackagingMarker

from bot.markers import FALSE, TRUE, all_of, marker_text, parse_marker
from bot.markers.point import Point, holds_at, restate
from tests.markers.random_markers import random_marker

POINTS = (
    Point(
        os_name="posix", sys_platform="linux", platform_system="Linux", platform_machine="x86_64",
        implementation_version="3.12.4", python_full_version="3.12.4",
    ),
    Point(
        os_name="nt", sys_platform="win32", platform_system="Windows", platform_machine="AMD64",
        implementation_version="3.9.0", python_full_version="3.9.0",
    ),
    Point(
        os_name="posix", sys_platform="darwin", platform_system="Darwin", platform_machine="arm64",
        implementation_version="3.14.0", python_full_version="3.14.0",
    ),
)  # fmt: skip


def environment(point: Point) -> dict[str, str]:
    names = (
        "os_name", "sys_platform", "platform_system", "platform_machine", "platform_release", "platform_version",
        "platform_python_implementation", "implementation_name", "implementation_version", "python_full_version",
        "python_version",
    )  # fmt: skip
    return {"extra": "", **{name: point.text(name) for name in names}}


@pytest.mark.parametrize("seed", range(6))
def test_a_marker_holds_where_packaging_says_so(seed: int) -> None:
    random = Random(seed)
    for _ in range(100):
        text = random_marker(random, 2)
        for point in POINTS:
            assert holds_at(parse_marker(text), point) == PackagingMarker(text).evaluate(environment(point)), text


@pytest.mark.parametrize("seed", range(3))
def test_what_is_restated_holds_there_and_decides_the_marker(seed: int) -> None:
    random = Random(seed)
    for _ in range(60):
        text = random_marker(random, 2)
        marker = FALSE if "extra" in text or " in " in text else parse_marker(text)
        for point in POINTS:
            told = restate([marker], point)
            assert holds_at(told, point)
            assert (all_of([told, marker]) != FALSE) == holds_at(marker, point)


def test_extras_hold_where_they_are_asked_for() -> None:
    marker = parse_marker("extra == 'fast' and sys_platform == 'linux'")
    assert [
        holds_at(marker, POINTS[0], ["fast"]),
        holds_at(marker, POINTS[0]),
        holds_at(marker, POINTS[1], ["fast"]),
    ] == [
        True,
        False,
        False,
    ]


def test_of_markers_that_ask_nothing_nothing_is_restated() -> None:
    assert marker_text(restate([TRUE], POINTS[0])) == marker_text(TRUE)
