"""``lockbot audit`` as a program, against a service on this machine; beside ``uv audit`` on the same locks and records."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bot.advisories.audit import LockToAudit, audit_locks
from bot.advisories.exceptions import Ignored
from bot.lockfile.reader import parse_lock
from bot.osv.client import make_osv_client
from bot.osv.records import RecordCache
from bot.report.audit.json import render_audit_json
from tests.advisories.recorded import RECORDED, RELEASES
from tests.advisories.service import Known, Service
from tests.real_uv import need_uv
from tests.runs.index_server import IndexServer

_PYPI = "https://pypi.org/simple"


@pytest.fixture
def service() -> Iterator[Service]:
    with Service(RECORDED) as running:
        yield running


def package(name: str, version: str, needs: Sequence[tuple[str, str]] = (), index: str = _PYPI) -> str:
    edges = "".join(
        f'    {{ name = "{one}", version = "{at}", source = {{ registry = "{index}" }} }},\n' for one, at in needs
    )
    listed = f"dependencies = [\n{edges}]\n" if needs else ""
    file = f"https://files.invalid/{name.replace('-', '_')}-{version}-py3-none-any.whl"
    return (
        f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ registry = "{index}" }}\n{listed}'
        f'wheels = [\n    {{ url = "{file}", hash = "sha256:{"0" * 64}", size = 1 }},\n]\n'
    )


def make_project(
    folder: Path,
    packages: Mapping[str, Sequence[str]],
    direct: Sequence[str],
    settings: str = "",
    index: str = _PYPI,
) -> None:
    """A lock as it might be; the first direct package brings all that are not direct."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = ", ".join(f'"{name}"' for name in direct)
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "project"\nversion = "0"\nrequires-python = ">=3.12"\ndependencies = [{listed}]\n{settings}'
    )
    indirect = [(name, at) for name, versions in packages.items() if name not in direct for at in versions]
    entries = [
        (name, package(name, at, indirect if name == direct[0] else (), index))
        for name, versions in packages.items()
        for at in versions
    ]
    edges = "".join(
        f'    {{ name = "{name}", version = "{at}", source = {{ registry = "{index}" }} }},\n'
        for name in direct
        for at in packages[name]
    )
    own = f'[[package]]\nname = "project"\nversion = "0"\nsource = {{ virtual = "." }}\ndependencies = [\n{edges}]\n'
    body = "\n".join(text for _, text in sorted([*entries, ("project", own)], key=lambda one: one[0]))
    (folder / "uv.lock").write_text(f'version = 1\nrevision = 3\nrequires-python = ">=3.12"\n\n{body}')


def run_program(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("UV_", "LOCKBOT_"))}
    command = [sys.executable, "-m", "bot", *words]
    done = subprocess.run(command, cwd=folder, env={**kept, **environ}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


def index_of(service: Service) -> str:
    """An index at the same address, which has no page at all."""
    return f"{service.root}/simple"


def audit(folder: Path, service: Service, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """PyPI can't be reached."""
    settings = {
        "LOCKBOT_OSV_URL": service.root,
        "LOCKBOT_CACHE_DIR": str(folder.parent / "cache"),
        "LOCKBOT_PUBLIC_INDEXES": index_of(service),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        **environ,
    }
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("UV_", "LOCKBOT_"))}
    command = [sys.executable, "-m", "bot", "audit", *words]
    return subprocess.run(command, cwd=folder, env={**kept, **settings}, capture_output=True, text=True, check=False)


def test_nothing_known_ends_with_0(tmp_path: Path, service: Service) -> None:
    make_project(tmp_path / "p", {"click": ["8.1.7"]}, ["click"], index=index_of(service))
    done = audit(tmp_path / "p", service)
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout.strip() == "Found no known vulnerabilities and no adverse project statuses in 1 package of 1 lock"
    )


def test_findings_end_with_1_and_say_what_where_and_by_whom(tmp_path: Path, service: Service) -> None:
    make_project(
        tmp_path / "p",
        {"click": ["8.1.7"], "jinja2": ["3.1.5"], "ultralytics": ["8.3.42"]},
        ["click"],
        index=index_of(service),
    )
    done = audit(tmp_path / "p", service)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0] == "uv.lock"
    assert lines[4].split() == [
        *(
            "ultralytics",
            "8.3.42",
            "GHSA-8gw7-4j42-w388",
            "no",
            "release",
            "MALICIOUS:",
            "A",
            "miner",
            "was",
            "published",
        ),
        *("with", "the", "package", "project", ">", "click"),
    ]
    assert "GHSA-cpwx-vrp4-4pq7" in lines[5]
    assert "3.1.6" in lines[5]
    assert lines[-1] == "Found 2 known vulnerabilities and no adverse project statuses in 3 packages of 1 lock"


