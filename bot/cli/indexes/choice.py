"""What an index of the command line is made of: those that load it at once, and the one that does when it is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.index.cache.refresh import Refresh
from bot.proxies import Proxies, read_proxies
from bot.resolver.model.index import Index
from bot.values import field, value


@value
class IndexChoice:
    """What the client is made of. ``environment`` may hold credentials, so it is never shown.

    ``cache_size``: how many bytes the cache may keep.
    ``refresh``: what is asked about again. ``insecure_hosts``: those whose certificates are not looked at, as people
    write them. ``proxies`` in place of those of the environment; ``requests``: how many at once, at most.
    ``asks_keyring``: the user wants that program to be asked for credentials; ``foreign``: folders of repositories, whose
    programs are not run.
    ``recorded``: take metadata that a build left in a source distribution where there is no static metadata.
    """

    cache_dir: Path | None
    cache_size: int
    offline: bool
    environment: Mapping[str, str] = field(repr=False)
    indexes: tuple[Index, ...]
    recorded: bool = False
    asks_keyring: bool = False
    foreign: tuple[Path, ...] = ()
    refresh: Refresh = field(default_factory=Refresh)
    system_certificates: bool = False
    insecure_hosts: tuple[str, ...] = ()
    proxies: Proxies | None = None
    requests: int | None = None

    def find_proxies(self) -> Proxies:
        """Those that were named, else those of the environment."""
        return read_proxies(self.environment) if self.proxies is None else self.proxies
