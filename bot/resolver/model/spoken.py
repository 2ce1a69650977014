"""The environments of a fork, and markers, in the words that people use for them."""

from __future__ import annotations

from bot.lockfile.model import ConflictItem, ConflictKind
from bot.markers import Marker
from bot.patterns import pattern
from bot.resolver.model.environment import Environment
from bot.resolver.model.python_range import parse_python_range

_CLAUSE = pattern(r"(?P<variable>[a-z_]+) (?P<operator>[=!<>~]+) '(?P<value>[^']*)'")
_SYSTEMS = {"win32": "Windows", "darwin": "macOS", "linux": "Linux", "Windows": "Windows", "Darwin": "macOS",
            "Linux": "Linux", "cygwin": "Cygwin"}  # fmt: skip
_PYTHON = frozenset({"python_full_version", "python_version"})
_SYSTEM = frozenset({"sys_platform", "platform_system"})
_ELSEWHERE = frozenset({"platform_machine", "platform_python_implementation", "implementation_name"})


def spoken_environment(environment: Environment, requires_python: str) -> str:
    """`` on Python >=3.12 on Windows with demo[cpu]``: what sets the fork apart, with a blank before; else nothing."""
    marker = parse_python_range(requires_python).simplify(environment.marker)
    words = "" if marker.is_true else f" {spoken_marker(marker)}"
    with_items = sorted(_item(one) for one in environment.included if one.name)
    without = sorted(_item(one) for one in environment.excluded if one.name)
    if with_items:
        words += f" with {' and '.join(with_items)}"
    elif without and len(without) < 4:
        words += f" without {' and '.join(without)}"
    return words


def spoken_marker(marker: Marker) -> str:
    """A marker as a phrase; the marker itself where it says more than such phrases can."""
    text = str(marker)
    if "(" in text:
        return f"where {text}"
    phrases = [_conjunction(part) for part in text.split(" or ")]
    return " or ".join(phrases) if all(phrases) else f"where {text}"


def _conjunction(text: str) -> str:
    pythons: list[str] = []
    systems: list[str] = []
    rest: list[str] = []
    for clause in text.split(" and "):
        match = _CLAUSE.fullmatch(clause)
        if match is None:
            return ""
        variable, operator, value = match["variable"], match["operator"], match["value"]
        no = "not " if operator == "!=" else ""
        if variable in _PYTHON:
            pythons.append(operator + value)
        elif operator in ("==", "!=") and variable in _SYSTEM:
            systems.append(f"{no}on {_SYSTEMS.get(value, value)}")
        elif operator in ("==", "!=") and variable in _ELSEWHERE:
            rest.append(no + value)
        else:
            return ""
    phrases = [f"on Python {','.join(pythons)}"] if pythons else []
    phrases += systems
    if rest:
        phrases.append(f"({', '.join(rest)})" if phrases else f"on {' and '.join(rest)}")
    return " ".join(phrases)


def _item(item: ConflictItem) -> str:
    if item.kind is ConflictKind.EXTRA:
        return f"{item.package}[{item.name}]"
    return f"group {item.name} of {item.package}"
