"""Project pages: rows, order, laziness."""

from __future__ import annotations

import json
import marshal
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import IndexFailure
from bot.index.cache.disk import CacheHit
from bot.index.cache.stored_pages import decode_page, encode_page, make_loaded
from bot.index.pages.flat import parse_flat_page, read_flat
from bot.index.pages.html import parse_html_page
from bot.index.pages.listing import ListedFile, ListedPage, Listing, parse_upload_time
from bot.index.pages.simple import parse_json_page
from bot.limits import STATUS_REASON_LENGTH, Limits
from bot.resolver.model.index import Index, IndexFormat, ReleaseFile
from bot.resolver.model.versions import parse_version
from tests.advisories.statuses import HTML, JSON, Said, page

URL = "https://example.com/simple/a/"
INDEX = Index(url="https://example.com/simple")
SHA = "ab" * 32
KEYS = ["filename", "url", "hashes", "sha256", "size", "upload-time", "yanked", "requires-python", "core-metadata"]


def json_files(*entries: object) -> list[ReleaseFile]:
    page = ListedPage(parse_json_page(json.dumps({"files": entries}).encode(), "a", URL), INDEX)
    return [file for version in page.versions for file in page.files(version)]


def html_files(text: str) -> list[ReleaseFile]:
    page = ListedPage(parse_html_page(text, "a", URL), INDEX)
    return [file for version in page.versions for file in page.files(version)]


def entry(filename: str, **more: object) -> dict[str, object]:
    return {"filename": filename, "url": f"https://files.example.com/{filename}", "hashes": {}} | more


def test_versions_ascend_and_files_are_in_order() -> None:
    names = [
        "a-1.10.tar.gz",
        "a-1.9-py3-none-any.whl",
        "a-1.9.zip",
        "a-1.9-cp312-cp312-win32.whl",
        "a-1.9.tar.gz",
        "a-1.9rc1.zip",
    ]
    assert [file.filename for file in json_files(*map(entry, names))] == [
        "a-1.9rc1.zip",
        "a-1.9.tar.gz",
        "a-1.9.zip",
        "a-1.9-cp312-cp312-win32.whl",
        "a-1.9-py3-none-any.whl",
        "a-1.10.tar.gz",
    ]


def test_equal_versions_are_one() -> None:
    page = ListedPage(
        parse_json_page(
            json.dumps({"files": [entry("a-1.0-py3-none-any.whl"), entry("a-1.tar.gz")]}).encode(), "a", URL
        ),
        INDEX,
    )
    assert [version.text for version in page.versions] == ["1.0"]
    assert [file.version.text for file in page.files(parse_version("1"))] == ["1", "1.0"]
    assert page.files(parse_version("3")) == ()
    assert page.files(parse_version("1.0")) is page.files(parse_version("1"))


def test_all_that_a_json_file_states() -> None:
    (file,) = json_files(
        {
            "filename": "a-1.0-py3-none-any.whl",
            "url": "../../f/a-1.0-py3-none-any.whl?x=1#sha256=00",
            "hashes": {
                "sha512": "cd" * 64,
                "sha256": SHA.upper(),
                "blake2b_256": "ef" * 32,
                "crc": "1",
                "md5": "short",
            },
            "requires-python": ">=3.6,",
            "size": 7,
            "upload-time": "2024-01-02T03:04:05.678901Z",
            "yanked": "broken",
            "core-metadata": {"sha256": SHA},
            "data-dist-info-metadata": False,
            "provenance": None,
        }
    )
    assert isinstance(file, ListedFile)
    assert file.url == "https://example.com/f/a-1.0-py3-none-any.whl?x=1"
    assert file.hashes == (f"sha256:{SHA}", "sha512:" + "cd" * 64, "blake2b:" + "ef" * 32)
    assert file.hash == file.hashes[-1]
    assert (file.requires_python, file.size, file.yanked) == (">=3.6", 7, True)
    assert file.upload_time == 1704164645678901
    assert (file.core_metadata, file.metadata_hashes) == (True, (f"sha256:{SHA}",))
    assert (file.index, file.path, file.wheel is not None) == (INDEX, None, True)