def test_names_of_an_internal_index_stay_here(tmp_path: Path, service: Service) -> None:
    make_project(tmp_path / "p", {"click": ["8.1.7"]}, ["click"], index=index_of(service))
    lock = tmp_path / "p" / "uv.lock"
    lock.write_text(f"{lock.read_text()}\n{package('secret-name', '1.0', index=f'{service.root}/corp')}")
    done = audit(tmp_path / "p", service)
    assert "1 package from other indexes than PyPI: not asked about" in done.stdout
    assert [name for name, _ in service.asked] == ["click"]
    audit(tmp_path / "p", service, LOCKBOT_PUBLIC_INDEXES=f"{index_of(service)},{service.root}/corp/")
    assert [name for name, _ in service.asked[1:]] == ["click", "secret-name"]


def test_settings_of_the_project_and_options_ignore(tmp_path: Path, service: Service) -> None:
    settings = '[tool.uv.audit]\nignore = ["CVE-2025-27516"]\nignore-until-fixed = ["GHSA-wj6h-64fc-37mp", "NOT-1"]\n'
    make_project(
        tmp_path / "p",
        {"click": ["8.1.7"], "jinja2": ["3.1.5"], "ecdsa": ["0.19.0"]},
        ["click"],
        settings,
        index=index_of(service),
    )
    done = audit(tmp_path / "p", service)
    assert done.returncode == 0
    assert "2 findings ignored, as the settings say" in done.stdout
    assert done.stderr.strip() == "NOT-1: to be ignored, but nothing here has it"
    make_project(tmp_path / "q", {"jinja2": ["3.1.5"]}, ["jinja2"], index=index_of(service))
    assert audit(tmp_path / "q", service).returncode == 1
    assert audit(tmp_path / "q", service, "--ignore", "CVE-2025-27516").returncode == 0
    assert audit(tmp_path / "q", service, "--ignore-until-fixed", "CVE-2025-27516").returncode == 1


def test_exceptions_of_the_configuration_count_up_to_their_end(tmp_path: Path, service: Service) -> None:
    make_project(
        tmp_path / "p",
        {"jinja2": ["3.1.5"], "ecdsa": ["0.19.0"], "h11": ["0.14.0"]},
        ["jinja2"],
        index=index_of(service),
    )
    (tmp_path / "p" / ".lockbot.json").write_text(
        """{ "vulnerabilityExceptions": [
            { "id": "CVE-2025-27516", "until": "2999-12-31", "reason": "no sandbox here", "untilFixed": false },
            { "id": "GHSA-wj6h-64fc-37mp", "reason": "nobody mends it" },
            { "id": "GHSA-vqfr-h8mv-ghfj", "until": "2020-01-01", "reason": "was to be gone" },
            { "id": "GHSA-none", "reason": "what was" }
        ] }"""
    )
    done = audit(tmp_path / "p", service)
    assert done.returncode == 1
    assert "jinja2: GHSA-cpwx-vrp4-4pq7 is lived with, until 2999-12-31: no sandbox here" in done.stdout
    assert "ecdsa: GHSA-wj6h-64fc-37mp is lived with: nobody mends it" in done.stdout
    assert "the exception for GHSA-vqfr-h8mv-ghfj" in done.stdout
    assert done.stderr.strip() == "GHSA-none: to be ignored, but nothing here has it"
    found = json.loads(audit(tmp_path / "p", service, "--json").stdout)
    assert [row["dependency"]["name"] for row in found["vulnerabilities"]] == ["h11"]
    assert {row["ignored_because"] for row in found["ignored"]} == {"no sandbox here", "nobody mends it"}
    (tmp_path / "p" / ".lockbot.json").write_text('{ "vulnerabilityExceptions": [{ "id": "X", "until": "soon" }] }')
    broken = audit(tmp_path / "p", service)
    assert broken.returncode == 2
    assert "'soon' is not a day; write one like '2027-01-31'" in broken.stderr


