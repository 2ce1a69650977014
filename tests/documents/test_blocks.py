"""Every command and every configuration of the documents is run, and what they show of it is what comes.

The language of a block says how: shell and console blocks run in a sample (``world.py``), configurations are read by the
code that they are for. What can't be run here says so above itself, with one of a few reasons, and is counted.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli.group import cli
from bot.index.access.entries import read_entries
from bot.repoconfig.load import load_config
from bot.repoconfig.migration.dependabot import migrate_dependabot
from bot.repoconfig.migration.migrate import migrate_renovate
from bot.settings import Settings
from tests.documents.blocks import PAGES, ROOT, Block, Reason, all_blocks
from tests.documents.program import Shown
from tests.documents.projects import read_project
from tests.documents.shell import Line, Shell, read_lines
from tests.documents.world import World, make_world
from tests.github import Hub
from tests.runs.server import Server, eventually, with_real_pipeline
from tests.test_docs import find_command, options_of

BLOCKS = all_blocks()
SCREENS = ROOT / "tests" / "snapshots" / "screens"

#: Blocks that are not run, by reason. A new one is counted here, so that somebody thinks twice.
NOT_RUN: Mapping[Reason, int] = {
    Reason.CI: 2,
    Reason.CLOUD: 2,
    Reason.CLUSTER: 1,
    Reason.ENGINE: 2,
    Reason.LONG: 1,
    Reason.MACHINE: 7,
    Reason.SHELL: 1,
}
#: What blocks of other languages are: nothing that a reader would type or write.
SHOWN = frozenset({"diff", "text"})
#: Blocks with a word behind the language are examples of the resolver.
HELD_BY = {
    "scenario": "test_resolver_document",
    "lock": "test_resolver_document",
    "explanation": "test_resolver_document",
}


def of(*languages: str) -> list[object]:
    found = [block for block in BLOCKS if block.language in languages and not block.words]
    return [pytest.param(block, id=block.place) for block in found]


def test_every_block_says_what_it_is() -> None:
    known = {*SHOWN, *READERS, "sh", "console", "pycon"}
    unknown = [f"{block.place}: {block.language!r}" for block in BLOCKS if block.language not in known]
    assert unknown == []
    assert {word for block in BLOCKS for word in block.words} <= set(HELD_BY)


def test_what_is_not_run_has_one_of_a_few_reasons_and_is_counted() -> None:
    assert Counter(block.why_not for block in BLOCKS if block.why_not) == NOT_RUN


def test_nothing_that_is_typed_hides_among_what_is_shown() -> None:
    hidden = [block.place for block in BLOCKS if block.language in SHOWN and re.search(r"^\$ ", block.text, re.M)]
    indented = [path.name for path in PAGES if re.search(r"^ {4}(lockbot|\$|uv|python) ", unfenced(path), re.M)]
    assert (hidden, indented) == ([], [])


def unfenced(path: Path) -> str:
    return re.sub(r"^ *```.*?^ *```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


# --- commands ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with make_world(tmp_path_factory.mktemp("documents")) as made:
        yield made


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def run_block(world: World, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[Block], list[Shown]]:
    def start(arguments: Sequence[str], environment: Mapping[str, str]) -> Shown:
        """It starts, and is ready; then it is stopped."""
        return serve_once(request.getfixturevalue("hub"), tmp_path, arguments, environment)

    def run(block: Block) -> list[Shown]:
        shell = Shell(folder=tmp_path, environment=dict(world.environment), start=start)
        blocks = chain(block)
        shell.folder = world.copy(blocks[0].note("in") or "a project", tmp_path / "here")
        if any(one.note("with") == "an App" for one in blocks):
            # What a document writes as an example gives way to what this App has.
            shell.given = app_environment(request.getfixturevalue("hub"), tmp_path)
        return [[shell.run(line) for line in typed(one)] for one in blocks][-1]

    return run


def chain(block: Block) -> list[Block]:
    """The block, and before it those whose folder it goes on in."""
    if block.note("in") != "the same folder":
        return [block]
    before = [one for one in BLOCKS if one.page == block.page and one.line < block.line]
    return [*chain(next(one for one in reversed(before) if is_run(one))), block]


def is_run(block: Block) -> bool:
    return block.language in ("sh", "console") and block.why_not is None


def typed(block: Block) -> list[Line]:
    text = block.text
    if block.language == "console":
        text = "".join(f"{line[2:]}\n" for line in text.splitlines() if line.startswith("$ "))
    return list(read_lines(text))


def serve_once(hub: Hub, folder: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> Shown:
    own = {name: text for name, text in environment.items() if name.startswith("LOCKBOT_")}
    server = Server(hub=hub, folder=folder, arguments=with_real_pipeline, workers=0, more=own)
    words = [*arguments]
    if words[0] == "serve":
        port = words.index("--port") + 1 if "--port" in words else len(words) + 1
        words[port - 1 : port + 1] = ["--port", str(server.port)]
        server.arguments = lambda _: ["-m", "bot", *words]
    server.start()
    if words[0] == "work":
        worker = Server(hub=hub, folder=folder, arguments=lambda _: ["-m", "bot", *words], more=own)
        worker.begin()
        eventually(worker.worker_ids, "a worker works")
        assert worker.stop() == 0
    return Shown(server.stop(), "")


def app_environment(hub: Hub, folder: Path) -> dict[str, str]:
    server = Server(hub=hub, folder=folder, arguments=with_real_pipeline)
    own = {name: text for name, text in server.environment.items() if name.startswith("LOCKBOT_")}
    return {**own, "LOCKBOT_PRIVATE_KEY_FILE": ""}


@pytest.mark.parametrize("block", of("sh"))
def test_commands_do_what_they_are_there_for(block: Block, run_block: Callable[[Block], list[Shown]]) -> None:
    check_words(block)
    if block.why_not is None:
        check_codes(block, run_block(block))


@pytest.mark.parametrize("block", of("console"))
def test_what_is_shown_is_what_comes(
    block: Block, run_block: Callable[[Block], list[Shown]], request: pytest.FixtureRequest
) -> None:
    """``--rewrite-snapshots`` writes into the page what comes now."""
    check_words(block)
    if block.why_not is None and not is_snapshot(block):
        shown = run_block(block)
        check_codes(block, shown)
        if request.config.getoption("--rewrite-snapshots") and "…\n" not in block.text:
            rewrite(block, shown)
            return
        for (command, expected), one in zip(screens(block), shown, strict=True):
            assert_shown(command, expected, steady(one.screen))


def rewrite(block: Block, shown: Sequence[Shown]) -> None:
    page = ROOT / block.page
    commands = [command for command, _ in screens(block)]
    now = "".join(f"$ {command}\n{without_hashes(one.screen)}" for command, one in zip(commands, shown, strict=True))
    lines = "".join(f"{line.rstrip()}\n" for line in now.splitlines())
    page.write_text(page.read_text("utf-8").replace(f"```console\n{block.text}```", f"```console\n{lines}```"), "utf-8")


def is_snapshot(block: Block) -> bool:
    """Whether ``tests/runs/test_screens.py`` holds it."""
    shown = block.text
    return any(path.read_text("utf-8") in (shown, shown.partition("\n")[2]) for path in SCREENS.glob("*-80.txt"))


def check_codes(block: Block, shown: Sequence[Shown]) -> None:
    """All commands end with 0, unless the block says otherwise: of the last, or of each."""
    said = [int(code) for code in (block.note("ends with") or "0").split(",")]
    wanted = [*[0] * (len(shown) - len(said)), *said]
    assert [one.code for one in shown] == wanted, "\n".join(one.screen for one in shown)


def check_words(block: Block) -> None:
    """Also where it is not run: the commands, options and variables of ours are there."""
    for text in re.sub(r"\\\n\s*", " ", block.text).splitlines():
        command = text.removeprefix("$ ") if block.language == "console" else text
        for found in re.finditer(r"(?:^|[\s;&|(])lockbot((?: [^\s|;&()#]+)+)", command.partition(" # ")[0]):
            check_call(block, found[1].split())
        check_variables(block.place, text)
        for module in re.findall(r"python -m (bench\.\w+)", text):
            assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), f"{block.place}: {module}"


def check_call(block: Block, words: Sequence[str]) -> None:
    if words[0] not in cli.list_commands(None):  # type: ignore[arg-type]
        assert block.why_not or words[0].startswith("-"), f"{block.place}: lockbot {words[0]}"
        return
    command, rest = find_command(list(words))
    unknown = {word.partition("=")[0] for word in rest if re.match(r"--?[a-zA-Z]", word)} - options_of(command)
    assert unknown - {"--help", "-h"} == set(), f"{block.place}: lockbot {' '.join(words)}"


def check_variables(place: str, text: str) -> None:
    named = set(re.findall(r"\bLOCKBOT_[A-Z_]+[A-Z]", text))
    assert named <= {f"LOCKBOT_{name.upper()}" for name in Settings.model_fields}, place


def screens(block: Block) -> Iterator[tuple[str, list[str]]]:
    """Each command with the lines that stand below it."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        first, *rest = part.splitlines()
        yield first, [line.rstrip() for line in rest]


