"""The files of one commit, read from git's objects: no working tree, so no attribute, filter or smudge ever applies.

Implements ``bot.resolver.model.index.Tree``. Symbolic links are followed inside the commit only; a submodule is an empty
folder. Blobs are read by one ``cat-file --batch`` process, kept open until ``close``.
"""

from __future__ import annotations

import subprocess
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from bot.errors import InputError
from bot.git.command import Git, GitError
from bot.limits import TEXT_LIMIT

_LINK_LIMIT = 16
_LINK, _FOLDER, _SUBMODULE = "120000", "040000", "160000"


@dataclass(frozen=True, slots=True)
class Entry:
    mode: str
    oid: str


class CommitTree:
    """The tree of ``commit``; close it (or use it as a context) when done."""

    _end_batch: Callable[[], object]

    def __init__(self, git: Git, commit: str) -> None:
        self.commit = commit
        self._git = git
        self._entries = _read_entries(git, commit)
        self._folders = _child_folders(self._entries)
        self._blobs: dict[str, bytes] = {}
        self._read_once: set[str] = set()
        self._batch: subprocess.Popen[bytes] | None = None

    def paths(self, *, links: bool = False) -> Sequence[str]:
        """All regular files (and symbolic links, if asked for), sorted."""
        kinds = ("100", "120") if links else ("100",)
        return tuple(path for path, entry in self._entries.items() if entry.mode.startswith(kinds))

    def is_link(self, path: str) -> bool:
        return self.mode(path) == _LINK

    def mode(self, path: str) -> str | None:
        """The git mode of a path as it stands (links not followed), ``None`` where there is nothing."""
        entry = self._entries.get(path)
        return entry.mode if entry else None

    def oid(self, path: str) -> str | None:
        entry = self._entries.get(path)
        return entry.oid if entry else None

    def read_text(self, path: str) -> str | None:
        data = self.read_bytes(path)
        if data is None:
            return None
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise InputError("not UTF-8 text", path=path, line=line, hint="save the file as UTF-8") from None

    def read_bytes(self, path: str) -> bytes | None:
        entry = self._entry(path)
        if entry is None or not entry.mode.startswith("100"):
            return None
        return self._blob(entry.oid, path)

    def list_dirs(self, path: str) -> Sequence[str]:
        real = self._real_path(path)
        return self._folders.get(real, ()) if real is not None else ()

    def is_dir(self, path: str) -> bool:
        real = self._real_path(path)
        return real is not None and (real == "" or self._is_folder(real))

    def exists(self, path: str) -> bool:
        real = self._real_path(path)
        return real is not None and (real == "" or real in self._entries)

    def prefetch(self, paths: Iterable[str]) -> None:
        """In a partial clone, fetch the blobs of these paths in one request instead of one each."""
        wanted = sorted({entry.oid for path in paths if (entry := self._entries.get(path))})
        if not wanted or not self._git.network.protocols:
            return
        listed = self._git.run("rev-list", "--objects", "--missing=print", "--no-object-names", self.commit)
        missing = {line[1:] for line in listed.decode().splitlines() if line.startswith("?")}
        lacking = [oid for oid in wanted if oid in missing]
        if lacking:
            options = ("--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none", "--stdin")
            noop = ("-c", "fetch.negotiationAlgorithm=noop")
            self._git.run(*noop, "fetch", "--quiet", "origin", *options, stdin="\n".join(lacking).encode())

    def close(self) -> None:
        """End the reading process; a tree that is dropped unclosed ends it too."""
        if self._batch is not None:
            self._batch = None
            self._end_batch()

    def __enter__(self) -> CommitTree:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- paths ---------------------------------------------------------------

    def _is_folder(self, path: str) -> bool:
        entry = self._entries.get(path)
        return entry is not None and entry.mode in {_FOLDER, _SUBMODULE}

    def _entry(self, path: str) -> Entry | None:
        real = self._real_path(path)
        return self._entries.get(real) if real else None

    def _real_path(self, path: str) -> str | None:
        """The path with links followed; ``None`` where it leaves the commit or loops."""
        pending = _split(path)
        done: list[str] = []
        links = 0
        while pending:
            part = pending.pop(0)
            if part == "..":
                if not done:
                    return None
                done.pop()
                continue
            done.append(part)
            here = "/".join(done)
            entry = self._entries.get(here)
            if entry is not None and entry.mode == _LINK:
                links += 1
                target = self._link_target(entry, here)
                if target is None or links > _LINK_LIMIT:
                    return None
                done.pop()
                pending[:0] = _split(target)
        return "/".join(done)

    def _link_target(self, entry: Entry, path: str) -> str | None:
        target = self._blob(entry.oid, path).decode("utf-8", "surrogateescape")
        return None if target.startswith("/") else target

    # --- objects -------------------------------------------------------------

    def _blob(self, oid: str, path: str) -> bytes:
        known = self._blobs.get(oid)
        if known is None:
            known = self._fetch_blob(oid, path)
            # Most files are read once, to look for a header; what is read twice (manifests, locks) is read often.
            if oid in self._read_once:
                self._blobs[oid] = known
            self._read_once.add(oid)
        return known

    def _fetch_blob(self, oid: str, path: str) -> bytes:
        if self._batch is None:
            self._batch = self._git.start("cat-file", "--batch")
            self._end_batch = weakref.finalize(self, _end, self._batch)
        stdin, stdout = _stream(self._batch.stdin), _stream(self._batch.stdout)
        stdin.write(oid.encode() + b"\n")
        stdin.flush()
        header = stdout.readline().split()
        if len(header) != 3:
            raise InputError("the file is not in this clone", path=path, hint="lockbot fetches only what it reads")
        size = int(header[2])
        if size > TEXT_LIMIT:
            self.close()
            raise InputError(f"the file is larger than {TEXT_LIMIT // 1024 // 1024} MiB", path=path)
        data = stdout.read(size)
        stdout.read(1)
        return data


def _end(batch: subprocess.Popen[bytes]) -> None:
    batch.kill()
    _stream(batch.stdin).close()
    _stream(batch.stdout).close()
    batch.wait()


def _stream(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise GitError("git was started without pipes")
    return pipe


def _split(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in {"", "."}]


def _read_entries(git: Git, commit: str) -> Mapping[str, Entry]:
    entries = {}
    for line in git.run("ls-tree", "-r", "-t", "-z", "--full-tree", commit).split(b"\0"):
        head, tab, name = line.partition(b"\t")
        if tab:
            mode, _, oid = head.decode().split()
            entries[name.decode("utf-8", "surrogateescape")] = Entry(mode, oid)
    return dict(sorted(entries.items()))


def _child_folders(entries: Mapping[str, Entry]) -> Mapping[str, tuple[str, ...]]:
    children: dict[str, list[str]] = {}
    for path, entry in entries.items():
        if entry.mode in {_FOLDER, _SUBMODULE}:
            parent, _, name = path.rpartition("/")
            children.setdefault(parent, []).append(name)
    return {parent: tuple(sorted(names)) for parent, names in children.items()}
