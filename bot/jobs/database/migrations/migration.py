"""What one migration is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Each:
    """A statement that the two kinds of databases want in words of their own."""

    sqlite: str
    postgresql: str


Statement: TypeAlias = str | Each


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """``number`` counts from 1; ``name`` is kept in the database for people."""

    number: int
    name: str
    statements: tuple[Statement, ...]

    def render(self, dialect: str) -> tuple[str, ...]:
        return tuple(one if isinstance(one, str) else getattr(one, dialect) for one in self.statements)