def steady(screen: str) -> str:
    """Without what differs from run to run."""
    return re.sub(r"\b\d+(?:\.\d+)?(?:ms|s)\b", "0s", without_hashes(screen))


def without_hashes(screen: str) -> str:
    return re.sub(r"\b[0-9a-f]{12,40}\b", "0123456789ab", screen)


def assert_shown(command: str, expected: Sequence[str], screen: str) -> None:
    """A line ``…`` stands for any number of lines."""
    wanted = [steady(line) for line in expected]
    pattern = "".join(r"(?:.*\n)*?" if line == "…" else re.escape(line) + r"[ ]*\n" for line in wanted)
    assert re.fullmatch(pattern, screen), f"$ {command}\n{screen}\nis not\n" + "\n".join(wanted)


# --- configurations ---------------------------------------------------------------------------------


def read_jsonc(block: Block, tmp_path: Path) -> None:
    """A ``.lockbot.json``, without a warning."""
    assert load_config(block.text, ".lockbot.json").warnings == ()


def read_json(block: Block, tmp_path: Path) -> None:
    """Renovate's configuration, where a page says so; else what any program reads."""
    json.loads(block.text)
    if block.note("file") == "renovate.json":
        migrate_renovate(block.text, "renovate.json")


def read_toml(block: Block, tmp_path: Path) -> None:
    if "[[credentials]]" in block.text:
        path = tmp_path / "credentials.toml"
        path.write_text(block.text, "utf-8")
        assert read_entries(path, {}, lambda: 0.0)
    else:
        read_project(block.text, tmp_path)


