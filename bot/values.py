"""``value``: the frozen, slotted, keyword-only dataclass, at a tenth of the price.

``dataclasses.dataclass`` compiles six functions for each class, which for a hundred classes takes longer than checking
a lock, and most of those classes are never used by that run. Here a class costs little more than its slots: what
depends on its fields is made when the first instance is. What users see is the same: equality and hash over the fields,
``repr``, ``FrozenInstanceError``, positional patterns, ``dataclasses.fields`` and ``replace``, inheritance,
``__post_init__``, copying and pickling.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform, overload

__all__ = ["field", "field_names", "replace", "value"]

T = TypeVar("T")

_FIELDS = "__dataclass_fields__"
_PARAMETERS = "__dataclass_params__"


class _Missing:
    """Stands for "not given"."""


class _Field:
    """One field of a class."""

    __slots__ = ("compare", "default", "factory", "init", "kind", "repr")

    def __init__(self, default: object, factory: object, init: bool, repr: bool, compare: bool) -> None:
        self.kind: object = None
        self.default = default
        self.factory = factory
        self.init = init
        self.repr = repr
        self.compare = compare


def field(
    *,
    default: Any = _Missing,
    default_factory: Any = _Missing,
    init: bool = True,
    repr: bool = True,
    compare: bool = True,
) -> Any:
    """As ``dataclasses.field``."""
    return _Field(default, default_factory, init, repr, compare)


def field_names(cls: type) -> tuple[str, ...]:
    """The names of a class's fields, inherited ones first."""
    shape: _Shape = cls.__value_shape__  # type: ignore[attr-defined]
    return tuple(shape.fields)


class _Shape:
    """What ``value`` was told of a class, and its fields, inherited ones first."""

    __slots__ = ("eq", "fields", "frozen", "kw_only")

    def __init__(self, fields: dict[str, _Field], *, kw_only: bool, eq: bool, frozen: bool) -> None:
        self.fields = fields
        self.kw_only = kw_only
        self.eq = eq
        self.frozen = frozen


@overload
def value(cls: type[T], /) -> type[T]: ...
@overload
def value(*, kw_only: bool = True, eq: bool = True, frozen: bool = True) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def value(
    cls: type[T] | None = None, /, *, kw_only: bool = True, eq: bool = True, frozen: bool = True
) -> type[T] | Callable[[type[T]], type[T]]:
    """Like ``dataclass(frozen=True, slots=True, kw_only=True)``; no ``ClassVar`` and ``InitVar``."""
    if cls is not None:
        return _make(cls, kw_only=kw_only, eq=eq, frozen=frozen)
    return lambda cls: _make(cls, kw_only=kw_only, eq=eq, frozen=frozen)


def _make(cls: type[T], *, kw_only: bool, eq: bool, frozen: bool) -> type[T]:
    """The class again, with slots, as those can only be given to a class while it is made."""
    inherited = _inherited(cls)
    own = {name: _stated(cls.__dict__.get(name, _Missing), kind) for name, kind in cls.__annotations__.items()}
    shape = _Shape({**inherited, **own}, kw_only=kw_only, eq=eq, frozen=frozen)
    body = dict(cls.__dict__)
    for name in ("__dict__", "__weakref__", *own):
        body.pop(name, None)
    body["__slots__"] = tuple(name for name in own if name not in inherited)
    body["__value_shape__"] = shape
    body.update(_VIEWS)
    if not kw_only:
        body["__match_args__"] = tuple(name for name, one in shape.fields.items() if one.init)
    given = {**_first_steps(lambda: made), **(_FROZEN if frozen else _SHARED)}
    for name in () if eq and frozen else ("__hash__",) if eq else ("__hash__", "__eq__"):
        del given[name]
    body.update({name: method for name, method in given.items() if body.get(name) is None})
    make: Any = type(cls)
    made: type[T] = make(cls.__name__, cls.__bases__, body)
    return made


def _inherited(cls: type) -> dict[str, _Field]:
    found: dict[str, _Field] = {}
    for base in reversed(cls.__mro__[1:]):
        if "__value_shape__" in base.__dict__:
            found.update(base.__dict__["__value_shape__"].fields)
    return found


def _stated(default: object, kind: object) -> _Field:
    stated = default if isinstance(default, _Field) else _Field(default, _Missing, True, True, True)
    assert type(stated.default).__name__ != "Field", "use bot.values.field"
    stated.kind = kind
    return stated


# Made when first needed -------------------------------------------------------------------------------------------


def _first_steps(find: Callable[[], Any]) -> dict[str, Any]:
    """Methods of the class that ``find`` gives, each of which puts a faster one in its own place when it is called."""

    def init(self: object, *given: object, **named: object) -> None:
        cls = find()
        cls.__init__ = _make_init(cls, cls.__value_shape__)
        cls.__init__(self, *given, **named)

    def equals(self: object, other: object) -> Any:
        cls = find()
        cls.__eq__ = _make_equals(_key_of(cls.__value_shape__))
        return cls.__eq__(self, other)

    def hashed(self: object) -> int:
        cls = find()
        key = _key_of(cls.__value_shape__)
        cls.__hash__ = lambda self: hash(key(self))
        return hash(key(self))

    return {"__init__": init, "__eq__": equals, "__hash__": hashed}


