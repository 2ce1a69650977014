"""``bot.values.value`` against the standard library's frozen dataclass: the same behaviour, case by case."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, dataclass
from typing import Any

import pytest

from bot.values import field, field_names, replace, value


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


@value(kw_only=False)
class OursInOrder:
    left: int
    right: tuple[int, ...] = ()
    memo: dict[str, int] = field(default_factory=dict, init=False, repr=False, compare=False)


@value(frozen=False)
class OursOpen:
    name: str
    seen: list[str] = field(default_factory=list)


@value(eq=False)
class OursAlone:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    name: str
    number: int | None = None
    table: Mapping[str, int] = dataclasses.field(default_factory=dict)
    secret: str = dataclasses.field(default="s", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class StandardInOrder:
    left: int
    right: tuple[int, ...] = ()
    memo: dict[str, int] = dataclasses.field(default_factory=dict, init=False, repr=False, compare=False)


@dataclass(slots=True, kw_only=True)
class StandardOpen:
    name: str
    seen: list[str] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StandardAlone:
    name: str


def told(act: Callable[[], object]) -> object:
    """What comes of it: the error's kind where it is refused."""
    try:
        return act()
    except (TypeError, AttributeError, ValueError) as error:
        return type(error)


def taken_apart(one: object) -> object:
    match one:
        case OursInOrder(left, right) | StandardInOrder(left, right):
            return left, right
    return None


def set_name(one: Any) -> object:
    one.name = "b"
    return one.name


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


@pytest.mark.parametrize(
    ("ours", "standard", "see"),
    [
        (OursInOrder, StandardInOrder, lambda make: repr(make(1, (2,))).partition("(")[2]),
        (OursInOrder, StandardInOrder, lambda make: make(1, (2,)) == make(left=1, right=(2,))),
        (OursInOrder, StandardInOrder, lambda make: len({make(1), make(1), make(2)})),
        (OursInOrder, StandardInOrder, lambda make: taken_apart(make(1, (2,)))),
        (OursInOrder, StandardInOrder, lambda make: told(lambda: make(1, (2,), {}))),
        (OursInOrder, StandardInOrder, lambda make: make(1).memo is make(1).memo),
        (OursInOrder, StandardInOrder, lambda make: [(one.name, one.init) for one in dataclasses.fields(make)]),
        (OursInOrder, StandardInOrder, lambda make: dataclasses.replace(make(1), right=(3,)).right),
        (OursOpen, StandardOpen, lambda make: set_name(make(name="a"))),
        (OursOpen, StandardOpen, lambda make: make(name="a") == make(name="a")),
        (OursOpen, StandardOpen, lambda make: told(lambda: hash(make(name="a")))),
        (OursOpen, StandardOpen, lambda make: told(lambda: setattr(make(name="a"), "other", 1))),
        (OursOpen, StandardOpen, lambda make: copy.copy(make(name="a", seen=["x"])).seen),
        (OursAlone, StandardAlone, lambda make: make(name="a") == make(name="a")),
        (OursAlone, StandardAlone, lambda make: len({make(name="a"), make(name="a")})),
        (OursAlone, StandardAlone, lambda make: told(lambda: set_name(make(name="a")))),
    ],
)
def test_its_variants_behave_as_the_standard_ones(ours: Any, standard: Any, see: Callable[[Any], object]) -> None:
    assert see(ours) == see(standard)


def test_replacing_makes_a_new_value() -> None:
    first = OursInOrder(1, (2,))
    second = replace(first, left=5)
    assert (first.left, second.left, second.right) == (1, 5, (2,))
    assert second.memo is not first.memo
    with pytest.raises(TypeError):
        replace(first, other=1)  # type: ignore[call-arg]


def test_a_standard_dataclass_inherits_from_a_value() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Wider(Ours):
        more: int

    assert Wider(name="a", more=1) == Wider(name="a", more=1)
    assert field_names(OursWider) == ("name", "number", "table", "secret", "rest")


def test_the_field_of_the_standard_library_is_refused() -> None:
    with pytest.raises(AssertionError):

        @value
        class Mistaken:
            table: Mapping[str, int] = dataclasses.field(default_factory=dict)


def test_a_derived_value_may_call_what_it_derives_from() -> None:
    @value
    class Longer(Ours):
        def __init__(self, *, text: str) -> None:
            Ours.__init__(self, name=text * 2)

    assert Longer(text="ab").name == "abab"
