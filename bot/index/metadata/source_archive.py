"""Reading an open source archive: its members, and the metadata that they state."""

from __future__ import annotations

from typing import IO

from bot.index.metadata.archives import read_members
from bot.index.metadata.metadata import NotStatic
from bot.index.metadata.recorded import is_recorded_member, read_recorded_metadata
from bot.index.metadata.sdist import is_static_member, read_static_metadata
from bot.limits import Limits
from bot.resolver.model.index import CoreMetadata
from bot.resolver.model.versions import PyVersion
from bot.values import value


@value
class SourceMetadata:
    """What a source archive says of itself, and its ``pyproject.toml``."""

    metadata: CoreMetadata | NotStatic
    pyproject: str | None


@value
class SourceRequest:
    """Which project is expected where. ``below``: the folder inside the archive, ``/``-separated.

    ``recorded``: where metadata is not static, take what a build recorded.
    """

    filename: str
    name: str
    version: PyVersion | None = None
    below: str | None = None
    recorded: bool = False


def read_source(stream: IO[bytes], size: int, request: SourceRequest, limits: Limits) -> SourceMetadata:
    """Read a source archive of ``size`` bytes; raises ``MetadataUnavailable`` for one that is broken or hostile."""
    prefix = f"{request.below.strip('/')}/" if request.below and request.below.strip("/.") else ""

    def is_wanted(path: str) -> bool:
        if not path.startswith(prefix):
            return False
        own = path.removeprefix(prefix)
        return is_static_member(own) or (request.recorded and is_recorded_member(own))

    found = read_members(stream, request.filename, size, is_wanted, limits)
    own = {path.removeprefix(prefix): content for path, content in found.items()}
    pyproject = own.get("pyproject.toml")
    return SourceMetadata(
        metadata=_metadata(own, request), pyproject=None if pyproject is None else pyproject.decode("utf-8", "replace")
    )


def _metadata(members: dict[str, bytes], request: SourceRequest) -> CoreMetadata | NotStatic:
    found = read_static_metadata(members, request.name, request.version, request.filename)
    if isinstance(found, CoreMetadata) or not request.recorded:
        return found
    return read_recorded_metadata(members, request.name, request.version, request.filename) or found
