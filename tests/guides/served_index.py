"""An index in memory, served on loopback, so that the real uv sees the releases that lockbot saw."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from bot.index.memory import PYPI, MemoryIndex
from bot.resolver.model.index import MetadataUnavailable, Page, ReleaseFile
from tests.loopback import NOT_FOUND, Answer, Asked, Loopback

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: The host of the index in memory, in every URL of it.
HOST = PYPI.url.removesuffix("simple")


class ServedIndex(Loopback):
    """``https://pypi.org/`` of the index in memory is the root of the server."""

    def __init__(self, index: MemoryIndex) -> None:
        super().__init__()
        self.index = index

    def here(self, text: str) -> str:
        """A text with the URLs of the server in the place of the index's."""
        return text.replace(HOST, f"{self.root}/")

    def answer(self, asked: Asked) -> Answer:
        place, _, name = asked.path.strip("/").partition("/")
        if place == "simple":
            page = self.index.get_page(PYPI, name)
            return NOT_FOUND if page is None else self._page(name, page)
        return self._metadata(name.removesuffix(".metadata"))

    def _page(self, name: str, page: Page) -> Answer:
        files = [file for version in page.versions for file in page.files(version)]
        content = {
            "meta": {"api-version": "1.1"},
            "name": name,
            "versions": [str(version) for version in page.versions],
            "files": [self._file(file) for file in files],
        }
        headers = {"Content-Type": "application/vnd.pypi.simple.v1+json", "Cache-Control": "no-store"}
        return Answer(body=json.dumps(content).encode(), headers=headers)

    def _file(self, file: ReleaseFile) -> dict[str, object]:
        uploaded = None if file.upload_time is None else _EPOCH + timedelta(microseconds=file.upload_time)
        return {
            "filename": file.filename,
            "url": self.here(file.url),
            "hashes": dict(one.split(":", 1) for one in file.hashes),
            "requires-python": file.requires_python,
            "size": file.size,
            "upload-time": None if uploaded is None else uploaded.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "yanked": file.yanked,
            "core-metadata": file.core_metadata,
        }

    def _metadata(self, filename: str) -> Answer:
        name = filename.split("-", 1)[0].replace("_", "-")
        page = self.index.get_page(PYPI, name)
        files = [] if page is None else [one for version in page.versions for one in page.files(version)]
        file = next((one for one in files if one.filename == filename), None)
        try:
            found = None if file is None else self.index.get_metadata(file)
        except MetadataUnavailable:
            found = None
        if found is None:
            return NOT_FOUND
        lines = ["Metadata-Version: 2.3", f"Name: {found.name}", f"Version: {found.version}"]
        lines += [f"Requires-Python: {found.requires_python}"] if found.requires_python else []
        lines += [f"Requires-Dist: {one}" for one in found.requires_dist]
        lines += [f"Provides-Extra: {one}" for one in found.provides_extras]
        return Answer(body=("\n".join(lines) + "\n").encode(), headers={"Content-Type": "text/plain"})
