"""What ``.lockbot.json`` can say: every option, its default and its meaning. Names and meanings are Renovate's.

An option is here only when lockbot obeys it; anything else in a file is an error with a suggestion.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Self, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from packaging.utils import canonicalize_name
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from bot.manifest.model import DepType
from bot.manifest.ranges import RangeStrategy
from bot.ports.run import UpdateKind
from bot.precommit.table import is_tag_form
from bot.repoconfig.refnames import find_fault
from bot.repoconfig.schedule import check_schedule


class _HowFar:
    """Reads the kinds of updates that a file may write: those that say how far a package moves."""

    kinds = (UpdateKind.MAJOR, UpdateKind.MINOR, UpdateKind.PATCH)
    words: Mapping[str, str] = {
        "title": "UpdateType",
        "description": "How far an update moves a requirement: by the first number of the version that changes.",
    }

    def __get_pydantic_core_schema__(self, source: type[UpdateKind], handler: GetCoreSchemaHandler) -> CoreSchema:
        del handler
        written = core_schema.literal_schema([kind.value for kind in self.kinds])
        in_schema = {"pydantic_js_updates": self.words}
        return core_schema.no_info_after_validator_function(source, written, ref="UpdateType", metadata=in_schema)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


#: The form of the names in the time zone database; others are looked for as modules, however deep.
_ZONE = re.compile(r"[A-Za-z0-9_+-]{1,40}(?:/[A-Za-z0-9_+-]{1,40}){0,3}")


def _check_timezone(value: str) -> str:
    try:
        if not _ZONE.fullmatch(value):
            raise ValueError
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{value[:80]!r} is not a time zone; write one like 'Europe/Berlin' or 'UTC'") from None
    return value


def _check_prefix(value: str) -> str:
    fault = find_fault(value)
    if fault is not None:
        raise ValueError(f"{value!r} can't begin a branch name: {fault}; write one like 'lockbot/'")
    return value


def _check_inside(value: str) -> str:
    parts = value.split("/")
    if not value or not value.isprintable() or ".." in parts or "" in parts or "\\" in value:
        raise ValueError(f"{value!r} is not a path inside the repository; write one like 'docs/requirements.txt'")
    return value


def _check_tag(value: str) -> str:
    if not is_tag_form(value):
        raise ValueError(f"{value[:80]!r} is not the form of a tag; write one like 'v{{}}', with {{}} for the version")
    return value


def _as_words(value: object) -> object:
    return value.split() if isinstance(value, str) else value


class _OneOrMany:
    """A list that may be written as one text (where it has one entry, unless said); the schema says so too."""

    def __init__(self, parted: Callable[[object], object] = _as_list) -> None:
        self.parted = parted

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.parted, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        several = handler(schema)
        return {"anyOf": [several["items"], several]}


T = TypeVar("T")
Several = Annotated[tuple[T, ...], _OneOrMany()]
Texts = Several[str]
Schedule = Several[Annotated[str, AfterValidator(check_schedule)]]
Words = Annotated[tuple[str, ...], _OneOrMany(_as_words)]
Label = Annotated[str, Field(min_length=1, max_length=50)]
Flag = Annotated[bool, Field(strict=True)]
Name = Annotated[str, AfterValidator(canonicalize_name)]
UpdateType = Annotated[UpdateKind, _HowFar()]


class _Options(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, hide_input_in_errors=True, use_enum_values=False
    )


class PackageRule(_Options):
    """Options for some packages: a rule applies where all its ``match…`` lists match; later rules win."""

    description: Texts = Field(default=(), description="Words for the reader; nothing is done with them.")
    match_package_names: Texts = Field(
        default=(), description="Package names; `*` globs, and `!` in front to except. Empty matches all."
    )
    match_update_types: Several[UpdateType] = Field(default=(), description="Only updates of these kinds.")
    match_file_names: Texts = Field(default=(), description="Only requirements in files with these paths (globs).")
    match_dep_types: Several[DepType] = Field(default=(), description="Only requirements in these tables.")
    enabled: Flag | None = Field(default=None, description="`false`: don't propose these updates.")
    group_name: str | None = Field(
        default=None, min_length=1, max_length=80, description="Propose these updates together, under this name."
    )
    range_strategy: RangeStrategy | None = Field(default=None, description="As the option of the same name.")
    labels: Several[Label] | None = Field(default=None, description="Labels in place of the general ones.")

    @model_validator(mode="after")
    def _matches_something(self) -> Self:
        if not (self.match_package_names or self.match_update_types or self.match_file_names or self.match_dep_types):
            raise ValueError(
                "a rule needs at least one of matchPackageNames, matchUpdateTypes, matchFileNames, matchDepTypes"
            )
        return self


class LockFileMaintenance(_Options):
    """Refreshes every lock in one proposal of its own, transitive packages included."""

    enabled: Flag = Field(default=True, description="`false`: never refresh locks as a whole.")


class Python(_Options):
    """The versions of Python that images, tool files and CI name."""

    enabled: Flag = Field(
        default=False,
        description="`true`: move them together to the newest stable version that every `requires-python` admits.",
    )


class Export(_Options):
    """A file that `uv export` would write, and how; it is written anew with the lock."""

    output: Annotated[str, AfterValidator(_check_inside)] = Field(
        description="The path of the file: `*.txt`, `pylock.toml`, `pylock.*.toml`, or `*.json` of CycloneDX."
    )
    args: Words = Field(default=(), description="The options of `uv export`, as one text or a list of words.")
    directory: Annotated[str, AfterValidator(_check_inside)] = Field(
        default=".", description="The folder in which the command is run."
    )


class CompiledFile(_Options):
    """A file that `uv pip compile` would write, and how; its inputs state requirements, and it is their lock."""

    output: Annotated[str, AfterValidator(_check_inside)] = Field(
        description="The path of the file: `*.txt`, `pylock.toml` or `pylock.*.toml`."
    )
    args: Words = Field(description="The inputs and options of `uv pip compile`, as one text or a list of words.")
    directory: Annotated[str, AfterValidator(_check_inside)] = Field(
        default=".", description="The folder in which the command is run."
    )


class HookRepository(_Options):
    """A repository of pre-commit hooks whose revisions are versions of a package."""

    repo: Annotated[str, Field(min_length=1)] = Field(description="The URL of the repository, as `repo` has it.")
    package: Name = Field(description="The package that the lock holds.")
    tag: Annotated[str, AfterValidator(_check_tag)] | None = Field(
        default=None,
        description="The form of its tags, `{}` where the version stands: `v{}`, say. Unless said as it is now.",
    )
    enabled: Flag = Field(default=True, description="`false`: the revision of this repository is left alone.")


class RepoConfig(_Options):
    """The configuration of one repository."""

    json_schema: str | None = Field(default=None, alias="$schema", description="For editors; nothing is done with it.")
    enabled: Flag = Field(default=True, description="`false` turns lockbot off for this repository.")
    schedule: Schedule = Field(
        default=(), description="When updates may be proposed: cron (`* 0-3 * * 1`) or words (`before 4am on monday`)."
    )
    timezone: Annotated[str, AfterValidator(_check_timezone)] = Field(
        default="UTC", description="The time zone of every schedule, such as `Europe/Berlin`."
    )
    labels: Several[Label] = Field(default=("dependencies",), description="Labels of the pull requests.")
    branch_prefix: Annotated[str, AfterValidator(_check_prefix)] = Field(
        default="lockbot/", description="What the names of lockbot's branches begin with."
    )
    ignore_deps: Several[Name] = Field(default=(), description="Packages whose requirements are left alone.")
    ignore_paths: Texts = Field(
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
    range_strategy: RangeStrategy = Field(
        default=RangeStrategy.AUTO,
        description="What is written when a requirement moves. `auto`: applications follow only what lies outside their "
        "specifier (`replace`), libraries only raise upper bounds of what they publish (`widen`).",
    )
    separate_major_minor: Flag = Field(default=True, description="`false` puts majors into the common proposal.")
    separate_minor_patch: Flag = Field(default=False, description="`true` gives patches a proposal of their own.")
    lock_file_maintenance: LockFileMaintenance = Field(
        default=LockFileMaintenance(), description="Refreshing locks as a whole."
    )
    python: Python = Field(default=Python(), description="The versions of Python that the repository names.")
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
