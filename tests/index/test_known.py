"""Known releases: the table's form, and that it speaks for the very file that was built and for no other."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import BuildRequiredError
from bot.index.client import IndexClient
from bot.index.metadata.known import KnownReleases, MalformedTableError, parse_known
from bot.index.pages.flat import LocalFiles
from bot.lockfile.model import PathRequirement
from bot.resolver.model.index import Index, IndexFormat, ReleaseFile
from bot.resolver.model.versions import parse_version
from tests.index.archives import make_metadata, make_sdist
from tests.index.server import IndexServer

MakeClient = Callable[..., IndexClient]
SHIPPED = Path(__file__).parents[2] / "config" / "known.json"
BODY = make_sdist({"setup.py": "raise SystemExit('never run')", "PKG-INFO": make_metadata()})
DIGEST = hashlib.sha256(BODY).hexdigest()


def table(digest: str = DIGEST, title: str = "a==1.0", **more: object) -> KnownReleases:
    row = {"sha256": digest, "built": "CPython 3.11.7 on Linux x86_64", "requires": ["b>=2"], "extras": ["x"], **more}
    return KnownReleases(lambda: json.dumps({"releases": {title: row}}))


def only_file(client: IndexClient, index: Index) -> ReleaseFile:
    page = client.get_page(index, "a")
    assert page is not None
    return page.files(page.versions[0])[0]


def serve(server: IndexServer, digest: str | None = DIGEST) -> None:
    hashes = {} if digest is None else {"sha256": digest}
    server.page("a", [{"filename": "a-1.0.tar.gz", "url": "../../files/a-1.0.tar.gz", "hashes": hashes}])
    server.serve("/files/a-1.0.tar.gz", BODY)


# --- the table that is shipped ------------------------------------------------------------------------------------------


def test_the_shipped_table_can_be_read() -> None:
    found = parse_known(SHIPPED.read_text("utf-8"))
    assert len(found) >= 100
    assert {metadata.recorded for metadata in found.values()} == {"known"}


def test_the_shipped_table_is_sorted_with_one_release_on_each_line() -> None:
    rows = SHIPPED.read_text("utf-8").splitlines()[2:-2]
    titles = [
        re.match(r'    "([^"=]+)==([^"]+)": \{"sha256": "[0-9a-f]{64}".*"built": "[^"]+"\},?$', row) for row in rows
    ]
    assert None not in titles
    keys = [(title[1], parse_version(title[2]).key) for title in titles if title]
    assert keys == sorted(keys)


def test_the_shipped_table_has_each_file_once() -> None:
    releases = json.loads(SHIPPED.read_text("utf-8"))["releases"]
    assert len({row["sha256"] for row in releases.values()}) == len(releases)


@pytest.mark.parametrize(
    ("title", "change"),
    [
        ("A_b==1.0", {}),
        ("a==one", {}),
        ("a", {}),
        ("a==1.0", {"sha256": "ABC"}),
        ("a==1.0", {"sha256": "g" * 64}),
        ("a==1.0", {"requires": ["b >>"]}),
        ("a==1.0", {"extras": ["Not Normal"]}),
        ("a==1.0", {"requires-python": ">="}),
        ("a==1.0", {"setup": "x"}),
    ],
)
def test_a_malformed_entry_is_named(title: str, change: dict[str, object]) -> None:
    row = {"sha256": DIGEST, "built": "here", **change}
    with pytest.raises(MalformedTableError, match=re.escape(title)):
        parse_known(json.dumps({"releases": {title: row}}))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"releases": []}'])
def test_what_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(MalformedTableError):
        parse_known(text)


# --- when it is used -----------------------------------------------------------------------------------------------------


def test_a_file_whose_digest_was_built_is_known_without_a_download(
    server: IndexServer, index: Index, make_client: MakeClient
) -> None:
    serve(server)
    client = make_client(recorded=True, known=table())
    found = client.get_metadata(only_file(client, index))
    assert (found.recorded, found.requires_dist, found.provides_extras) == ("known", ("b>=2",), ("x",))
    assert "/files/a-1.0.tar.gz" not in server.paths


@pytest.mark.parametrize(
    "known",
    [table("0" * 64), table(title="other==1.0"), table(title="a==2.0")],
    ids=["another digest", "another project", "another version"],
)
def test_another_file_still_needs_a_build(
    server: IndexServer, index: Index, make_client: MakeClient, known: KnownReleases
) -> None:
    serve(server)
    client = make_client(recorded=True, known=known)
    with pytest.raises(BuildRequiredError):
        client.get_metadata(only_file(client, index))


def test_nothing_is_known_unless_recorded_metadata_is_asked_for(
    server: IndexServer, index: Index, make_client: MakeClient
) -> None:
    serve(server)
    client = make_client(known=table())
    with pytest.raises(BuildRequiredError, match="knows what a build of this very file gives: --recorded"):
        client.get_metadata(only_file(client, index))
    assert "/files/a-1.0.tar.gz" not in server.paths


def test_what_the_cache_kept_before_the_table_knew_does_not_stand_in_its_way(
    server: IndexServer, index: Index, make_client: MakeClient, tmp_path: Path
) -> None:
    serve(server)
    before = make_client(recorded=True, known=table("0" * 64), cache_dir=tmp_path)
    with pytest.raises(BuildRequiredError):
        before.get_metadata(only_file(before, index))
    before.close()
    after = make_client(recorded=True, known=table(), cache_dir=tmp_path)
    assert after.get_metadata(only_file(after, index)).recorded == "known"


def test_a_file_of_a_folder_is_known_by_its_own_digest(make_client: MakeClient, tmp_path: Path) -> None:
    (tmp_path / "a-1.0.tar.gz").write_bytes(BODY)
    folder = Index(url=str(tmp_path), format=IndexFormat.FLAT)
    client = make_client(recorded=True, known=table(), local=LocalFiles(roots=(tmp_path,)))
    assert client.get_metadata(only_file(client, folder)).recorded == "known"


@pytest.mark.parametrize(("digest", "recorded"), [(DIGEST, "known"), ("0" * 64, None)], ids=["the same", "another"])
def test_an_archive_named_by_path_is_known_by_its_digest(
    make_client: MakeClient, tmp_path: Path, digest: str, recorded: str | None
) -> None:
    path = tmp_path / "a-1.0.tar.gz"
    path.write_bytes(BODY)
    client = make_client(recorded=True, known=table(digest), local=LocalFiles(roots=(tmp_path,)))
    source = PathRequirement(path=str(path))
    if recorded is None:
        with pytest.raises(BuildRequiredError):
            client.get_archive(source, "a")
    else:
        assert client.get_archive(source, "a").metadata.recorded == recorded


def test_the_product_has_nothing_of_the_program_that_builds() -> None:
    sources = {path: path.read_text("utf-8") for path in (SHIPPED.parents[1] / "bot").rglob("*.py")}
    builders = re.compile(r"^\s*(?:from|import) (?:bench|setuptools|build|pip)\b|bwrap|build_meta", re.MULTILINE)
    assert [path.name for path, text in sources.items() if builders.search(text)] == []
