"""Laws of markers on random formulas: Boolean algebra by identity, and meaning by what ``packaging`` evaluates.

``packaging`` reads the text that we write, so a law about meaning covers lowering, the operation and rendering at once.
Environments are combinations that exist: markers are free to say anything about the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from random import Random
from typing import Final

import pytest
from packaging.markers import Environment
from packaging.markers import Marker as Oracle

from bot.markers import (
    FALSE,
    TRUE,
    UNBOUNDED,
    Bound,
    Marker,
    all_of,
    any_of,
    marker_text,
    parse_marker,
    python_version_marker,
    requires_python_of,
    sort_key,
)
from tests.markers.random_markers import random_marker

_PLATFORMS: Final = [
    ("posix", "linux", "Linux"),
    ("nt", "win32", "Windows"),
    ("posix", "darwin", "Darwin"),
    ("posix", "freebsd13", "FreeBSD"),
    ("posix", "cygwin", "CYGWIN_NT-10.0"),
    ("posix", "emscripten", "Emscripten"),
    ("posix", "android", "Android"),
    ("posix", "ios", "iOS"),
    ("java", "java21", "Java"),
]
_IMPLEMENTATIONS: Final = [("cpython", "CPython"), ("pypy", "PyPy"), ("graalpy", "GraalVM")]

Sample = Mapping[str, str]


def _environment(random: Random) -> Sample:
    os_name, sys_platform, platform_system = random.choice(_PLATFORMS)
    implementation_name, implementation = random.choice(_IMPLEMENTATIONS)
    minor = random.randint(8, 14)
    return {
        "os_name": os_name,
        "sys_platform": sys_platform,
        "platform_system": platform_system,
        "platform_machine": random.choice(["x86_64", "arm64", "aarch64", "riscv64"]),
        "platform_release": "6.1.0",
        "platform_version": "#1",
        "implementation_name": implementation_name,
        "platform_python_implementation": implementation,
        "implementation_version": f"3.{random.randint(8, 14)}.{random.randint(0, 2)}",
        "python_version": f"3.{minor}",
        "python_full_version": f"3.{minor}.{random.randint(0, 5)}",
        "extra": random.choice(["a", "b", "c", ""]),
    }


def _holds(text: str | None, environment: Sample) -> bool:
    return text is None or _oracle(text).evaluate({**environment})


#: A law asks one text about many environments: reading it takes longer than the answers.
_oracle = lru_cache(maxsize=64)(Oracle)


def _marker_holds(marker: Marker, environment: Sample) -> bool:
    return _holds(marker_text(marker), environment)


def _markers(random: Random, count: int, *, releases: bool = True) -> list[Marker]:
    return [parse_marker(random_marker(random, random.choice([1, 2, 3]), releases=releases)) for _ in range(count)]


SEEDS = pytest.mark.parametrize("seed", range(60))


@SEEDS
def test_rendered_text_means_what_was_read(seed: int) -> None:
    random = Random(seed)
    texts = [random_marker(random, 3) for _ in range(5)]
    for environment in [_environment(random) for _ in range(20)]:
        for text in texts:
            assert _marker_holds(parse_marker(text), environment) == _holds(text, environment), (text, environment)


@SEEDS
def test_rendered_text_reads_back_as_the_same_marker(seed: int) -> None:
    # Not with platform_release: it is compared as a version on Darwin and as text elsewhere, and text cannot say which.
    for marker in _markers(Random(seed), 10, releases=False):
        assert parse_marker(str(marker)) is marker
        assert marker_text(parse_marker(str(marker))) == marker_text(marker)


@SEEDS
def test_boolean_algebra(seed: int) -> None:
    a, b, c = _markers(Random(seed), 3)

    assert a & b is b & a
    assert a | b is b | a
    assert a & (b & c) is (a & b) & c
    assert a | (b | c) is (a | b) | c
    assert a & (b | c) is (a & b) | (a & c)
    assert a | (b & c) is (a | b) & (a | c)
    assert a & (a | b) is a
    assert a | (a & b) is a
    assert a & a is a | a is a
    assert ~~a is a
    assert ~(a & b) is ~a | ~b
    assert a & ~a is FALSE
    assert a | ~a is TRUE
    assert a.implies(a | b) is TRUE


@SEEDS
def test_operations_mean_what_they_say(seed: int) -> None:
    random = Random(seed)
    a, b = (parse_marker(random_marker(random, 2)) for _ in range(2))
    for environment in [_environment(random) for _ in range(20)]:
        in_a, in_b = _marker_holds(a, environment), _marker_holds(b, environment)
        assert _marker_holds(a & b, environment) == (in_a and in_b)
        assert _marker_holds(a | b, environment) == (in_a or in_b)
        assert _marker_holds(~a, environment) != in_a
        if in_b:
            assert _marker_holds(a.restrict(b), environment) == in_a
        if in_a and in_b:
            assert not a.is_disjoint(b)


@SEEDS
def test_restriction_does_not_change_what_is_given(seed: int) -> None:
    a, b = _markers(Random(seed), 2)

    assert a.restrict(b) & b is a & b
    assert (a & b).restrict(b) & b is a & b
    assert a.restrict(TRUE) is a
    assert a.is_disjoint(b) == (a & b).is_false


@SEEDS
def test_extras_are_quantified_or_decided(seed: int) -> None:
    random = Random(seed)
    a, b = _markers(random, 2)

    assert a.without_extras().extras() == frozenset()
    assert a.implies(a.without_extras()) is TRUE
    assert a.implies(a.only_extras()) is TRUE
    assert (a | b).without_extras() is a.without_extras() | b.without_extras()
    for name in ("a", "b"):
        yes, no = a.assume_extras({name: True}.get), a.assume_extras({name: False}.get)
        wanted = parse_marker(f"extra == '{name}'")
        assert name not in yes.extras() | no.extras()
        assert (wanted & yes) | (~wanted & no) is a
        conditions = {other: parse_marker(f"extra == '{other}'") for other in ("a", "b", "c")} | {name: b}
        assert a.replace_extras(conditions) is (b & yes) | (~b & no)


@SEEDS
def test_extras_between_bounds_are_settled_from_below(seed: int) -> None:
    """Settled is where every way to answer what is open leads to truth."""
    a, b, c = _markers(Random(seed), 3)
    bounds = {name: (condition.without_extras(),) * 2 for name, condition in (("a", b), ("b", c))}
    open_ones = {**bounds, "c": (FALSE, TRUE)}
    ways = [bounds | {"c": (answer, answer)} for answer in (TRUE, FALSE)]

    assert a.settle_extras(bounds) is a.replace_extras({name: known for name, (known, _) in bounds.items()})
    assert a.settle_extras(open_ones) is all_of(a.settle_extras(way) for way in ways)
    assert ~(~a).settle_extras(open_ones) is any_of(a.settle_extras(way) for way in ways)


@SEEDS
def test_simplified_markers_agree_within_the_bounds(seed: int) -> None:
    random = Random(seed)
    (a,) = _markers(random, 1)
    low, high = sorted(random.sample(range(8, 15), 2))
    lower = Bound(release=(3, low), inclusive=random.random() < 0.7)
    upper = random.choice([UNBOUNDED, Bound(release=(3, high), inclusive=random.random() < 0.3)])
    within = python_version_marker(lower, upper)

    simple = a.simplify_python(lower, upper)

    assert simple & within is a & within is simple.complexify_python(lower, upper)
    assert simple.simplify_python(lower, upper) is simple
    assert within.simplify_python(lower, upper) is TRUE


@SEEDS
def test_bounds_hold_everything_and_are_narrow(seed: int) -> None:
    for marker in _markers(Random(seed), 5):
        bounds = requires_python_of(marker)
        if bounds is not None:
            lower, upper = bounds
            assert marker.implies(python_version_marker(lower, upper)) is TRUE
            for bound, outer in ((lower, UNBOUNDED), (upper, UNBOUNDED)):
                assert bound == outer or requires_python_of(marker & python_version_marker(lower, upper)) == bounds


@SEEDS
def test_order_is_total_and_agrees_with_identity(seed: int) -> None:
    random = Random(seed)
    markers = _markers(random, 12)
    ordered = sorted(markers, key=sort_key)
    shuffled = random.sample(markers, len(markers))

    assert sorted(shuffled, key=sort_key) == ordered
    for left, right in pairwise(ordered):
        assert (sort_key(left) == sort_key(right)) == (left is right)


def test_samples_cover_what_packaging_knows() -> None:
    assert set(_environment(Random(0))) - {"extra"} == set(Environment.__annotations__)
