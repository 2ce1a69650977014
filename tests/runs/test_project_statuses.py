"""Projects that their index says something against (PEP 792): ``lockbot audit`` as a program, and beside uv."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.advisories.service import Known, Service
from tests.advisories.statuses import HTML, JSON, StatusIndex, html_page, json_page
from tests.lock_command import call_lock
from tests.loopback import Answer, Asked
from tests.real_uv import need_uv
from tests.runs.index_server import IndexServer
from tests.runs.test_audit import audit, of_uv, package

ARCHIVED = {"status": "archived", "reason": "Use beta instead."}
QUARANTINED = {"status": "quarantined"}


@pytest.fixture
def service() -> Iterator[Service]:
    with Service([]) as running:
        yield running


def make_project(folder: Path, places: Mapping[str, str], settings: str = "") -> None:
    """A lock of packages in version 1.0, each from an index."""
    folder.mkdir(parents=True, exist_ok=True)
    names = sorted(places)
    listed = ", ".join(f'"{name}"' for name in names)
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "project"\nversion = "0"\nrequires-python = ">=3.12"\ndependencies = [{listed}]\n{settings}'
    )
    edges = "".join(f'    {{ name = "{name}" }},\n' for name in names)
    entries = {name: package(name, "1.0", index=places[name]) for name in names}
    entries["project"] = (
        f'[[package]]\nname = "project"\nversion = "0"\nsource = {{ virtual = "." }}\ndependencies = [\n{edges}]\n'
    )
    body = "\n".join(entries[name] for name in sorted(entries))
    (folder / "uv.lock").write_text(f'version = 1\nrevision = 3\nrequires-python = ">=3.12"\n\n{body}')


def statuses(found: Mapping[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(row["name"], row["status"], row["reason"]) for row in found["adverse_statuses"]]


# --- what it shows --------------------------------------------------------------------------------


def test_each_index_is_asked_about_what_is_locked_from_it_and_the_exit_code_stays(
    tmp_path: Path, service: Service
) -> None:
    with StatusIndex({"alpha": json_page(ARCHIVED)}) as one, StatusIndex({"gamma": json_page(QUARANTINED)}) as other:
        make_project(tmp_path / "p", {"alpha": one.url, "beta": one.url, "gamma": other.url})
        done = audit(tmp_path / "p", service)
        assert (sorted(one.asked), other.asked) == (["alpha", "beta"], ["gamma"])
        again = audit(tmp_path / "p", service, "-q")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:6] == [
        "Adverse statuses:",
        "",
        "- alpha is archived: Use beta instead. (uv.lock)",
        "- gamma is quarantined (uv.lock)",
        "",
        "Found no known vulnerabilities and 2 adverse project statuses in 0 packages of 1 lock",
    ]
    assert (service.asked, again.returncode) == ([], 0)


def test_json_and_sarif(tmp_path: Path, service: Service) -> None:
    with StatusIndex({"alpha": json_page(ARCHIVED), "gamma": json_page(QUARANTINED)}) as index:
        make_project(tmp_path / "p", {"alpha": index.url, "beta": index.url, "gamma": index.url})
        found = json.loads(audit(tmp_path / "p", service, "--json").stdout)
        log = json.loads(audit(tmp_path / "p", service, "--output-format", "sarif").stdout)
    assert statuses(found) == [("alpha", "archived", "Use beta instead."), ("gamma", "quarantined", None)]
    row = found["adverse_statuses"][0]
    assert (row["lock"], row["index"], row["brought_by"]) == ("uv.lock", index.url, ["project"])
    assert (tmp_path / "p" / "uv.lock").read_text().splitlines()[row["line"]] == 'name = "alpha"'
    assert found["summary"]["adverse_statuses"] == 2
    (run,) = log["runs"]
    assert [one["id"] for one in run["tool"]["driver"]["rules"]] == [
        "lockbot/project-status/archived",
        "lockbot/project-status/quarantined",
    ]
    assert [(one["ruleId"], one["level"], one["message"]["text"]) for one in run["results"]] == [
        ("lockbot/project-status/archived", "warning", "alpha is archived: Use beta instead. (brought by project)"),
        ("lockbot/project-status/quarantined", "warning", "gamma is quarantined (brought by project)"),
    ]
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"] == {"startLine": row["line"]}
    assert len({one["partialFingerprints"]["lockbot/audit/v1"] for one in run["results"]}) == 2


def test_a_vulnerability_beside_it_is_told_first_and_counts(tmp_path: Path) -> None:
    with Service([Known(id="X-1", name="alpha")]) as known, StatusIndex({"alpha": json_page(ARCHIVED)}) as index:
        make_project(tmp_path / "p", {"alpha": index.url})
        done = audit(tmp_path / "p", known, LOCKBOT_PUBLIC_INDEXES=index.url)
    assert done.returncode == 1
    assert done.stdout.index("X-1") < done.stdout.index("- alpha is archived")
    assert "Found 1 known vulnerability and 1 adverse project status in 1 package of 1 lock" in done.stdout


class Broken(StatusIndex):
    def answer(self, asked: Asked) -> Answer:
        super().answer(asked)
        return Answer(status=403, body=b"no")


def test_an_index_that_does_not_answer_says_nothing_and_that_is_told(tmp_path: Path, service: Service) -> None:
    with Broken({}) as down, StatusIndex({"alpha": json_page(ARCHIVED)}) as index:
        make_project(tmp_path / "p", {"alpha": index.url, "beta": down.url})
        done = audit(tmp_path / "p", service)
        found = json.loads(audit(tmp_path / "p", service, "--json").stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert "- alpha is archived" in done.stdout
    assert "1 project status not known: its index could not be read" in done.stdout
    assert found["summary"]["statuses_not_known"] == 1


def test_no_name_goes_to_a_page_of_links(tmp_path: Path, service: Service) -> None:
    with StatusIndex({}) as links:
        make_project(tmp_path / "p", {"alpha": links.url}, f'[[tool.uv.index]]\nurl = "{links.url}"\nformat = "flat"\n')
        done = audit(tmp_path / "p", service)
        assert (done.returncode, links.asked) == (0, [])


def test_pins_are_looked_up_where_there_is_one_index_that_they_can_be_from(tmp_path: Path, service: Service) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": "", "XDG_CONFIG_DIRS": str(tmp_path / "none")}
    with StatusIndex({"alpha": json_page(ARCHIVED)}) as one, StatusIndex({"alpha": json_page(QUARANTINED)}) as other:
        (folder / "requirements.txt").write_text(f"--index-url {one.url}\n# pins\nalpha==1.0\n")
        found = json.loads(audit(folder, service, "--json", **home).stdout)
        one.asked.clear()
        (folder / "requirements.txt").write_text(f"--index-url {one.url}\n--extra-index-url {other.url}\nalpha==1.0\n")
        both = json.loads(audit(folder, service, "--json", **home).stdout)
        assert (one.asked, other.asked) == ([], [])
    assert statuses(found) == [("alpha", "archived", "Use beta instead.")]
    assert found["adverse_statuses"][0]["line"] == 3
    assert statuses(both) == []


def test_words_of_an_index_move_no_cursor(tmp_path: Path, service: Service) -> None:
    said = {"status": "archived", "reason": "\x1b[2J\x1b]0;owned\x07 hi\n\r\u202eback"}
    with StatusIndex({"alpha": json_page(said)}) as index:
        make_project(tmp_path / "p", {"alpha": index.url})
        done = audit(tmp_path / "p", service)
    assert "- alpha is archived: \\x1b[2J" in done.stdout
    assert not any(one in done.stdout for one in ("\x1b", "\x07", "\r", "\u202e"))


def test_nothing_of_it_is_asked_to_mend(tmp_path: Path, service: Service) -> None:
    with StatusIndex({"alpha": json_page(ARCHIVED)}) as index:
        make_project(tmp_path / "p", {"alpha": index.url})
        assert audit(tmp_path / "p", service, "--fix").returncode == 0
        assert index.asked == []


# --- beside uv ------------------------------------------------------------------------------------


def beside(folder: Path, service: Service) -> tuple[list[tuple[str, str, str | None]], ...]:
    ours = json.loads(audit(folder, service, "--json").stdout)
    theirs = of_uv(folder, service, need_uv())
    assert ours["summary"]["adverse_statuses"] == theirs["summary"]["adverse_statuses"]
    return statuses(ours), statuses(theirs)


@pytest.mark.uv
def test_of_each_form_of_a_page_uv_makes_the_same(tmp_path: Path, service: Service) -> None:
    pages = {f"html-{name}": html_page(text) for name, (text, _) in HTML.items()}
    pages |= {f"json-{name}": json_page(stated) for name, (stated, _) in JSON.items()}
    expected = {f"html-{name}": said for name, (_, said) in HTML.items()}
    expected |= {f"json-{name}": said for name, (_, said) in JSON.items()}
    with StatusIndex(pages) as index:
        make_project(tmp_path / "p", dict.fromkeys(pages, index.url))
        ours, theirs = beside(tmp_path / "p", service)
    assert ours == theirs == sorted((name, *said) for name, said in expected.items() if said is not None)


@pytest.mark.uv
def test_of_packages_of_several_indexes_uv_finds_the_same(tmp_path: Path, service: Service) -> None:
    random, seen, forms = Random("statuses"), 0, list(JSON.values())
    for number in range(6):
        with ExitStack() as stack:
            names = [f"p{at}" for at in range(12)]
            served = [{name: json_page(random.choice(forms)[0]) for name in random.sample(names, 8)} for _ in range(3)]
            indexes = [stack.enter_context(StatusIndex(pages)) for pages in served]
            places = {name: random.choice(indexes) for name in random.sample(names, 9)}
            make_project(tmp_path / str(number), {name: index.url for name, index in places.items()})
            ours, theirs = beside(tmp_path / str(number), service)
            assert ours == theirs
            assert all(places[name] is index for index in indexes for name in index.asked)
            seen += len(ours)
    assert seen > 5


def lock_with_uv(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "UV_PYTHON_DOWNLOADS": "never"}
    command = [need_uv(), "lock", "--no-cache", "--python", sys.executable]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def lock_with_lockbot(folder: Path) -> subprocess.CompletedProcess[str]:
    return call_lock(folder, [], {"HOME": str(folder), "LOCKBOT_CACHE_DIR": str(folder / "cache")})


@pytest.mark.uv
@pytest.mark.parametrize("status", ["active", "archived", "deprecated", "quarantined"])
def test_a_lock_is_made_whatever_is_said_of_a_project_as_with_uv(tmp_path: Path, status: str) -> None:
    """uv resolves by the files alone: an index that wants a project to be out lists none."""
    with IndexServer() as index:
        index.release("alpha", "1.0", "beta")
        index.release("beta", "1.0")
        index.release("beta", "2.0")
        index.statuses = {"alpha": {"status": status, "reason": "x"}, "beta": {"status": status}}
        (tmp_path / "pyproject.toml").write_text(
            '[project]\nname = "project"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = ["alpha"]\n'
            f'[[tool.uv.index]]\nurl = "{index.url}"\ndefault = true\n'
        )
        theirs = lock_with_uv(tmp_path)
        assert theirs.returncode == 0, theirs.stderr
        lock = (tmp_path / "uv.lock").read_bytes()
        (tmp_path / "uv.lock").unlink()
        ours = lock_with_lockbot(tmp_path)
        assert (ours.returncode, (tmp_path / "uv.lock").read_bytes()) == (0, lock)
        (tmp_path / "uv.lock").unlink()
        index.releases["beta"].clear()
        assert (lock_with_uv(tmp_path).returncode, lock_with_lockbot(tmp_path).returncode) == (1, 1)