def test_files_of_pins_are_audited_where_nothing_says_of_another_index(tmp_path: Path, service: Service) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    (folder / "requirements.txt").write_text("# pins\nclick==8.1.7\nJinja2==3.1.5\n")
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": "", "XDG_CONFIG_DIRS": str(tmp_path / "none")}
    (row,) = json.loads(audit(folder, service, "--json", **home).stdout)["vulnerabilities"]
    assert (row["lock"], row["line"], row["dependency"]["name"]) == ("requirements.txt", 3, "jinja2")
    service.asked.clear()
    audit(folder, service, **home, UV_DEFAULT_INDEX="https://corp.invalid/simple")
    (tmp_path / ".config" / "uv").mkdir(parents=True)
    (tmp_path / ".config" / "uv" / "uv.toml").write_text('[[index]]\nurl = "https://corp.invalid/simple"\n')
    audit(folder, service, **home)
    (tmp_path / ".config" / "uv" / "uv.toml").unlink()
    (folder / "requirements.txt").write_text("--index-url https://corp.invalid/simple\nclick==8.1.7\nsecret==1\n")
    told = audit(folder, service, **home)
    assert service.asked == []
    assert "2 packages from other indexes than PyPI: not asked about" in told.stdout


def test_json_and_sarif(tmp_path: Path, service: Service) -> None:
    make_project(tmp_path / "p", {"click": ["8.1.7"], "jinja2": ["3.1.5"]}, ["click"], index=index_of(service))
    found = json.loads(audit(tmp_path / "p", service, "--json").stdout)
    assert found["summary"] == {
        "audited_packages": 2,
        "vulnerabilities": 1,
        "adverse_statuses": 0,
        "locks": 1,
        "not_asked_about": 0,
        "statuses_not_known": 0,
    }
    (row,) = found["vulnerabilities"]
    assert (row["lock"], row["dependency"], row["fix_versions"]) == (
        "uv.lock",
        {"name": "jinja2", "version": "3.1.5"},
        ["3.1.6"],
    )
    assert row["brought_by"] == ["project", "click"]
    log = json.loads(audit(tmp_path / "p", service, "--output-format", "sarif").stdout)
    (run,) = log["runs"]
    (result,) = run["results"]
    assert log["version"] == "2.1.0"
    assert [one["id"] for one in run["tool"]["driver"]["rules"]] == [result["ruleId"]] == ["GHSA-cpwx-vrp4-4pq7"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "uv.lock"
    assert (tmp_path / "p" / "uv.lock").read_text().splitlines()[place["region"]["startLine"]] == 'name = "jinja2"'
    assert set(result["partialFingerprints"]) == {"lockbot/audit/v1"}


def test_what_can_not_be_read_ends_with_2(tmp_path: Path, service: Service) -> None:
    make_project(tmp_path / "p", {"click": ["8.1.7"]}, ["click"], index=index_of(service))
    down = audit(tmp_path / "p", service, LOCKBOT_OSV_URL="http://127.0.0.1:9")
    assert down.returncode == 2
    assert "advisories can't be read from 127.0.0.1" in down.stderr
    (tmp_path / "p" / "uv.lock").write_text("version = [")
    broken = audit(tmp_path / "p", service)
    assert broken.returncode == 2
    assert "uv.lock:1: not valid TOML" in broken.stderr
    (tmp_path / "p" / "uv.lock").unlink()
    none = audit(tmp_path / "p", service)
    assert none.returncode == 2
    assert "nothing here has a lock" in none.stderr


@pytest.fixture
def index() -> Iterator[IndexServer]:
    with IndexServer() as running:
        for version in ("1.0", "1.1", "1.2"):
            running.release("alpha", version, "beta")
            running.release("beta", version)
        yield running


def locked_on(index: IndexServer, folder: Path, *requires: str) -> None:
    """A project whose lock was made when the index had the first versions only."""
    folder.mkdir()
    listed = ", ".join(f'"{one}"' for one in requires)
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "project"\nversion = "0"\nrequires-python = ">=3.12"\ndependencies = [{listed}]\n'
        f'\n[[tool.uv.index]]\nurl = "{index.url}"\ndefault = true\n'
    )
    newer = {name: {at: rows.pop(at) for at in ("1.1", "1.2")} for name, rows in index.releases.items()}
    run_program(folder, "lock", LOCKBOT_CACHE_DIR=str(folder.parent / "first"))
    for name, rows in newer.items():
        index.releases[name].update(rows)


