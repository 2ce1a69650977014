"""One member of a zip without a list of all: the same as ``zipfile`` finds, also where names stand in wrong places."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

import bot.index.metadata.zip_directory as zip_directory
from bot.index.metadata.zip_directory import TooManyMembersError, narrow_zip
from tests.index.archives import make_metadata, make_zip

ENDING = b".dist-info/METADATA"
PATH = "a-1.0.dist-info/METADATA"


def members_by_zipfile(content: bytes) -> list[tuple[str, bytes | str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        wanted = [entry for entry in archive.infolist() if ENDING.decode() in entry.orig_filename]
        return [(entry.filename, read(archive, entry)) for entry in wanted]


def members_narrowed(content: bytes) -> list[tuple[str, bytes | str]]:
    with zipfile.ZipFile(narrow_zip(io.BytesIO(content), ENDING, 200_000)) as archive:
        return [(entry.filename, read(archive, entry)) for entry in archive.infolist()]


def read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | str:
    try:
        return archive.read(entry)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, RuntimeError):
        return "broken"


def with_parts(*, comment: bytes = b"", extra: bytes = b"", entry_comment: bytes = b"", prefix: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    buffer.write(prefix)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in ("a/x.py", PATH, "a/ü.py"):
            entry = zipfile.ZipInfo(path)
            entry.extra, entry.comment = extra, entry_comment
            archive.writestr(entry, make_metadata() if path == PATH else b"print()")
        archive.comment = comment
    return buffer.getvalue()


def record(path: bytes) -> bytes:
    """A record as a directory has it, of a member that is not there."""
    return (
        struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 3, 20, 0, 0, 0, 0, 0, 0, 9, 9, len(path), 0, 0, 0, 0, 0, 0)
        + path
    )


def extra_of(content: bytes) -> bytes:
    return struct.pack("<HH", 0x7075, len(content)) + content


def twice() -> bytes:
    # ``zipfile`` warns when it writes a name twice; the second one is given its name afterwards.
    other = PATH.replace("1.0", "1.1")
    return make_zip({PATH: b"first", other: b"second"}).replace(other.encode(), PATH.encode())


ARCHIVES = {
    "plain": make_zip({"a/x.py": b"x", PATH: make_metadata(), "a/y.py": b"y" * 1000}),
    "stored": make_zip({PATH: make_metadata()}, compression=zipfile.ZIP_STORED),
    "empty": make_zip({}),
    "without it": make_zip({"a/x.py": b"x"}),
    "a comment": with_parts(comment=b"words"),
    "the name in the comment": with_parts(comment=PATH.encode()),
    "a record in the comment": with_parts(comment=record(PATH.encode())),
    "the longest comment": with_parts(comment=b"x" * 65_535),
    "the name in extra fields": with_parts(extra=extra_of(PATH.encode())),
    "a record in extra fields": with_parts(extra=extra_of(record(PATH.encode()))),
    "a record in members' comments": with_parts(entry_comment=record(b"b-1" + ENDING)),
    "something before it": with_parts(prefix=b"#!/bin/sh\n" * 100),
    "other places of the name": make_zip({f"x/{PATH}": b"1", f"{PATH}/x": b"2", PATH: b"3", f"{PATH}.sig": b"4"}),
    "two of different names": make_zip({PATH: b"1", "b-1.0.dist-info/METADATA": b"2"}),
    "a zero byte in a name": make_zip({"a-1.0.dist-info/METADATA_x": b"1"}).replace(b"METADATA_x", b"METADATA\0x"),
    "content that looks like a record": make_zip(
        {"x": record(PATH.encode()), PATH: b"1"}, compression=zipfile.ZIP_STORED
    ),
    "a wrong sum": make_zip({PATH: b"12345"}, compression=zipfile.ZIP_STORED).replace(b"12345", b"12346", 1),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_the_same_members_as_with_the_whole_list(name: str) -> None:
    assert members_narrowed(ARCHIVES[name]) == members_by_zipfile(ARCHIVES[name])


def test_a_member_that_is_there_twice_is_found_twice() -> None:
    content = twice()
    assert members_narrowed(content) == members_by_zipfile(content)
    assert len(members_narrowed(content)) == 2


def test_large_archives_with_an_end_of_64_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)
    for prefix in (b"", b"before" * 50):
        content = with_parts(prefix=prefix)
        assert b"PK\x06\x06" in content
        monkeypatch.undo()
        assert members_narrowed(content) == members_by_zipfile(content) == [(PATH, make_metadata())]
        monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)
        monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)


@pytest.mark.parametrize("seed", range(200))
def test_damaged_archives_end_alike(seed: int) -> None:
    """Bytes of directory and end are changed at random; where the whole list can be read, so can the part."""
    chance = random.Random(seed)
    content = bytearray(chance.choice(list(ARCHIVES.values())))
    start = max(0, content.rfind(b"PK\x01\x02") - 100)
    for _time in range(chance.randrange(1, 4)):
        content[chance.randrange(start, len(content))] = chance.randrange(256)
    try:
        whole = members_by_zipfile(bytes(content))
    except (zipfile.BadZipFile, NotImplementedError, UnicodeError, ValueError):
        return  # what is wrong with another member is not looked at
    try:
        part = members_narrowed(bytes(content))
    except zipfile.BadZipFile:
        return  # a directory that does not end where it says
    assert part == whole


def test_more_members_than_asked_for() -> None:
    content = make_zip({f"m{number}": b"" for number in range(11)})
    narrow_zip(io.BytesIO(content), ENDING, 11)
    with pytest.raises(TooManyMembersError):
        narrow_zip(io.BytesIO(content), ENDING, 10)


@pytest.mark.parametrize(
    "content",
    [b"", b"x" * 100, make_zip({PATH: b"1"})[:-30], make_zip({PATH: b"1"})[60:]],
    ids=["nothing", "something else", "without its end", "without its beginning"],
)
def test_what_is_no_zip_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(zipfile.BadZipFile):
        narrow_zip(io.BytesIO(content), ENDING, 10)


def test_a_view_of_a_file_reads_like_one(tmp_path: Path) -> None:
    stream = io.BytesIO(b"0123456789")
    view = zip_directory._Narrowed(stream, 5, b"abc")
    assert (view.read(2), view.read(4), view.read(), view.read(1)) == (b"01", b"234a", b"bc", b"")
    assert (view.seek(-4, io.SEEK_END), view.read(), view.seekable(), view.readable()) == (4, b"4abc", True, True)
    assert (view.seek(1), view.seek(2, io.SEEK_CUR), view.read(1), view.tell()) == (1, 3, b"3", 4)
    with pytest.raises(OSError, match="before"):
        view.seek(-1)
