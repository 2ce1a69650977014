"""What ``.lockbot.json`` can say: every option, its default and its meaning. Names and meanings are Renovate's.

An option is here only when lockbot obeys it. What a file may say beside that without being refused, and what becomes of
it, is for ``adapt``. To add an option: a field here (and one in ``PackageRule``, with ``None`` for its default, where
rules may set it), a row in ``docs/configuration.md``, and its name out of ``config/renovate.json`` if it is there.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic.alias_generators import to_camel

from bot.manifest.ranges import RangeStrategy
from bot.ports.handling import MergeStrategy, RebaseWhen
from bot.repoconfig.ages import check_compared_age
from bot.repoconfig.option_types import (
    Account,
    AdvisoryId,
    Age,
    BranchPrefix,
    Count,
    Day,
    Flag,
    GroupName,
    InsidePath,
    Label,
    Login,
    Markdown,
    Name,
    Note,
    Patterns,
    Person,
    Priority,
    Schedule,
    Several,
    Table,
    TagForm,
    Texts,
    TimeZone,
    Title,
    Versions,
    Word,
    Words,
)
from bot.repoconfig.versions import check_python


class UpdateType(StrEnum):
    """How far an update moves a requirement, by the first number of the version that changes; or all of the locks."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    LOCK_FILE_MAINTENANCE = "lockFileMaintenance"


class AutomergeType(StrEnum):
    """What is merged: a pull request. Nothing goes to the base branch without one."""

    PR = "pr"


class PrCreation(StrEnum):
    """When a pull request is opened: at once, or when somebody asks for it."""

    IMMEDIATE = "immediate"
    APPROVAL = "approval"


class SemanticCommits(StrEnum):
    """Whether titles and commits begin with a type and a scope; ``auto``: if those of the repository do."""

    AUTO = "auto"
    ENABLED = "enabled"
    DISABLED = "disabled"


class _Options(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, hide_input_in_errors=True, use_enum_values=False
    )


_MATCHERS = (
    "match_package_names",
    "match_dep_names",
    "match_update_types",
    "match_file_names",
    "match_dep_types",
    "match_managers",
    "match_current_version",
    "match_current_age",
)


class _Handled(_Options):
    """What rules and lock maintenance say of their pull requests."""

    assignees: Several[Login] | None = Field(default=None, description="As the option of the same name.")
    assignees_from_code_owners: Flag | None = Field(default=None, description="As the option of the same name.")
    reviewers: Several[Person] | None = Field(default=None, description="As the option of the same name.")
    reviewers_from_code_owners: Flag | None = Field(default=None, description="As the option of the same name.")
    additional_reviewers: Several[Person] = Field(
        default=(), description="Reviewers beside the others; those of all rules count."
    )
    automerge: Flag | None = Field(default=None, description="As the option of the same name.")
    automerge_type: AutomergeType | None = Field(default=None, description="As the option of the same name.")
    automerge_strategy: MergeStrategy | None = Field(default=None, description="As the option of the same name.")
    automerge_schedule: Schedule | None = Field(default=None, description="As the option of the same name.")
    platform_automerge: Flag | None = Field(default=None, description="As the option of the same name.")
    ignore_tests: Flag | None = Field(default=None, description="As the option of the same name.")
    assign_automerge: Flag | None = Field(default=None, description="As the option of the same name.")
    dependency_dashboard_approval: Flag | None = Field(default=None, description="As the option of the same name.")
    pr_creation: PrCreation | None = Field(default=None, description="As the option of the same name.")
    pr_priority: Priority | None = Field(default=None, description="As the option of the same name.")
    pr_body_notes: Several[Note] = Field(default=(), description="Notes beside the others; those of all rules count.")
    rebase_when: RebaseWhen | None = Field(default=None, description="As the option of the same name.")


class _Matching(_Options):
    """What a rule is about."""

    description: Texts = Field(default=(), description="Words for the reader; nothing is done with them.")
    match_package_names: Patterns = Field(
        default=(), description="Package names; `*` globs, `/…/` regular expressions, and `!` in front to except."
    )
    match_dep_names: Patterns = Field(default=(), description="The same: a package of Python has one name.")
    match_update_types: Several[UpdateType] = Field(default=(), description="Only updates of these kinds.")
    match_file_names: Patterns = Field(default=(), description="Only requirements in files with these paths (globs).")
    match_dep_types: Several[Table] = Field(default=(), description="Only requirements in these tables.")
    match_managers: Patterns = Field(
        default=(), description="Only requirements of projects (`pep621`) or of scripts (`pep723`)."
    )
    match_current_version: Versions | None = Field(
        default=None, description="Only packages locked at such a version: `<1`, `>=2,<3`, `/^0/`, `!/^0/`."
    )
    match_current_age: Annotated[str, AfterValidator(check_compared_age)] | None = Field(
        default=None, description="Only packages whose locked version is of such an age: `> 1 year`, `<= 3 days`."
    )


