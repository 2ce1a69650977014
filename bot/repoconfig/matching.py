"""Which rules are about an update, and what comes of them: of several that set the same option, the last one counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from packaging.version import Version

from bot.manifest.ranges import RangeStrategy
from bot.ports.handling import Handling, Limits, MergeStrategy, Merging, People, RebaseWhen
from bot.ports.run import DashboardOptions
from bot.repoconfig.ages import matches_age, parse_age
from bot.repoconfig.globs import matches_name, matches_path, matches_text
from bot.repoconfig.model import (
    LockFileMaintenance,
    PackageRule,
    PrCreation,
    RepoConfig,
    SaidRule,
    SemanticCommits,
    UpdateType,
)
from bot.repoconfig.versions import admits_version

#: The manager of projects, by Renovate's name.
PROJECTS = "pep621"
_ANY_TIME = "at any time"
_MANAGERS = {
    ".py": "pep723",
    ".py.lock": "pep723",
    ".in": "pip-compile",
    ".txt": "pip_requirements",
    ".pre-commit-config.yaml": "pre-commit",
    ".yml": "github-actions",
    ".yaml": "github-actions",
    "dockerfile": "dockerfile",
}


def manager_of(path: str) -> str:
    """The manager that a manifest, or another file that names versions, belongs to."""
    return next((manager for ending, manager in _MANAGERS.items() if path.lower().endswith(ending)), PROJECTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a rule is asked about: a requirement at its place, or (``path`` and ``table`` None) a package of a lock.

    ``kind`` None: how far it moves is not known; ``current`` and ``age`` are those of what is locked.
    """

    name: str
    manager: str
    path: str | None = None
    table: str | None = None
    kind: UpdateType | None = None
    current: Version | None = None
    age: timedelta | None = None


def applies(rule: PackageRule, subject: Subject) -> bool:
    """Whether all matchers of a rule match; one that asks for what is not known does not."""
    return (
        matches_name(subject.name, rule.match_package_names)
        and matches_name(subject.name, rule.match_dep_names)
        and (not rule.match_update_types or subject.kind in rule.match_update_types)
        and (not rule.match_managers or matches_text(subject.manager, rule.match_managers))
        and (not rule.match_file_names or _is_in(subject.path, rule.match_file_names))
        and (not rule.match_dep_types or _is_at(subject.table, rule.match_dep_types))
        and _is_locked_so(rule, subject)
    )


def _is_in(path: str | None, patterns: Sequence[str]) -> bool:
    return path is not None and matches_path(path, patterns)


def _is_at(table: str | None, patterns: Sequence[str]) -> bool:
    return table is not None and matches_text(table, patterns)


def _is_locked_so(rule: PackageRule, subject: Subject) -> bool:
    version, age = rule.match_current_version, rule.match_current_age
    if version is not None and (subject.current is None or not admits_version(version, subject.current)):
        return False
    return age is None or (subject.age is not None and matches_age(subject.age, age))


