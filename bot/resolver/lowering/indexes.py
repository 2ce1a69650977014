"""Configured indexes in priority order, with URLs as a lock prints them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote, urlsplit

from bot.errors import InputError
from bot.manifest.model import IndexTable
from bot.patterns import pattern
from bot.resolver.lowering.paths import is_absolute, join
from bot.resolver.lowering.urls import without_credentials
from bot.resolver.model.index import Login, find_local_path

_INDEX_NAME = pattern(r"[\w.-]+")
PYPI_URL = "https://pypi.org/simple"


def index_url(text: str, folder: str, tree_root: str | None) -> str:
    """Return the URL of an index, a ``file:`` URL for one that is a folder.

    ``folder`` is what a relative path starts from (in the tree), ``tree_root`` where the tree is.
    """
    place = find_local_path(text)
    if place is None:
        if not urlsplit(text).netloc:
            raise InputError(f"{text!r} is not an index URL", hint="write https://host/path")
        return without_credentials(text)
    if place != text:
        return folder_url(_normal_url_path(place))
    if is_absolute(place):
        return folder_url(posixpath.normpath(place))
    if tree_root is None:
        raise InputError(f"the index {text!r} is a folder, which can't be read here", hint="use an index URL")
    return folder_url(posixpath.normpath(posixpath.join(tree_root, join(folder, place))))


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
    place = find_local_path(text)
    return place is not None and (place != text or is_absolute(place))


def folder_url(path: str) -> str:
    """The URL of an index that is the folder at an absolute path."""
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


def is_index_name(text: str) -> bool:
    """Whether a word of the command line may be the name of an index."""
    return _INDEX_NAME.fullmatch(text) is not None


def parse_index_argument(text: str, *, default: bool = False) -> IndexTable:
    """Parse ``[name=]url`` of the command line and the environment."""
    name, equals, url = text.partition("=")
    if equals and name and ":" not in name and "/" not in name:
        return IndexTable(name=name, url=url, default=default)
    return IndexTable(url=text, default=default)
