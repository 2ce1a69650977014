"""``bot.values.value`` against the standard library's frozen dataclass: the same behaviour, case by case."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any

import pytest

from bot.values import value


@value
class Ours:
    """A value."""

    name: str
    number: int | None = None
    table: Mapping[str, int] = field(default_factory=dict)
    secret: str = field(default="s", repr=False, compare=False)


@value
class OursWider(Ours):
    """Another one."""

    rest: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "rest", (*self.rest, "end"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    name: str
    number: int | None = None
    table: Mapping[str, int] = field(default_factory=dict)
    secret: str = field(default="s", repr=False, compare=False)


@pytest.mark.parametrize(
    "see",
    [
        lambda make: repr(make(name="a")).partition("(")[2],
        lambda make: make(name="a", number=1) == make(name="a", number=1, secret="other"),
        lambda make: make(name="a") == make(name="b"),
        lambda make: make(name="a") == "a",
        lambda make: dataclasses.asdict(dataclasses.replace(make(name="a"), number=2)),
        lambda make: [one.name for one in dataclasses.fields(make)],
        lambda make: hasattr(make(name="a"), "__dict__"),
        lambda make: copy.deepcopy(make(name="a", table={"x": 1})) == make(name="a", table={"x": 1}),
        lambda make: pickle.loads(pickle.dumps(make(name="a"))) == make(name="a"),
        lambda make: make(name="a").table is make(name="b").table,
    ],
)
def test_it_behaves_as_the_standard_dataclass(see: Callable[[Any], object]) -> None:
    assert see(Ours) == see(Standard)


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda: Ours(), TypeError),  # type: ignore[call-arg]
        (lambda: Ours(name="a", other=1), TypeError),  # type: ignore[call-arg]
        (lambda: setattr(Ours(name="a"), "name", "b"), FrozenInstanceError),
        (lambda: delattr(Ours(name="a"), "name"), FrozenInstanceError),
        (lambda: hash(Ours(name="a")), TypeError),
    ],
)
def test_what_a_value_refuses(act: Callable[[], object], error: type[Exception]) -> None:
    with pytest.raises(error):
        act()


def test_a_value_inherits_fields_and_runs_its_own_last_step() -> None:
    made = OursWider(name="a", rest=("b",))
    assert (made.name, made.rest, made.number) == ("a", ("b", "end"), None)
    assert made == OursWider(name="a", rest=("b",))
    assert made != Ours(name="a")
