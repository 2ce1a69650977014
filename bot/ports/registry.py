"""Container registries, as far as a tag has to be looked up."""

from __future__ import annotations

from typing import Protocol

from bot.errors import LockbotError


class RegistryFailure(LockbotError):
    """A registry could not be asked, or gave no answer that can be used. Not "no such tag"."""


class ImageRegistry(Protocol):
    def find_digest(self, registry: str, repository: str, tag: str) -> str | None:
        """What a tag leads to now, as ``sha256:…`` (of an image for many machines that of its index); ``None`` where the
        repository has no such tag. Raises ``RegistryFailure``."""


class NoRegistry:
    """For runs that ask none."""

    def find_digest(self, registry: str, repository: str, tag: str) -> str | None:
        del repository, tag
        raise RegistryFailure(f"{registry} was not asked")
