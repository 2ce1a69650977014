"""The documents say what is: options, settings, commands, links and references are compared with the program."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from bench.pictures import CATALOGUE, WIDTHS, digest
from bot.cli.group import cli
from bot.repoconfig.jsonc import parse_jsonc
from bot.repoconfig.load import CONFIG_PATHS, parse_config
from bot.repoconfig.model import (
    CompiledFile,
    Constraints,
    Export,
    HookRepository,
    LockFileMaintenance,
    PackageRule,
    Python,
    RepoConfig,
    VulnerabilityAlerts,
    VulnerabilityException,
)
from bot.repoconfig.schema import render_schema
from bot.repoconfig.shipped import read_names, read_presets
from bot.report.markdown import code
from bot.settings import Settings
from bot.settings.files import IN_FILES
from bot.work.commands.command import AUTHORS, WRITERS, Command, Place
from bot.work.commands.table import BOXES, COMMANDS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PROSE = sorted([ROOT / "README.md", ROOT / "SECURITY.md", *DOCS.glob("*.md")])

#: Names that other programs rely on.
PROMISED_SETTINGS = (
    "LOCKBOT_APP_ID",
    "LOCKBOT_PRIVATE_KEY",
    "LOCKBOT_TOKEN",
    "LOCKBOT_PRIVATE_KEY_FILE",
    "LOCKBOT_WEBHOOK_SECRET",
    "LOCKBOT_PUBLIC_URL",
    "LOCKBOT_OPERATORS",
    "LOCKBOT_CLIENT_ID",
    "LOCKBOT_CLIENT_SECRET",
    "LOCKBOT_GITHUB_URL",
    "LOCKBOT_METRICS_TOKEN",
    "LOCKBOT_DATA_DIR",
    "LOCKBOT_DATABASE_URL",
    "LOCKBOT_CACHE_DIR",
    "LOCKBOT_CACHE_SIZE",
    "LOCKBOT_INDEX_CREDENTIALS",
    "LOCKBOT_ALLOW_PRIVATE_NETWORK",
    "LOCKBOT_ONBOARDING",
    "LOCKBOT_REGISTRIES",
    "LOCKBOT_LOG_FORMAT",
    "LOCKBOT_JOB_MEMORY",
    "LOCKBOT_JOB_SECONDS",
    "LOCKBOT_RECORDED",
    "LOCKBOT_RELEASE_NOTES",
    "LOCKBOT_OSV_URL",
    "LOCKBOT_PUBLIC_INDEXES",
    "LOCKBOT_INDEX_WATCHING",
    "LOCKBOT_INDEX_INTERVAL",
    "LOCKBOT_INDEX_FEEDS",
)
PROMISED_COMMANDS = (
    *(
        "lock",
        "export",
        "run",
        "obey",
        "outdated",
        "why",
        "upgrade",
        "audit",
        "pip",
        "serve",
        "work",
        "jobs",
        "config",
        "doctor",
        "hook",
    ),
)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def sections(text: str) -> Mapping[str, str]:
    """Heading -> what stands below it, up to the next heading of any level. Fenced blocks hold no headings."""
    found: dict[str, list[str]] = {"": []}
    current, fenced = "", False
    for line in text.splitlines():
        fenced ^= line.lstrip().startswith("```")
        heading = None if fenced else re.fullmatch(r"#+ (.+)", line)
        if heading:
            current = heading[1]
            found[current] = []
        else:
            found[current].append(line)
    return {name: "\n".join(lines) for name, lines in found.items()}


def rows(text: str) -> list[list[str]]:
    """The cells of a Markdown table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


# --- configuration.md -----------------------------------------------------------------------------


def expected_rows(model: type[BaseModel]) -> Iterator[list[str]]:
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        shown = "" if default is PydanticUndefined else f"`{json.dumps(plain(default))}`"
        yield [f"`{field.alias or name}`", shown, field.description or ""]


def plain(value: object) -> Any:
    match value:
        case BaseModel():
            return {} if value == type(value)() else value.model_dump(mode="json", by_alias=True)
        case tuple():
            return [plain(one) for one in value]
        case Enum():
            return value.value
        case _:
            return value


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("Options", RepoConfig),
        ("`exports`", Export),
        ("`compiled`", CompiledFile),
        ("`hooks`", HookRepository),
        ("`packageRules`", PackageRule),
        ("`constraints`", Constraints),
        ("`python`", Python),
        ("`lockFileMaintenance`", LockFileMaintenance),
        ("`vulnerabilityAlerts`", VulnerabilityAlerts),
        ("`vulnerabilityExceptions`", VulnerabilityException),
    ],
)
def test_every_option_is_documented_as_the_model_has_it(heading: str, model: type[BaseModel]) -> None:
    table = rows(sections(read(DOCS / "configuration.md"))[heading])
    assert [[cells[0], cells[2], cells[3]] for cells in table] == list(expected_rows(model))


