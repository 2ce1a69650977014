"""Pages as uv reads them: what it locks from a local index against what this adapter lists."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import pytest

from bot.errors import IndexFailure
from bot.resolver.model.index import Index, MetadataUnavailable, ReleaseFile
from bot.resolver.model.versions import parse_version
from tests.index.archives import make_metadata, make_wheel
from tests.index.conftest import MakeClient
from tests.index.server import IndexServer
from tests.real_uv import need_uv

FILES: Sequence[Mapping[str, object]] = [
    {"filename": "A_B-1.0-py3-none-any.whl"},
    {"filename": "a_b-1.0-2-py3-none-any.whl", "size": 7, "upload-time": "2024-01-02T03:04:05.678901Z"},
    {"filename": "a.b-1.0.0-cp312-cp312-win32.whl", "hashes": {"sha256": "ab" * 32, "sha512": "cd" * 64}},
    {"filename": "a-b-1.0-py3-none-any.whl"},
    {"filename": "a_b-1.0-py3-none-any.WHL"},
    {
        "filename": "a_b-1.0-1py-py3-none-any.whl",
        "url": "/root/a_b-1.0-1py-py3-none-any.whl?token=1#sha256=" + "ef" * 32,
    },
    {"filename": "a_b-1.0-cp310-abi3-linux_x86_64.manylinux1_x86_64.whl", "requires-python": ">=3.6.*"},
    {"filename": "a_b-1.0-cp311-none-any.whl", "requires-python": "three"},
    {"filename": "a_b-1.0-3py-none-any.whl"},
    {"filename": "a_b-1.0-py3-none-a!.whl"},
    {"filename": "a_c-1.0-py3-none-any.whl"},
    {"filename": "a_b-1.0-py2.py3-none-any.whl", "hashes": {"md5": "01" * 16, "blake2b": "23" * 32}, "yanked": True},
    {"filename": "a-b-1.0.tar.gz", "url": "../../up/a-b-1.0.tar.gz"},
    {"filename": "a__b-1.0.zip"},
    {"filename": "a_b-1.0.exe"},
]


def uv_lock(folder: Path, index_url: str) -> Mapping[str, object]:
    """The entry of ``a-b`` in the lock that uv makes for a project that depends on it alone."""
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "p"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = ["a-b"]\n'
        f'[[tool.uv.index]]\nurl = "{index_url}"\ndefault = true\n'
    )
    subprocess.run(
        [need_uv(), "lock", "--no-cache", "--python", sys.executable],
        cwd=folder,
        check=True,
        capture_output=True,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "UV_PYTHON_DOWNLOADS": "never"},
    )
    packages = tomllib.loads((folder / "uv.lock").read_text())["package"]
    return next(package for package in packages if package["name"] == "a-b")


def as_locked(file: ReleaseFile) -> dict[str, object]:
    uploaded = None
    if file.upload_time is not None:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=file.upload_time // 1000)
        uploaded = moment
    stated = {"url": file.url, "hash": file.hash, "size": file.size, "upload-time": uploaded}
    return {key: value for key, value in stated.items() if value is not None}


def parsed(locked: object) -> dict[str, object]:
    assert isinstance(locked, dict)
    return {key: datetime.fromisoformat(value) if key == "upload-time" else value for key, value in locked.items()}


def anchor(file: Mapping[str, object]) -> str:
    hashes = file.get("hashes")
    fragment = "#" + "=".join(list(hashes.items())[-1]) if isinstance(hashes, dict) and hashes else ""
    attributes = "".join(
        f' data-{key}="{escape(str(value))}"' for key, value in file.items() if key in ("requires-python", "size")
    )
    return f'<a href="{file["url"]}{fragment}" data-core-metadata="true"{attributes}>x</a>'


@pytest.mark.uv
@pytest.mark.parametrize("form", ["json", "html"])
def test_uv_lists_the_same_files(server: IndexServer, make_client: MakeClient, tmp_path: Path, form: str) -> None:
    files = [{"url": f"files/{file['filename']}", "hashes": {}, "core-metadata": True, **file} for file in FILES]
    # The yanked wheel alone would not be chosen; it stays in the lock beside the others.
    server.page("a-b", files)
    if form == "html":
        page = "".join(map(anchor, files))
        server.serve("/simple/a-b/", f"<html><body>{page}</body></html>".encode(), Content_Type="text/html")
    content = make_metadata("a-b", "1.0", "Requires-Python: >=3.6.*")
    client, index = make_client(), Index(url=f"{server.root}/simple")
    listed = client.get_page(index, "a-b")
    assert listed is not None
    sdist, *wheels = listed.files(parse_version("1.0"))
    for file in wheels:
        path = file.url.removeprefix(server.root).partition("?")[0]
        server.serve(f"{path}.metadata", content)
        server.serve(file.url.removeprefix(server.root).replace(".whl", ".whl.metadata"), content)
    entry = uv_lock(tmp_path, index.url)
    assert parsed(entry["sdist"]) == as_locked(sdist)
    locked = entry["wheels"]
    assert isinstance(locked, list)
    assert len(locked) == 6
    assert [parsed(wheel) for wheel in locked] == [as_locked(wheel) for wheel in wheels]


PAGES = [
    *(
        f'<a href="FILE#{fragment}">x</a>'
        for fragment in ("egg=a", "SHA256=" + "ab" * 32, "sha256=ab", "top", "a=b=c", "")
    ),
    *(f'<a href="FILE#sha256={"ab" * 32}{more}">x</a>' for more in ("", "=", " ", "&amp;egg=a")),
    '<a href="#a=b">top</a><a href="FILE">x</a>',
    '<a href="#top">top</a><a href="FILE">x</a>',
    *(f'<base href="{base}"><a href="FILE">x</a>' for base in ("", "./", "/simple/a-b/")),
    '<base target="x"><a href="FILE">x</a>',
]


@pytest.mark.uv
@pytest.mark.parametrize("page", PAGES)
def test_uv_refuses_the_same_pages(server: IndexServer, make_client: MakeClient, tmp_path: Path, page: str) -> None:
    name = "a_b-1.0-py3-none-any.whl"
    body = f"<html><head></head><body>{page}</body></html>".replace("FILE", name)
    server.serve("/simple/a-b/", body.encode(), Content_Type="text/html")
    server.serve(f"/simple/a-b/{name}", make_wheel("a-b", "1.0"))
    client, index = make_client(), Index(url=f"{server.root}/simple")
    refused, locked = b"", None
    try:
        locked = uv_lock(tmp_path, index.url)["wheels"]
    except subprocess.CalledProcessError as error:
        refused = error.stderr
    if refused:
        assert b"Received some unexpected HTML" in refused
        with pytest.raises(IndexFailure):
            client.get_page(index, "a-b")
        return
    listed = client.get_page(index, "a-b")
    assert listed is not None
    stated = [
        {"url": one.url, **({"hash": one.hash} if one.hash else {})} for one in listed.files(parse_version("1.0"))
    ]
    assert locked == stated


REPAIRS = [
    ">=1.0<3",
    "!=~1.5,>=1",
    ">=1.*",
    "!=1.0*",
    ">=1,",
    ">dev",
    ">=1.0.0a1.0",
    "'>=1'",
    ">=1.x",
    "(>=1,)",
    ">=1;",
]


@pytest.mark.uv
@pytest.mark.parametrize("specifier", REPAIRS)
def test_uv_repairs_the_same_requirements(
    server: IndexServer, make_client: MakeClient, tmp_path: Path, specifier: str
) -> None:
    for name, content in (
        ("a-b", make_metadata("a-b", "1.0", f"Requires-Dist: c {specifier}")),
        ("c", make_metadata("c", "2.0")),
    ):
        filename = f"{name.replace('-', '_')}-{'1.0' if name == 'a-b' else '2.0'}-py3-none-any.whl"
        server.page(name, [{"filename": filename, "url": filename, "hashes": {}, "core-metadata": True}])
        server.serve(f"/simple/{name}/{filename}.metadata", content)
    client, index = make_client(), Index(url=f"{server.root}/simple")
    page = client.get_page(index, "a-b")
    assert page is not None
    (file,) = page.files(parse_version("1.0"))
    try:
        accepted = bool(client.get_metadata(file).requires_dist)
    except MetadataUnavailable:
        accepted = False
    try:
        assert ("dependencies" in uv_lock(tmp_path, index.url)) == accepted
    except subprocess.CalledProcessError:
        assert not accepted
