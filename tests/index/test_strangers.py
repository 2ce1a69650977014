"""What strangers publish: numbers, texts and archives that no reader expects put out their file or release, not the run."""

from __future__ import annotations

import json

import pytest

from bot.index.metadata.metadata import parse_core_metadata
from bot.index.metadata.sdist import read_static_metadata
from bot.index.metadata.source_archive import SourceRequest, read_source
from bot.index.pages.filenames import parse_file_name, parse_wheel_tags
from bot.index.pages.html import parse_html_page
from bot.index.pages.simple import parse_json_page
from bot.limits import Limits
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
)
def test_metadata_that_names_no_version_puts_the_release_out(line: str) -> None:
    with pytest.raises(MetadataUnavailable, match="cannot be parsed"):
        parse_core_metadata(make_metadata("a", "1.0", line), "a-1.0-py3-none-any.whl")


def test_the_solver_s_own_reader_refuses_them_too() -> None:
    for text in ("dd-lib===1.0-custom", "dd-lib===1.0.*", f"dd-lib==1.{HUGE}"):
        with pytest.raises(MetadataUnavailable, match="is not valid"):
            parse_need(text)


@pytest.mark.parametrize(
    "pyproject",
    [
        '[project]\nname = "a"\nversion = "1.0"\n[tool.x]\ny = ' + "1" * 4_301,
        '[project]\nname = "a"\nversion = "1.0"\n[tool]\n' + ".".join(["x"] * 60_000) + " = 1",
        '[project]\nname = "a"\nversion = "1.0"\ndependencies = ["b===1.0-custom"]\nrequires-python = "===3.*"\n',
        f'[project]\nname = "a"\nversion = "{HUGE}"\n',
    ],
)
def test_a_source_distribution_is_out_with_a_sentence(pyproject: str) -> None:
    archive = make_sdist({"pyproject.toml": pyproject, "PKG-INFO": make_metadata(metadata_version="2.1")})
    try:
        found = read_source_bytes(archive)
    except MetadataUnavailable as problem:
        assert len(str(problem)) < 400
    else:
        assert "cannot be parsed" in str(found)


def read_source_bytes(archive: bytes) -> object:
    from io import BytesIO

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