class PackageRule(_Handled, _Matching):
    """Options for some packages: a rule applies where all its ``match…`` lists match; later rules win.

    ``null`` for an option takes back what an earlier rule said.
    """

    enabled: Flag | None = Field(default=None, description="`false`: don't propose these updates.")
    group_name: GroupName | None = Field(default=None, description="Propose these updates together, under this name.")
    group_slug: GroupName | None = Field(default=None, description="As the option of the same name.")
    range_strategy: RangeStrategy | None = Field(default=None, description="As the option of the same name.")
    allowed_versions: Versions | None = Field(default=None, description="As the option of the same name.")
    minimum_release_age: Age | None = Field(default=None, description="As the option of the same name.")
    schedule: Schedule | None = Field(default=None, description="As the option of the same name.")
    labels: Several[Label] | None = Field(default=None, description="Labels in place of the general ones.")
    add_labels: Several[Label] = Field(default=(), description="Labels beside the others; those of all rules count.")
    draft_pr: Flag | None = Field(default=None, alias="draftPR", description="As the option of the same name.")
    separate_major_minor: Flag | None = Field(default=None, description="As the option of the same name.")
    separate_multiple_major: Flag | None = Field(default=None, description="As the option of the same name.")
    separate_minor_patch: Flag | None = Field(default=None, description="As the option of the same name.")
    commit_message_prefix: Word | None = Field(default=None, description="As the option of the same name.")
    commit_message_action: Word | None = Field(default=None, description="As the option of the same name.")
    commit_message_suffix: Word | None = Field(default=None, description="As the option of the same name.")
    semantic_commit_type: Word | None = Field(default=None, description="As the option of the same name.")
    semantic_commit_scope: Word | None = Field(default=None, description="As the option of the same name.")

    @model_validator(mode="after")
    def _matches_something(self) -> Self:
        if not any(getattr(self, name) for name in _MATCHERS):
            raise ValueError(f"a rule needs at least one of {', '.join(map(to_camel, _MATCHERS))}")
        return self


class SaidRule(PackageRule):
    """A rule that stands in no file: a person said so. ``said`` is the clause that tells it.

    ``up_to``: of the steps of one length, those up to this version are hidden; all inside of its major as well where the
    rule is about majors alone.
    """

    said: str
    up_to: str | None = None


class _Refreshing(_Options):
    """Whether and when locks are refreshed."""

    enabled: Flag = Field(default=True, description="`false`: never refresh locks as a whole.")
    schedule: Schedule | None = Field(
        default=None, description="When a refresh may be proposed; the general schedule where nothing is said."
    )


class LockFileMaintenance(_Handled, _Refreshing):
    """Refreshes every lock in one proposal of its own, transitive packages included."""

    labels: Several[Label] | None = Field(default=None, description="Labels in place of the general ones.")
    add_labels: Several[Label] = Field(default=(), description="Labels beside the others.")
    draft_pr: Flag | None = Field(default=None, alias="draftPR", description="As the option of the same name.")
    commit_message_prefix: Word | None = Field(default=None, description="As the option of the same name.")
    commit_message_suffix: Word | None = Field(default=None, description="As the option of the same name.")
    semantic_commit_type: Word | None = Field(default=None, description="As the option of the same name.")
    semantic_commit_scope: Word | None = Field(default=None, description="As the option of the same name.")


class FixStrategy(StrEnum):
    """Which of the versions that nothing is known of is taken to leave a vulnerability."""

    LOWEST = "lowest"
    HIGHEST = "highest"


