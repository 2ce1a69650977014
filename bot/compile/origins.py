"""Who asks for what: the files, projects and groups that annotations name, and their order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from bot.lockfile.model import Requirement


class OriginKind(IntEnum):
    """Where a requirement is stated; also the order in which annotations name them."""

    FILE = 0
    PROJECT = 1
    GROUP = 2
    WORKSPACE = 3


class Role(IntEnum):
    """What a requirement is there for; also the order in which annotations name them."""

    CONSTRAINT = 0
    OVERRIDE = 1
    REQUIREMENT = 2


#: A path by its parts: what uv compares, in which absolute paths come before those that begin with ``.`` or ``..``.
PathKey: TypeAlias = tuple[tuple[int, str], ...]
OriginKey: TypeAlias = tuple[int, PathKey, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """``path`` as it is named: from the folder where the command runs (``is_absolute``: but counted as an absolute one,
    as files are that a file beside the command includes)."""

    kind: OriginKind
    path: str = ""
    is_absolute: bool = False
    project: str = ""
    group: str = ""

    @property
    def key(self) -> OriginKey:
        return self.kind, path_key(self.path, is_absolute=self.is_absolute), self.project, self.group

    def text(self, role: Role) -> str:
        """How an annotation names it."""
        if role is Role.CONSTRAINT:
            return f"-c {'(workspace)' if self.kind is OriginKind.WORKSPACE else self.path}"
        told = self._told(role)
        return f"--override {told}" if role is Role.OVERRIDE else told

    def _told(self, role: Role) -> str:
        match self.kind:
            case OriginKind.FILE:
                return self.path if role is Role.OVERRIDE else f"-r {self.path}"
            case OriginKind.PROJECT:
                return f"{self.project} ({self.path})"
            case OriginKind.GROUP:
                place = f"({self.path}:{self.group})"
                return f"{self.project} {place}" if self.project else place
            case OriginKind.WORKSPACE:
                return "(workspace)"


WORKSPACE = Origin(kind=OriginKind.WORKSPACE)


def path_key(path: str, *, is_absolute: bool = False) -> PathKey:
    """What orders paths, part by part."""
    parts = path.split("/")
    found: list[tuple[int, str]] = [(0, "")] if is_absolute or path.startswith("/") else []
    for position, part in enumerate(parts):
        if part == "..":
            found.append((2, ""))
        elif part == ".":
            # Only a leading one is a part of its own.
            found += [(1, "")] if not position and not found else []
        elif part:
            found.append((3, part))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A lowered requirement, who states it, and its URL as it is written there."""

    requirement: Requirement
    origin: Origin | None = None
    given: str | None = None
