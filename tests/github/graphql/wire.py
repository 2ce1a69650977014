"""What resolvers are given, and how they fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.github.auth import Caller

if TYPE_CHECKING:
    from tests.github.world import World


@dataclass(kw_only=True)
class Asking:
    hub: World
    caller: Caller


class Failed(Exception):
    """One field has no value, with GitHub's word for the kind of reason."""

    def __init__(self, message: str, kind: str | None = "UNPROCESSABLE") -> None:
        super().__init__(message)
        self.kind = kind
