"""A stand-in for a service: one program that plays what the table of quirks says, and keeps what it was shown."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from urllib.parse import quote, unquote, urlsplit

from bot.index.pages.filenames import normalize_name
from tests.loopback import NOT_FOUND, Answer, Asked, Loopback, with_range
from tests.resolver.package_files import Release, metadata_text, sdist_bytes, wheel_bytes
from tests.services.quirks import SERVICES, Links, Ranges

SECRET = "eyJ.hush-hush.token"
SIGNATURE = "c2lnbmVk"

#: What the company has, and what lies on PyPI beside it.
OWN = (
    Release(name="alpha", version="1.0", requires=["beta>=1", "acme.tools[extra]"], requires_python=">=3.9"),
    Release(name="Acme.Tools", version="2.0+corp.1", requires_python=">=3.8", extras={"extra": ["gamma"]}),
    Release(name="gamma", version="0.9.0"),
    Release(name="secret-tool", version="3.1", requires=["alpha"]),
)
UPSTREAM = (Release(name="beta", version="1.2", requires_python=">=3.10"), Release(name="beta", version="2.0b1"))
NEWER = Release(name="alpha", version="1.1", requires=["beta>=1"], requires_python=">=3.9")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    release: Release
    filename: str
    body: bytes

    @property
    def is_wheel(self) -> bool:
        return self.filename.endswith(".whl")

    @property
    def id(self) -> str:
        found = hashlib.sha256(self.filename.encode()).hexdigest()
        return f"{found[:2]}/{found[2:4]}/{found[4:24]}"

    @property
    def name(self) -> str:
        return normalize_name(self.release.name) or self.release.name


def files_of(release: Release) -> Iterator[File]:
    """A wheel and a source archive."""
    yield File(release=release, filename=f"{release.stem}-py3-none-any.whl", body=wheel_bytes(release, "py3-none-any"))
    yield File(release=release, filename=f"{release.stem}.tar.gz", body=sdist_bytes(release))


class Storage(Loopback):
    """Where files are in the end, on another host; who shows credentials is turned away, as he is by real ones."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, File] = {}
        self.shown: list[str] = []

    @property
    def url(self) -> str:
        return self.root.replace("127.0.0.1", "localhost")

    def answer(self, asked: Asked) -> Answer:
        shown, parts = asked.headers.get("authorization", ""), urlsplit(asked.path)
        self.shown.append(shown)
        if shown or SIGNATURE not in parts.query:
            return Answer(status=400 if shown else 403)
        found = self.files.get(unquote(parts.path).removeprefix("/blobs/"))
        if found is None:
            return NOT_FOUND
        # The signature is for GET alone.
        return Answer(status=403) if asked.method == "HEAD" else with_range(Answer(body=found.body), asked)


