"""Which configuration a run goes by: that of the commit, one that was given, the defaults of the account, or a suggestion."""

from __future__ import annotations

from dataclasses import replace

from bot.detect.model import Listing
from bot.errors import InputError
from bot.pipeline.trouble import make_problem
from bot.ports.forge import ForgeError
from bot.ports.handling import Labels
from bot.ports.presets import PresetSource
from bot.ports.run import (
    ConfigState,
    ConfigText,
    RunRequest,
    Suggestion,
)
from bot.repoconfig.load import ConfigError, find_config_path, load_config
from bot.repoconfig.matching import find_dashboard_options, find_limits, find_own_schedules
from bot.repoconfig.migration.suggestion import suggest_config
from bot.repoconfig.model import DEFAULT_CONFIG, RepoConfig
from bot.wall import KeepError, to_problem


def read_config_walled(request: RunRequest, tree: Listing, keep: KeepError) -> tuple[ConfigState, RepoConfig | None]:
    try:
        return read_config(request, tree)
    except ForgeError:
        # What the configuration builds on could not be read now: the whole run is made again later.
        raise
    except Exception as error:  # noqa: BLE001 - the wall
        path = request.config.path if request.config else find_config_path(frozenset(tree.paths()))
        return ConfigState(path=path, problems=(to_problem(error, path or "", keep),)), None


def read_config_or_suggest(
    request: RunRequest, tree: Listing, keep: KeepError
) -> tuple[ConfigState, RepoConfig | None, Suggestion | None]:
    """The configuration that is stated; the one to suggest where none is, and the request asks for it."""
    state, config = read_config_walled(request, tree, keep)
    if not request.suggest or state.is_stated:
        return state, config, None
    try:
        suggestion = suggest_config(frozenset(tree.paths()), tree.read_text)
    except InputError:
        # Another bot's file that is no text says nothing.
        suggestion = suggest_config((), tree.read_text)
    state, config = _parse_config(suggestion.text, suggestion.path, request.presets)
    if config is None:
        # What the translation builds on can't be read.
        suggestion = replace(suggest_config((), tree.read_text), left=state.problems)
        state, config = _parse_config(suggestion.text, suggestion.path, request.presets)
    return replace(state, path=None, is_stated=False), config, suggestion


def read_config(request: RunRequest, tree: Listing) -> tuple[ConfigState, RepoConfig | None]:
    """The configuration that holds, ``None`` where the file is broken (the state says how)."""
    path = find_config_path(frozenset(tree.paths()))
    if request.config is not None or path is None:
        return read_stated(request.config, request.presets)
    return read_own(tree, path, request.presets)


def read_stated(stated: ConfigText | None, presets: PresetSource | None) -> tuple[ConfigState, RepoConfig | None]:
    """What a text says; where there is none, what the account says for all its repositories."""
    return _read_defaults(presets) if stated is None else _parse_config(stated.text, stated.path, presets)


def read_own(tree: Listing, path: str, presets: PresetSource | None) -> tuple[ConfigState, RepoConfig | None]:
    """What the file of a commit says."""
    try:
        text = tree.read_text(path) or ""
    except InputError as error:
        return ConfigState(path=path, problems=(make_problem(error.problem, path, error.line, error.hint),)), None
    return _parse_config(text, path, presets)


def _read_defaults(presets: PresetSource | None) -> tuple[ConfigState, RepoConfig | None]:
    """Without a file of its own a repository has what its account says for all of them."""
    defaults = presets.find_defaults() if presets is not None else None
    if defaults is None:
        return ConfigState(is_stated=False), DEFAULT_CONFIG
    state, config = _parse_config("{}", defaults[0], presets)
    return replace(state, path=None), config


def _parse_config(text: str, path: str, presets: PresetSource | None) -> tuple[ConfigState, RepoConfig | None]:
    try:
        loaded = load_config(text, path, presets)
    except ConfigError as error:
        return ConfigState(path=path, problems=error.problems), None
    config = loaded.config
    state = ConfigState(
        path=path,
        enabled=config.enabled,
        schedule=config.schedule,
        own_schedules=find_own_schedules(config),
        timezone=config.timezone,
        warnings=loaded.warnings,
        limits=find_limits(config),
        labels=Labels(keep=config.keep_updated_label, stop=config.stop_updating_label),
        bases=config.base_branch_patterns,
        prefix=config.branch_prefix,
        dashboard=find_dashboard_options(config),
    )
    return state, config


def narrow_to_base(config: RepoConfig, request: RunRequest) -> RepoConfig:
    """With branches that name the base branch, where they are to."""
    if not request.names_base:
        return config
    return config.model_copy(update={"branch_prefix": f"{config.branch_prefix}{request.base_branch}-"})
