"""Wheels and source archives of small made-up releases; the bytes depend on nothing but what is asked for."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What the files of one version declare. ``is_static``: whether a source archive tells without a build."""

    name: str
    version: str
    requires: Sequence[str] = ()
    requires_python: str | None = None
    extras: Mapping[str, Sequence[str]] = field(default_factory=dict)
    is_static: bool = True

    @property
    def stem(self) -> str:
        return f"{self.name.replace('-', '_').replace('.', '_').lower()}-{self.version}"


def metadata_text(release: Release) -> str:
    """Core metadata 2.3; requirements of extras carry their ``extra ==`` condition."""
    lines = ["Metadata-Version: 2.3", f"Name: {release.name}", f"Version: {release.version}"]
    if release.requires_python:
        lines.append(f"Requires-Python: {release.requires_python}")
    if not release.is_static:
        lines.append("Dynamic: Requires-Dist")
    lines += [f"Requires-Dist: {text}" for text in release.requires]
    for extra, texts in release.extras.items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f"Requires-Dist: {_gated(text, extra)}" for text in texts]
    return "\n".join(lines) + "\n"


def _gated(text: str, extra: str) -> str:
    base, _, marker = text.partition(";")
    condition = f"extra == '{extra}'"
    return f"{base.strip()} ; {f'({marker.strip()}) and {condition}' if marker.strip() else condition}"


def wheel_bytes(release: Release, tag: str) -> bytes:
    info = f"{release.stem}.dist-info"
    files = {
        f"{info}/METADATA": metadata_text(release),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: scenario\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = [f"{path},sha256={_record_digest(text)},{len(text.encode())}" for path, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""])
    return _zipped(files)


def _record_digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def _zipped(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path, text in files.items():
            entry = zipfile.ZipInfo(path, (2024, 1, 1, 0, 0, 0))
            entry.create_system = 3
            archive.writestr(entry, text)
    return buffer.getvalue()


def sdist_bytes(release: Release) -> bytes:
    """A ``.tar.gz`` whose ``pyproject.toml`` is static, or one that only a build could tell the requirements of."""
    project = [f"name = {json.dumps(release.name)}", f"version = {json.dumps(release.version)}"]
    if release.requires_python:
        project.append(f"requires-python = {json.dumps(release.requires_python)}")
    if release.is_static:
        project.append(f"dependencies = {json.dumps(list(release.requires))}")
    else:
        project.append('dynamic = ["dependencies"]')
    for extra, texts in release.extras.items():
        project.append(f"optional-dependencies.{extra} = {json.dumps(list(texts))}")
    build = ["[build-system]", 'requires = ["hatchling"]', 'build-backend = "hatchling.build"']
    manifest = "\n".join([*build, "", "[project]", *project, ""])
    return _gzipped(_tarred(release.stem, {"PKG-INFO": metadata_text(release), "pyproject.toml": manifest}))


def _tarred(top: str, files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{top}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


def _gzipped(content: bytes) -> bytes:
    """Gzip without compression, so that the bytes are the same whatever library compresses (RFC 1951, 1952)."""
    blocks = [content[start : start + 0xFFFF] for start in range(0, len(content), 0xFFFF)]
    body = b"".join(
        struct.pack("<BHH", position == len(blocks), len(block), 0xFFFF - len(block)) + block
        for position, block in enumerate(blocks, start=1)
    )
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + body + struct.pack("<II", zlib.crc32(content), len(content))
