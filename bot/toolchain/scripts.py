"""Other texts with commands and images: shell scripts, Makefiles, Jenkinsfiles, bake files, the settings of hosts, tox,
nox, Compose's environment; comments of Python scripts that name a container."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from bot.patterns import pattern
from bot.toolchain.images import find_images
from bot.toolchain.installs import find_installs, find_value, tool_of_variable
from bot.toolchain.model import Place, Source
from bot.toolchain.traced import Allowance, expand, trace

_NAMES = frozenset(
    {
        "Makefile", "makefile", "GNUmakefile", "justfile", "Justfile", ".justfile", "Vagrantfile", "Jenkinsfile", "Procfile",
        "Earthfile", "Tiltfile", "tox.ini", "tox.toml", "netlify.toml", "fly.toml", "nixpacks.toml", "railway.toml",
        "vercel.json", ".env", ".env.example", ".envrc",
    }
)  # fmt: skip
_SUFFIXES = (".sh", ".bash", ".zsh", ".ps1", ".mk", ".just", ".hcl", ".Jenkinsfile")
_COMMENT = pattern(r"^[ \t]*(?:#|//)(?!!)[^\n]*", 8)
_ASSIGNED = pattern(r"^[ \t]*(?:export[ \t]+)?(?P<name>\w+)[ \t]*[:?]?=[ \t]*[\"']?(?P<value>[^\s\"'#]+)", 8)
#: ``variable "NAME" { default = "0.10.2" }`` of a bake file.
_DEFAULT = pattern(r'variable\s+"(?P<name>\w+)"\s*\{[^{}]*?\bdefault\s*=\s*"(?P<value>[^"\n]*)"')
#: ``# COILED container IMAGE``, which Coiled reads of a script that it runs.
_COILED = pattern(r"^#[ \t]*COILED[ \t]+container[ \t]+(?P<image>\S+)", 8)


def is_kind(path: str) -> bool:
    name = posixpath.basename(path)
    return name in _NAMES or name.endswith((*_SUFFIXES, ".py"))


def find(source: Source) -> Iterator[Place]:
    if source.path.endswith(".py") and posixpath.basename(source.path) != "noxfile.py":
        for found in _COILED.finditer(source.text):
            yield from find_images(source, trace(found["image"], found.start("image")))
        return
    text = _COMMENT.sub(lambda found: " " * len(found.group()), source.text)
    defaults = list(_DEFAULT.finditer(text))
    values = {
        found["name"]: trace(found["value"], found.start("value")) for found in (*_ASSIGNED.finditer(text), *defaults)
    }
    allowance = Allowance()
    whole = expand(trace(text, 0), lambda name: allowance.give(values.get(name)))
    yield from find_images(source, whole)
    yield from find_installs(source, whole, listed=True)
    for found in defaults:
        tool = tool_of_variable(found["name"])
        if tool is not None:
            yield from find_value(source, f"{found['name']} = ", values[found["name"]], tool)
