"""What the options of ``lockbot lock`` say, as the values that the resolver and the index take."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from bot.cli.indexes.choice import IndexChoice
from bot.cli.lock_options import LOCK_OPTIONS
from bot.cli.options import is_true, with_environment
from bot.errors import InputError
from bot.index.cache.refresh import Refresh
from bot.resolver.lowering import CommandSettings
from bot.resolver.model.index import Index
from bot.values import field_names, replace, value

#: The uv whose locks lockbot writes unless told to keep to a revision.
_UV = "0.13.9"


@value
class Surroundings:
    """What the options are understood by. ``root``: of the tree, ``folder``: in it, where relative places start from."""

    root: Path
    folder: str
    now: datetime
    zone: tzinfo
    user_files: tuple[str, ...] = ()


def make_settings(options: Mapping[str, object], around: Surroundings) -> CommandSettings:
    """The settings of one run; ``options`` are those of ``LOCK_OPTIONS``, with what the environment says."""
    names = set(field_names(CommandSettings)) & set(options)
    said = {name: options[name] for name in names if options[name] not in (None, "", ())}
    if options["pre"] and not options["prerelease"]:
        said["prerelease"] = "allow"
    if options["index"]:
        said["indexes"] = options["index"]
    if options["config_file"]:
        said["config_file"] = posixpath.normpath(posixpath.join(around.folder, str(said["config_file"])))
    return CommandSettings(
        **{
            **said,
            "tree_root": around.root.as_posix(),
            "folder": around.folder,
            "now": around.now,
            "zone": around.zone,
            # Who names a revision, or keeps one, asks for the lock of another uv.
            "stands_for": _UV if options["revision"] is None else None,
            "reads_files": not options["no_config"],
            "user_files": around.user_files,
        }  # type: ignore[arg-type]
    )


def settings_in(environment: Mapping[str, str], folder: str) -> CommandSettings:
    """What the environment alone says, for who makes no lock; ``folder`` (from the root of all) is where it is asked."""
    options = with_environment(LOCK_OPTIONS, {option.key: option.absent() for option in LOCK_OPTIONS}, environment)
    around = Surroundings(root=Path("/"), folder=folder, now=datetime(1970, 1, 1, tzinfo=UTC), zone=UTC)
    return replace(make_settings(options, around), stands_for=None)


def make_refresh(options: Mapping[str, object]) -> Refresh:
    """Which pages are asked about again; upgrading without looking would find nothing new."""
    everything = options["upgrade"] if options["refresh"] is None else options["refresh"]
    packages, upgraded = options["refresh_package"], options["upgrade_package"]
    assert isinstance(packages, tuple)
    assert isinstance(upgraded, tuple)
    return Refresh(everything=bool(everything), packages=frozenset((*packages, *map(_name_in, upgraded))))


def _name_in(requirement: str) -> str:
    """The name at the beginning of a requirement."""
    end = next((at for at, sign in enumerate(requirement) if not (sign.isalnum() or sign in "-_.")), None)
    return requirement[:end]


def user_files(environment: Mapping[str, str], home: Path) -> tuple[Path, ...]:
    """The settings files of the user and of the machine, in the order in which they count; they need not exist."""
    of_user = Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "uv" / "uv.toml"
    if is_true("UV_NO_SYSTEM_CONFIG", environment.get("UV_NO_SYSTEM_CONFIG", "")):
        return (of_user,)
    shared = (environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    places = [*(Path(folder) / "uv" / "uv.toml" for folder in shared if folder), Path("/etc/uv/uv.toml")]
    return (of_user, *[place for place in places if place.is_file()][:1])


def make_choice(
    options: Mapping[str, object], indexes: tuple[Index, ...], here: Path, environment: Mapping[str, str]
) -> IndexChoice:
    """What the index client is made of; ``options`` are those of ``LOCK_OPTIONS``, ``here`` the folder it runs in."""
    given, hosts = options["cache_dir"], options["allow_insecure_host"]
    assert given is None or isinstance(given, Path)
    assert isinstance(hosts, tuple)
    recorded = options["recorded"]
    return IndexChoice(
        cache_dir=None if options["no_cache"] else _default_cache(environment) if given is None else here / given,
        cache_size=_cache_size(environment.get("LOCKBOT_CACHE_SIZE")),
        offline=bool(options["offline"]),
        environment=dict(environment),
        indexes=indexes,
        recorded=_is_set(environment, "LOCKBOT_RECORDED") if recorded is None else bool(recorded),
        refresh=make_refresh(options),
        system_certificates=bool(options["native_tls"] if options["system_certs"] is None else options["system_certs"]),
        insecure_hosts=hosts,
    )


def _is_set(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "").lower() in ("1", "true", "yes", "on", "t", "y")


def _cache_size(said: str | None) -> int:
    if said and not (said.isascii() and said.isdecimal() and int(said)):
        raise InputError(f"LOCKBOT_CACHE_SIZE={said!r} is not a number of megabytes", hint="set it to 2000, say")
    return int(said or 2000) * 1_000_000


def _default_cache(environment: Mapping[str, str]) -> Path:
    base = environment.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "lockbot"