def find_rules(config: RepoConfig, subjects: Iterable[Subject]) -> tuple[PackageRule, ...]:
    """The rules that apply to any of these, in their order."""
    every = tuple(subjects)
    return tuple(rule for rule in config.package_rules if any(applies(rule, one) for one in every))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How titles and commit messages are made: what stands before them, their verb, and what ends them.

    ``semantic``: type and scope, which stand before them where semantic commits are ``when`` they are to be, unless
    ``prefix`` states something else.
    """

    prefix: str | None = None
    semantic: str = "chore(deps):"
    when: SemanticCommits = SemanticCommits.DISABLED
    action: str = "Update"
    suffix: str = ""

    @property
    def is_semantic(self) -> bool:
        return self.prefix is None and self.when is SemanticCommits.ENABLED

    def settled(self, speaks_so: Callable[[], bool]) -> Wording:
        """With ``auto`` decided by how the repository speaks; nobody is asked where that does not matter."""
        if self.when is not SemanticCommits.AUTO or self.prefix is not None:
            return self
        return replace(self, when=SemanticCommits.ENABLED if speaks_so() else SemanticCommits.DISABLED)


@dataclass(frozen=True, slots=True)
class Choice:
    """The options of one update: what the last of its rules says, or the whole file."""

    config: RepoConfig
    rules: tuple[PackageRule, ...] = ()

    @property
    def is_enabled(self) -> bool:
        rule = self._rule_with("enabled")
        return rule is None or rule.enabled is not False

    @property
    def reason_for_off(self) -> str | None:
        """What a person said who turned it off; None: a file does."""
        rule = self._rule_with("enabled")
        return rule.said if isinstance(rule, SaidRule) else None

    @property
    def group_name(self) -> str | None:
        return self._last_with("group_name").group_name

    @property
    def group_slug(self) -> str | None:
        return self._last_with("group_slug").group_slug

    @property
    def range_strategy(self) -> RangeStrategy:
        return self._last_with("range_strategy").range_strategy or self.config.range_strategy

    @property
    def allowed_versions(self) -> str | None:
        return self._last_with("allowed_versions").allowed_versions

    @property
    def minimum_age(self) -> timedelta | None:
        """None: no waiting."""
        stated = self._last_with("minimum_release_age").minimum_release_age
        return (parse_age(stated) or None) if stated else None

    @property
    def hides_versions(self) -> bool:
        said = (rule.up_to for rule in self.rules if isinstance(rule, SaidRule))
        return self.allowed_versions is not None or self.minimum_age is not None or any(said)

    @property
    def own_schedule(self) -> tuple[str, ...] | None:
        """The schedule that rules give it; None: that of the whole file."""
        rule = self._rule_with("schedule")
        return None if rule is None else rule.schedule

    @property
    def labels(self) -> tuple[str, ...]:
        stated = self._last_with("labels").labels
        more = (label for rule in self.rules for label in rule.add_labels)
        first = self.config.labels if stated is None else stated
        return tuple(dict.fromkeys((*first, *self.config.add_labels, *more)))

    @property
    def is_draft(self) -> bool:
        return self._last_with("draft_pr").draft_pr is True

    @property
    def handling(self) -> Handling:
        created = self._last_with("pr_creation").pr_creation
        approval = self._last_with("dependency_dashboard_approval").dependency_dashboard_approval
        return Handling(
            priority=self._last_with("pr_priority").pr_priority or 0,
            needs_approval=approval is True or created is PrCreation.APPROVAL,
            people=self._people,
            merging=self._merging,
            rebase_when=self._last_with("rebase_when").rebase_when or RebaseWhen.AUTO,
        )

    @property
    def _people(self) -> People:
        more = (*self.config.additional_reviewers, *(one for rule in self.rules for one in rule.additional_reviewers))
        reviewers = (*(self._last_with("reviewers").reviewers or ()), *more)
        return People(
            assignees=self._last_with("assignees").assignees or (),
            reviewers=tuple(dict.fromkeys(reviewers)),
            owners_assigned=self._last_with("assignees_from_code_owners").assignees_from_code_owners is True,
            owners_review=self._last_with("reviewers_from_code_owners").reviewers_from_code_owners is True,
            when_merging=self._last_with("assign_automerge").assign_automerge is True,
        )

    @property
    def _merging(self) -> Merging:
        schedule = self._last_with("automerge_schedule").automerge_schedule or ()
        return Merging(
            wanted=self._last_with("automerge").automerge is True,
            on_platform=self._last_with("platform_automerge").platform_automerge is not False,
            strategy=self._last_with("automerge_strategy").automerge_strategy or MergeStrategy.AUTO,
            schedule=() if _ANY_TIME in schedule else schedule,
            ignores_tests=self._last_with("ignore_tests").ignore_tests is True,
        )

    @property
    def notes(self) -> tuple[str, ...]:
        more = (note for rule in self.rules for note in rule.pr_body_notes)
        return tuple(dict.fromkeys((*self.config.pr_body_notes, *more)))

    @property
    def separates_major(self) -> bool:
        return self._last_with("separate_major_minor").separate_major_minor is not False

    @property
    def separates_majors(self) -> bool:
        return self._last_with("separate_multiple_major").separate_multiple_major is True

    @property
    def separates_patch(self) -> bool:
        return self._last_with("separate_minor_patch").separate_minor_patch is True

    @property
    def wording(self) -> Wording:
        action = self._last_with("commit_message_action").commit_message_action
        return Wording(
            prefix=self._last_with("commit_message_prefix").commit_message_prefix,
            semantic=self._semantic_prefix(),
            when=self.config.semantic_commits,
            action=self.config.commit_message_action if action is None else action,
            suffix=self._last_with("commit_message_suffix").commit_message_suffix or "",
        )

    def _semantic_prefix(self) -> str:
        kind = self._last_with("semantic_commit_type").semantic_commit_type or "chore"
        scope = self._last_with("semantic_commit_scope").semantic_commit_scope
        return f"{kind}({scope}):" if scope else f"{kind}:"

    def _rule_with(self, option: str) -> PackageRule | None:
        """The last rule that says something of an option."""
        return next((rule for rule in reversed(self.rules) if option in rule.model_fields_set), None)

    def _last_with(self, option: str) -> PackageRule | RepoConfig:
        return self._rule_with(option) or self.config


def choose_maintenance(config: RepoConfig) -> Choice:
    """The options of lock maintenance: those of its own block, then those of rules that are about no single package."""
    rules = (rule for rule in config.package_rules if _is_for_maintenance(rule))
    return Choice(config, (_as_rule(config.lock_file_maintenance), *rules))


def choose_security(config: RepoConfig, rules: Iterable[PackageRule]) -> Choice:
    """The options of a security update: those of the rules about its package, then those of its own block.

    It waits for no schedule and no approval but its own, and is in no group but its own.
    """
    own = config.vulnerability_alerts
    said = {name: getattr(own, name) for name in own.model_fields_set if name in PackageRule.model_fields}
    said = {"dependency_dashboard_approval": False, "pr_creation": PrCreation.IMMEDIATE, **said}
    said |= {"schedule": own.schedule, "group_name": own.group_name, "commit_message_suffix": own.commit_message_suffix}
    return Choice(config, (*rules, PackageRule.model_construct(_fields_set=set(said), **said)))


def without_general_switch(config: RepoConfig) -> RepoConfig:
    """The configuration without rules that turn off every update of everything: they are about ordinary ones."""
    kept = tuple(one for one in config.package_rules if not (one.enabled is False and _is_about_all(one)))
    return config if kept == config.package_rules else config.model_copy(update={"package_rules": kept})


def _is_about_all(rule: PackageRule) -> bool:
    named = (*rule.match_package_names, *rule.match_dep_names)
    others = rule.model_fields_set.difference({"match_package_names", "match_dep_names"})
    return all(one == "*" for one in named) and not any(one.startswith("match_") for one in others)


def find_own_schedules(config: RepoConfig) -> tuple[str, ...]:
    """What parts of a file say of their own turns."""
    stated = (
        config.lock_file_maintenance.schedule,
        config.vulnerability_alerts.schedule,
        *(rule.schedule for rule in config.package_rules),
    )
    return tuple(dict.fromkeys(entry for one in stated if one is not None for entry in one))


def find_limits(config: RepoConfig) -> Limits:
    """Every branch has its pull request, so of the two limits the lower holds; 0 is none."""
    stated = (config.pr_concurrent_limit, config.branch_concurrent_limit)
    return Limits(open=min((one for one in stated if one), default=0), hourly=config.pr_hourly_limit)


def find_dashboard_options(config: RepoConfig) -> DashboardOptions:
    return DashboardOptions(
        wanted=config.dependency_dashboard,
        title=config.dependency_dashboard_title,
        header=config.dependency_dashboard_header,
        footer=config.dependency_dashboard_footer,
        labels=config.dependency_dashboard_labels,
        autoclose=config.dependency_dashboard_autoclose,
    )


def _is_for_maintenance(rule: PackageRule) -> bool:
    named = (*rule.match_package_names, *rule.match_dep_names)
    if named and UpdateType.LOCK_FILE_MAINTENANCE not in rule.match_update_types:
        return False
    subject = Subject(name="", manager=PROJECTS, kind=UpdateType.LOCK_FILE_MAINTENANCE)
    return not any(one.strip("*") for one in named) and applies(rule, subject)


def _as_rule(stated: LockFileMaintenance) -> PackageRule:
    said = {name: getattr(stated, name) for name in stated.model_fields_set}
    return PackageRule.model_construct(_fields_set=set(said), **said)