@pytest.mark.parametrize(
    "dropped",
    [
        entry("b-1.0.zip"),
        entry("a-1.0.exe"),
        entry("a-one.zip"),
        entry("a-1.0.zip", **{"requires-python": "three"}),
        entry(""),
        {"filename": "a-1.0.zip"},
        {"filename": 1, "url": 2},
        None,
        [],
        "a-1.0.zip",
    ],
)
def test_files_that_cannot_be_used_are_dropped(dropped: object) -> None:
    assert [file.filename for file in json_files(dropped, entry("a-2.0.zip"))] == ["a-2.0.zip"]


@pytest.mark.parametrize(
    "odd",
    [
        {"size": -1},
        {"size": "x"},
        {"size": True},
        {"upload-time": 3},
        {"upload-time": "yesterday"},
        {"hashes": []},
        {"hashes": {"sha256": 1}},
        {"hashes": {"sha256": "zz" * 32}},
        {"requires-python": 3},
        {"requires-python": ""},
        {"yanked": False},
        {"core-metadata": False, "data-dist-info-metadata": {"sha256": SHA}},
        {"core-metadata": "yes"},
    ],
)
def test_odd_values_count_as_absent(odd: dict[str, object]) -> None:
    (file,) = json_files(entry("a-1.0.zip", **odd))
    assert (file.size, file.upload_time, file.hash, file.requires_python) == (None, None, None, None)
    assert (file.yanked, file.core_metadata) == (False, False)


@pytest.mark.parametrize("key", ["core-metadata", "data-dist-info-metadata", "dist-info-metadata"])
def test_all_names_of_the_metadata_key(key: str) -> None:
    (file,) = json_files(entry("a-1.0-py3-none-any.whl", **{key: True}))
    assert file.core_metadata


def test_all_that_an_anchor_states() -> None:
    (file,) = html_files(
        f"""<html><head><base href="https://cdn.example.com/x/"></head><body><a name="top">x</a>
        <A HREF="a%2B/a-1.0+cpu-py3-none-any.whl?q=1&amp;r=2#sha256={SHA}" data-requires-python="&gt;=3.8.*"
        data-yanked data-core-metadata="sha256={SHA}" data-size=12 data-upload-time="2024-01-02T03:04:05Z">text</A>"""
    )
    assert isinstance(file, ListedFile)
    assert file.url == "https://cdn.example.com/x/a%2B/a-1.0+cpu-py3-none-any.whl?q=1&r=2"
    assert (file.filename, file.version.text) == ("a-1.0+cpu-py3-none-any.whl", "1.0+cpu")
    assert (file.hash, file.requires_python, file.yanked) == (f"sha256:{SHA}", ">=3.8", True)
    assert (file.metadata_hashes, file.size, file.upload_time) == ((f"sha256:{SHA}",), 12, 1704164645000000)


@pytest.mark.parametrize(
    ("attributes", "core_metadata", "yanked"),
    [
        ('data-dist-info-metadata="true"', True, False),
        ('data-core-metadata="false" data-dist-info-metadata="true"', False, False),
        ('data-core-metadata="nonsense"', False, False),
        ('data-yanked=""', False, True),
        ('data-size="x" data-upload-time="x"', False, False),
    ],
)
def test_anchor_attributes(attributes: str, core_metadata: bool, yanked: bool) -> None:
    (file,) = html_files(f'<a href="a%2d1.0-py3-none-any.whl#top" {attributes}>')
    assert (file.core_metadata, file.yanked, file.hash) == (core_metadata, yanked, None)
    assert (file.size, file.upload_time, file.filename) == (None, None, "a-1.0-py3-none-any.whl")


@pytest.mark.parametrize(
    ("fragment", "digest"),
    [
        (f"sha256={SHA}", f"sha256:{SHA}"),
        (f"sha256%3D{SHA}", f"sha256:{SHA}"),
        (f"sha256={SHA.upper()}", f"sha256:{SHA}"),
        ("", None),
        ("top", None),
        (f"sha256={SHA}=", None),
        (f"sha256={SHA}&egg=a", None),
    ],
)
def test_the_digest_of_a_link(fragment: str, digest: str | None) -> None:
    (file,) = html_files(f'<a href="a-1.0-py3-none-any.whl#{fragment}">')
    assert file.hash == digest


