"""What strangers publish: numbers, texts and archives that no reader expects put out their file or release, not the run."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO

import pytest

from bot.errors import IndexFailure
from bot.index.metadata.metadata import parse_core_metadata
from bot.index.metadata.sdist import read_static_metadata
from bot.index.metadata.source_archive import SourceRequest, read_source
from bot.index.pages.filenames import parse_file_name, parse_wheel_tags
from bot.index.pages.html import parse_html_page
from bot.index.pages.simple import parse_json_page
from bot.limits import PAGE_FILES, Limits
from bot.resolver.model.index import Index, MetadataUnavailable
from bot.resolver.model.needs import parse_need
from bot.resolver.model.versions import try_parse_version
from tests.index.archives import make_metadata, make_sdist, make_wheel
from tests.index.conftest import MakeClient
from tests.index.server import IndexServer

HUGE = "1" * 5_000
NAMES = [
    f"a-{HUGE}.tar.gz",
    f"a-1.{HUGE}.tar.gz",
    f"a-1.{HUGE}-py3-none-any.whl",
    f"a-1.post{HUGE}-py3-none-any.whl",
    f"a-1+{HUGE}x{HUGE}.1-py3-none-any.whl",
    f"a-1.0-{HUGE}-py3-none-any.whl",
    "a-1.0-99999999999999999999-py3-none-any.whl",
    "a-18446744073709551615.0-py3-none-any.whl",
    "a-1.0-py3-none-any.whl",
]


def test_file_names_with_endless_numbers_are_passed_over_on_every_page() -> None:
    page = json.dumps({"files": [{"filename": name, "url": name} for name in NAMES]}).encode()
    spoiled = page.replace(b'{"files"', b'{"x": "\\u0009", "files"').replace(b'"url"', b'"size": "x", "url"')
    html = "".join(f'<a href="{name}">{name}</a>' for name in NAMES)
    for listing in (
        parse_json_page(page, "a", "https://x/"),
        parse_json_page(spoiled, "a", "https://x/"),
        parse_html_page(html, "a", "https://x/"),
    ):
        assert listing.versions == ("1.0",) or listing.versions == ("1.0", f"1+{HUGE}x{HUGE}.1")
        assert len(listing.ends) == len(listing.versions)
    assert [name for name in NAMES if parse_file_name(name, "a") and name.endswith(".whl")] == [NAMES[4], NAMES[-1]]
    assert parse_wheel_tags(NAMES[5]) is None


def test_an_endless_size_is_no_size() -> None:
    page = b'{"files": [{"filename": "a-1.0.tar.gz", "url": "a-1.0.tar.gz", "size": %s}]}' % HUGE.encode()
    assert parse_json_page(page, "a", "https://x/").versions == ("1.0",)


@pytest.mark.parametrize(
    ("text", "is_known"),
    [
        ("18446744073709551614", True),
        ("18446744073709551615", False),
        ("1!18446744073709551615", False),
        ("1.0rc99999999999999999999", False),
        ("1.0.0000000000000000000000000000000001", True),
        (f"1+{'9' * 40}", True),
        (f"1+{HUGE}", False),
        (HUGE, False),
    ],
    ids=range(8),
)
def test_numbers_of_versions_are_bounded_as_in_uv(text: str, is_known: bool) -> None:
    assert (try_parse_version(text) is not None) == is_known


@pytest.mark.parametrize(
    "line",
    [
        "Requires-Dist: dd-lib===1.0-custom",
        "Requires-Dist: dd-lib===1.0.*",
        "Requires-Dist: dd-lib (===custom) ; extra == 'x'",
        f"Requires-Dist: dd-lib==1.{HUGE}",
        "Requires-Dist: dd-lib<99999999999999999999999",
        f"Requires-Dist: dd-lib ; python_version < '{HUGE}'",
        "Requires-Python: ===3.12.custom",
        "Requires-Python: ===3.*",
        f"Requires-Python: >={HUGE}",
    ],
    ids=range(9),
)
def test_metadata_that_names_no_version_puts_the_release_out(line: str) -> None:
    with pytest.raises(MetadataUnavailable, match="cannot be parsed"):
        parse_core_metadata(make_metadata("a", "1.0", line), "a-1.0-py3-none-any.whl")


@pytest.mark.parametrize(
    "spread", ["dd-lib{}@ h", "dd-lib[x]{}@h", "{}dd-lib@x", "dd-lib >={}1@", "a{}@h", "(dd-lib){}"]
)
@pytest.mark.parametrize("pumped", [" ", "\t", "a", "-", "0.", "[", ","])
def test_what_one_part_could_give_to_another_takes_no_time(spread: str, pumped: str) -> None:
    with suppress(MetadataUnavailable):
        parse_need(spread.format(pumped * 4_500))


def test_the_solver_s_own_reader_refuses_them_too() -> None:
    for text in ("dd-lib===1.0-custom", "dd-lib===1.0.*", f"dd-lib==1.{HUGE}"):
        with pytest.raises(MetadataUnavailable, match="is not valid"):
            parse_need(text)


@pytest.mark.parametrize(
    "pyproject",
    [
        '[project]\nname = "a"\nversion = "1.0"\n[tool.x]\ny = ' + "1" * 4_301,
        '[project]\nname = "a"\nversion = "1.0"\n[tool]\n' + ".".join(["x"] * 60_000) + " = 1",
        '[project]\nname = "a"\nversion = "1.0"\nrequires-python = "===3.*"\n',
        f'[project]\nname = "a"\nversion = "{HUGE}"\n',
    ],
    ids=["number", "key", "specifier", "version"],
)
def test_a_source_distribution_is_out_with_a_sentence(pyproject: str) -> None:
    archive = make_sdist({"pyproject.toml": pyproject, "PKG-INFO": make_metadata(metadata_version="2.1")})
    with pytest.raises(MetadataUnavailable, match=r"^a-1\.0\.tar\.gz: .{10,300}$"):
        read_source_bytes(archive)


def read_source_bytes(archive: bytes) -> object:
    request = SourceRequest(filename="a-1.0.tar.gz", name="a", version=try_parse_version("1.0"))
    return read_source(BytesIO(archive), len(archive), request, Limits()).metadata


def test_a_broken_release_does_not_end_the_others(server: IndexServer, index: Index, make_client: MakeClient) -> None:
    files = {
        "a-1.0-py3-none-any.whl": make_wheel("a", "1.0"),
        "a-2.0-py3-none-any.whl": make_wheel("a", "2.0", "Requires-Dist: b===1.0-custom"),
        "a-3.0.tar.gz": make_sdist({"pyproject.toml": "x = " + "1" * 4_301}, top="a-3.0"),
    }
    server.page("a", [{"filename": name, "url": f"/files/{name}"} for name in files])
    for name, content in files.items():
        server.serve(f"/files/{name}", content)
    client = make_client()
    page = client.get_page(index, "a")
    assert page is not None
    (one,), (two,), (three,) = (page.files(version) for version in page.versions)
    for file in (two, three):
        with pytest.raises(MetadataUnavailable):
            client.get_metadata(file)
    assert client.get_metadata(one).version == "1.0"


def test_a_malformed_address_is_the_file_s_fault(server: IndexServer, index: Index, make_client: MakeClient) -> None:
    server.page("a", [{"filename": "a-1.0-py3-none-any.whl", "url": "https://[x/a.whl", "core-metadata": True}])
    client = make_client()
    page = client.get_page(index, "a")
    assert page is not None
    with pytest.raises(MetadataUnavailable, match=r"a-1\.0-py3-none-any\.whl: its metadata cannot be read"):
        client.get_metadata(page.files(page.versions[0])[0])


def test_static_metadata_of_a_long_number_is_unavailable() -> None:
    with pytest.raises(MetadataUnavailable, match=r"a number has too many digits \(line 1\)"):
        read_static_metadata({"pyproject.toml": b"x = " + b"1" * 4_301}, "a", None, "a-1.0.tar.gz")


# --- sizes ---


@contextmanager
def in_seconds(most: float) -> Iterator[None]:
    started = time.process_time()
    yield
    assert time.process_time() - started < most


def read_html(text: str) -> object:
    return parse_html_page(text, "a", "https://x.org/")


def read_json(text: str) -> object:
    return parse_json_page(text.encode(), "a", "https://x.org/")


#: Each took more than a minute, or gigabytes.
PAGES: dict[str, tuple[Callable[[str], object], str, str]] = {
    "one anchor of many attributes": (
        read_html,
        '<a href="a-1.0.zip" ' + " x1" * 7_000_000 + ">",
        "a tag of more than",
    ),
    "anchors that do not end": (read_html, "<a " * 30_000_000, "a tag of more than"),
    "quotes that do not end": (read_html, '<a "' * 5_000_000, "a tag of more than"),
    "many links": (read_html, '<a\nhref="a-1.zip">' * (PAGE_FILES + 1), "links to more than 200000 files"),
    "many files": (
        read_json,
        '{{"files": [{}]}}'.format(",".join(['{"filename":"a","url":"a"}'] * 600_000)),
        "more than 200000",
    ),
    "many nothings": (read_json, '{{"files": [{}]}}'.format(",".join(["{}"] * 12_000_000)), "JSON of another form"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_beyond_all_pages_is_refused_soon(name: str) -> None:
    read, text, sentence = PAGES[name]
    with in_seconds(8), pytest.raises(IndexFailure, match=rf"^https://x\.org/: .*{sentence}"):
        read(text)


@pytest.mark.parametrize(
    "text",
    ["<!--x>" * 3_000_000, "<![CDATA[" * 3_000_000, "</a " * 5_000_000, "<" * 20_000_000],
    ids=["comments", "sections", "ends", "beginnings"],
)
def test_markup_that_never_ends_has_no_links(text: str) -> None:
    with in_seconds(8):
        assert parse_html_page(text, "a", "https://x.org/").versions == ()


def test_requirements_of_python_without_number_or_end_put_files_out() -> None:
    many = [{"filename": f"a-1.{n}.zip", "url": "a", "requires-python": f">=3.{n}x"} for n in range(20_000)]
    long = [{"filename": "a-2.0.zip", "url": "a", "requires-python": ">=" + "1.1" * 100_000}]
    good = [{"filename": "a-0.1.zip", "url": "a", "requires-python": ">=3.8"}]
    with in_seconds(8):
        assert parse_json_page(json.dumps({"files": good + long + many}).encode(), "a", "").versions == ("0.1",)


METADATA = {
    "encoded words": ("Requires-Dist: " + "=?utf-8?q?a?= " * 400_000, "cannot be parsed"),
    "many requirements": ("\n".join(f"Requires-Dist: p{n} (>=1.{n})" for n in range(50_000)), "more than 10000"),
    "many extras": ("\n".join(f"Provides-Extra: x{n}" for n in range(50_000)), "more than 10000"),
    "a long requirement": ("Requires-Dist: a>=" + "1.1" * 1_000_000 + "x", "cannot be parsed"),
    "a long specifier": ("Requires-Python: >=" + "1" * 1_000_000 + "x", "cannot be parsed"),
}


@pytest.mark.parametrize("name", METADATA)
def test_metadata_beyond_all_metadata_is_refused_soon(name: str) -> None:
    lines, sentence = METADATA[name]
    with in_seconds(5), pytest.raises(MetadataUnavailable, match=sentence) as caught:
        parse_core_metadata(make_metadata("a", "1.0", lines), "a-1.0-py3-none-any.whl")
    assert len(str(caught.value)) < 400


def test_many_requirements_of_a_source_distribution_are_refused_soon() -> None:
    listed = ", ".join(f'"p{number}"' for number in range(50_000))
    text = f'[project]\nname = "a"\nversion = "1.0"\ndependencies = [{listed}]\n'
    with in_seconds(5), pytest.raises(MetadataUnavailable, match="more than 10000 requirements"):
        read_static_metadata({"pyproject.toml": text.encode()}, "a", None, "a-1.0.tar.gz")


def test_a_page_as_large_as_the_largest_is_read() -> None:
    file = '{"filename":"a-1.%d-py3-none-any.whl","url":"https://files.org/%0400d","hashes":{"sha256":"%064d"}}'
    page = '{{"files":[{}]}}'.format(",".join(file % (number, number, number) for number in range(50_000)))
    assert len(page) > 25_000_000
    assert len(parse_json_page(page.encode(), "a", "https://x.org/").versions) == 50_000