def test_fix_mends_the_working_tree(tmp_path: Path, index: IndexServer) -> None:
    locked_on(index, tmp_path / "p", "alpha==1.0")
    before = (tmp_path / "p" / "uv.lock").read_text()
    known = [Known(id="X-1", name="alpha", spans=[("0", "1.1")]), Known(id="X-2", name="beta")]
    with Service(known) as service:
        public = {"LOCKBOT_PUBLIC_INDEXES": index.url}
        tried = audit(tmp_path / "p", service, "--fix", "--dry-run", **public)
        assert (tried.returncode, (tmp_path / "p" / "uv.lock").read_text()) == (1, before)
        done = audit(tmp_path / "p", service, "--fix", "--json", **public)
        assert audit(tmp_path / "p", service, **public).returncode == 1
    assert "Would write pyproject.toml, uv.lock" in tried.stdout
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert [(one["package"], one["from"], one["to"]) for one in report["mended"]] == [("alpha", ["1.0"], "1.1")]
    assert [(one["package"], one["reason"]) for one in report["blocked"]] == [
        ("beta", "no version of beta is free of it")
    ]
    assert report["files"] == ["pyproject.toml", "uv.lock"]
    assert 'dependencies = ["alpha==1.1"]' in (tmp_path / "p" / "pyproject.toml").read_text()
    run_program(tmp_path / "p", "lock", "--check", LOCKBOT_CACHE_DIR=str(tmp_path / "second"))


def test_a_local_run_makes_a_branch_of_it_and_says_when_it_can_not_know(tmp_path: Path, index: IndexServer) -> None:
    folder = tmp_path / "p"
    locked_on(index, folder, "alpha==1.0")
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)
    settings = {"LOCKBOT_PUBLIC_INDEXES": index.url, "LOCKBOT_CACHE_DIR": str(tmp_path / "third")}
    with Service([Known(id="GHSA-1", name="beta", spans=[("0", "1.1")])]) as service:
        done = run_program(folder, "run", "--json", LOCKBOT_OSV_URL=service.root, **settings)
    found = json.loads(done.stdout)
    assert [(one["branch"], one["title"]) for one in found["proposals"] if one["security"]] == [
        ("lockbot/security-beta", "Update beta to v1.1 [SECURITY]")
    ]
    (row,) = found["security"]
    assert (row["package"], row["to"], row["brought_by"]) == ("beta", "1.1", ["project", "alpha"])
    shown = subprocess.run(
        ["git", "show", "lockbot/security-beta:uv.lock"], cwd=folder, check=True, capture_output=True, text=True
    )
    assert 'name = "beta"\nversion = "1.1"' in shown.stdout
    down = run_program(folder, "run", "--dry-run", LOCKBOT_OSV_URL="http://127.0.0.1:9", **settings)
    assert "security updates may be missing: advisories can't be read from 127.0.0.1" in down.stderr


def test_fix_with_nothing_to_mend_solves_nothing(tmp_path: Path, index: IndexServer) -> None:
    locked_on(index, tmp_path / "p", "alpha==1.0")
    with Service([]) as service:
        done = audit(tmp_path / "p", service, "--fix", LOCKBOT_PUBLIC_INDEXES=index.url)
    assert (done.returncode, done.stdout.strip()) == (0, "Nothing to mend.")


def test_a_private_name_is_not_told_while_a_mend_is_looked_for(tmp_path: Path, index: IndexServer) -> None:
    locked_on(index, tmp_path / "q", "alpha==1.0")
    known = [Known(id="X-1", name="alpha", spans=[("0", "1.1")])]
    with Service(known) as service:
        done = audit(tmp_path / "q", service, "--fix")
        assert (done.returncode, service.asked) == (0, [])


def test_words_of_strangers_move_no_cursor(tmp_path: Path) -> None:
    evil = Known(id="X-1", name="click", summary="\x1b[2J\x1b]0;owned\x07 hi\n\r", more={"details": "\x1b[2J"})
    with Service([evil]) as service:
        make_project(tmp_path / "p", {"click": ["8.1.7"]}, ["click"], index=index_of(service))
        done = audit(tmp_path / "p", service)
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout


# --- beside uv ------------------------------------------------------------------------------------


