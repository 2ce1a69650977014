"""What the options of ``lockbot lock`` say, as the values that the resolver and the index take."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from bot.cli.indexes.choice import IndexChoice
from bot.command_line.environment import is_true, with_environment
from bot.command_line.lock_options import LOCK_OPTIONS
from bot.command_line.options import absent_values
from bot.errors import InputError, LockbotError
from bot.index.cache.refresh import Refresh
from bot.manifest.model import MachineSettings
from bot.manifest.uvtoml import parse_uv_toml
from bot.proxies import Proxies
from bot.resolver.lowering import CommandSettings
from bot.resolver.lowering.indexes import is_index_name
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


def look_around(root: Path, here: Path, environment: Mapping[str, str]) -> Surroundings:
    """``here``: the folder in which the command was given, in the tree at ``root``."""
    return Surroundings(
        root=root,
        folder=place_in(root, here),
        now=datetime.now(UTC),
        zone=local_zone(),
        user_files=tuple(place_in(root, path) for path in user_files(environment, Path.home())),
    )


def local_zone() -> tzinfo:
    """The zone of this machine, by which dates are understood."""
    return datetime.now().astimezone().tzinfo or UTC


def place_in(root: Path, path: Path) -> str:
    """As the tree names it. Not resolved: a settings file of the user may be a link."""
    return path.absolute().relative_to(root).as_posix() or "."


def make_settings(options: Mapping[str, object], around: Surroundings) -> CommandSettings:
    """The settings of one run; ``options`` are those of ``LOCK_OPTIONS``, with what the environment says."""
    names = set(field_names(CommandSettings)) & set(options)
    said = {name: options[name] for name in names if options[name] not in (None, "", ())}
    if options["pre"] and not options["prerelease"]:
        said["prerelease"] = "allow"
    if options["index"]:
        said["indexes"] = options["index"]
    if options["preview_features"]:
        said["preview_features"] = _experiments(options["preview_features"])
    if options["config_file"]:
        said["config_file"] = posixpath.normpath(posixpath.join(around.folder, str(said["config_file"])))
    return CommandSettings(
        **{
            **said,
            "existing_places": _existing_places(options, around),
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


def _experiments(said: object) -> tuple[str, ...]:
    assert isinstance(said, tuple)
    names = tuple(name.strip() for name in said)
    if "" in names:
        raise InputError("--preview-features: an empty name", hint="name features, with commas between them")
    return names


def _existing_places(options: Mapping[str, object], around: Surroundings) -> frozenset[str]:
    """Those of the indexes that are paths."""
    named = options["index"]
    assert isinstance(named, tuple)
    texts = (*named, options["default_index"])
    return frozenset(
        text
        for text in texts
        if isinstance(text, str) and is_index_name(text) and (around.root / around.folder / text).exists()
    )


def settings_in(environment: Mapping[str, str], folder: str) -> CommandSettings:
    """What the environment alone says, for who makes no lock; ``folder`` (from the root of all) is where it is asked."""
    options = with_environment(LOCK_OPTIONS, absent_values(LOCK_OPTIONS), environment)
    around = Surroundings(root=Path("/"), folder=folder, now=datetime(1970, 1, 1, tzinfo=UTC), zone=UTC)
    return replace(make_settings(options, around), stands_for=None)


def refreshes_anything(options: Mapping[str, object]) -> bool:
    """Whether pages are to be asked about again; raises ``InputError`` where nothing can be asked."""
    said = bool(options["refresh_package"]) if options["refresh"] is None else bool(options["refresh"])
    if said and options["offline"]:
        raise InputError("--offline and --refresh can't be used together", hint="leave one of them out")
    return said


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


def user_files(environment: Mapping[str, str], home: Path, *, on_windows: bool = os.name == "nt") -> tuple[Path, ...]:
    """The settings files of the user and of the machine, in the order in which they count; they need not exist."""
    of_user, of_machine = _places(environment, home, on_windows=on_windows)
    if is_true("UV_NO_SYSTEM_CONFIG", environment.get("UV_NO_SYSTEM_CONFIG", "")):
        return (of_user,)
    return (of_user, *[place for place in of_machine if place.is_file()][:1])


_INDEX_VARIABLES = frozenset(
    {
        "UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_CONFIG_FILE",
        "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL",
    }
)  # fmt: skip


def names_indexes(environment: Mapping[str, str], home: Path) -> bool:
    """Whether the environment, or settings of the user or the machine, say of other indexes; also where they can't be read."""
    if any(environment.get(name) for name in _INDEX_VARIABLES):
        return True
    return any(_names_index(path) for path in user_files(environment, home))


