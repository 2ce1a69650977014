"""What ``bench/fuzz.py`` begins with: texts that look like those of real repositories and indexes, and words to put in."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping, Sequence

PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.20", "setuptools ; python_version < '3.12'"]
build-backend = "hatchling.build"

[project]
name = "app"
version = "1.2.0"
requires-python = ">=3.11,<4"
dynamic = []
classifiers = ["Private :: Do Not Upload"]
dependencies = [
    "left>=1,<2",  # why
    'right[fast, safe] == 1.0 ; sys_platform == "win32" and python_full_version < "3.13"',
    "third ~= 1.0",
]

[project.optional-dependencies]
cpu = ["left==1.0"]
gpu = ["left==1.1", "app[cpu]"]

[dependency-groups]
dev = [{ include-group = "lint" }, "right>=1"]
lint = ["third"]

[tool.uv]
package = false
default-groups = ["dev"]
exclude-newer = "2026-01-01T00:00:00Z"
constraint-dependencies = ["third<3"]
override-dependencies = ["left>=1", { package = { name = "right" }, dependencies = ["left"] }]
build-constraint-dependencies = ["hatchling<9"]
environments = ["sys_platform == 'linux'", "sys_platform == 'darwin'"]
conflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]
required-version = ">=0.5"

[tool.uv.workspace]
members = ["libs/*", "**/x"]
exclude = ["libs/old"]

[tool.uv.sources]
lib = { workspace = true }
third = [{ index = "own", marker = "sys_platform == 'linux'" }, { path = "third", marker = "sys_platform != 'linux'" }]

[[tool.uv.index]]
name = "own"
url = "https://index.test/simple"
explicit = true

[[tool.uv.dependency-metadata]]
name = "third"
version = "1.0"
requires-dist = ["left>=1"]
"""

LIBRARY = '[project]\nname = "lib"\nversion = "0.1"\nrequires-python = ">=3.11"\ndependencies = ["left"]\n'

UV_TOML = """\
exclude-newer = "7 days"
index-strategy = "first-index"
resolution = "highest"
prerelease = "if-necessary"
no-build-package = ["left"]
upgrade-package = ["left>=1"]

[exclude-newer-package]
left = "P3D"
right = false

[[index]]
name = "own"
url = "https://user:secret@index.test/simple"
ignore-error-codes = [401, 403]
explicit = true
"""

SCRIPT = '''\
#!/usr/bin/env -S uv run
"""Words."""
# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "left==1.0",  # why
#
#   'right>=1 ; python_version < "3.14"',
# ]
# [tool.uv]
# exclude-newer = "2026-01-01"
# constraint-dependencies = ["third<4"]
# ///
import left
'''

NOTEBOOK = json.dumps(
    {
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": ["# Title é\n"]},
            {
                "cell_type": "code",
                "execution_count": 1,
                "metadata": {"jupyter": {"source_hidden": True}},
                "outputs": [{"text": ["1.5\n"], "data": {"x": [1, 2.5, None, True]}}],
                "source": [f"{line}\n" for line in SCRIPT[SCRIPT.index("# ///") :].splitlines()],
            },
        ],
        "metadata": {"uv.lock": 'version = 1\nrequires-python = ">=3.11"\n'},
        "nbformat": 4,
        "nbformat_minor": 5,
    },
    indent=1,
)

RENOVATE = """\
{
  // Together
  extends: ['config:recommended', ":disableRenovate"],
  "packageRules": [{ "matchManagers": ["pep621"], 'enabled': false, },],
  pep723: { fileMatch: ['(^|/)s\\\\.py$'] }, ignorePaths: ["docs/**"],
}
"""

DEPENDABOT = """\
version: 2
updates:
  - package-ecosystem: "uv"
    directories: ["/", "/libs/*"]
    ignore: [{ dependency-name: left, versions: ["2.x"] }]
"""

LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11, <4"
resolution-markers = [
    "python_full_version >= '3.13' and sys_platform == 'win32'",
    "python_full_version < '3.13'",
]
conflicts = [[
    { package = "app", extra = "cpu" },
    { package = "app", extra = "gpu" },
]]

[options]
resolution-mode = "highest"
exclude-newer = "2026-01-01T00:00:00Z"
exclude-newer-span = "P1W"

[options.exclude-newer-package]
left = { timestamp = "2026-01-01T00:00:00Z", span = "P3D" }
right = false

[manifest]
members = [
    "app",
    "lib",
]
constraints = [{ name = "third", specifier = "<3" }]
overrides = [
    { name = "left", specifier = ">=1" },
    { package = { name = "right" }, dependencies = [{ name = "third" }] },
]
excludes = ["zz"]

[manifest.dependency-groups]
dev = [{ name = "left", index = "https://index.test/simple", conflict = { package = "app", extra = "cpu" } }]

[[manifest.dependency-metadata]]
name = "third"
version = "1.0"
requires-dist = ["left>=1 ; python_full_version >= '3.8'"]
requires-python = ">=3.8"