class VulnerabilityAlerts(_Handled):
    """Security updates: proposals of their own that leave known vulnerabilities, outside of schedule and limits."""

    enabled: Flag = Field(default=True, description="`false`: no security updates, whoever knows of a vulnerability.")
    schedule: Schedule | None = Field(
        default=None, description="When they may be opened; at any time where nothing is said."
    )
    labels: Several[Label] | None = Field(default=None, description="Labels in place of the general ones.")
    add_labels: Several[Label] = Field(default=(), description="Labels beside the others.")
    group_name: GroupName | None = Field(default=None, description="One proposal for all of them, under this name.")
    group_slug: GroupName | None = Field(default=None, description="As the option of the same name.")
    minimum_release_age: Age | None = Field(
        default=None, description="How long a release has to be out before it mends something; it need not wait."
    )
    vulnerability_fix_strategy: FixStrategy = Field(
        default=FixStrategy.LOWEST,
        description="`lowest`: the smallest move that leaves what is known; `highest`: the newest version that does.",
    )
    draft_pr: Flag | None = Field(default=None, alias="draftPR", description="As the option of the same name.")
    commit_message_prefix: Word | None = Field(default=None, description="As the option of the same name.")
    commit_message_suffix: Word = Field(default="[SECURITY]", description="What their titles end with.")
    semantic_commit_type: Word | None = Field(default=None, description="As the option of the same name.")
    semantic_commit_scope: Word | None = Field(default=None, description="As the option of the same name.")


class VulnerabilityException(_Options):
    """A vulnerability that the repository lives with, for a while: it is shown with its reason, and nothing is proposed."""

    id: AdvisoryId = Field(description="Any of its identifiers: `GHSA-…`, `CVE-…`, `PYSEC-…`, `MAL-…`.")
    reason: Annotated[str, Field(min_length=1, max_length=300)] = Field(description="Why, for those who read it later.")
    until: Day | None = Field(
        default=None, description="The last day on which it counts, such as `2027-01-31`; without one it has no end."
    )
    until_fixed: Flag = Field(
        default=True, description="`false`: it counts also when a release mends the vulnerability."
    )
    package: Name | None = Field(default=None, description="Only for this package; for every one unless said.")


class Constraints(_Options):
    """What the programs are that the project is meant for."""

    python: Annotated[str, AfterValidator(check_python)] | None = Field(
        default=None,
        description="The Pythons of a script or project that states no `requires-python` and has no lock: `>=3.12`.",
    )


class Python(_Options):
    """The versions of Python that images, tool files and CI name."""

    enabled: Flag = Field(
        default=False,
        description="`true`: move them together to the newest stable version that every `requires-python` admits.",
    )


class Export(_Options):
    """A file that `uv export` would write, and how; it is written anew with the lock."""

    output: InsidePath = Field(
        description="The path of the file: `*.txt`, `pylock.toml`, `pylock.*.toml`, or `*.json` of CycloneDX."
    )
    args: Words = Field(default=(), description="The options of `uv export`, as one text or a list of words.")
    directory: InsidePath = Field(default=".", description="The folder in which the command is run.")


class CompiledFile(_Options):
    """A file that `uv pip compile` would write, and how; its inputs state requirements, and it is their lock."""

    output: InsidePath = Field(description="The path of the file: `*.txt`, `pylock.toml` or `pylock.*.toml`.")
    args: Words = Field(description="The inputs and options of `uv pip compile`, as one text or a list of words.")
    directory: InsidePath = Field(default=".", description="The folder in which the command is run.")


class HookRepository(_Options):
    """A repository of pre-commit hooks whose revisions are versions of a package."""

    repo: Annotated[str, Field(min_length=1)] = Field(description="The URL of the repository, as `repo` has it.")
    package: Name = Field(description="The package that the lock holds.")
    tag: TagForm | None = Field(
        default=None,
        description="The form of its tags, `{}` where the version stands: `v{}`, say. Unless said as it is now.",
    )
    enabled: Flag = Field(default=True, description="`false`: the revision of this repository is left alone.")


