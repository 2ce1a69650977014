"""What the value of an option may be: each type takes what people write, or says in a sentence what it wants."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from packaging.utils import canonicalize_name
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from bot.manifest.model import DepType
from bot.precommit.table import is_tag_form
from bot.repoconfig.ages import check_age
from bot.repoconfig.refnames import find_fault
from bot.repoconfig.regexes import check_regex
from bot.repoconfig.schedule import check_schedule
from bot.repoconfig.versions import check_versions


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


#: The tables of manifests that requirements stand in.
TABLES = tuple(one.value for one in DepType)


def _check_table(value: str) -> str:
    """A word that is no pattern has to name a table."""
    if value in TABLES or not re.fullmatch(r"[\w.-]+", value):
        return check_regex(value)
    close = difflib.get_close_matches(value, TABLES, n=1)
    raise ValueError(
        f"{value[:80]!r} is no table of requirements; {f'did you mean {close[0]}?' if close else 'see the docs'}"
    )


def _check_word(value: str) -> str:
    if "{{" in value or not value.isprintable():
        raise ValueError(f"{value[:80]!r} is not plain text in one line; lockbot fills in no templates")
    return value


def _check_person(value: str) -> str:
    name = value.removeprefix("@")
    if not re.fullmatch(r"(?:team:)?[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)?(?:\[bot\])?", name):
        raise ValueError(f"{value[:80]!r} is no account; write its login, or 'team:NAME' for a team")
    return name


def _check_account(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*(?:\[bot\])?", value):
        raise ValueError(f"{value!r} is no account; write a login such as dependabot[bot], or writers")
    return value


def _check_login(value: str) -> str:
    name = _check_person(value)
    if name.startswith("team:") or "/" in name:
        raise ValueError(f"{value[:80]!r} is a team; only accounts can be assigned")
    return name


def _check_note(value: str) -> str:
    if "{{" in value:
        raise ValueError(f"{value[:80]!r} has a template; lockbot fills in none")
    return value


def _check_tag(value: str) -> str:
    if not is_tag_form(value):
        raise ValueError(f"{value[:80]!r} is not the form of a tag; write one like 'v{{}}', with {{}} for the version")
    return value


def _check_day(value: object) -> object:
    if isinstance(value, date):
        return value
    try:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{str(value)[:80]!r} is not a day; write one like '2027-01-31'") from None


def _check_advisory(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}", value):
        raise ValueError(
            f"{value[:80]!r} is not an identifier; write one like 'GHSA-cpwx-vrp4-4pq7' or 'CVE-2025-27516'"
        )
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

Patterns = Several[Annotated[str, AfterValidator(check_regex)]]

Schedule = Several[Annotated[str, AfterValidator(check_schedule)]]

Words = Annotated[tuple[str, ...], _OneOrMany(_as_words)]

Table = Annotated[str, AfterValidator(_check_table)]

Label = Annotated[str, Field(min_length=1, max_length=50)]

Age = Annotated[str, AfterValidator(check_age)]

Versions = Annotated[str, AfterValidator(check_versions)]

GroupName = Annotated[str, Field(min_length=1, max_length=80)]

Word = Annotated[str, Field(max_length=60), AfterValidator(_check_word)]

#: GitHub takes 256 characters.
Title = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_check_word)]

Markdown = Annotated[str, Field(max_length=5000)]

Flag = Annotated[bool, Field(strict=True)]

Name = Annotated[str, AfterValidator(canonicalize_name)]

Login = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_check_login)]

Person = Annotated[str, Field(min_length=1, max_length=160), AfterValidator(_check_person)]

Note = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_check_note)]

Count = Annotated[int, Field(strict=True, ge=0, le=1000)]

Priority = Annotated[int, Field(strict=True, ge=-1000, le=1000)]

#: Stands for everybody who may write to the repository.
WRITERS = "writers"

#: The login of a person, or of an App, which ends with ``[bot]``.
Account = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_check_account)]
#: A path inside the repository.
InsidePath = Annotated[str, AfterValidator(_check_inside)]
TagForm = Annotated[str, AfterValidator(_check_tag)]
TimeZone = Annotated[str, AfterValidator(_check_timezone)]
BranchPrefix = Annotated[str, AfterValidator(_check_prefix)]
AdvisoryId = Annotated[str, AfterValidator(_check_advisory)]
Day = Annotated[date, BeforeValidator(_check_day)]