@pytest.mark.parametrize(
    "fragment",
    ["egg=a", f"SHA256={SHA}", f"sha256={SHA} ", "sha256=ab", "sha256=", f"sha1={'a' * 40}", f"sha256={'z' * 64}"],
)
@pytest.mark.parametrize("link", ["a-1.0-py3-none-any.whl", "b-1.0.zip", ""])
def test_what_is_no_digest_spoils_its_page(fragment: str, link: str) -> None:
    with pytest.raises(
        IndexFailure, match=r"the page has a link to #.*, which is no digest, and uv takes no such page"
    ):
        html_files(f'<a href="a-2.0-py3-none-any.whl">x</a><a href="{link}#{fragment}">y</a>')


@pytest.mark.parametrize("base", ["", "./", "/x/", "//example.com/"])
def test_a_base_is_a_whole_address(base: str) -> None:
    with pytest.raises(IndexFailure, match="the page says <base> with a part of an address, which uv refuses"):
        html_files(f'<base href="{base}"><a href="a-1.0-py3-none-any.whl">x</a>')


def test_anchors_that_are_no_files() -> None:
    assert (
        html_files('<a>x</a><a href="">y</a><a href="../">up</a><a href="b-1.0.zip">b</a><!-- <a href="a-1.0.zip"> -->')
        == []
    )


def test_a_page_of_another_api_version_is_refused() -> None:
    with pytest.raises(IndexFailure, match="version 2"):
        parse_html_page('<meta name="pypi:repository-version" content="2.1">', "a", URL)


def test_flat_pages_group_by_project() -> None:
    found = parse_flat_page('<a href="A.b-1.0.zip"></a><a href="a_b-2.0-py3-none-any.whl"></a><a href="c-x.zip">', URL)
    assert {name: listing.versions for name, listing in found.items()} == {"a-b": ("1.0", "2.0")}


def test_a_flat_page_lists_files_by_name_and_a_folder_by_what_the_names_mean(tmp_path: Path) -> None:
    names = [f"a-1.0-{tags}.whl" for tags in ("cp310-none-any", "cp39-none-any", "py3-none-any")]
    for name in names:
        (tmp_path / name).touch()
    page = tmp_path / "page.html"
    page.write_text("".join(f'<a href="{name}">x</a>' for name in reversed(names)))
    index, version = Index(url=tmp_path.as_uri(), format=IndexFormat.FLAT), parse_version("1.0")
    pages = [ListedPage(read_flat(place, Limits())["a"], index) for place in (page, tmp_path)]
    assert [[file.filename for file in one.files(version)] for one in pages] == [names, names[::-1]]


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:00", None),
        ("", None),
        (None, None),
    ],
)
def test_upload_times(text: str | None, microseconds: int | None) -> None:
    assert parse_upload_time(text) == microseconds


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["a-1.0.zip", "a-1-py3-none-any.whl", SHA]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=12,
)


@given(st.lists(JSON_VALUES | st.fixed_dictionaries({"filename": st.just("a-1.0.zip"), "url": JSON_VALUES})))
def test_no_page_breaks_the_reader(files: list[object]) -> None:
    page = ListedPage(parse_json_page(json.dumps({"files": files}).encode(), "a", URL), INDEX)
    for version in page.versions:
        assert all(file.url.isprintable() for file in page.files(version))


def listing_of(files: list[object]) -> Listing:
    return parse_json_page(json.dumps({"files": files}).encode(), "a", URL)


PLAUSIBLE = st.fixed_dictionaries(
    {"filename": st.sampled_from(["a-1.0.zip", "a-1-py3-none-any.whl", "A-2.0.tar.gz", "b-1.zip"]), "url": st.text()},
    optional={
        "hashes": st.dictionaries(
            st.sampled_from(["sha256", "md5", "blake2b-256"]), st.sampled_from([SHA, "", "x", None])
        ),
        "size": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
        "upload-time": st.none() | st.text(),
        "requires-python": st.sampled_from([None, "", ">=3.8", ">=3.*", "three"]),
        "yanked": st.booleans() | st.text() | st.none(),
        "core-metadata": st.booleans() | st.none() | st.just({"sha256": SHA}),
        "data-dist-info-metadata": st.booleans() | st.none() | st.just({"sha256": SHA}),
        "dist-info-metadata": st.booleans() | st.none() | st.lists(st.none()),
    },
)