def random_lock(random: Random) -> tuple[dict[str, list[str]], list[str]]:
    """Packages in one version, or in two where a lock is forked; some direct, the others behind them."""
    chosen = random.sample(RELEASES, random.randint(1, 8))
    packages = {
        name: sorted(random.sample(versions, min(len(versions), random.choice((1, 1, 1, 2)))))
        for name, versions in chosen
    }
    return packages, sorted(random.sample(sorted(packages), random.randint(1, len(packages))))


def of_lockbot(folder: Path, service: Service) -> Mapping[str, Any]:
    text = (folder / "uv.lock").read_text()
    lock = LockToAudit(path="uv.lock", lock=parse_lock(text, "uv.lock"), text=text)
    with make_osv_client(service.root, RecordCache()) as client:
        found: Mapping[str, Any] = json.loads(render_audit_json(audit_locks([lock], client, [_PYPI], Ignored()), ()))
    return found


def of_uv(folder: Path, service: Service, uv: str) -> Mapping[str, Any]:
    variables = {
        "UV_HTTP_RETRIES": "0",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "UV_CACHE_DIR": str(folder.parent / "uv-cache"),
    }
    kept = {key: value for key, value in os.environ.items() if not key.startswith("UV_") and "proxy" not in key.lower()}
    command = [uv, "audit", "--frozen", "--preview", "--output-format", "json", "--service-url", f"{service.root}/"]
    done = subprocess.run(command, cwd=folder, env={**kept, **variables}, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.uv
@pytest.mark.parametrize("batch", range(5))
def test_what_is_found_is_what_uv_finds(batch: int, tmp_path: Path, service: Service) -> None:
    uv, seen = need_uv(), 0
    for number in range(8):
        random = Random(f"audit {batch} {number}")
        packages, direct = random_lock(random)
        make_project(tmp_path / str(number), packages, direct)
        ours = of_lockbot(tmp_path / str(number), service)
        theirs = of_uv(tmp_path / str(number), service, uv)
        assert rows(ours) == rows(theirs)
        assert ours["summary"]["audited_packages"] == theirs["summary"]["audited_packages"]
        seen += len(rows(ours))
    assert seen > 8


def affected() -> Iterator[tuple[str, str]]:
    """Every recorded package in every version of which something is known."""
    for name, versions in RELEASES:
        for version in versions:
            if any(one.is_about(name, version) for one in RECORDED):
                yield name, version


def known_locks() -> Iterator[tuple[str, dict[str, list[str]], list[str]]]:
    """Each affected version as a requirement of the project's and behind another package, each package of several
    versions in a lock that is forked over them, and all at once: what no release mends and what is malicious among them."""
    for name, version in affected():
        yield f"{name} {version}, direct", {name: [version]}, [name]
        yield f"{name} {version}, indirect", {"click": ["8.1.7"], name: [version]}, ["click"]
    for name, versions in RELEASES:
        bad = [one for other, one in affected() if other == name and one != versions[-1]]
        if bad:
            yield f"{name}, forked", {"click": ["8.1.7"], name: [bad[0], versions[-1]]}, ["click", name]
    yield "everything", {name: [versions[0]] for name, versions in RELEASES}, ["click", "ecdsa", "ultralytics"]


def test_the_known_locks_are_of_every_kind() -> None:
    names = [title for title, _, _ in known_locks()]
    assert len(names) >= 50
    for kind in ("ecdsa 0.19.0, direct", "ultralytics 8.3.42, indirect", "urllib3, forked", "everything"):
        assert kind in names


@pytest.mark.uv
def test_of_each_known_lock_uv_finds_the_same(tmp_path: Path, service: Service) -> None:
    uv = need_uv()
    for number, (title, packages, direct) in enumerate(known_locks()):
        make_project(tmp_path / str(number), packages, direct)
        ours, theirs = of_lockbot(tmp_path / str(number), service), of_uv(tmp_path / str(number), service, uv)
        assert rows(ours) == rows(theirs), title
        assert rows(ours), title


def rows(report: Mapping[str, Any]) -> list[tuple[object, ...]]:
    keys = ("id", "display_id", "summary", "link")
    return sorted(
        (
            *(row["dependency"][key] for key in ("name", "version")),
            *(row[key] for key in keys),
            tuple(sorted(row["aliases"])),
            tuple(sorted(row["fix_versions"])),
        )
        for row in report["vulnerabilities"]
    )
