"""What uv's settings know besides what ``lock`` obeys: the keys, and which values they take.

uv reads a table of settings as a whole: a key that it does not know, or a value of another type, and none of them
counts. So the types of all of them matter, also of those that no lock depends on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import urlsplit

from bot.command_line.experiments import Preview
from bot.manifest.overrides import read_build_constraint, read_exclude, read_override
from bot.manifest.reader import (
    TomlValue,
    read_by_name,
    read_choice,
    read_flag,
    read_name,
    read_named,
    read_names,
    read_requirement,
    read_requirements,
    read_text,
    read_texts,
    read_url,
)
from bot.patterns import pattern
from bot.pep440 import shorten

#: Reads a value, and raises where it is not of the kind.
Check: TypeAlias = Callable[[TomlValue], object]

_TORCH = pattern(
    r"auto|cpu|xpu|cu(?:13[02]|12[0-689]|11[0-8]|10[0-2]|9[0-2]|80)"
    r"|rocm(?:7\.[0-2]|6\.[0-4]|6\.2\.4|5\.[2-7]|5\.4\.2|5\.1\.1|4\.[12]|4\.0\.1)"
)
_PORTS = range(1 << 16)
#: What a pointer of 64 bits holds.
_COUNTS = range(1, 1 << 63)


def check_known(node: TomlValue, known: Mapping[str, Check]) -> None:
    """Refuse what is not among the known keys, and values of other types."""
    for key, entry in node.entries():
        check = known.get(key)
        if check is None:
            meant = key.replace("_", "-").lower()
            hint = f"write {meant!r}" if meant in known else "remove it, or correct its name"
            raise entry.refuse(f"{shorten(key)!r} is not a setting that uv knows", hint)
        check(entry)


def check_anything(node: TomlValue) -> None:
    """For keys that are read elsewhere."""
    del node


def read_preview(node: TomlValue) -> Preview | None:
    """Which experiments are switched on: all or none by one word, or some by their names."""
    toggle, features = node["preview"], node["preview-features"]
    if toggle.is_present and features.is_present:
        raise features.refuse("preview and preview-features stand beside each other", "keep preview-features")
    if features.is_present and not isinstance(features.value, bool):
        return features.tuple_of(_feature)
    return (features if features.is_present else toggle).maybe(read_flag)


def _feature(node: TomlValue) -> str:
    if not node.text().strip():
        raise node.refuse("a preview feature without a name", "remove it")
    return node.text().strip()


def _count(node: TomlValue) -> None:
    if node.number() not in _COUNTS:
        raise node.refuse(f"{shorten(str(node.value))} is not a number above zero", "write 1 or more")


def read_absolute_url(node: TomlValue) -> None:
    """For a URL in whose place no path may stand."""
    if not urlsplit(read_url(node)).scheme:
        raise node.refuse(f"{shorten(node.text())!r} is not a URL", "write https://host/path")


def _proxy(node: TomlValue) -> None:
    text = read_url(node)
    if not text or ("://" in text and text.partition("://")[0].lower() not in ("http", "https", "socks5", "socks5h")):
        raise node.refuse(f"{shorten(text)!r} is not the URL of a proxy", "write http://host:port")


def _trusted_host(node: TomlValue) -> None:
    if isinstance(node.value, dict):
        node["host"].text()
        node["scheme"].maybe(read_text)
        if node["port"].is_present and node["port"].number() not in _PORTS:
            raise node["port"].refuse("a port is a number below 65536")
        return
    host, _colon, port = node.text().rpartition("://")[2].partition(":")
    if not host or (port and not (port.isdecimal() and int(port) in _PORTS)):
        raise node.refuse(f"{shorten(node.text())!r} is not a host", "write host or host:port")


def _one_of(*words: str) -> Check:
    return lambda node: read_choice(node, words)


def _list_of(check: Check) -> Check:
    return lambda node: node.tuple_of(check)


def _by_name(check: Check) -> Check:
    return lambda node: read_by_name(node, check)


def _texts_by_key(node: TomlValue) -> None:
    for _key, entry in node.entries():
        entry.text()


def _config(node: TomlValue) -> None:
    for _key, entry in node.entries():
        read_texts(entry) if isinstance(entry.value, list) else entry.text()


def _torch(node: TomlValue) -> None:
    if _TORCH.fullmatch(node.text()) is None:
        raise node.refuse(f"{shorten(node.text())!r} is not a backend of torch")


def _build_dependencies(node: TomlValue) -> None:
    read_named(node, lambda entry: entry.tuple_of(_build_dependency))


def _build_dependency(node: TomlValue) -> None:
    if isinstance(node.value, dict):
        read_requirement(node["requirement"])
        node["match-runtime"].flag()
    else:
        read_requirement(node)


def _cache_key(node: TomlValue) -> None:
    if isinstance(node.value, str):
        return
    if len(node.only("file", "dir", "git", "env").table()) != 1:
        raise node.refuse("a cache key names one of file, dir, git, env")
    for key, entry in node.entries():
        if key != "git":
            entry.text()
        elif isinstance(entry.value, dict):
            entry.only("commit", "tags")["commit"].maybe(read_flag)
            entry["tags"].maybe(read_flag)
        else:
            entry.flag()


def _audit(node: TomlValue) -> None:
    node["malware-check"].maybe(read_flag)
    node["malware-check-url"].maybe(read_absolute_url)
    node["ignore"].maybe(read_texts)
    node["ignore-until-fixed"].maybe(read_texts)


def _name_or_all(node: TomlValue) -> None:
    if node.text() not in (":all:", ":none:"):
        read_name(node)


def _group_of_pip(node: TomlValue) -> None:
    path, colon, name = node.text().rpartition(":")
    if colon and not path.endswith("pyproject.toml"):
        raise node.refuse("a group's file must be a pyproject.toml")
    read_name(TomlValue(name, node.keys))


_LINK_MODE = _one_of("clone", "reflink", "copy", "hardlink", "symlink")

#: Settings of the program.
GLOBAL: Mapping[str, Check] = {
    "offline": read_flag,
    "system-certs": read_flag,
    "native-tls": read_flag,
    "no-cache": read_flag,
    "cache-dir": read_text,
    "preview": check_anything,
    "preview-features": check_anything,
    "python-preference": _one_of("only-managed", "managed", "system", "only-system"),
    "python-downloads": _one_of("automatic", "auto", "manual", "never"),
    "concurrent-downloads": _count,
    "concurrent-builds": _count,
    "concurrent-installs": _count,
    "http-proxy": _proxy,
    "https-proxy": _proxy,
    "no-proxy": read_texts,
    "allow-insecure-host": _list_of(_trusted_host),
}

#: Settings of resolving and installing.
RESOLVING: Mapping[str, Check] = {
    "config-settings": _config,
    "config-settings-package": _by_name(_config),
    "no-build-isolation": read_flag,
    "no-build-isolation-package": read_names,
    "require-build-hashes": read_flag,
    "extra-build-dependencies": _build_dependencies,
    "extra-build-variables": _by_name(_texts_by_key),
    "link-mode": _LINK_MODE,
    "compile-bytecode": read_flag,
    "reinstall": read_flag,
    "reinstall-package": read_names,
    "torch-backend": _torch,
}

#: Settings of a file for commands that no lock depends on.
OTHER_COMMANDS: Mapping[str, Check] = {
    "python-install-mirror": read_text,
    "pypy-install-mirror": read_text,
    "graalpy-install-mirror": read_text,
    "pyodide-install-mirror": read_text,
    "python-downloads-json-url": read_text,
    "publish-url": read_absolute_url,
    "trusted-publishing": _one_of("automatic", "always", "never"),
    "check-url": read_url,
    "add-bounds": _one_of("lower", "major", "minor", "exact"),
    "audit": _audit,
    "cache-keys": _list_of(_cache_key),
}

#: What states dependencies, where no manifest of a project says it.
DEPENDENCIES: Mapping[str, Check] = {
    "override-dependencies": _list_of(read_override),
    "exclude-dependencies": _list_of(read_exclude),
    "constraint-dependencies": read_requirements,
    "build-constraint-dependencies": _list_of(read_build_constraint),
}

#: ``[tool.uv.pip]``, besides what the settings around it have under the same name.
PIP: Mapping[str, Check] = {
    **RESOLVING,
    "python": read_text,
    "system": read_flag,
    "break-system-packages": read_flag,
    "target": read_text,
    "prefix": read_text,
    "no-binary": _list_of(_name_or_all),
    "only-binary": _list_of(_name_or_all),
    "strict": read_flag,
    "extra": read_names,
    "all-extras": read_flag,
    "no-extra": read_names,
    "no-deps": read_flag,
    "group": _list_of(_group_of_pip),
    "allow-empty-requirements": read_flag,
    "output-file": read_text,
    "no-strip-extras": read_flag,
    "no-strip-markers": read_flag,
    "no-annotate": read_flag,
    "no-header": read_flag,
    "custom-compile-command": read_text,
    "generate-hashes": read_flag,
    "python-version": read_text,
    "python-platform": read_text,
    "universal": read_flag,
    "no-emit-package": read_names,
    "emit-index-url": read_flag,
    "emit-find-links": read_flag,
    "emit-build-options": read_flag,
    "emit-marker-expression": read_flag,
    "emit-index-annotation": read_flag,
    "annotation-style": _one_of("line", "split"),
    "require-hashes": read_flag,
    "verify-hashes": read_flag,
}

#: Tables of a project's manifest, which ``uv.toml`` can't have.
ONLY_PROJECT = (
    "conflicts",
    "workspace",
    "sources",
    "dev-dependencies",
    "default-groups",
    "dependency-groups",
    "managed",
    "package",
    "build-backend",
    "environments",
    "required-environments",
    "minimum-libc-version",
)

#: Keys of ``[tool.uv]`` that a ``uv.toml`` beside it does not hide, or of which uv says nothing.
NEVER_HIDDEN = (*ONLY_PROJECT, "no-sources-package", "require-build-hashes", "audit")
