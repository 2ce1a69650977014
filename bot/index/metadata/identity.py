"""Whether metadata found somewhere is what was looked for: static, and of that project and version."""

from __future__ import annotations

from bot.resolver.model.index import CoreMetadata, MetadataUnavailable
from bot.resolver.model.versions import PyVersion, try_parse_version
from bot.values import value


@value
class NotStatic:
    """Why metadata cannot be taken as it stands; ``why`` completes "its metadata is not static: …"."""

    why: str


def check_identity(metadata: CoreMetadata, name: str, version: PyVersion | None, where: str) -> CoreMetadata:
    """Refuse metadata that speaks of another project or version than the file's name does.

    A local segment that only the metadata has is let pass.
    """
    if metadata.name != name:
        raise MetadataUnavailable(f"{where}: the metadata is of {metadata.name}, not of {name}")
    found = try_parse_version(metadata.version) if metadata.version is not None else version
    if version is not None and found is not None and version not in (found, found.public()):
        raise MetadataUnavailable(f"{where}: the metadata is of version {found}, not of {version}")
    return metadata