def test_every_preset_is_documented_as_it_is() -> None:
    table = rows(sections(read(DOCS / "configuration.md"))["`extends`"])
    shown = {"default": ""}
    presets = [
        (f"{shown.get(space, space)}:{name}", said)
        for space, one in read_presets().items()
        for name, said in one.items()
    ]
    assert table == [[f"`{name}`", f"`{json.dumps(said)}`"] for name, said in presets]


def test_options_without_effect_yet_are_named() -> None:
    text = read(DOCS / "configuration.md")
    assert [name for name in sorted(read_names().later) if f"`{name}`" not in text] == []


def test_examples_of_configuration_are_valid() -> None:
    examples = blocks(read(DOCS / "configuration.md"), "jsonc") + blocks(read(ROOT / "README.md"), "jsonc")
    assert examples
    for text in examples:
        parse_config(text, "example")


def test_every_option_has_an_example() -> None:
    shown: set[str] = set()
    for text in blocks(read(DOCS / "configuration.md"), "jsonc"):
        shown |= {str(key) for path in parse_jsonc(text, "example").lines for key in path}
    models = (
        RepoConfig,
        CompiledFile,
        Constraints,
        Export,
        PackageRule,
        LockFileMaintenance,
        Python,
        VulnerabilityAlerts,
        VulnerabilityException,
    )
    options = {field.alias or name for model in models for name, field in model.model_fields.items()}
    assert options - shown == set()


#: How the page calls the places of commands.
PLACES = {
    Place.OPEN: "its open pull requests",
    Place.CLOSED: "its closed ones",
    Place.DASHBOARD: "dashboard",
    Place.OTHER: "others' pull requests",
}


def test_every_command_in_comments_is_documented() -> None:
    page = sections(read(DOCS / "app.md"))["Commands"]
    assert rows(page) == [[f"`/lockbot {one.name}`", places_cell(one), what_cell(one)] for one in COMMANDS]
    assert f"are obeyed where {WRITERS.words} give them" in " ".join(page.split())


def places_cell(one: Command) -> str:
    """Where it is obeyed, with what may follow it there."""
    found = [(PLACES[place], one.forms[place].value) for place in Place if place in one.forms]
    return "; ".join(f"{name}: {code(form)}" if form else name for name, form in found)


def what_cell(one: Command) -> str:
    assert one.who in (WRITERS, AUTHORS)
    return one.help if one.who is WRITERS else f"{one.help} *Also obeyed: the pull request's author.*"


def test_every_box_is_documented() -> None:
    assert rows(sections(read(DOCS / "app.md"))["Boxes"]) == [[f"`{one.name}`", one.help] for one in BOXES]


def test_places_of_the_configuration_file_are_documented() -> None:
    text = read(DOCS / "configuration.md")
    assert [path for path in CONFIG_PATHS if f"`{path}`" not in text] == []


def test_published_schema_is_that_of_the_model() -> None:
    assert read(ROOT / "config" / "lockbot.schema.json") == render_schema()


# --- operating.md ---------------------------------------------------------------------------------


def test_every_setting_is_documented_with_its_default() -> None:
    table = [cells for cells in rows(sections(read(DOCS / "operating.md"))["Settings"]) if cells[0][:1] == "`"]
    documented = {cells[0].strip("`"): cells[1].strip("`") for cells in table}
    assert len(documented) == len(table)
    expected = {f"LOCKBOT_{name.upper()}": shown_default(name) for name in Settings.model_fields}
    assert {name: documented.get(name) for name in expected} == expected
    assert set(documented) == set(expected) == set(PROMISED_SETTINGS)


def shown_default(name: str) -> str:
    default = Settings.model_fields[name].default
    if isinstance(default, Enum):
        return str(default.value)
    return str(default) if default not in (None, ()) else ""


def test_no_document_names_a_setting_that_is_not_there() -> None:
    files = [*PROSE, ROOT / "Dockerfile", ROOT / "fly.toml", ROOT / "app.yml"]
    named = {name for path in files for name in re.findall(r"\bLOCKBOT_[A-Z_]+[A-Z]", read(path))}
    in_files = {f"LOCKBOT_{name.upper()}_FILE" for name in IN_FILES}
    assert named - set(PROMISED_SETTINGS) - in_files == set()
    assert in_files <= named


# --- commands -------------------------------------------------------------------------------------


def options_of(command: click.Command) -> frozenset[str]:
    return frozenset(text for option in command.params for text in (*option.opts, *option.secondary_opts))