class RepoConfig(_Options):
    """The configuration of one repository."""

    json_schema: str | None = Field(default=None, alias="$schema", description="For editors; nothing is done with it.")
    description: Texts = Field(default=(), description="Words for the reader; nothing is done with them.")
    extends: Texts = Field(
        default=(), description="Presets that the file builds on: Renovate's names, or `local>owner/repository`."
    )
    ignore_presets: Texts = Field(default=(), description="Presets to leave out, whoever extends them.")
    enabled: Flag = Field(default=True, description="`false` turns lockbot off for this repository.")
    schedule: Schedule = Field(
        default=(), description="When updates may be proposed: cron (`* 0-3 * * 1`) or words (`before 4am on monday`)."
    )
    timezone: TimeZone = Field(default="UTC", description="The time zone of every schedule, such as `Europe/Berlin`.")
    labels: Several[Label] = Field(default=("dependencies",), description="Labels of the pull requests.")
    add_labels: Several[Label] = Field(default=(), description="Labels beside `labels`, also beside those of rules.")
    draft_pr: Flag = Field(
        default=False,
        alias="draftPR",
        description="`true` opens pull requests as drafts, where the repository has such.",
    )
    assignees: Several[Login] = Field(default=(), description="Who is assigned to pull requests when they are opened.")
    assignees_from_code_owners: Flag = Field(
        default=False, description="`true` assigns those whom CODEOWNERS names for the files that change, too."
    )
    reviewers: Several[Person] = Field(
        default=(), description="Who is asked for a review when they are opened: logins, or `team:NAME`."
    )
    reviewers_from_code_owners: Flag = Field(
        default=False, description="`true` asks those whom CODEOWNERS names for the files that change, too."
    )
    additional_reviewers: Several[Person] = Field(
        default=(), description="Reviewers beside `reviewers`, also beside those of rules."
    )
    automerge: Flag = Field(
        default=False, description="`true` merges pull requests once reviews and checks that are required have passed."
    )
    automerge_type: AutomergeType = Field(
        default=AutomergeType.PR, description="What is merged: pull requests, never a branch without one."
    )
    automerge_strategy: MergeStrategy = Field(
        default=MergeStrategy.AUTO,
        description="How: `squash`, `merge-commit` or `rebase`; `auto` takes the first of these that the repository lets.",
    )
    automerge_schedule: Schedule = Field(
        default=("at any time",), description="When lockbot merges; the platform's own auto-merge is not used then."
    )
    platform_automerge: Flag = Field(
        default=True, description="`false`: lockbot merges by itself also where GitHub's auto-merge could."
    )
    ignore_tests: Flag = Field(
        default=False, description="`true` merges also what no check of anybody else has passed on."
    )
    assign_automerge: Flag = Field(
        default=False,
        description="`true` asks assignees and reviewers also where it is merged by itself, not only when a check fails.",
    )
    dependency_dashboard: Flag = Field(
        default=True, description="`false`: no issue that tells what is open, waits, is held back and was found."
    )
    dependency_dashboard_title: Title = Field(default="Dependency Dashboard", description="The title of that issue.")
    dependency_dashboard_header: Markdown = Field(
        default="", description="Markdown that stands at its top, in place of lockbot's own sentence."
    )
    dependency_dashboard_footer: Markdown = Field(default="", description="Markdown that stands at its end.")
    dependency_dashboard_labels: Several[Label] = Field(
        default=(), description="Labels that it gets when it is opened."
    )
    dependency_dashboard_autoclose: Flag = Field(
        default=False, description="`true` closes it while there is nothing that somebody could do, and opens it again."
    )
    dependency_dashboard_approval: Flag = Field(
        default=False, description="`true` opens a pull request only when its box on the dashboard is ticked."
    )
    pr_creation: PrCreation = Field(
        default=PrCreation.IMMEDIATE, description="`approval` is the same as `dependencyDashboardApproval`."
    )
    pr_priority: Priority = Field(
        default=0, description="What is opened first when not everything may be: the higher; security goes before all."
    )
    pr_concurrent_limit: Count = Field(
        default=5, description="How many pull requests may be open at once, security updates excepted; `0`: any number."
    )
    branch_concurrent_limit: Count | None = Field(
        default=None, description="The same for branches; the lower of the two holds."
    )
    pr_hourly_limit: Count = Field(
        default=0, description="How many pull requests may be opened within an hour; `0`: any number."
    )
    pr_body_notes: Several[Note] = Field(default=(), description="Markdown that stands in every pull request.")
    rebase_when: RebaseWhen = Field(
        default=RebaseWhen.AUTO,
        description="When a branch is rebuilt whose content is still right: `conflicted`, `behind-base-branch`, `never`, "
        "`automerging`; `auto`: when it is behind if it is to be merged by itself, else when it conflicts.",
    )
    keep_updated_label: Label | None = Field(
        default=None, description="A pull request with this label is rebuilt whenever it is behind its base branch."
    )
    stop_updating_label: Label = Field(
        default="stop-updating", description="A pull request with this label is left as it is."
    )
    base_branch_patterns: Patterns = Field(
        default=(),
        description="The branches that updates are proposed for: names, globs, `/…/`, and `$default`; none: the default "
        "branch alone.",
    )
    branch_prefix: BranchPrefix = Field(
        default="lockbot/", description="What the names of lockbot's branches begin with."
    )
    ignore_deps: Several[Name] = Field(default=(), description="Packages whose requirements are left alone.")
    ignore_paths: Patterns = Field(
        default=(
            "**/tests/**",
            "**/test/**",
            "**/fixtures/**",
            "**/testdata/**",
            "**/vendor/**",
            "**/node_modules/**",
        ),
        description="Manifests, scripts and locks with these paths (globs) are left alone; what is stated replaces the "
        "default.",
    )
    include_paths: Patterns = Field(
        default=(), description="Only manifests, scripts and locks with these paths (globs) are looked at."
    )
    range_strategy: RangeStrategy = Field(
        default=RangeStrategy.AUTO,
        description="What is written when a requirement moves. `auto`: applications follow only what lies outside their "
        "specifier (`replace`), libraries only raise upper bounds of what they publish (`widen`).",
    )
    allowed_versions: Versions | None = Field(
        default=None,
        description="The versions that may be taken: a specifier (`<3`), `/…/`, or `!/…/`; others are taken nowhere.",
    )
    minimum_release_age: Age | None = Field(
        default=None,
        description="How long a version has to be out before it is taken, directly or along with others: `3 days`.",
    )
    separate_major_minor: Flag = Field(default=True, description="`false` puts majors into the common proposal.")
    separate_multiple_major: Flag = Field(
        default=False, description="`true` proposes each major between the locked and the newest by itself."
    )
    separate_minor_patch: Flag = Field(default=False, description="`true` gives patches a proposal of their own.")
    group_name: GroupName | None = Field(default=None, description="Propose all updates together, under this name.")
    group_slug: GroupName | None = Field(
        default=None, description="The end of the branch's name, where it is not to be made of the group's name."
    )
    commit_message_prefix: Word | None = Field(
        default=None, description="What titles and commit messages begin with, in place of type and scope."
    )
    commit_message_action: Word = Field(default="Update", description="The verb of titles and commit messages.")
    commit_message_suffix: Word | None = Field(default=None, description="What titles and commit messages end with.")
    semantic_commits: SemanticCommits = Field(
        default=SemanticCommits.AUTO,
        description="`enabled`: titles and commit messages begin with type and scope, as in `chore(deps): …`; `auto`: if "
        "most of the last commits do.",
    )
    semantic_commit_type: Word = Field(default="chore", description="The type of semantic commits.")
    semantic_commit_scope: Word | None = Field(default="deps", description="Their scope; `null` for none.")
    constraints: Constraints = Field(default=Constraints(), description="The Pythons to solve for.")
    lock_file_maintenance: LockFileMaintenance = Field(
        default=LockFileMaintenance(), description="Refreshing locks as a whole."
    )
    vulnerability_alerts: VulnerabilityAlerts = Field(
        default=VulnerabilityAlerts(), description="Security updates, by OSV and by Dependabot's alerts."
    )
    osv_vulnerability_alerts: Flag = Field(
        default=True, description="`false`: OSV is not asked; Dependabot's alerts count alone."
    )
    vulnerability_exceptions: tuple[VulnerabilityException, ...] = Field(
        default=(), description="Vulnerabilities that the repository lives with, each with a reason and an end."
    )
    python: Python = Field(default=Python(), description="The versions of Python that the repository names.")
    auto_relock: Several[Account] = Field(
        default=(),
        description="Whose pull requests get their lock mended without being asked to: accounts such as "
        "`dependabot[bot]`, or `writers` for all with write access.",
    )
    exports: tuple[Export, ...] = Field(
        default=(), description="Files of `uv export` that bear no header or can't be found by it."
    )
    compiled: tuple[CompiledFile, ...] = Field(
        default=(), description="Files of `uv pip compile` that bear no header or can't be found by it."
    )
    hooks: tuple[HookRepository, ...] = Field(
        default=(), description="Repositories of pre-commit hooks that lockbot does not know, or not so."
    )
    package_rules: tuple[PackageRule, ...] = Field(
        default=(), description="Options for some packages; later rules win."
    )


DEFAULT_CONFIG = RepoConfig()