class Service(Loopback):
    """``shown`` are the authorizations that came. ``tokens`` let in; ``known`` are right and may not read.

    ``on_token`` hears of each that let somebody in.
    """

    def __init__(self, name: str, storage: Storage) -> None:
        super().__init__()
        self.name = name
        self.quirks = SERVICES[name]
        self.storage = storage
        self.tokens = {SECRET}
        self.known: set[str] = set()
        self.shown: list[str] = []
        self.on_token: Callable[[], object] = lambda: None
        # Where PyPI is not beside it, the company has copies.
        self.files = [file for release in OWN + UPSTREAM for file in files_of(release)]

    @property
    def url(self) -> str:
        """The address of the index, as projects name it."""
        return f"{self.root}{self.quirks.index}{'/' if self.quirks.slashes else ''}"

    def add(self, release: Release) -> None:
        self.files += files_of(release)

    # --- who is let in ---

    def answer(self, asked: Asked) -> Answer:
        shown = asked.headers.get("authorization", "")
        self.shown.append(shown)
        refused = self._refuse(shown)
        if refused is not None:
            headers = {"WWW-Authenticate": self.quirks.challenge} if refused == 401 else {}
            return Answer(status=refused, headers=headers)
        self.on_token()
        return self._serve(asked)

    def _refuse(self, shown: str) -> int | None:
        if not shown:
            return self.quirks.closed
        if shown in self._letters(self.tokens):
            return None
        return self.quirks.forbidden if shown in self._letters(self.known) else self.quirks.wrong

    def _letters(self, tokens: set[str]) -> set[str]:
        basic = {f"Basic {b64encode(f'{self.quirks.user}:{one}'.encode()).decode()}" for one in tokens}
        return basic | ({f"Bearer {one}" for one in tokens} if self.quirks.is_bearer else set())

    # --- what there is ---

    def _serve(self, asked: Asked) -> Answer:
        path, base = unquote(urlsplit(asked.path).path), self.quirks.index
        for file in self.files:
            if path in (self.path_of(file), self._moved(file)):
                return self._send(file, asked, is_last=self._moved(file) in (None, path))
            if self.quirks.has_metadata_files and file.is_wheel and path == f"{self.path_of(file)}.metadata":
                return Answer(body=metadata_text(file.release).encode())
        page = re.fullmatch(f"{re.escape(base)}/([^/]+)(/?)", path)
        return NOT_FOUND if page is None else self._page(page[1], asked, has_slash=bool(page[2]))

    def path_of(self, file: File) -> str:
        return self._fill(self.quirks.file, file)

    def _moved(self, file: File) -> str | None:
        return None if self.quirks.moves is None else self._fill(self.quirks.moves, file)

    @staticmethod
    def _fill(template: str, file: File) -> str:
        return template.format(name=file.name, version=file.release.version, file=file.filename, id=file.id)

    def _send(self, file: File, asked: Asked, *, is_last: bool) -> Answer:
        quirks = self.quirks
        if not is_last:
            return redirect(quote(self._moved(file) or ""), 302)
        if quirks.storage:
            key = f"{file.id}/{file.filename}"
            self.storage.files[key] = file
            return redirect(f"{self.storage.url}/blobs/{quote(key)}?sig={SIGNATURE}&se=2120", 303)
        is_whole = quirks.ranges is Ranges.NONE
        is_whole |= quirks.ranges is Ranges.FROM_START and asked.headers.get("range", "").startswith("bytes=-")
        headers = {"Accept-Ranges": "none" if quirks.ranges is Ranges.NONE else "bytes"}
        whole = Answer(body=file.body, headers=headers)
        return whole if is_whole else with_range(whole, asked)

    # --- pages ---

    def _page(self, name: str, asked: Asked, *, has_slash: bool) -> Answer:
        normal, quirks = normalize_name(name), self.quirks
        if (quirks.names and normal != name) or (quirks.slashes and not has_slash):
            return redirect(f"{quirks.index}/{normal}/", 301)
        listed = [file for file in self.files if file.name == normal]
        if not listed:
            return redirect(f"{self.storage.url}/pypi/simple/{name}/", 302) if quirks.forwards else NOT_FOUND
        if quirks.is_json and "application/vnd.pypi.simple.v1+json" in asked.headers.get("accept", ""):
            page = {"meta": {"api-version": "1.0"}, "name": normal, "files": [self._entry(one) for one in listed]}
            kind = "application/vnd.pypi.simple.v1+json"
            return Answer(body=json.dumps(page).encode(), headers={"Content-Type": kind})
        links = "".join(f"    {self._anchor(one)}<br/>\n" for one in listed)
        body = f"<!DOCTYPE html>\n<html>\n  <body>\n    <h1>Links for {name}</h1>\n{links}  </body>\n</html>\n"
        return Answer(body=body.encode(), headers={"Content-Type": "text/html; charset=UTF-8"})

    def _link(self, file: File) -> str:
        path = quote(self.path_of(file))
        match self.quirks.links:
            case Links.ABSOLUTE:
                return f"{self.root}{path}"
            case Links.ROOTED:
                return path
            case Links.RELATIVE:
                return relative(path, f"{self.quirks.index}/{file.name}/")

    def _digests(self, file: File) -> Mapping[str, str]:
        name = self.quirks.digest
        return {} if name is None else {name: hashlib.new(name, file.body).hexdigest()}

    def _anchor(self, file: File) -> str:
        fragment = "".join(f"#{name}={digest}" for name, digest in self._digests(file).items())
        python = file.release.requires_python if self.quirks.says_python else None
        said = f' data-requires-python="{escape(python)}"' if python else ""
        return f'<a href="{self._link(file)}{fragment}" rel="internal"{said}>{file.filename}</a>'

    def _entry(self, file: File) -> Mapping[str, object]:
        return {
            "filename": file.filename,
            "url": self._link(file),
            "hashes": self._digests(file),
            "requires-python": file.release.requires_python,
            "core-metadata": self.quirks.has_metadata_files and file.is_wheel,
        }


def redirect(target: str, status: int) -> Answer:
    return Answer(status=status, headers={"Location": target})


def relative(path: str, start: str) -> str:
    """``path`` as a link on the page at ``start``."""
    mine, own = path.split("/"), start.rstrip("/").split("/")
    shared = 0
    while shared < min(len(mine) - 1, len(own)) and mine[shared] == own[shared]:
        shared += 1
    return "../" * (len(own) - shared) + "/".join(mine[shared:])


@contextmanager
def running(name: str) -> Iterator[Service]:
    with Storage() as storage, Service(name, storage) as service:
        yield service
