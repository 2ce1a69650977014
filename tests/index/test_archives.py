"""Archives, well-meant and hostile."""

from __future__ import annotations

import io
import zipfile

import pytest

from bot.index.metadata.archives import MissingSpanError, PartialFile, read_members, read_wheel_metadata
from bot.limits import Limits
from bot.resolver.model.index import MetadataUnavailable
from tests.index.archives import make_link_sdist, make_metadata, make_sdist, make_wheel, make_zip

SMALL = Limits(members=10, metadata_bytes=1000, ratio=10, ratio_floor_bytes=100_000, unpacked_bytes=1_000_000)
NAME = "a-1.0-py3-none-any.whl"


def read(content: bytes, filename: str = "a-1.0.tar.gz", limits: Limits = SMALL) -> dict[str, bytes]:
    return read_members(io.BytesIO(content), filename, len(content), lambda path: path in ("PKG-INFO", "sub/x"), limits)


@pytest.mark.parametrize(
    ("mode", "ending"),
    [("w:gz", ".tar.gz"), ("w:gz", ".tgz"), ("w:bz2", ".tar.bz2"), ("w:xz", ".tar.xz"), ("w", ".tar")],
)
def test_wanted_members_of_tars(mode: str, ending: str) -> None:
    content = make_sdist({"PKG-INFO": "p", "other": "o", "sub/x": "x", "sub/PKG-INFO": "no"}, mode=mode)
    assert read(content, f"a-1.0{ending}") == {"PKG-INFO": b"p", "sub/x": b"x"}


def test_wanted_members_of_zips() -> None:
    assert read(make_zip({"./a-1.0/PKG-INFO": b"p", "a-1.0/sub/": b""}), "a-1.0.zip") == {"PKG-INFO": b"p"}


def tar_of(path: str) -> bytes:
    return make_sdist({path: "x"}, top="")


@pytest.mark.parametrize(
    ("content", "filename", "words"),
    [
        (b"", "a-1.0.tar.gz", "cannot be read"),
        (b"not an archive", "a-1.0.zip", "cannot be read"),
        (make_sdist({"PKG-INFO": "p"})[:-20], "a-1.0.tar.gz", "cannot be read"),
        (make_zip({"a-1.0/PKG-INFO": b"p", "NAME": b""}).replace(b"NAME", b"\0AME"), "a-1.0.zip", "cannot be read"),
        (b"x", "a-1.0.tar.zst", "of this kind"),
        (tar_of("/etc/passwd"), "a-1.0.tar.gz", "outside of itself"),
        (tar_of("a-1.0/../../x"), "a-1.0.tar.gz", "outside of itself"),
        (tar_of("C:/x"), "a-1.0.tar.gz", "outside of itself"),
        (make_zip({"..\\x": b""}), "a-1.0.zip", "outside of itself"),
        (make_link_sdist("PKG-INFO", "/etc/passwd"), "a-1.0.tar.gz", "is a link"),
        (make_sdist({f"m{n}": "" for n in range(11)}), "a-1.0.tar.gz", "more than 10 members"),
        (make_zip({f"a/m{n}": b"" for n in range(11)}), "a-1.0.zip", "more than 10 members"),
        (make_sdist({"bomb": b"\0" * 500_000}), "a-1.0.tar.gz", "far more than it holds"),
        (make_zip({"a/bomb": b"\0" * 500_000}), "a-1.0.zip", "far more than it holds"),
        (make_sdist({"PKG-INFO": b"x" * 1001}), "a-1.0.tar.gz", "larger than 1000 bytes"),
        (make_zip({"a/PKG-INFO": b"x" * 1001}), "a-1.0.zip", "larger than 1000 bytes"),
        (make_zip({"a/x": b"", "b/x": b""}), "a-1.0.zip", "2 top folders"),
        (make_sdist({}), "a-1.0.tar.gz", "0 top folders"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_and_broken_archives_are_refused(content: bytes, filename: str, words: str) -> None:
    with pytest.raises(MetadataUnavailable, match=words):
        read(content, filename)


def test_a_zip_that_lies_about_sizes_is_refused() -> None:
    content = make_zip({"a/PKG-INFO": b"\0" * 900_000})
    lying = content.replace((900_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != content
    with pytest.raises(MetadataUnavailable):
        read(lying, "a-1.0.zip")


def test_links_that_nobody_wants_are_passed_over() -> None:
    assert read(make_link_sdist("docs", "../elsewhere")) == {}


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({}, "no .dist-info/METADATA members"),
        ({"a-1.0.dist-info/METADATA": b"", "b-1.0.dist-info/METADATA": b""}, "2 .dist-info/METADATA members"),
        ({"b-1.0.dist-info/METADATA": b""}, "of another project"),
        ({"x/a-1.0.dist-info/METADATA": b""}, "no .dist-info/METADATA members"),
        ({"a-1.0.dist-info/METADATA": b"x" * 1001}, "larger than 1000 bytes"),
        ({f"m{n}": b"" for n in range(11)}, "more than 10 members"),
    ],
)
def test_wheels_without_usable_metadata(members: dict[str, bytes], words: str) -> None:
    with pytest.raises(MetadataUnavailable, match=words):
        read_wheel_metadata(io.BytesIO(make_zip(members)), NAME, SMALL)


def test_metadata_of_a_wheel() -> None:
    assert read_wheel_metadata(io.BytesIO(make_wheel()), NAME, SMALL) == make_metadata()


def test_an_encrypted_or_unknown_compression_is_refused() -> None:
    content = bytearray(make_zip({"a-1.0.dist-info/METADATA": b"x"}, compression=zipfile.ZIP_STORED))
    place = content.rindex(b"PK\x01\x02")
    content[place + 10] = 99
    with pytest.raises(MetadataUnavailable, match="cannot be read"):
        read_wheel_metadata(io.BytesIO(bytes(content)), NAME, SMALL)


def test_a_partial_file_says_what_it_misses() -> None:
    partial = PartialFile(100)
    partial.add(90, b"0123456789")
    partial.seek(-5, io.SEEK_END)
    assert (partial.read(3), partial.tell(), partial.read(), partial.read(1)) == (b"567", 98, b"89", b"")
    partial.seek(10)
    with pytest.raises(MissingSpanError) as caught:
        partial.read(5)
    assert (caught.value.start, caught.value.end) == (10, 15)
    with pytest.raises(OSError, match="before"):
        partial.seek(-1)
