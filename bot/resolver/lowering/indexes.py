"""Configured indexes in priority order, with URLs as a lock prints them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote, urlsplit

from bot.errors import InputError
from bot.manifest.model import IndexTable
from bot.resolver.lowering.paths import file_url_path, is_absolute, join
from bot.resolver.lowering.urls import without_credentials
from bot.resolver.model.index import Login

PYPI_URL = "https://pypi.org/simple"


def index_url(text: str, folder: str, tree_root: str | None) -> str:
    """Return the URL of an index, a ``file:`` URL for one that is a folder.

    ``folder`` is what a relative path starts from (in the tree), ``tree_root`` where the tree is.
    """
    if "://" in text and not text.startswith("file:"):
        if not urlsplit(text).netloc:
            raise InputError(f"{text!r} is not an index URL", hint="write https://host/path")
        return without_credentials(text)
    path = file_url_path(text)
    if path is not None:
        return _folder_url(_normal_url_path(path))
    path = text
    if is_absolute(path):
        return _folder_url(posixpath.normpath(path))
    if tree_root is None:
        raise InputError(f"the index {text!r} is a folder, which can't be read here", hint="use an index URL")
    return _folder_url(posixpath.normpath(posixpath.join(tree_root, join(folder, path))))


def login_of(url: str) -> Login | None:
    """The user name and password that a URL states."""
    userinfo = urlsplit(url).netloc.rpartition("@")[0] if "@" in url else ""
    username, _colon, password = userinfo.partition(":")
    return Login(username=unquote(username), password=unquote(password)) if username or password else None


def _normal_url_path(path: str) -> str:
    """A URL that names what is in a folder keeps its slash; the same folder by its path has none."""
    slash = "/" if path.endswith(("/", "/.", "/..")) and path != "/" else ""
    return posixpath.normpath(path) + slash


def is_absolute_place(text: str) -> bool:
    """Whether an index is configured as a folder that does not depend on where the project lies."""
    return text.startswith("file:") or ("://" not in text and is_absolute(text))


def _folder_url(path: str) -> str:
    return f"file://{quote(path)}"


def named_indexes(tables: tuple[IndexTable, ...] | None, folder: str, tree_root: str | None) -> dict[str, str]:
    """Return the URL of every index that has a name; the first of a name counts."""
    named: dict[str, str] = {}
    for table in tables or ():
        if table.name is not None:
            named.setdefault(table.name, index_url(table.url, folder, tree_root))
    return named


def without_repeated_names(tables: Iterable[IndexTable]) -> Iterator[IndexTable]:
    """Keep the first index of each name: the command line hides a configured index of the same name."""
    seen: set[str] = set()
    for table in tables:
        if table.name is None or table.name not in seen:
            yield table
        if table.name is not None:
            seen.add(table.name)


def parse_index_argument(text: str, *, default: bool = False) -> IndexTable:
    """Parse ``[name=]url`` of the command line and the environment."""
    name, equals, url = text.partition("=")
    if equals and name and ":" not in name and "/" not in name:
        return IndexTable(name=name, url=url, default=default)
    return IndexTable(url=text, default=default)