[[package]]
name = "app"
version = "1.2.0"
source = { virtual = "." }
dependencies = [
    { name = "left" },
    { name = "right", extra = ["fast"], marker = "sys_platform == 'win32'" },
]

[package.optional-dependencies]
cpu = [
    { name = "left" },
]

[package.dev-dependencies]
dev = [
    { name = "right" },
]

[package.metadata]
requires-dist = [
    { name = "left", specifier = ">=1,<2" },
    { name = "right", extras = ["fast", "safe"], marker = "sys_platform == 'win32'", specifier = "==1.0" },
    { name = "git", git = "https://git.test/a.git?subdirectory=x&tag=v1" },
    { name = "third", directory = "../third" },
]
provides-extras = ["cpu"]

[package.metadata.requires-dev]
dev = [{ name = "right", specifier = ">=1" }]

[[package]]
name = "left"
version = "1.0"
source = { registry = "https://index.test/simple" }
sdist = { url = "https://files.test/left-1.0.tar.gz", hash = "sha256:00", size = 10, upload-time = "2024-03-24T00:00:00Z" }
wheels = [
    { url = "https://files.test/left-1.0-py3-none-any.whl", hash = "sha256:01", upload-time = "2024-03-24T00:00:00Z" },
    { url = "https://files.test/left-1.0%2Bcpu-cp312-cp312-win_amd64.whl#x", size = 0 },
]

[[package]]
name = "right"
version = "1.0"
source = { git = "https://git.test/right.git?rev=main#0123456789012345678901234567890123456789" }
"""

CONFIG = """\
{
    // Words.
    "enabled": true,
    "schedule": ["before 4am on monday", "* 0-3 * * 1"],
    "timezone": "Europe/Berlin",
    "branchPrefix": "lockbot/",
    "labels": ["dependencies"],
    "ignoreDeps": ["unused"],
    "ignorePaths": ["**/vendor/**", "{a,b}/*.json"],
    "rangeStrategy": "bump",
    "separateMajorMinor": true,
    "lockFileMaintenance": {"enabled": true},
    "packageRules": [
        {"matchPackageNames": ["right*", "!third"], "groupName": "some", "matchUpdateTypes": ["minor"], "enabled": true}
    ]
}
"""

PAYLOADS: Mapping[str, object] = {
    "push": {
        "ref": "refs/heads/main",
        "before": "0" * 40,
        "after": "1" * 40,
        "deleted": False,
        "created": False,
        "forced": True,
        "repository": {
            "id": 1,
            "full_name": "octo/app",
            "default_branch": "main",
            "name": "app",
            "owner": {"login": "octo"},
        },
        "installation": {"id": 7},
        "sender": {"login": "octo", "type": "User"},
        "commits": [{"added": ["a"], "removed": [], "modified": ["uv.lock"], "message": "words"}],
    },
    "installation": {
        "action": "created",
        "installation": {"id": 7, "account": {"login": "octo"}},
        "repositories": [{"id": 1, "full_name": "octo/app"}],
        "sender": {"login": "octo", "type": "User"},
    },
    "installation_repositories": {
        "action": "added",
        "installation": {"id": 7},
        "repositories_added": [{"id": 1, "full_name": "octo/app"}],
        "repositories_removed": [],
    },
    "issue_comment": {
        "action": "created",
        "issue": {
            "number": 3,
            "pull_request": {"url": "x"},
            "state": "open",
            "user": {"login": "octo", "type": "User"},
        },
        "comment": {"id": 5, "body": "/lockbot rebase", "user": {"login": "octo", "type": "User"}, "node_id": "x"},
        "repository": {"id": 1, "full_name": "octo/app", "default_branch": "main"},
        "installation": {"id": 7},
        "sender": {"login": "octo", "type": "User"},
    },
    "pull_request": {
        "action": "closed",
        "number": 3,
        "pull_request": {
            "number": 3,
            "merged": False,
            "head": {"ref": "lockbot/non-major", "sha": "1" * 40, "repo": {"id": 1, "full_name": "octo/app"}},
            "base": {"ref": "main", "sha": "2" * 40},
            "user": {"login": "lockbot[bot]", "type": "Bot"},
            "body": "words",
        },
        "repository": {"id": 1, "full_name": "octo/app", "default_branch": "main"},
        "installation": {"id": 7},
        "sender": {"login": "octo", "type": "User"},
    },
}

PAGE_JSON = json.dumps(
    {
        "meta": {"api-version": "1.1"},
        "name": "left",
        "versions": ["1.0", "1.1"],
        "files": [
            {
                "filename": "left-1.0-py3-none-any.whl",
                "url": "../files/left-1.0-py3-none-any.whl",
                "hashes": {"sha256": "00" * 32},
                "requires-python": ">=3.8",
                "size": 100,
                "upload-time": "2024-03-24T00:00:00.123456Z",
                "yanked": False,
                "core-metadata": {"sha256": "11" * 32},
            },
            {
                "filename": "left-1.1.tar.gz",
                "url": "https://files.test/left-1.1.tar.gz",
                "hashes": {},
                "yanked": "broken",
            },
        ],
    }
)

PAGE_HTML = f"""\
<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.1"><base href="https://files.test/"></head>
<body><a href="left-1.0-py3-none-any.whl#sha256={"0" * 64}" data-requires-python="&gt;=3.8"
data-core-metadata="sha256=11">left-1.0-py3-none-any.whl</a>
<a href='left-1.1.tar.gz' data-yanked="broken">left-1.1.tar.gz</a><br/>
</body></html>
"""

METADATA = """\
Metadata-Version: 2.2
Name: left
Version: 1.0
Requires-Python: >=3.8
Requires-Dist: right>=1,<2; extra == 'fast'
Requires-Dist: third (>=1.0) ; python_version < '3.12'
Provides-Extra: fast
Dynamic: License
Summary: =?utf-8?q?w=C3=B6rds?=

