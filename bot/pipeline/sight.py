"""What of a commit is looked at: its files but those that the configuration leaves alone, what they are, what follows."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

from bot.detect.kinds import find_owner
from bot.detect.model import Detected, Listing, Told
from bot.detect.other_bots import find_other_bots
from bot.detect.repository import detect
from bot.detect.requirements import find_compile_commands
from bot.follow.followers import find_followers
from bot.follow.model import Follower
from bot.pinned.outputs import StatedCommand
from bot.pipeline.edges import Edges
from bot.plan.policy import find_ignoring_pattern, is_ignored_path
from bot.ports.run import (
    LeftAlone,
    OtherBot,
    Problem,
    RunRequest,
)
from bot.repoconfig.model import RepoConfig
from bot.wall import KeepError, to_problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a configuration leaves of a commit to be looked at. ``unfollowed``: why nothing is known to follow a lock."""

    visible: _Visible
    detected: Detected
    followers: Sequence[Follower]
    unfollowed: Sequence[Problem]


def see(tree: Listing, config: RepoConfig, edges: Edges) -> Seen:
    visible = _Visible(tree, config)
    followers, unfollowed = _followers_walled(visible, config, edges)
    detected = detect(visible, edges.keep, _stated_beside(visible, config, followers))
    return Seen(visible=visible, detected=detected, followers=followers, unfollowed=unfollowed)


def _followers_walled(
    listing: Listing, config: RepoConfig, edges: Edges
) -> tuple[Sequence[Follower], Sequence[Problem]]:
    try:
        return find_followers(listing, config, edges.keep, edges.around), ()
    except Exception as error:  # noqa: BLE001 - the wall
        return (), (to_problem(error, "", edges.keep),)


def other_bots_walled(tree: Listing, detected: Detected, request: RunRequest, keep: KeepError) -> tuple[OtherBot, ...]:
    """They are told of where they can be: what fails here is kept for the log, and holds up nothing."""
    try:
        return find_other_bots(tree, detected, request.base_branch)
    except Exception as error:  # noqa: BLE001 - the wall
        to_problem(error, "", keep)
        return ()


def _stated_beside(listing: Listing, config: RepoConfig, followers: Sequence[Follower]) -> Told:
    """What the configuration and hooks say is compiled; what follows a lock holds no requirements of its own."""
    configured = (
        StatedCommand(
            words=("pip", "compile", *one.args[2 if one.args[:2] == ("pip", "compile") else 0 :]),
            folder=posixpath.normpath(one.directory),
            output=posixpath.normpath(one.output),
            place="the configuration",
        )
        for one in config.compiled
    )
    return Told(
        compiles=(*configured, *find_compile_commands(listing)),
        exports=frozenset(one.path for one in followers),
    )


def list_found(detected: Detected) -> tuple[str, ...]:
    return tuple(unit.lock or unit.manifests[0] for unit in detected.units)


def tell_passed_over(path: str, config: RepoConfig) -> LeftAlone:
    pattern = find_ignoring_pattern(config, path)
    if pattern is None and config.include_paths:
        return LeftAlone(path=path, reason="includePaths does not have it")
    return LeftAlone(path=path, reason=f"ignorePaths has {pattern or 'its manifest'}")


@dataclass(frozen=True, slots=True)
class _Visible:
    """The files of a commit without those that the configuration leaves alone."""

    tree: Listing
    config: RepoConfig

    def paths(self) -> Sequence[str]:
        return [path for path in self.tree.paths() if not self._is_hidden(path)]

    def hidden(self) -> Sequence[str]:
        """The others."""
        return [path for path in self.tree.paths() if self._is_hidden(path)]

    def _is_hidden(self, path: str) -> bool:
        """A lock is hidden with the manifest that it belongs to."""
        owner = find_owner(path)
        return is_ignored_path(self.config, path) or (owner is not None and is_ignored_path(self.config, owner))

    def mode(self, path: str) -> str | None:
        return self.tree.mode(path)

    def read_text(self, path: str) -> str | None:
        return self.tree.read_text(path)

    def read_bytes(self, path: str) -> bytes | None:
        return self.tree.read_bytes(path)

    def list_dirs(self, path: str) -> Sequence[str]:
        return self.tree.list_dirs(path)

    def is_dir(self, path: str) -> bool:
        return self.tree.is_dir(path)

    def exists(self, path: str) -> bool:
        return self.tree.exists(path)
