"""Paths in manifests: ``/``-separated text, joined and made relative without touching a file system.

A path is relative to the root of a ``Tree``, ``"."`` being that root, or absolute where a user wrote it so.
"""

from __future__ import annotations

import posixpath
from urllib.parse import unquote, urlsplit

from bot.addresses import is_address
from bot.patterns import pattern

_DRIVE = pattern(r"[A-Za-z]:[\\/]")


def is_absolute(path: str) -> bool:
    return path.startswith("/") or bool(_DRIVE.match(path))


def join(folder: str, path: str) -> str:
    """Return ``path`` as seen from ``folder``, without ``.`` and inner ``..`` steps."""
    return posixpath.normpath(posixpath.join(folder, path.replace("\\", "/")))


def relative(path: str, start: str) -> str:
    """Return the way from the folder ``start`` to ``path``; an absolute path stays as it is."""
    if is_absolute(path) and not is_absolute(start):
        return path
    return posixpath.relpath(posixpath.normpath(path), posixpath.normpath(start))


def locked_path(path: str, start: str) -> str:
    """Return the way as a lock spells it: one that only leads upwards ends with a slash."""
    way = relative(path, start)
    return f"{way}/" if posixpath.basename(way) == ".." else way


def parents(folder: str) -> list[str]:
    """Return the folders around a folder, nearest first, the tree's root last; empty for the root."""
    found = []
    while folder not in (".", "/", "") and not folder.startswith(".."):
        folder = posixpath.dirname(folder) or "."
        found.append(folder)
    return found


def file_url_path(url: str) -> str | None:
    """Return the absolute path of a ``file:`` URL, ``None`` for other URLs and for paths."""
    if not is_address(url):
        return None
    parts = urlsplit(url)
    return unquote(parts.path) if parts.scheme == "file" else None


def has_suffix(path: str) -> bool:
    """Whether the last part looks like a file name, which tells files from folders where nothing exists."""
    return bool(posixpath.splitext(posixpath.basename(path))[1])


def is_source_archive(place: str) -> bool:
    """Whether the URL or path of an archive is that of a source distribution rather than a wheel."""
    return not place.partition("#")[0].partition("?")[0].endswith(".whl")