Words.
"""


def make_wheel() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("left/__init__.py", "")
        archive.writestr("left-1.0.dist-info/METADATA", METADATA)
        archive.writestr("left-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
    return stream.getvalue()


#: A source archive whose metadata is what a build recorded: what stands first of each kind is read in turn.
SDIST_FILES: Mapping[str, str] = {
    "pyproject.toml": '[project]\nname = "left"\nversion = "1.0"\ndynamic = ["dependencies"]\n',
    "PKG-INFO": METADATA.replace("Dynamic: License", "Dynamic: Requires-Dist"),
    "left.egg-info/PKG-INFO": METADATA.replace("2.2", "2.1").replace("Dynamic: License\n", ""),
    "left.egg-info/requires.txt": "right\n\n[fast:python_version < '3.12']\nthird>=1\n",
}


def pack_tar(files: Mapping[str, str]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, text in files.items():
            content = text.encode("utf-8", "replace")
            member = tarfile.TarInfo(path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def make_sdist() -> bytes:
    """A tar; its first file's path needs an extended header."""
    folder = "left-1.0"
    return pack_tar(
        {f"{folder}/{'long/' * 50}é.py": "", **{f"{folder}/{path}": text for path, text in SDIST_FILES.items()}}
    )


def make_zipped_sdist() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in SDIST_FILES.items():
            archive.writestr(f"left-1.0/{path}", text)
    return stream.getvalue()


#: Put in place of a quoted text, or anywhere.
WORDS: Sequence[str] = (
    "", " ", "0", "-1", "1.0", "1.0-custom", "===1.0-custom", "left===one", "left===1.0.*", ">=1,", "==1.*", "~=1",
    "!=1,!=2", ">=99999999999999999999", "1" * 25, "1" * 4301, "1!1.0", "1.0+local.1", "1.0.post1.dev2", "v1", "*",
    "**/*", "[", "]", "{", "}", "(" * 120, ")" * 120, "[" * 120, "{a=" * 100, "a." * 100, "a" * 3000,
    "left" + "[x]" * 5, "left @ file:///etc/passwd", "left @ https://[::1", "https://user:pw@host:99999999/x",
    "http://[", "git+ssh://x", "file://", "C:\\x", "..", "../../../..", "/", "//", "./.", "a\\nb", "\\u0000",
    "\\ud800", "\\x1b[31m", "\u202e", "\u2028", "\x00", "\x7f", "é", "🙂", "\ufeff", "\r", "\n", "\n\n", "\t", "'",
    '"', '"""', "'''", "#", "# ///", "# /// script", ",", "=", ".", "..", "true", "false", "null", "NaN", "inf",
    "1e999", "0x10", "1_000", "2026-13-45", "0000-00-00", "9999-12-31", "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00", "2026-01-01T00:00:60Z", "7 days", "P1Y", "P99999999999D", "99999999999999 weeks",
    "PT", "-P1D", "1.5 days ago", "now", "extra == 'x'", "python_version >> '3'", "python_version in '3.8 3.9'",
    "os_name == 'a' or " * 20 + "os_name == 'b'", "'x' in extras", "platform_release >= '1'",
    "python_full_version == '3.*'", "implementation_version ~= '1'", "sys_platform", "[[package]]", "[package]",
    "[package.metadata]", "[tool.uv]", "[project]", "[[tool.uv.index]]", "name = 1", "version = 2",
    "source = { registry = 1 }", "hash = 1", "size = -1", "size = 99999999999999999999", "workspace = true",
    "members = ['**']", "include-group = 'dev'", "dynamic = ['version', 'dependencies']", "app[cpu,gpu]", "lib",
    "app", "left", "before 25pm on foday", "* * * * *", "61 25 32 13 8", "every 2 weeks", "{a,{b,c}}", "/re(gex+)+$/",
    "!**", "Mars/Olympus", "lockbot/../x", "-", "@{",
)  # fmt: skip
