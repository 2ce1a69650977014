"""A package index on loopback (PEP 691 pages, PEP 658 metadata), whose releases a test adds as it goes."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile

from tests.loopback import NOT_FOUND, Answer, Asked, Loopback

UPLOADED = "2026-01-01T00:00:00.000000Z"


class IndexServer(Loopback):
    """``releases``: package -> version -> requirements; ``links``: package -> where its source is; ``statuses``: package ->
    what the index says of the project; ``age``: seconds for which pages hold. ``asked`` are the pages that were.

    ``authorizations`` are the headers that came, "" for none.
    """

    def __init__(self) -> None:
        super().__init__()
        self.releases: dict[str, dict[str, tuple[str, ...]]] = {}
        self.archives: dict[str, bytes] = {}
        self.authorizations: set[str] = set()
        self.links: dict[str, str] = {}
        self.statuses: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self.age: int | None = None

    @property
    def url(self) -> str:
        return f"{self.root}/simple"

    def release(self, package: str, version: str, *requirements: str) -> None:
        self.releases.setdefault(package, {})[version] = requirements

    def describe(self, package: str, version: str) -> str:
        """The release's wheel as a lock has it."""
        one = self._file(package, version)
        hashed = hashlib.sha256(str(one["filename"]).encode()).hexdigest()
        stamp = UPLOADED.replace(".000000Z", "Z")
        return f'{{ url = "{one["url"]}", hash = "sha256:{hashed}", size = {one["size"]}, upload-time = "{stamp}" }}'

    def archive(self, package: str, version: str, *, egg_info: str) -> None:
        """A release that is a source archive only, its metadata not static; ``egg_info`` is its ``requires.txt``."""
        root = f"{package}-{version}"
        members = {
            "setup.py": "raise SystemExit('code of a package ran')\n",
            "PKG-INFO": f"Metadata-Version: 1.2\nName: {package}\nVersion: {version}\n",
            f"{package}.egg-info/PKG-INFO": f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n",
            f"{package}.egg-info/requires.txt": egg_info,
        }
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w:gz") as tar:
            for name, text in members.items():
                info = tarfile.TarInfo(f"{root}/{name}")
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text.encode()))
        self.archives[f"{root}.tar.gz"] = made.getvalue()
        self.releases.setdefault(package, {})

    def answer(self, asked: Asked) -> Answer:
        self.authorizations.add(asked.headers.get("authorization", ""))
        found = self._find(asked.path)
        return (
            NOT_FOUND if found is None else Answer(body=found[1], headers={"Content-Type": found[0], **self._lasting()})
        )

    def _lasting(self) -> dict[str, str]:
        return {} if self.age is None else {"Cache-Control": f"max-age={self.age}"}

    def _find(self, path: str) -> tuple[str, bytes] | None:
        parts = path.strip("/").split("/")
        if parts[0] == "simple" and len(parts) == 2 and parts[1] in self.releases:
            self.asked.append(parts[1])
            return "application/vnd.pypi.simple.v1+json", json.dumps(self._page(parts[1])).encode()
        if parts[0] == "files" and len(parts) == 2 and parts[1] in self.archives:
            return "application/gzip", self.archives[parts[1]]
        if parts[0] == "files" and len(parts) == 2 and parts[1].endswith(".whl.metadata"):
            name, version = parts[1].split("-")[:2]
            return "text/plain", self._metadata(name, version)
        return None

    def _page(self, package: str) -> dict[str, object]:
        return {
            "meta": {"api-version": "1.1"},
            "name": package,
            "versions": list(self.releases[package]),
            **({"project-status": self.statuses[package]} if package in self.statuses else {}),
            "files": [
                *(self._file(package, version) for version in self.releases[package]),
                *(self._archive_file(name) for name in self.archives if name.startswith(f"{package}-")),
            ],
        }

    def _file(self, package: str, version: str) -> dict[str, object]:
        filename = f"{package}-{version}-py3-none-any.whl"
        digest = hashlib.sha256(self._metadata(package, version)).hexdigest()
        return {
            "filename": filename,
            "url": f"{self.root}/files/{filename}",
            "hashes": {"sha256": hashlib.sha256(filename.encode()).hexdigest()},
            "core-metadata": {"sha256": digest},
            "requires-python": ">=3.9",
            "size": 1000,
            "upload-time": UPLOADED,
            "yanked": False,
        }

    def _archive_file(self, filename: str) -> dict[str, object]:
        data = self.archives[filename]
        return {
            "filename": filename,
            "url": f"{self.root}/files/{filename}",
            "hashes": {"sha256": hashlib.sha256(data).hexdigest()},
            "size": len(data),
            "upload-time": UPLOADED,
        }

    def _metadata(self, package: str, version: str) -> bytes:
        lines = ["Metadata-Version: 2.1", f"Name: {package}", f"Version: {version}", "Requires-Python: >=3.9"]
        lines += [f"Project-URL: Source, {self.links[package]}"] if package in self.links else []
        lines += [f"Requires-Dist: {one}" for one in self.releases[package][version]]
        return ("\n".join(lines) + "\n").encode()
