"""The packages that the solver sees: real nodes and the proxies that tie them together (spec 4.1).

A requirement ``a[x] ; m`` is a dependency on a proxy, which depends on ``a`` and ``a[x]`` at the same version, each
with and without the marker. Only nodes without a marker end up in the resolution.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from bot.lockfile.model import ConflictItem, ConflictKind
from bot.markers import TRUE, Marker
from bot.resolver.model.resolution import NodeKind


class Role(Enum):
    ROOT = "root"
    PYTHON = "python"
    NODE = "node"
    MARKER_PROXY = "marker proxy"
    EXTRA_PROXY = "extra proxy"
    GROUP_PROXY = "group proxy"


class SolverPackage:
    """One package of the solver; interned by ``PackageFactory``, so compared by identity."""

    __slots__ = ("base", "conflict", "is_base_node", "is_proxy", "kind", "kind_name", "marker", "name", "role")

    def __init__(self, role: Role, name: str, kind: NodeKind, kind_name: str, marker: Marker) -> None:
        self.role: Final = role
        self.name: Final = name
        self.kind: Final = kind
        self.kind_name: Final = kind_name
        self.marker: Final = marker
        self.is_proxy: Final = role in (Role.MARKER_PROXY, Role.EXTRA_PROXY, Role.GROUP_PROXY)
        self.is_base_node: Final = role is Role.NODE and kind is NodeKind.BASE and marker.is_true
        self.conflict: Final = _conflict(role, name, kind, kind_name)
        #: What a proxy needs at the same version whatever its marker says (groups need no base).
        self.base: SolverPackage | None = None

    def __repr__(self) -> str:
        suffix = f"[{self.kind_name}]" if self.kind is NodeKind.EXTRA else ""
        suffix += f":{self.kind_name}" if self.kind is NodeKind.GROUP else ""
        marker = "" if self.marker.is_true else f" ; {self.marker}"
        return f"<{self.role.value} {self.name}{suffix}{marker}>"


def _conflict(role: Role, name: str, kind: NodeKind, kind_name: str) -> ConflictItem | None:
    if role in (Role.ROOT, Role.PYTHON):
        return None
    match kind:
        case NodeKind.BASE:
            return ConflictItem(package=name, kind=ConflictKind.PROJECT)
        case NodeKind.EXTRA:
            return ConflictItem(package=name, kind=ConflictKind.EXTRA, name=kind_name)
        case NodeKind.GROUP:
            return ConflictItem(package=name, kind=ConflictKind.GROUP, name=kind_name)


class PackageFactory:
    """The one object of each solver package."""

    __slots__ = ("_known", "python", "root")

    def __init__(self) -> None:
        self._known: dict[tuple[Role, str, NodeKind, str, Marker], SolverPackage] = {}
        self.root = SolverPackage(Role.ROOT, "", NodeKind.BASE, "", TRUE)
        self.python = SolverPackage(Role.PYTHON, "", NodeKind.BASE, "", TRUE)

    def node(self, name: str, kind: NodeKind, kind_name: str, marker: Marker) -> SolverPackage:
        return self._intern(Role.NODE, name, kind, kind_name, marker)

    def for_requirement(self, name: str, kind: NodeKind, kind_name: str, marker: Marker) -> SolverPackage:
        """What a requirement depends on: the base itself where nothing is asked, else a proxy.

        Extras are tracked by nodes of their own, so conditions on them are taken as met in the marker.
        """
        marker = marker.assume_extras(_active)
        match kind:
            case NodeKind.EXTRA:
                return self._intern(Role.EXTRA_PROXY, name, kind, kind_name, marker)
            case NodeKind.GROUP:
                return self._intern(Role.GROUP_PROXY, name, kind, kind_name, marker)
            case NodeKind.BASE:
                role = Role.NODE if marker.is_true else Role.MARKER_PROXY
                return self._intern(role, name, kind, kind_name, marker)

    def needed_by(self, proxy: SolverPackage) -> tuple[SolverPackage, ...]:
        """The nodes that a proxy stands for, all at the proxy's own version."""
        markers = (TRUE,) if proxy.marker.is_true else (TRUE, proxy.marker)
        match proxy.role:
            case Role.MARKER_PROXY:
                return tuple(self.node(proxy.name, NodeKind.BASE, "", marker) for marker in markers)
            case Role.EXTRA_PROXY:
                return tuple(
                    self.node(proxy.name, kind, kind_name, marker)
                    for marker in markers
                    for kind, kind_name in ((NodeKind.BASE, ""), (NodeKind.EXTRA, proxy.kind_name))
                )
            case _:
                return tuple(self.node(proxy.name, NodeKind.GROUP, proxy.kind_name, marker) for marker in markers)

    def _intern(self, role: Role, name: str, kind: NodeKind, kind_name: str, marker: Marker) -> SolverPackage:
        key = (role, name, kind, kind_name, marker)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = SolverPackage(role, name, kind, kind_name, marker)
            if role in (Role.EXTRA_PROXY, Role.MARKER_PROXY):
                found.base = self.node(name, NodeKind.BASE, "", TRUE)
        return found


def _active(_: str) -> bool:
    return True
