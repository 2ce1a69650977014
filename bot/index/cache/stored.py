"""Metadata and archives in the plain form that the disk cache keeps."""

from __future__ import annotations

from typing import cast

from bot.index.cache.disk import CacheHit, Plain
from bot.index.http.credentials import NO_RIGHTS, Rights, access_of
from bot.index.http.validity import Validity
from bot.index.metadata.identity import NotStatic
from bot.resolver.model.index import Archive, CoreMetadata, ReleaseFile
from bot.values import value


@value
class StoredArchive:
    archive: Archive
    validity: Validity


def metadata_key(file: ReleaseFile, *, recorded: bool, rights: Rights = NO_RIGHTS) -> str:
    """What the disk cache calls a file's metadata; ``recorded`` says something of source distributions only."""
    access = filter(None, [access_of(file.index), rights.key])
    return "\n".join([file.url, file.hash or "", str(recorded and file.wheel is None), *access])


def encode_metadata(found: CoreMetadata | NotStatic) -> Plain:
    if isinstance(found, NotStatic):
        return (found.why,)
    return (
        found.name,
        found.version,
        found.requires_dist,
        found.requires_python,
        found.provides_extras,
        found.recorded,
        found.license,
        found.links,
    )


def decode_metadata(value: Plain) -> CoreMetadata | NotStatic:
    match value:
        case (str(why),):
            return NotStatic(why=why)
        case (
            str(name),
            str() | None as version,
            tuple(requires),
            str() | None as python,
            tuple(extras),
            recorded,
            str() | None as license_text,
            tuple(links),
        ):
            return CoreMetadata(
                name=name,
                version=version,
                requires_dist=_texts(requires),
                requires_python=python,
                provides_extras=_texts(extras),
                recorded=recorded if isinstance(recorded, str) else None,
                license=license_text,
                links=cast("tuple[tuple[str, str], ...]", links),
            )
    raise TypeError("not stored metadata")


def encode_validity(validity: Validity) -> Plain:
    return (validity.max_age, validity.etag, validity.last_modified)


def decode_validity(value: Plain, checked_at: float) -> Validity:
    match value:
        case (int() | None as max_age, str() | None as etag, str() | None as last_modified):
            return Validity(checked_at=checked_at, max_age=max_age, etag=etag, last_modified=last_modified)
    raise TypeError("not a stored validity")


def encode_archive(stored: StoredArchive) -> Plain:
    archive = stored.archive
    return (
        encode_validity(stored.validity),
        encode_metadata(archive.metadata),
        archive.filename,
        archive.hash,
        archive.pyproject,
        archive.size,
        archive.is_wheel,
    )


def decode_archive(hit: CacheHit) -> StoredArchive:
    match hit.value:
        case (validity, metadata, str(filename), str(digest), str() | None as pyproject, int(size), bool(is_wheel)):
            found = decode_metadata(metadata)
            if isinstance(found, CoreMetadata):
                archive = Archive(
                    filename=filename, hash=digest, metadata=found, pyproject=pyproject, size=size, is_wheel=is_wheel
                )
                return StoredArchive(archive=archive, validity=decode_validity(validity, hit.checked_at))
    raise TypeError("not a stored archive")


def _texts(values: tuple[Plain, ...]) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str))