def _make_equals(key: Callable[[object], object]) -> Callable[[object, object], Any]:
    def equals(self: object, other: object) -> Any:
        if self is other:
            return True
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    return equals


def _key_of(shape: _Shape) -> Callable[[object], object]:
    names = [name for name, one in shape.fields.items() if one.compare]
    return attrgetter(*names) if names else lambda _: ()


def _make_init(cls: type, shape: _Shape) -> Callable[..., None]:
    """``__init__``; of a frozen class it stores through the slots' own descriptors: ``__setattr__`` refuses."""
    scope: dict[str, Any] = {"_made": _Missing}
    stated, stores = [], []
    for name, one in shape.fields.items():
        given = name
        if one.factory is not _Missing:
            scope[f"_default_{name}"] = one.factory
            given = f"_default_{name}()"
            if one.init:
                stated.append(f"{name}=_made")
                given += f" if {name} is _made else {name}"
        elif one.default is not _Missing:
            scope[f"_default_{name}"] = one.default
            stated.append(f"{name}=_default_{name}")
        else:
            stated.append(name)
        if shape.frozen:
            scope[f"_set_{name}"] = getattr(cls, name).__set__
        stores.append(f"_set_{name}(self, {given})" if shape.frozen else f"self.{name} = {given}")
    if hasattr(cls, "__post_init__"):
        stores.append("self.__post_init__()")
    marker = ["*"] if shape.kw_only and stated else []
    parameters = ", ".join(["self", *marker, *stated])
    exec(f"def __init__({parameters}):\n " + "\n ".join(stores or ["pass"]), scope)  # noqa: S102  # of field names only
    init: Callable[..., None] = scope["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


# Shared by all classes --------------------------------------------------------------------------------------------


def _fields_of(one: object) -> dict[str, _Field]:
    shape: _Shape = one.__value_shape__  # type: ignore[attr-defined]
    return shape.fields


def _show(self: object) -> str:
    shown = (name for name, one in _fields_of(self).items() if one.repr)
    return f"{self.__class__.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


def _get_state(self: object) -> list[object]:
    return [getattr(self, name) for name in _fields_of(self)]


def _restore(self: object, state: list[object]) -> None:
    for name, kept in zip(_fields_of(self), state, strict=True):
        object.__setattr__(self, name, kept)


def _refuse_set(self: object, name: str, given: object) -> None:
    del self, given
    raise _frozen_error()(f"cannot assign to field {name!r}")


def _refuse_delete(self: object, name: str) -> None:
    del self
    raise _frozen_error()(f"cannot delete field {name!r}")


_SHARED: dict[str, Any] = {"__repr__": _show, "__getstate__": _get_state, "__setstate__": _restore}
_FROZEN: dict[str, Any] = {**_SHARED, "__setattr__": _refuse_set, "__delattr__": _refuse_delete}


# As the standard library sees it ----------------------------------------------------------------------------------


class _Standard:
    """An attribute that ``dataclasses`` sets on its classes; made by it when somebody asks."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, _instance: object, owner: type) -> object:
        cls: Any = next(one for one in owner.__mro__ if "__value_shape__" in one.__dict__)
        given = getattr(_standard_class(cls), self._name)
        setattr(cls, self._name, given)
        return given


def _standard_class(cls: Any) -> type:
    """A class of the standard library's with the same fields."""
    shape: _Shape = cls.__value_shape__
    standard = import_module("dataclasses")
    stated = [(name, one.kind, _standard_field(standard, one)) for name, one in shape.fields.items()]
    made: type = standard.make_dataclass(cls.__name__, stated, kw_only=shape.kw_only, eq=shape.eq, frozen=shape.frozen)
    return made


def _standard_field(standard: Any, one: _Field) -> Any:
    given = {"default": one.default, "default_factory": one.factory}
    said = {name: kept for name, kept in given.items() if kept is not _Missing}
    return standard.field(init=one.init, repr=one.repr, compare=one.compare, **said)


def _frozen_error() -> type[AttributeError]:
    error: type[AttributeError] = import_module("dataclasses").FrozenInstanceError
    return error


_VIEWS = {name: _Standard(name) for name in (_FIELDS, _PARAMETERS)}

if TYPE_CHECKING:
    from dataclasses import replace
else:

    def replace(one, /, **changes):
        """As ``dataclasses.replace``, of a value."""
        for name, stated in one.__value_shape__.fields.items():
            if stated.init and name not in changes:
                changes[name] = getattr(one, name)
        return one.__class__(**changes)