@given(st.lists(PLAUSIBLE, max_size=4))
@example([{"filename": "a-1.0.zip", "url": "", "size": 10**18}])
@example([{"filename": "a-1.0.zip", "url": "", "size": 10**18 - 1}])
def test_one_odd_file_changes_nothing_of_how_the_others_are_read(files: list[dict[str, object]]) -> None:
    # What is no file at all sends the whole page to the patient reader.
    plain, patient = ListedPage(listing_of([*files]), INDEX), ListedPage(listing_of([*files, None]), INDEX)
    assert plain.versions == patient.versions
    for version in plain.versions:
        assert list(map(repr, plain.files(version))) == list(map(repr, patient.files(version)))


@pytest.mark.parametrize(
    "body", [b'{"files":[{"filename":"a-1.0.zip\xff","url":"x"}]}', b'{"files":[]} x', b'{"files":[']
)
def test_what_is_not_json_is_a_failure(body: bytes) -> None:
    with pytest.raises(IndexFailure, match="malformed JSON"):
        parse_json_page(body, "a", URL)


@given(st.text(alphabet="<>a =\"'/!-&#;[]\\\n1.0zip.href"))
@example("<![0")
@example("<![a[")
def test_no_html_breaks_the_reader(text: str) -> None:
    for html in (text, f'<base href="{text}"><a href="{text}', f'<base href="https://x/{text}"><a href="{text}'):
        with suppress(IndexFailure):
            listed = ListedPage(parse_html_page(html, "a", URL), INDEX)
            assert all(listed.files(version) for version in listed.versions)


# --- what is said of a project --------------------------------------------------------------------


def said(listing: Listing) -> Said:
    return None if listing.status is None else (listing.status.status.value, listing.status.reason)


@pytest.mark.parametrize("case", HTML)
def test_what_html_says_of_a_project(case: str) -> None:
    text, expected = HTML[case]
    assert said(parse_html_page(text, "a", URL)) == expected


@pytest.mark.parametrize("case", JSON)
def test_what_json_says_of_a_project_to_either_reader(case: str) -> None:
    stated, expected = JSON[case]
    files = [{"filename": "a-1.0.zip", "url": "x"}]
    for body in (page(stated, files=files), page(stated, files=[*files, None])):
        listing = parse_json_page(body, "a", URL)
        assert (said(listing), listing.versions) == (expected, ("1.0",))


def test_what_is_said_of_a_project_is_bounded_and_can_be_written() -> None:
    listing = parse_json_page(page({"status": "archived", "reason": "x" * 100_000}), "a", URL)
    assert said(listing) == ("archived", "x" * STATUS_REASON_LENGTH)
    halves = b'{"files": [], "project-status": {"status": "archived", "reason": "a\\ud800b"}}'
    assert said(parse_json_page(halves, "a", URL)) == ("archived", "a?b")
    deep = b'{"files": [], "project-status": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises(IndexFailure):
        parse_json_page(deep, "a", URL)


@given(st.lists(JSON_VALUES), JSON_VALUES)
def test_no_status_breaks_the_reader(files: list[object], stated: object) -> None:
    plain, patient = parse_json_page(page(stated), "a", URL), parse_json_page(page(stated, files=[None]), "a", URL)
    assert plain.status == patient.status
    parse_json_page(page({"status": "archived", "reason": stated}, files=files), "a", URL)


@pytest.mark.parametrize("case", JSON)
def test_what_is_said_of_a_project_is_kept(case: str) -> None:
    """Also of one without files, as an index lists what it has put under quarantine."""
    stated, expected = JSON[case]
    loaded = make_loaded(INDEX, [parse_json_page(page(stated), "a", URL)])
    kept = marshal.loads(marshal.dumps(encode_page(loaded)))
    (one,) = decode_page(CacheHit(value=kept, checked_at=1.0), INDEX).pages.values()
    assert said(one.listing) == expected
    assert (one.status is None) == (expected is None)