def read_yaml(block: Block, tmp_path: Path) -> None:
    said = yaml.safe_load(block.text)
    assert isinstance(said, dict), block.place
    if "updates" in said:
        migrate_dependabot(block.text, ".github/dependabot.yml")
    for line in re.findall(r"(?:run: |^\s*)(lockbot .*)$", block.text, re.MULTILINE):
        check_call(block, line.split()[1:])
    check_variables(block.place, block.text)
    for step in steps(said):
        check_action(block, step)
    for hooks in said.get("repos", []):
        check_hooks(block, hooks)


def steps(workflow: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for job in workflow.get("jobs", {}).values():
        yield from job.get("steps", [])


def check_action(block: Block, step: Mapping[str, Any]) -> None:
    """Our own Action is given what it takes."""
    if str(step.get("uses", "")).startswith("uv-lockbot/lockbot@"):
        inputs = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["inputs"]
        assert set(step.get("with", {})) <= set(inputs), block.place


def check_hooks(block: Block, repository: Mapping[str, Any]) -> None:
    """Our own hooks are there."""
    if str(repository["repo"]).endswith("uv-lockbot/lockbot"):
        ours = {one["id"] for one in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
        assert {one["id"] for one in repository["hooks"]} <= ours, block.place


def read_ini(block: Block, tmp_path: Path) -> None:
    """Units of systemd, files of variables."""
    for line in re.findall(r"^Exec\w+=\S*?lockbot (.*)$", block.text, re.MULTILINE):
        check_call(block, line.split())
    check_variables(block.place, block.text)


READERS: Mapping[str, Callable[[Block, Path], None]] = {
    "jsonc": read_jsonc,
    "json": read_json,
    "toml": read_toml,
    "yaml": read_yaml,
    "ini": read_ini,
    "dotenv": read_ini,
    "dockerfile": read_ini,
}


@pytest.mark.parametrize("block", of(*READERS))
def test_a_configuration_is_read_by_what_it_is_for(block: Block, tmp_path: Path) -> None:
    READERS[block.language](block, tmp_path)
