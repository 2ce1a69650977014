"""``value``: the frozen, slotted, keyword-only dataclass, made several times sooner than the standard library makes it.

``dataclasses.dataclass`` compiles six functions for each class, which for a hundred classes takes longer than checking
a lock. Here one function is compiled and the others are shared. What users see is the same: equality and hash over the
fields, ``repr``, ``FrozenInstanceError``, ``dataclasses.fields`` and ``replace``, ``field`` with ``default``,
``default_factory``, ``repr`` and ``compare``, inheritance, ``__post_init__``, copying and pickling.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, field
from inspect import get_annotations
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")

_FIELDS = "__dataclass_fields__"


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """Like ``dataclass(frozen=True, slots=True, kw_only=True)``; no ``ClassVar``, ``InitVar`` or ``init=False`` fields."""
    inherited: dict[str, Field[Any]] = {}
    for base in reversed(cls.__mro__[1:]):
        inherited.update(base.__dict__.get(_FIELDS, {}))
    own = {name: _field(cls, name, kind) for name, kind in get_annotations(cls).items()}
    fields = {**inherited, **own}
    made = _with_slots(cls, [name for name in own if name not in inherited])
    setattr(made, _FIELDS, fields)
    setattr(made, "__dataclass_params__", _PARAMETERS)  # noqa: B010  # the type knows no such attribute
    _add_methods(made, fields)
    return made


def _field(cls: type, name: str, kind: object) -> Field[Any]:
    default = cls.__dict__.get(name, MISSING)
    found: Field[Any] = default if isinstance(default, Field) else field(default=default, kw_only=True)
    found.name, found.type, found.kw_only = name, kind, True
    found._field_type = dataclasses._FIELD  # type: ignore[attr-defined]
    return found


def _with_slots(cls: type[T], names: list[str]) -> type[T]:
    """The class again, as slots can only be given to a class while it is made."""
    body = {
        key: kept for key, kept in cls.__dict__.items() if key not in names and key not in ("__dict__", "__weakref__")
    }
    body["__slots__"] = tuple(names)
    make: Any = type(cls)
    made: type[T] = make(cls.__name__, cls.__bases__, body)
    made.__qualname__ = cls.__qualname__
    return made


def _make_init(cls: type, fields: dict[str, Field[Any]]) -> Callable[..., None]:
    """``__init__``, which stores through the slots' own descriptors: ``__setattr__`` refuses."""
    scope: dict[str, Any] = {"_make": _Made}
    stated, stores = [], []
    for name, one in fields.items():
        scope[f"_set_{name}"] = getattr(cls, name).__set__
        given = name
        if one.default is not MISSING:
            scope[f"_default_{name}"] = one.default
            stated.append(f"{name}=_default_{name}")
        elif one.default_factory is not MISSING:
            scope[f"_default_{name}"] = one.default_factory
            stated.append(f"{name}=_make")
            given = f"_default_{name}() if {name} is _make else {name}"
        else:
            stated.append(name)
        stores.append(f"_set_{name}(self, {given})")
    if hasattr(cls, "__post_init__"):
        stores.append("self.__post_init__()")
    parameters = ", ".join(["self", "*", *stated] if stated else ["self"])
    exec(f"def __init__({parameters}):\n " + "\n ".join(stores or ["pass"]), scope)  # noqa: S102  # of field names only
    init: Callable[..., None] = scope["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__annotations__ = {**{name: one.type for name, one in fields.items()}, "return": None}
    return init


def _add_methods(cls: type, fields: dict[str, Field[Any]]) -> None:
    """What the class does not define itself: comparing, showing, refusing, copying."""
    key = _key_of([name for name, one in fields.items() if one.compare])
    shown = [name for name, one in fields.items() if one.repr]
    names = list(fields)

    def equals(self: object, other: object) -> Any:
        if self is other:
            return True
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    def show(self: object) -> str:
        return f"{cls.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    def restore(self: object, state: list[object]) -> None:
        for name, kept in zip(names, state, strict=True):
            object.__setattr__(self, name, kept)

    methods: dict[str, Callable[..., Any]] = {
        "__init__": _make_init(cls, fields),
        "__eq__": equals,
        "__hash__": lambda self: hash(key(self)),
        "__repr__": show,
        "__setattr__": _refuse_set,
        "__delattr__": _refuse_delete,
        "__getstate__": lambda self: [getattr(self, name) for name in names],
        "__setstate__": restore,
    }
    for name, method in methods.items():
        if cls.__dict__.get(name) is None:
            setattr(cls, name, method)


def _key_of(names: list[str]) -> Callable[[object], object]:
    return attrgetter(*names) if names else lambda _: ()


def _refuse_set(self: object, name: str, given: object) -> None:
    del self, given
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(self: object, name: str) -> None:
    del self
    raise FrozenInstanceError(f"cannot delete field {name!r}")


class _Made:
    """Stands for "not given" where a field has a factory."""


@dataclasses.dataclass(frozen=True)
class _Like:
    """Has the parameters that ``dataclasses`` records of a class like ours."""


_PARAMETERS = _Like.__dataclass_params__  # type: ignore[attr-defined]