def _names_index(path: Path) -> bool:
    try:
        found = parse_uv_toml(path.read_text("utf-8"), str(path))
    except FileNotFoundError:
        return False
    except (OSError, UnicodeError, LockbotError):
        return True
    return bool(found.indexes or found.index_url or found.extra_index_url)


def _places(environment: Mapping[str, str], home: Path, *, on_windows: bool) -> tuple[Path, tuple[Path, ...]]:
    """The file of the user, and those that may be the machine's, the first of which counts."""
    if on_windows:
        roaming = environment.get("APPDATA")
        drive = environment.get("SYSTEMDRIVE")
        of_machine = () if not drive else (Path(f"{drive}/") / "ProgramData" / "uv" / "uv.toml",)
        return (Path(roaming) if roaming else home / "AppData" / "Roaming") / "uv" / "uv.toml", of_machine
    said = Path(environment.get("XDG_CONFIG_HOME") or "")
    shared = (environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    folders = (*(Path(folder) / "uv" for folder in shared if folder), Path("/etc/uv"))
    # What is not absolute is no place by the rules of XDG.
    of_user = said if said.is_absolute() else home / ".config"
    return of_user / "uv" / "uv.toml", tuple(folder / "uv.toml" for folder in folders)


def make_choice(
    options: Mapping[str, object],
    indexes: tuple[Index, ...],
    here: Path,
    environment: Mapping[str, str],
    machine: MachineSettings | None = None,
    *,
    asks_keyring: bool,
    foreign: tuple[Path, ...],
) -> IndexChoice:
    """What the index client is made of; ``options`` are those of ``LOCK_OPTIONS``, ``here`` the folder it runs in.

    ``machine``: what settings say where the options say nothing. ``asks_keyring`` and ``foreign`` as an ``IndexChoice`` has
    them.
    """
    hosts, recorded = options["allow_insecure_host"], options["recorded"]
    machine = MachineSettings() if machine is None else machine
    assert isinstance(hosts, tuple)
    return IndexChoice(
        cache_dir=None if options["no_cache"] or machine.no_cache else _cache(options, here, environment, machine),
        cache_size=_cache_size(environment.get("LOCKBOT_CACHE_SIZE")),
        offline=bool(_first(options["offline"], machine.offline)),
        environment=dict(environment),
        indexes=indexes,
        recorded=_is_set(environment, "LOCKBOT_RECORDED") if recorded is None else bool(recorded),
        asks_keyring=asks_keyring,
        foreign=foreign,
        refresh=make_refresh(options),
        system_certificates=bool(_first(options["system_certs"], options["native_tls"], machine.system_certs)),
        insecure_hosts=(*hosts, *(machine.insecure_hosts or ())),
        proxies=_proxies(machine),
        requests=machine.concurrent_downloads,
    )


def _cache(options: Mapping[str, object], here: Path, environment: Mapping[str, str], machine: MachineSettings) -> Path:
    """Where the cache is; settings name a folder of uv's, whose own files have another form."""
    given = options["cache_dir"]
    assert given is None or isinstance(given, Path)
    if given is not None:
        return here / given
    return _default_cache(environment) if machine.cache_dir is None else here / machine.cache_dir / "lockbot"


def _first(*said: object) -> object:
    return next((one for one in said if one is not None), None)


def _proxies(machine: MachineSettings) -> Proxies | None:
    """The proxies that settings name, in place of those of the environment."""
    if machine.http_proxy is None and machine.https_proxy is None:
        return None
    direct = tuple(entry.lower() for entry in machine.no_proxy or ())
    return Proxies(http=machine.http_proxy, https=machine.https_proxy, direct=direct)


def _is_set(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "").lower() in ("1", "true", "yes", "on", "t", "y")


def _cache_size(said: str | None) -> int:
    if said and not (said.isascii() and said.isdecimal() and int(said)):
        raise InputError(f"LOCKBOT_CACHE_SIZE={said!r} is not a number of megabytes", hint="set it to 2000, say")
    return int(said or 2000) * 1_000_000


def _default_cache(environment: Mapping[str, str]) -> Path:
    base = environment.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "lockbot"
