"""What was asked for: extras, groups, and which packages to leave out of the text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.lockfile.model import DefaultGroups, DirectorySource, EditableSource, Package, PathSource, VirtualSource

DEV = "dev"
_LOCAL = (PathSource, DirectorySource, EditableSource, VirtualSource)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """Extras of the packages to begin with. ``named`` are all that the command names, wanted or not."""

    wanted: tuple[str, ...] = ()
    everything: bool = False
    unwanted: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        return not (self.wanted or self.everything or self.unwanted)

    @property
    def named(self) -> tuple[str, ...]:
        return (*self.wanted, *self.unwanted)

    def contains(self, name: str) -> bool:
        return name not in self.unwanted and (self.everything or name in self.wanted)


class DevMode(StrEnum):
    """What ``--dev``, ``--no-dev`` and ``--only-dev`` say of the group of that name."""

    INCLUDE = "include"
    EXCLUDE = "exclude"
    ONLY = "only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Groups of the packages to begin with. ``defaults`` come from the manifest, all else from the command."""

    wanted: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    everything: bool = False
    ignores_defaults: bool = False
    dev: DevMode | None = None
    defaults: DefaultGroups = ()

    @property
    def named(self) -> tuple[str, ...]:
        """Those that have to exist; ``dev`` need not where a switch of its own names it."""
        return (*self.wanted, *self.unwanted, *self.only)

    @property
    def production(self) -> bool:
        """Whether the packages themselves are wanted, not their groups alone."""
        return not self.only and self.dev is not DevMode.ONLY

    def contains(self, name: str) -> bool:
        if name in self.unwanted or (name == DEV and self.dev is DevMode.EXCLUDE):
            return False
        return self.everything or self._is_asked_for(name) or self._is_default(name)

    def contains_by_default(self, name: str) -> bool:
        """Whether the group is in because the manifest says so, and for no other reason."""
        return self.contains(name) and not replace(self, defaults=()).contains(name)

    def _is_asked_for(self, name: str) -> bool:
        if name == DEV and self.dev in (DevMode.INCLUDE, DevMode.ONLY):
            return True
        return name in self.wanted or name in self.only

    def _is_default(self, name: str) -> bool:
        if self.ignores_defaults or not self.production:
            return False
        return self.defaults == "all" or name in self.defaults


@dataclass(frozen=True, slots=True, kw_only=True)
class Emitted:
    """Which of the packages are written. Those left out still bring what they need."""

    no_project: bool = False
    no_workspace: bool = False
    no_local: bool = False
    no_packages: tuple[str, ...] = ()
    only_project: bool = False
    only_workspace: bool = False
    only_local: bool = False
    only_packages: tuple[str, ...] = ()

    def includes(self, package: Package, project: str | None, members: Iterable[str]) -> bool:
        name, is_local = package.name, isinstance(package.source, _LOCAL)
        if self.only_packages:
            return name in self.only_packages
        if self.only_local:
            return is_local
        if self.only_workspace:
            return name == project or name in members
        if self.only_project:
            return name == project
        if (self.no_project or self.no_workspace) and name == project:
            return False
        if self.no_workspace and name in members:
            return False
        return not (self.no_local and is_local) and name not in self.no_packages
