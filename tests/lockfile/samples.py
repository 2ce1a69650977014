"""Lock texts for tests: those that uv 0.13.9 wrote, and one that shows every rare field."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bot.lockfile.model import Lock, Package
from bot.lockfile.reader import parse_lock

LOCKS: Final = sorted((Path(__file__).parents[1] / "snapshots" / "locks").rglob("*.lock"))

COMMIT: Final = "0dacfd662c64cb4ceb16e6cf65a157a8b715b979"

REASON: Final = (
    " # This has no effect and is included for backwards compatibility when using relative exclude-newer values."
)

RARE: Final = f'''version = 1
revision = 5
requires-python = ">=3.12, <4"
resolution-markers = [
    "python_full_version >= '3.13'",
    "python_full_version < '3.13'",
]
supported-markers = [
]
required-markers = [
    "sys_platform == 'win32'",
]
conflicts = [[
    {{ package = "demo", extra = "cpu" }},
    {{ package = "demo", group = "gpu" }},
], [
    {{ package = "demo" }},
    {{ package = "lib", extra = "x" }},
]]

[options]
resolution-mode = "lowest-direct"
prerelease-mode = "allow"
fork-strategy = "fewest"
minimum-libc-version = {{ glibc = "2.28", musl = "1.2" }}
exclude-newer = "0001-01-01T00:00:00Z"{REASON}
exclude-newer-span = "P1W"

[options.prerelease-package]
a = "disallow"

[options.exclude-newer-package]
a = {{ timestamp = "0001-01-01T00:00:00Z", span = "P3D" }}
b = "2025-01-02T00:00:00Z"
c = false

[manifest]
members = [
    "demo",
    "lib",
]
default-groups = "all"
requirements = [{{ name = "a", extras = ["z", "y"], marker = "sys_platform == 'win32'", specifier = "==1.0.*" }}]
constraints = [
    {{ name = "b", specifier = ">=1.0a1,!=2.0,<3" }},
    {{ name = "c", groups = ["g"], directory = "../c" }},
]
overrides = [
    {{ package = {{ name = "a", version = "1.0" }}, dependencies = [{{ name = "d" }}] }},
    {{ package = {{ name = "b" }}, dependencies = [] }},
    {{ name = "d", specifier = "==1.0" }},
]
excludes = [
    {{ package = {{ name = "a" }}, dependencies = ["y", "x"] }},
    "zz",
]
build-constraints = [{{ name = "hatchling", specifier = ">1" }}]

[manifest.dependency-groups]
dev = [{{ name = "a", index = "https://index.test/simple", conflict = {{ package = "demo", extra = "cpu" }} }}]
none = []

[manifest.group-requires-python]
dev = ">=3.13"

[[manifest.dependency-metadata]]
name = "c"
version = "1.0"
requires-dist = ["d>=1 ; python_full_version >= '3.8'", "e"]
requires-python = ">=3.8, <4"
provides-extras = ["x-y"]

[[manifest.dependency-metadata]]
name = "d"

[[package]]
name = "a"
version = "1.0"
source = {{ registry = "https://index.test/simple" }}
resolution-markers = [
    "python_full_version < '3.13'",
]
dependencies = [
    {{ name = "demo" }},
    {{ name = "dynamic", extra = ["cli", "web"], marker = "sys_platform == 'win32'" }},
]
sdist = {{ url = "https://files.test/a-1.0.tar.gz", hash = "sha256:00", size = 10, upload-time = "2024-03-24T00:00:00.123Z" }}
wheels = [
    {{ url = "https://files.test/a-1.0-py3-none-any.whl", hash = "blake2b:01" }},
    {{ url = "https://files.test/a-1.0%2Bcpu-cp312-cp312-win_amd64.whl#x", size = 0 }},
]

[[package]]
name = "a"
version = "1.0"
source = {{ registry = "vendor/wheels" }}
sdist = {{ path = "a-1.0.tar.gz" }}
wheels = [
    {{ path = "a-1.0-py3-none-any.whl" }},
]

[[package]]
name = "a"
version = "1.0+local"
source = {{ git = "https://git.test/a.git?subdirectory=libs%2Fa&lfs=true&tag=v1.0%2B1#{COMMIT}" }}

[[package]]
name = "b"
version = "2.0"
source = {{ url = "https://files.test/b-2.0.tar.gz", subdirectory = "py" }}
sdist = {{ hash = "sha512:02" }}

[package.metadata]
requires-dist = [
    {{ name = "a", git = "https://git.test/a.git?subdirectory=libs%2Fa&rev=main" }},
    {{ name = "b", url = "https://files.test/b.tar.gz", subdirectory = "py" }},
    {{ name = "c", path = "../c-1.0-py3-none-any.whl" }},
    {{ name = "d", editable = "../d" }},
    {{ name = "e", virtual = "../e" }},
    {{ name = "f", git = "https://git.test/f.git?path=dist%2Ff-1-py3-none-any.whl&branch=main&lfs=true" }},
]

[[package]]
name = "c"
version = "1.0"
source = {{ path = "../c-1.0-py3-none-any.whl" }}
wheels = [
    {{ filename = "c-1.0-py3-none-any.whl", hash = "sha256:03" }},
]

[[package]]
name = "demo"
version = "0.1.0"
source = {{ editable = "." }}
default-groups = ["docs", "lint"]
dependencies = [
    {{ name = "a", version = "1.0", source = {{ registry = "vendor/wheels" }}, marker = """platform_version == "it's"""" }},
]

[package.optional-dependencies]
cpu = [
    {{ name = "lib" }},
]
empty = []

[package.dev-dependencies]
docs = [
    {{ name = "lib" }},
]

[package.group-requires-python]
docs = ">=3.13"

[package.metadata]

[package.metadata.requires-dev]
docs = [{{ name = "lib", editable = "libs/lib" }}]
none = []

[[package]]
name = "dynamic"
source = {{ directory = "libs/dynamic" }}

[package.metadata]
provides-extras = ["web", "cli"]

[[package]]
name = "lib"
version = "1"
source = {{ virtual = "libs/lib" }}
'''


def read(text: str) -> Lock:
    return parse_lock(text, "uv.lock")


def package(lock: Lock, name: str) -> Package:
    """The first entry of a name."""
    return next(entry for entry in lock.packages if entry.name == name)
