"""A bare repository as GitHub's database: plumbing commands of the real git."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ZERO = "0" * 40
_ENV = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "LC_ALL": "C",
}

_CONFIG = """\
[uploadpack]
\tallowFilter = true
\tallowAnySHA1InWant = true
[http]
\treceivepack = true
[gc]
\tauto = 0
"""


class GitFailed(Exception):
    pass


@dataclass(frozen=True, kw_only=True)
class Person:
    name: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Commit:
    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    date: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    mode: str
    type: str
    sha: str
    path: str


class GitStore:
    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path, default_branch: str) -> GitStore:
        path.mkdir(parents=True)
        store = cls(path)
        store.run("init", "-q", "--bare", "--template=", f"--initial-branch={default_branch}", ".")
        with (path / "config").open("a") as config:
            config.write(_CONFIG)
        return store

    def run(self, *arguments: str, data: bytes | None = None, env: dict[str, str] | None = None) -> bytes:
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, input=data, capture_output=True, env=_ENV | (env or {}), check=False
        )
        if done.returncode:
            raise GitFailed(f"git {' '.join(arguments)}: {done.stderr.decode(errors='replace')}")
        return done.stdout

    def find(self, revision: str) -> str | None:
        try:
            return self.run("rev-parse", "-q", "--verify", "--end-of-options", revision).decode().strip()
        except GitFailed:
            return None

    def type_of(self, sha: str) -> str | None:
        if not re.fullmatch(r"[0-9a-f]{40}", sha):
            return None
        try:
            return self.run("cat-file", "-t", sha).decode().strip()
        except GitFailed:
            return None

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        lines = self.run("for-each-ref", "--format=%(refname) %(objectname)", prefix).decode().splitlines()
        return dict(tuple(line.split(" ", 1)) for line in lines)  # type: ignore[misc]

    def branch(self, name: str) -> str | None:
        return self.refs(f"refs/heads/{name}").get(f"refs/heads/{name}")

    def update_ref(self, ref: str, sha: str, before: str | None = None) -> None:
        self.run("update-ref", ref, sha, *([before] if before is not None else []))

    def delete_ref(self, ref: str) -> None:
        self.run("update-ref", "-d", ref)

    def write_blob(self, content: bytes) -> str:
        return self.run("hash-object", "-w", "--stdin", data=content).decode().strip()

    def read_blob(self, sha: str) -> bytes:
        return self.run("cat-file", "blob", sha)

    def read_tree(self, sha: str, *, recursive: bool = False) -> list[Entry]:
        out = self.run("ls-tree", "-z", *(["-r", "-t"] if recursive else []), sha).decode()
        entries = []
        for line in filter(None, out.split("\0")):
            meta, path = line.split("\t", 1)
            mode, kind, blob = meta.split(" ")
            entries.append(Entry(mode=mode, type=kind, sha=blob, path=path))
        return entries

    def write_tree(self, base: str | None, changes: list[tuple[str, str, str | None]]) -> str:
        """``changes`` are (path, mode, sha or None to delete)."""
        index = {"GIT_INDEX_FILE": str(self.path / f"index.{os.urandom(6).hex()}")}
        try:
            if base:
                self.run("read-tree", base, env=index)
            lines = [f"{mode} {sha}\t{path}" if sha else f"0 {ZERO}\t{path}" for path, mode, sha in changes]
            self.run(
                "update-index", "-z", "--index-info", data="".join(f"{line}\0" for line in lines).encode(), env=index
            )
            return self.run("write-tree", env=index).decode().strip()
        finally:
            Path(index["GIT_INDEX_FILE"]).unlink(missing_ok=True)

    def write_commit(self, tree: str, parents: list[str], message: str, author: Person, committer: Person) -> str:
        env = {
            "GIT_AUTHOR_NAME": author.name,
            "GIT_AUTHOR_EMAIL": author.email,
            "GIT_COMMITTER_NAME": committer.name,
            "GIT_COMMITTER_EMAIL": committer.email,
        }
        flags = [flag for parent in parents for flag in ("-p", parent)]
        return self.run("commit-tree", tree, *flags, "-F", "-", data=message.encode(), env=env).decode().strip()

    def read_commit(self, sha: str) -> Commit:
        form = "%H%x00%T%x00%P%x00%an%x00%ae%x00%cn%x00%ce%x00%cI%x00%B"
        fields = self.run("show", "-s", f"--format={form}", sha).decode().rstrip("\n").split("\0")
        return Commit(
            sha=fields[0],
            tree=fields[1],
            parents=tuple(fields[2].split()),
            author=Person(name=fields[3], email=fields[4]),
            committer=Person(name=fields[5], email=fields[6]),
            date=fields[7],
            message=fields[8].rstrip("\n"),
        )

    def log(self, revision: str, *, path: str | None = None, limit: int | None = None) -> list[str]:
        flags = [f"--max-count={limit}"] if limit else []
        return self.run("log", "--format=%H", *flags, revision, "--", *([path] if path else [])).decode().split()

    def is_ancestor(self, old: str, new: str) -> bool:
        try:
            self.run("merge-base", "--is-ancestor", old, new)
        except GitFailed:
            return False
        return True

    def merge_base(self, one: str, other: str) -> str | None:
        try:
            return self.run("merge-base", one, other).decode().strip()
        except GitFailed:
            return None

    def fetch(self, other: GitStore, source: str, target: str) -> None:
        self.run("fetch", "-q", "--no-tags", str(other.path), f"+{source}:{target}")

    def diff(self, old: str, new: str) -> list[tuple[str, str]]:
        """(status letter, path) of the files that differ."""
        out = self.run("diff-tree", "-r", "-z", "--name-status", "--no-renames", old, new).decode().split("\0")
        return list(zip(out[0:-1:2], out[1:-1:2], strict=True))

    def patch(self, old: str, new: str, path: str) -> tuple[str | None, int, int]:
        """As GitHub shows how a file differs: hunks without a head, lines added, lines taken away."""
        text = self.run("diff-tree", "-p", "--no-renames", "--no-ext-diff", old, new, "--", path).decode()
        start = text.find("\n@@")
        counts = self.run("diff-tree", "-r", "--numstat", "--no-renames", old, new, "--", path).decode().split("\t")
        added, gone = (int(one) if one.isdigit() else 0 for one in counts[:2])
        return (text[start + 1 :].rstrip("\n") if start >= 0 else None), added, gone

    def merge_tree(self, ours: str, theirs: str, base: str | None = None) -> str:
        """The tree of a clean merge; a conflict fails."""
        start = base or self.merge_base(ours, theirs)
        assert start is not None
        index = {
            "GIT_INDEX_FILE": str(self.path / f"index.{os.urandom(6).hex()}"),
            "GIT_WORK_TREE": str(self.path / "-"),
        }
        try:
            self.run("read-tree", "-i", "-m", "--aggressive", start, theirs, ours, env=index)
            self._merge_files(index)
            return self.run("write-tree", env=index).decode().strip()
        finally:
            Path(index["GIT_INDEX_FILE"]).unlink(missing_ok=True)

    def _merge_files(self, index: dict[str, str]) -> None:
        """Files that both sides changed, line by line."""
        stages: dict[str, dict[str, tuple[str, str]]] = {}
        for line in filter(None, self.run("ls-files", "-u", "-z", env=index).decode().split("\0")):
            meta, path = line.split("\t", 1)
            mode, sha, stage = meta.split(" ")
            stages.setdefault(path, {})[stage] = (mode, sha)
        for path, found in stages.items():
            if set(found) != {"1", "2", "3"}:
                raise GitFailed(f"conflict in {path}")
            names = []
            for stage in ("3", "1", "2"):
                name = self.path / f"merge.{os.urandom(6).hex()}"
                name.write_bytes(self.read_blob(found[stage][1]))
                names.append(name)
            try:
                merged = self.run("merge-file", "-p", *(str(one) for one in names))
            finally:
                for name in names:
                    name.unlink()
            entry = f"0 {ZERO}\t{path}\0{found['3'][0]} {self.write_blob(merged)}\t{path}\0"
            self.run("update-index", "-z", "--index-info", data=entry.encode(), env=index)

    def files(self, revision: str) -> dict[str, str]:
        """Path -> text of every regular file: for assertions."""
        blobs = [one for one in self.read_tree(revision, recursive=True) if one.type == "blob"]
        contents = self._read_blobs([one.sha for one in blobs])
        return {one.path: content.decode() for one, content in zip(blobs, contents, strict=True)}

    def _read_blobs(self, shas: list[str]) -> list[bytes]:
        out = io.BytesIO(
            self.run("cat-file", "--batch=%(objectsize)", data="".join(f"{one}\n" for one in shas).encode())
        )
        contents = []
        for _ in shas:
            contents.append(out.read(int(out.readline())))
            out.readline()
        return contents

    def commit_files(self, branch: str, files: dict[str, str | None], message: str, who: Person) -> str:
        """A commit as if pushed by ``who``; None deletes."""
        ref, head, text = f"refs/heads/{branch}", self.branch(branch), message.encode()
        commands = [f"commit {ref}\nmark :1\ncommitter {who.name} <{who.email}> now\n".encode(), _data(text)]
        commands += [f"from {head}\n".encode()] if head else []
        for path, content in files.items():
            name = json.dumps(path, ensure_ascii=False)
            if content is None:
                commands.append(f"D {name}\n".encode())
            else:
                commands += [f"M 100644 inline {name}\n".encode(), _data(content.encode())]
        commands.append(b"get-mark :1\n")
        return self.run("fast-import", "--quiet", "--date-format=now", data=b"".join(commands)).decode().strip()


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)
