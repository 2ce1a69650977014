"""Wheels and source archives made in memory, for tests."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping


def make_metadata(name: str = "a", version: str = "1.0", *lines: str, metadata_version: str = "2.1") -> bytes:
    head = (f"Metadata-Version: {metadata_version}", f"Name: {name}", f"Version: {version}", *lines)
    return ("\n".join(head) + "\n\nA description.\nRequires-Dist: not-a-header\n").encode()


def make_zip(members: Mapping[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for path, content in members.items():
            archive.writestr(path, content)
    return buffer.getvalue()


def make_wheel(name: str = "a", version: str = "1.0", *lines: str, padding: int = 0) -> bytes:
    """A wheel with ``padding`` bytes of other content before and after its METADATA."""
    return make_zip(
        {
            f"{name}/big.bin": b"x" * padding,
            f"{name}-{version}.dist-info/METADATA": make_metadata(name, version, *lines),
            f"{name}/bigger.bin": b"y" * padding,
        },
        compression=zipfile.ZIP_STORED,
    )


def make_sdist(members: Mapping[str, bytes | str], *, top: str = "a-1.0", mode: str = "w:gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for path, content in members.items():
            raw = content.encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(f"{top}/{path}" if top else path)
            entry.size = len(raw)
            archive.addfile(entry, io.BytesIO(raw))
    return buffer.getvalue()


def make_link_sdist(path: str, target: str) -> bytes:
    """An sdist whose member ``path`` is a symbolic link."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        entry = tarfile.TarInfo(f"a-1.0/{path}")
        entry.type = tarfile.SYMTYPE
        entry.linkname = target
        archive.addfile(entry)
    return buffer.getvalue()
