"""Whole runs on a local repository: branches, repeated runs, configuration, broken and hostile repositories."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from bot.cli.local.committing import run_local
from bot.cli.local.repository import LocalRun
from bot.errors import IndexFailure, InputError
from bot.index.memory import MemoryIndex, build_memory_index
from bot.report.run_json import render_json
from tests.kept_errors import keep_nothing
from tests.runs.local_repository import NOW, LocalRepository, Releases, make_repository, moves, project, proposals

OLD: Releases = {"alpha": {"1.0": []}, "beta": {"1.0": []}}
NEW: Releases = {"alpha": {"1.0": [], "1.1": [], "2.0": []}, "beta": {"1.0": [], "1.0.1": []}}


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    """An application with two pins and a lock."""
    made = make_repository(tmp_path / "repository")
    made.write({"pyproject.toml": project("alpha==1.0", "beta==1.0")})
    made.lock(OLD)
    made.commit({})
    return made


def configure(repository: LocalRepository, text: str) -> None:
    repository.commit({".lockbot.json": text})


def heads(repository: LocalRepository) -> str:
    return repository.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads")


# --- branches ---------------------------------------------------------------


def test_each_proposal_is_one_commit_on_its_branch(repository: LocalRepository) -> None:
    result = repository.run(NEW)
    assert repository.branches() == ["lockbot/major-alpha", "lockbot/non-major"]
    for proposal in result.report.proposals:
        assert repository.git("rev-list", "--count", f"main..{proposal.branch}").strip() == "1"
        assert repository.git("log", "-1", "--format=%B", proposal.branch).strip() == proposal.commit_message.strip()
        changed = repository.git("diff", "--name-only", "main", proposal.branch).split()
        assert changed == [change.path for change in proposal.files]


def test_the_working_tree_and_index_stay(repository: LocalRepository) -> None:
    repository.write({"pyproject.toml": "not toml [", "new.py": "x"})
    repository.git("add", "new.py")
    before = (repository.git("status", "--porcelain=v2"), repository.git("rev-parse", "--abbrev-ref", "HEAD"))
    assert len(repository.run(NEW).report.proposals) == 2
    after = (repository.git("status", "--porcelain=v2"), repository.git("rev-parse", "--abbrev-ref", "HEAD"))
    assert after == before


def test_a_second_run_changes_nothing(repository: LocalRepository) -> None:
    repository.run(NEW)
    before = heads(repository)
    again = repository.run(NEW)
    assert heads(repository) == before
    assert set(again.outcomes.values()) == {"unchanged"}


def test_a_new_base_and_a_new_release_move_the_branch(repository: LocalRepository) -> None:
    repository.run(NEW)
    base = repository.commit({"readme": "x"})
    assert set(repository.run(NEW).outcomes.values()) == {"updated"}
    assert repository.git("rev-parse", "lockbot/non-major^").strip() == base
    newer: Releases = {**NEW, "beta": {"1.0": [], "1.0.2": []}}
    assert sorted(repository.run(newer).outcomes.values()) == ["unchanged", "updated"]


def test_somebody_elses_branch_is_left_and_told(repository: LocalRepository) -> None:
    repository.git("branch", "lockbot/non-major")
    repository.git("checkout", "-q", "lockbot/non-major")
    head = repository.commit({"mine": "x"})
    repository.git("checkout", "-q", "main")
    result = repository.run(NEW)
    assert repository.git("rev-parse", "lockbot/non-major").strip() == head
    assert [problem.message for problem in result.report.problems] == [
        "branch lockbot/non-major has commits that are not lockbot's; it was left as it is"
    ]


def test_a_branch_that_can_not_be_made_is_told(repository: LocalRepository) -> None:
    repository.git("branch", "lockbot")
    result = repository.run(NEW)
    assert result.outcomes == {}
    assert [problem.message.partition(":")[0] for problem in result.report.problems] == [
        "branch lockbot/non-major could not be written",
        "branch lockbot/major-alpha could not be written",
    ]


def test_a_dry_run_makes_no_branch(repository: LocalRepository) -> None:
    assert len(repository.run(NEW, dry_run=True).report.proposals) == 2
    assert repository.branches() == []


@pytest.mark.parametrize(
    ("only", "branches"),
    [
        ("non-major", ["lockbot/non-major"]),
        ("lockbot/major-alpha", ["lockbot/major-alpha"]),
        ("Alpha", ["lockbot/alpha", "lockbot/major-alpha"]),
        ("major-beta", []),
        ("beta", ["lockbot/beta"]),
        ("other", []),
    ],
)
def test_only_one_proposal(repository: LocalRepository, only: str, branches: list[str]) -> None:
    repository.run(NEW, only=only)
    assert repository.branches() == branches


def test_the_json_form(repository: LocalRepository) -> None:
    shown = json.loads(render_json(repository.run(NEW).report))
    assert list(shown) == [
        "proposals",
        "held_back",
        "problems",
        "warnings",
        "security",
        "left_alone",
        "other_bots",
        "python",
        "timings",
    ]
    first = shown["proposals"][0]
    keys = ["branch", "title", "body", "group", "updates", "lock_changes", "places", "left", "files"]
    assert list(first) == [*keys, "security", "advisories"]
    assert first["updates"][0] == {
        "package": "alpha", "kind": "minor", "from": "1.0", "to": "1.1", "manifest": "pyproject.toml",
    }  # fmt: skip
    assert first["body"].startswith(
        "Moves 2 direct requirements. These updates were solved together; the lock is the one that `uv lock` writes."
    )
    assert first["files"] == ["pyproject.toml", "uv.lock"]
    assert set(shown["timings"]) == {"read", "detect", "lock", "plan", "report"}


def test_a_subfolder_means_its_repository(repository: LocalRepository) -> None:
    repository.commit({"sub/readme": "x"})
    result = run_local(
        LocalRun(path=repository.folder / "sub", environ=os.environ, now=NOW), build_memory_index(NEW), keep_nothing
    )
    assert len(result.report.proposals) == 2


def test_metadata_that_was_not_built_is_marked(repository: LocalRepository) -> None:
    repository.commit({"pyproject.toml": project("alpha==1.0")})
    repository.lock(OLD)
    repository.commit({})
    index = build_memory_index({"alpha": {"1.0": []}})
    index.add("alpha", "1.1", requires_dist=["beta"])
    index.add("beta", "1.0.1", wheels=[], sdist=True, recorded="egg-info")
    result = repository.run(index)
    (proposal,) = result.report.proposals
    assert "* Metadata of beta recorded, not built: read from `egg-info` in its source distribution." in proposal.body
    (told,) = json.loads(render_json(result.report))["proposals"]
    assert [(row["package"], row["recorded"]) for row in told["lock_changes"]] == [
        ("alpha", None),
        ("beta", "egg-info"),
    ]


def test_metadata_of_a_known_release_is_marked(repository: LocalRepository) -> None:
    index = build_memory_index({"alpha": {"1.0": []}, "beta": {"1.0": []}})
    index.add("beta", "1.0.1", wheels=[], sdist=True, recorded="known")
    result = repository.run(index)
    (proposal,) = result.report.proposals
    said = "* Metadata of beta known, not built: what an earlier build of the file with this digest gave."
    assert said in proposal.body
    (told,) = json.loads(render_json(result.report))["proposals"]
    assert [(row["package"], row["recorded"]) for row in told["lock_changes"]] == [("beta", "known")]


def test_the_lock_of_a_newer_uv_keeps_its_fields_and_the_pull_request_says_so(repository: LocalRepository) -> None:
    path = repository.folder / "uv.lock"
    text = path.read_text().replace("revision = 5", "revision = 6")
    text = text.replace('name = "alpha"\nversion', 'name = "alpha"\nlicence = "MIT"\nversion')
    text = text.replace('name = "beta"\nversion', 'name = "beta"\nlicence = "BSD"\nversion')
    repository.commit({"uv.lock": text + '\n[package.attestation]\nsubject = "beta"\n'})

    result = repository.run({"alpha": {"1.0": []}, "beta": {"1.0": [], "1.0.1": []}})

    (proposal,) = result.report.proposals
    (lock,) = [file.text or "" for file in proposal.files if file.path == "uv.lock"]
    assert "revision = 6\n" in lock
    assert 'licence = "MIT"' in lock
    assert 'licence = "BSD"' not in lock
    assert "attestation" not in lock
    assert "* `uv.lock` has revision 6, newer than the 5 that lockbot writes" in proposal.body


@pytest.mark.parametrize("has_git", [True, False])
def test_a_folder_without_commits_is_refused(tmp_path: Path, has_git: bool) -> None:
    folder = tmp_path / "empty"
    if has_git:
        make_repository(folder)
    else:
        folder.mkdir()
    with pytest.raises(InputError, match="no commit yet" if has_git else "not a git repository"):
        run_local(LocalRun(path=folder, environ=os.environ, now=NOW), MemoryIndex(), keep_nothing)


# --- configuration ----------------------------------------------------------


CONFIGURED = [
    ('{"enabled": false}', []),
    ('{"ignoreDeps": ["Alpha"]}', ["lockbot/non-major"]),
    ('{"ignorePaths": ["pyproject.toml"]}', []),
    ('{"branchPrefix": "deps/"}', ["deps/major-alpha", "deps/non-major"]),
    ('{"separateMajorMinor": false}', ["lockbot/all"]),
    ('{"separateMinorPatch": true}', ["lockbot/major-alpha", "lockbot/non-major", "lockbot/patch"]),
    ('{"packageRules": [{"matchUpdateTypes": ["major"], "enabled": false}]}', ["lockbot/non-major"]),
    (
        '{"packageRules": [{"matchPackageNames": ["b*"], "groupName": "The B"}]}',
        ["lockbot/major-alpha", "lockbot/non-major", "lockbot/the-b"],
    ),
    (
        '{"packageRules": [{"matchPackageNames": ["*"], "groupName": "x", "matchFileNames": ["other/**"]}]}',
        ["lockbot/major-alpha", "lockbot/non-major"],
    ),
    ('{"packageRules": [{"matchDepTypes": ["project.dependencies"], "enabled": false}]}', []),
]


@pytest.mark.parametrize(("config", "branches"), CONFIGURED)
def test_the_configuration_is_obeyed(repository: LocalRepository, config: str, branches: list[str]) -> None:
    configure(repository, config)
    result = repository.run(NEW)
    assert result.report.problems == ()
    assert repository.branches() == branches


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [("pin", '"alpha==1.1"'), ("bump", '"alpha>=1.1"'), ("replace", '"alpha>=1.0"'), ("in-range-only", '"alpha>=1.0"')],
)
def test_the_range_strategy_is_obeyed(repository: LocalRepository, strategy: str, expected: str) -> None:
    repository.write({"pyproject.toml": project("alpha>=1.0", "beta==1.0")})
    configure(repository, json.dumps({"rangeStrategy": strategy}))
    proposal = proposals(repository.run(NEW))["non-major"]
    assert moves(proposal)["alpha"] == ("1.0", "1.1")
    assert expected in repository.show("lockbot/non-major", "pyproject.toml")


def test_labels_come_from_rules(repository: LocalRepository) -> None:
    rule = '{"matchUpdateTypes": ["major"], "labels": ["major!"]}'
    configure(repository, f'{{"labels": ["deps"], "packageRules": [{rule}]}}')
    found = proposals(repository.run(NEW))
    assert (found["non-major"].labels, found["major-alpha"].labels) == (("deps",), ("major!",))


def test_maintenance_can_be_off(repository: LocalRepository) -> None:
    repository.write({"pyproject.toml": project("alpha>=1.0", "beta>=1.0")})
    repository.lock(OLD)
    configure(repository, '{"lockFileMaintenance": {"enabled": false}}')
    assert "lock-maintenance" not in proposals(repository.run(NEW))


def test_a_broken_configuration_stops_the_run(repository: LocalRepository) -> None:
    configure(repository, '{\n  "enabeld": true\n}')
    result = repository.run(NEW)
    assert (result.exit_code, repository.branches()) == (2, [])
    (problem,) = result.report.problems
    assert (problem.path, problem.line, problem.hint) == (".lockbot.json", 2, "did you mean enabled?")
    assert result.report.config.problems == (problem,)


# --- broken and hostile -----------------------------------------------------


def test_broken_files_are_told_and_the_rest_goes_on(repository: LocalRepository) -> None:
    repository.commit(
        {
            "broken/pyproject.toml": "[project\n",
            "badlock/pyproject.toml": project("alpha==1.0", name="badlock"),
            "badlock/uv.lock": "version = 1\n[[package]\n",
            "script.py": "# /// script\n# dependencies = [\n# ///\n",
        }
    )
    result = repository.run(NEW)
    assert result.exit_code == 1
    assert len(result.report.proposals) == 2
    places = {(problem.path, problem.line) for problem in result.report.problems}
    assert {path for path, _ in places} == {"broken/pyproject.toml", "badlock/uv.lock", "script.py"}
    assert all(line for _, line in places)


def test_requirements_that_contradict_each_other_are_told(tmp_path: Path) -> None:
    made = make_repository(tmp_path / "r")
    made.commit({"pyproject.toml": project("alpha==1.0", "alpha==2.0")})
    result = made.run(NEW)
    assert result.exit_code == 1
    (problem,) = result.report.problems
    assert problem.path == "pyproject.toml"
    assert "can't be locked as it stands" in problem.message


def test_an_index_that_is_down_stops_only_who_needs_it(repository: LocalRepository) -> None:
    repository.write({"other/pyproject.toml": project("gamma==1.0", name="other")})
    repository.lock({"gamma": {"1.0": []}}, root="other")
    repository.commit({})
    index = build_memory_index(NEW)
    index.fail_page("gamma", IndexFailure("the index is down"))
    result = repository.run(index)
    assert [problem.path for problem in result.report.problems] == ["other/uv.lock"]
    assert len(result.report.proposals) == 2


def test_a_hostile_repository_runs_nothing(repository: LocalRepository, tmp_path: Path) -> None:
    canary, trap = tmp_path / "canary", tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {canary}\ncat\n")
    trap.chmod(trap.stat().st_mode | stat.S_IXUSR)
    build = '\n[build-system]\nrequires = ["beta<1.0.1"]\nbuild-backend = "evil"\nbackend-path = ["."]\n'
    repository.write(
        {
            "pyproject.toml": project("alpha==1.0", "beta==1.0", extra=build),
            "evil.py": f"open({str(canary)!r}, 'w')\n",
            "setup.py": f"open({str(canary)!r}, 'w')\n",
            ".gitattributes": "* filter=evil diff=evil\n",
            ".gitmodules": f'[submodule "m"]\n\tpath = m\n\turl = ext::{trap}\n',
        }
    )
    (repository.folder / "linked").mkdir()
    (repository.folder / "linked" / "pyproject.toml").symlink_to("/etc/passwd")
    repository.lock(OLD)
    repository.commit({})
    for name in ("pre-commit", "post-commit", "reference-transaction", "post-index-change", "post-checkout"):
        (repository.folder / ".git" / "hooks" / name).unlink(missing_ok=True)
        (repository.folder / ".git" / "hooks" / name).symlink_to(trap)
    for key in ("core.fsmonitor", "filter.evil.clean", "filter.evil.smudge", "diff.external", "core.sshCommand"):
        repository.git("config", key, str(trap))
    canary.unlink(missing_ok=True)
    result = repository.run(NEW)
    assert result.report.problems == ()
    assert [proposal.group for proposal in result.report.proposals] == ["non-major", "major-alpha"]
    assert not canary.exists()
    repository.git("status")
    assert canary.exists(), "the traps were not armed"