def find_command(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that these words name, and the words that are left for it."""
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group) and words:
        found = command.get_command(context, words[0])
        if found is None:
            break
        command, words = found, words[1:]
    return command, words


def mentioned_commands() -> list[tuple[str, str]]:
    """(document, words) of everything that reads as a call of lockbot: code spans, and lines of shell blocks."""
    found = []
    for path in PROSE:
        text = read(path)
        prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        lines = [
            line.strip() for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()
        ]
        # The entries of troubleshooting are messages, some of which begin with lockbot's name.
        prose = re.sub(r"^\* `.*$", "", prose, flags=re.MULTILINE) if path.name == "troubleshooting.md" else prose
        calls = [*re.findall(r"`([^`\n]+)`", prose), *(line.partition("#")[0] for line in lines)]
        found += [(path.name, call.removeprefix("lockbot ")) for call in calls if call.startswith("lockbot ")]
    return found


def test_promised_commands_exist() -> None:
    assert sorted(cli.list_commands(click.Context(cli))) == sorted(PROMISED_COMMANDS)
    for name in PROMISED_COMMANDS:
        assert find_command([name])[0].name == name


def test_commands_in_documents_exist() -> None:
    mentioned = mentioned_commands()
    assert len(mentioned) > 10
    for name, line in mentioned:
        words = line.split()
        if words[0].startswith("-"):
            continue
        command, rest = find_command(words)
        assert command is not cli, f"{name}: lockbot {line}"
        unknown = {word.partition("=")[0] for word in rest if re.match(r"--?[a-zA-Z]", word)} - options_of(command)
        assert unknown - {"--help"} == set(), f"{name}: lockbot {line}"


def test_the_server_starts_as_the_image_says() -> None:
    words = json.loads(re.findall(r"^CMD (\[.*\])$", read(ROOT / "Dockerfile"), re.MULTILINE)[-1])
    assert words[0] == "lockbot"
    command, rest = find_command(words[1:])
    assert command.name == "serve"
    assert {word for word in rest if word.startswith("--")} <= options_of(command)
    fly = tomllib.loads(read(ROOT / "fly.toml"))
    port = words[words.index("--port") + 1]
    assert str(fly["http_service"]["internal_port"]) == port
    assert f"127.0.0.1:{port}/healthz" in read(ROOT / "Dockerfile")


# --- README ---------------------------------------------------------------------------------------


def marked_block(name: str) -> str:
    """The block after ``<!-- name -->``; ``.ci/run`` takes its commands from there."""
    match = re.search(rf"^<!-- {re.escape(name)} -->\n+```sh\n(.*?)^```", read(ROOT / "README.md"), re.M | re.S)
    assert match, name
    return match[1]


def test_readme_is_short() -> None:
    assert len(read(ROOT / "README.md").splitlines()) <= 150


def test_readme_commands_are_one_line_each_and_ci_runs_them() -> None:
    ci = read(ROOT / ".ci" / "run")
    for name in ("command: real run", "command: tests"):
        assert len(marked_block(name).splitlines()) == 1
        assert name in ci


def test_readme_names_the_project_of_the_real_run() -> None:
    tree = ast.parse(read(ROOT / "bench" / "real_run.py"))
    (project,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PROJECT"
    )
    assert " ".join(project) in read(ROOT / "README.md")


def test_the_reference_version_of_uv_is_the_same_everywhere() -> None:
    groups = tomllib.loads(read(ROOT / "pyproject.toml"))["dependency-groups"]
    (version,) = (text.partition("==")[2] for text in groups["test"] if isinstance(text, str) and text[:4] == "uv==")
    for path in (ROOT / "README.md", ROOT / ".ci" / "run", ROOT / "Dockerfile", DOCS / "contributing.md"):
        assert set(re.findall(r"(?:\buv==|/uv:)(\d[\d.]*\d)", read(path))) == {version}, path.name


# --- words and links ------------------------------------------------------------------------------


def test_prose_says_pypi() -> None:
    host = re.compile(r"pypi\.org|pythonhosted")
    files = [*PROSE, *ROOT.joinpath("bench").rglob("*.py"), ROOT / "Dockerfile", ROOT / ".ci" / "run", ROOT / "app.yml"]
    assert [path.name for path in files if host.search(read(path))] == []


def anchor(heading: str) -> str:
    """GitHub's anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_links_lead_somewhere() -> None:
    broken = []
    for path in PROSE:
        for target in re.findall(r"\]\(([^)\s]+)(?: \"[^\"]*\")?\)", read(path)):
            if target.startswith(("http:", "https:")):
                continue
            name, _, fragment = target.partition("#")
            to = (path.parent / name) if name else path
            if not to.exists() or (fragment and fragment not in map(anchor, sections(read(to)))):
                broken.append(f"{path.name}: {target}")
    assert broken == []


#: Tables of numbers that are wider, as what is measured has so many sides.
WIDE = {"lock-style.md"}


def test_tables_fit_where_people_read() -> None:
    """Six columns at most: a telephone shows three of words, or six of numbers."""
    wide = {
        path.name
        for path in PROSE
        for line in read(path).splitlines()
        if re.fullmatch(r"\s*\|(?:\s*:?-+:?\s*\|){7,}\s*", line)
    }
    assert wide == WIDE


def test_no_two_headings_of_a_page_have_one_anchor() -> None:
    """GitHub and the site number them in different ways, so a link would lead to another one here or there."""
    twice = []
    for path in PROSE:
        lines = re.sub(r"^ *```.*?^ *```", "", read(path), flags=re.MULTILINE | re.DOTALL).splitlines()
        counted = Counter(anchor(line.lstrip("# ")) for line in lines if re.match(r"#+ ", line))
        twice += [f"{path.name}: {name}" for name, times in counted.items() if times > 1]
    assert twice == []


@cache
def numbered_headings() -> frozenset[str]:
    numbers = (name.partition(" ")[0] for name in sections(read(DOCS / "resolver.md")))
    return frozenset(number for number in numbers if re.fullmatch(r"\d+(\.\d+)?", number))


def test_references_to_the_specification_lead_to_a_heading() -> None:
    missing = []
    for path in sorted((ROOT / "bot").rglob("*.py")):
        for found in re.findall(r"\bspec ((?:\d+(?:\.\d+)?(?:, | and )?)+)", read(path)):
            missing += [
                f"{path.name}: {one}" for one in re.findall(r"\d+(?:\.\d+)?", found) if one not in numbered_headings()
            ]
    assert missing == []


def test_every_part_of_the_program_is_in_the_architecture() -> None:
    table = {cells[0].strip("`") for cells in rows(sections(read(DOCS / "architecture.md"))["Modules"])}
    parts = {path.stem for path in (ROOT / "bot").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert parts - {"__init__", "__main__", "__pycache__", "app", "cli"} == table


def test_decisions_are_dated_and_short() -> None:
    entries = {name: text for name, text in sections(read(DOCS / "decisions.md")).items() if name[:1].isdigit()}
    assert entries
    for name, text in entries.items():
        assert re.match(r"20\d\d-\d\d-\d\d \S", name), name
        assert 1 <= len(text.strip().splitlines()) <= 10, name


def test_the_change_log_begins_with_the_present_version() -> None:
    version = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]["version"]
    headings = [name for name in sections(read(DOCS / "changelog.md")) if re.match(r"\d", name)]
    assert headings[0].split()[0] == version


# --- security.md ----------------------------------------------------------------------------------


def test_what_was_tried_names_a_test_that_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", read(DOCS / "security.md"))
    assert len(named) > 20
    missing = [f"{path}::{name}" for path, name in named if not is_test(ROOT / path, name)]
    assert missing == []


def is_test(path: Path, name: str) -> bool:
    return path.exists() and re.search(rf"^(?:async )?def {name}\(", read(path), re.MULTILINE) is not None


def test_every_attack_has_its_test() -> None:
    bare = [
        row[0] for text in sections(read(DOCS / "security.md")).values() for row in rows(text) if "::" not in row[-1]
    ]
    assert bare == []


# --- comparison.md --------------------------------------------------------------------------------


def test_each_claim_beside_other_bots_names_a_test_that_is_there() -> None:
    table = rows(sections(read(DOCS / "comparison.md"))["What hurts, and what lockbot does"])
    named = [re.findall(r"\[test\]\(\.\./(tests/[^)\s]+)(?: \"(\w+)\")?\)", row[2]) for row in table]
    assert len(table) == 25
    assert all(named)
    assert [one for row in named for one in row if not is_there(*one)] == []


def is_there(path: str, name: str) -> bool:
    return (ROOT / path).is_file() and (f"def {name}(" in read(ROOT / path) if name else path.endswith(".toml"))


# --- pictures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_picture_shows_what_is_written_now(name: str) -> None:
    """Where it does not: ``python -m bench.pictures``, and look at them."""
    made = json.loads(read(DOCS / "pictures" / "sources.json"))
    assert made[name] == digest(read(ROOT / CATALOGUE[name].source))
    assert all((DOCS / "pictures" / f"{name}-{kind}.png").is_file() for kind in WIDTHS)


def test_every_picture_is_shown() -> None:
    shown = {found for path in DOCS.glob("*.md") for found in re.findall(r"\(pictures/([^)]+)\)", read(path))}
    assert shown == {path.name for path in (DOCS / "pictures").glob("*.png")}
