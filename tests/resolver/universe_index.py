"""The index port over a site in memory: real pages and real archives, but no network."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from bot.errors import BuildRequiredError, IndexFailure
from bot.index.metadata.archives import read_wheel_metadata
from bot.index.metadata.metadata import NotStatic, check_identity, parse_core_metadata
from bot.index.metadata.source_archive import SourceRequest, read_source
from bot.index.pages.filenames import parse_file_name
from bot.index.pages.flat import parse_flat_page
from bot.index.pages.html import parse_html_page
from bot.index.pages.listing import ListedPage, Listing
from bot.index.pages.simple import parse_json_page
from bot.limits import Limits
from bot.lockfile.model import GitRequirement, PathRequirement, UrlRequirement
from bot.resolver.model.index import Archive, CoreMetadata, GitTree, Index, IndexFormat, Page, ReleaseFile
from bot.resolver.model.versions import PyVersion
from tests.resolver.universe import FOLDER, HOST, Served, Site, State

_LIMITS = Limits()


class UniverseIndex:
    """An ``IndexPort`` that serves a state's site under ``HOST`` and its copies under ``FOLDER``."""

    def __init__(self, state: State) -> None:
        self._site: Site = state.site
        self._copies: Mapping[str, bytes] = {f"{FOLDER}/{place}": body for place, body in state.copies.items()}
        self._texts: Mapping[str, str] = {f"{FOLDER}/{path}": text for path, text in state.files.items()}
        self._pages: dict[tuple[str, str], ListedPage | None] = {}

    def request_pages(self, index: Index, names: Iterable[str]) -> None:
        """Everything is there already."""

    def has_page(self, index: Index, name: str) -> bool:
        return True

    def await_page(self, index: Index, name: str, meanwhile: Callable[[], None]) -> None:
        """Everything is there already."""

    def get_page(self, index: Index, name: str) -> Page | None:
        key = (index.url, name)
        if key not in self._pages:
            self._pages[key] = self._parse_page(index, name)
        return self._pages[key]

    def request_metadata(self, files: Iterable[ReleaseFile]) -> None:
        """Everything is there already."""

    def await_metadata(self, file: ReleaseFile, meanwhile: Callable[[], None]) -> None:
        """Everything is there already."""

    def get_metadata(self, file: ReleaseFile) -> CoreMetadata:
        body = self._read(file.url)
        if file.wheel is not None:
            return check_identity(_wheel_metadata(body, file.filename), file.name, file.version, file.filename)
        return _sdist_metadata(body, file.filename, file.name, file.version)

    def get_archive(self, source: UrlRequirement | PathRequirement, name: str) -> Archive:
        place = source.url if isinstance(source, UrlRequirement) else source.path
        body, filename = self._read(place), PurePosixPath(unquote(urlsplit(place).path)).name
        is_wheel = filename.endswith(".whl")
        parsed = parse_file_name(filename, name)
        metadata = (
            _wheel_metadata(body, filename)
            if is_wheel
            else _sdist_metadata(body, filename, name, parsed.version if parsed else None)
        )
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        return Archive(filename=filename, hash=digest, metadata=metadata, size=len(body), is_wheel=is_wheel)

    def get_git(self, source: GitRequirement, locked_commit: str | None) -> GitTree:
        raise IndexFailure(f"{source.url}: scenarios have no git repositories")

    def _parse_page(self, index: Index, name: str) -> ListedPage | None:
        if index.format is IndexFormat.FLAT:
            is_page = urlsplit(index.url).path in self._texts
            base = f"file://{urlsplit(index.url).path}{'' if is_page else '/'}" if index.folder else index.url
            listing = parse_flat_page(self._flat_text(index.url), base).get(name)
            return None if listing is None else ListedPage(listing, index)
        url = f"{index.url.rstrip('/')}/{name}/"
        if index.folder is not None:
            text = self._texts.get(f"{urlsplit(url).path}index.html")
            return None if text is None else ListedPage(parse_html_page(text, name, url), index)
        served = self._site.get(url.removeprefix(HOST))
        return None if served is None else ListedPage(_parse(served, name, url), index)

    def _flat_text(self, url: str) -> str:
        if url.startswith(HOST):
            return self._site[url.removeprefix(HOST)].body.decode()
        page = self._texts.get(urlsplit(url).path)
        if page is not None:
            return page
        folder = f"{urlsplit(url).path.rstrip('/')}/"
        return "".join(f'<a href="file://{place}">x</a>' for place in self._copies if place.startswith(folder))

    def _read(self, place: str) -> bytes:
        if place.startswith(HOST):
            return self._site[unquote(place.removeprefix(HOST))].body
        return self._copies[urlsplit(place).path]


def _parse(served: Served, name: str, url: str) -> Listing:
    if served.kind == "text/html":
        return parse_html_page(served.body.decode(), name, url)
    return parse_json_page(served.body, name, url)


def _wheel_metadata(body: bytes, filename: str) -> CoreMetadata:
    return parse_core_metadata(read_wheel_metadata(io.BytesIO(body), filename, _LIMITS), filename)


def _sdist_metadata(body: bytes, filename: str, name: str, version: PyVersion | None) -> CoreMetadata:
    request = SourceRequest(filename=filename, name=name, version=version)
    found = read_source(io.BytesIO(body), len(body), request, _LIMITS).metadata
    if isinstance(found, NotStatic):
        raise BuildRequiredError(name, version.text if version else None, f"its metadata is not static: {found.why}")
    return found
