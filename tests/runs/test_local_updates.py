"""Whole runs on a local repository: what is proposed, written and held back."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.index.memory import MemoryIndex, build_memory_index
from bot.ports.run import UpdateKind
from bot.resolver.model.attested import Publisher
from bot.resolver.model.index import Index
from tests.runs.local_repository import (
    LocalRepository,
    Releases,
    make_repository,
    moves,
    project,
    proposals,
    requirements,
)

LIBRARY = '\n[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    return make_repository(tmp_path / "repository")


def locked(text: str, package: str) -> list[str]:
    rows = text.split("[[package]]")
    return [row.split('version = "')[1].split('"')[0] for row in rows if f'\nname = "{package}"\n' in row]


OLD: Releases = {"alpha": {"1.0": []}, "beta": {"1.0": []}, "gamma": {"0.1": []}}
NEW: Releases = {
    "alpha": {"1.0": [], "1.5": [], "2.0": []},
    "beta": {"1.0": [], "1.2": []},
    "gamma": {"0.1": [], "0.2": []},
}


def test_an_application_follows_only_what_lies_outside(repository: LocalRepository) -> None:
    repository.write({"pyproject.toml": project("alpha ==1.0", "beta>=1.0,<2", "gamma~=0.1")})
    repository.lock(OLD)
    repository.commit({})
    found = proposals(repository.run(NEW))
    assert list(found) == ["non-major", "major-alpha", "lock-maintenance"]
    common = found["non-major"]
    assert moves(common) == {"alpha": ("1.0", "1.5"), "beta": ("1.0", "1.2"), "gamma": ("0.1", "0.2")}
    text = repository.show("lockbot/non-major", "pyproject.toml")
    assert requirements(text)[1:] == ["alpha ==1.5", "beta>=1.0,<2", "gamma~=0.1"]
    lock = repository.show("lockbot/non-major", "uv.lock")
    assert [locked(lock, name) for name in NEW] == [["1.5"], ["1.2"], ["0.2"]]
    assert found["major-alpha"].title == "Update alpha to v2"
    assert requirements(repository.show("lockbot/major-alpha", "pyproject.toml"))[1] == "alpha ==2.0"
    assert locked(repository.show("lockbot/major-alpha", "uv.lock"), "beta") == ["1.0"]


def test_a_library_only_raises_upper_bounds_of_what_it_publishes(repository: LocalRepository) -> None:
    groups = '\n[dependency-groups]\ndev = ["gamma==0.1"]\n'
    repository.write({"pyproject.toml": project("alpha>=1.0,<2", "beta>=1.0", extra=LIBRARY + groups)})
    repository.lock(OLD)
    repository.commit({})
    new: Releases = {**NEW, "hatchling": {"1.0": []}}
    found = proposals(repository.run(new))
    assert moves(found["non-major"]) == {"alpha": ("1.0", "1.5"), "beta": ("1.0", "1.2"), "gamma": ("0.1", "0.2")}
    common = requirements(repository.show("lockbot/non-major", "pyproject.toml"))
    assert common[1:] == ["alpha>=1.0,<2", "beta>=1.0", "gamma==0.2"]
    major = requirements(repository.show("lockbot/major-alpha", "pyproject.toml"))
    assert major[1:3] == ["alpha>=1.0,<3", "beta>=1.0"]


def test_the_uv_that_a_project_requires_stops_nothing(repository: LocalRepository) -> None:
    needs_old_uv = '\n[tool.uv]\nrequired-version = "<0.5"\n'
    repository.write({"pyproject.toml": project("beta==1.0", extra=needs_old_uv)})
    repository.lock(OLD)
    repository.commit({})
    result = repository.run(NEW)
    assert moves(proposals(result)["non-major"]) == {"beta": ("1.0", "1.2")}
    assert result.report.problems == ()


def test_what_must_move_together_moves_together(repository: LocalRepository) -> None:
    repository.write({"pyproject.toml": project("alpha>=1.0,<2", "beta==1.0")})
    repository.lock({"alpha": {"1.0": ["beta<2"]}, "beta": {"1.0": []}})
    repository.commit({})
    new = {"alpha": {"1.0": ["beta<2"], "2.0": ["beta>=2"]}, "beta": {"1.0": [], "2.0": ["alpha>=2"]}}
    found = proposals(repository.run(new))
    assert set(found) == {"major-alpha"}
    assert found["major-alpha"].title == "Update alpha to v2 and beta to v2"
    text = repository.show("lockbot/major-alpha", "pyproject.toml")
    assert requirements(text)[1:] == ["alpha>=2.0,<3", "beta==2.0"]


def test_what_may_not_move_is_not_taken_along(repository: LocalRepository) -> None:
    rule = '{"matchPackageNames": ["beta"], "matchUpdateTypes": ["major"], "enabled": false}'
    repository.write({"pyproject.toml": project("alpha>=1.0,<2", "beta>=1.0")})
    repository.lock({"alpha": {"1.0": ["beta<2"]}, "beta": {"1.0": []}})
    repository.commit({".lockbot.json": f'{{"packageRules": [{rule}]}}'})
    result = repository.run(
        {"alpha": {"1.0": ["beta<2"], "2.0": ["beta>=2"]}, "beta": {"1.0": [], "2.0": ["alpha>=2"]}}
    )
    assert result.report.proposals == ()
    (held, off) = result.report.held_back
    assert held.package == "alpha"
    assert "beta" in held.reason
    assert (off.package, off.latest, off.reason) == ("beta", "2.0", "a package rule turns it off")


def test_what_cannot_be_locked_is_held_back_with_what_holds_it(repository: LocalRepository) -> None:
    repository.write({"pyproject.toml": project("alpha==1.0", "beta")})
    repository.lock({"alpha": {"1.0": []}, "beta": {"1.0": ["alpha<2"]}})
    repository.commit({})
    result = repository.run({"alpha": {"1.0": [], "2.0": []}, "beta": {"1.0": ["alpha<2"]}})
    assert result.report.proposals == ()
    (held,) = result.report.held_back
    assert (held.package, held.current, held.latest) == ("alpha", "1.0", "2.0")
    assert "beta" in held.reason
    assert "alpha" in held.reason
    assert repository.branches() == []


def test_sibling_pins_take_the_best_that_fits(repository: LocalRepository) -> None:
    """One package's newest would shut out the other's: both go as far as they can together."""
    repository.write({"pyproject.toml": project("web==1.0", "core==1.0")})
    repository.lock({"web": {"1.0": ["core<1.1"]}, "core": {"1.0": []}})
    repository.commit({})
    new: Releases = {
        "web": {"1.0": ["core<1.1"], "1.1": ["core<1.3"]},
        "core": {"1.0": [], "1.1": [], "1.2": [], "1.3": []},
    }
    result = repository.run(new, only="non-major")
    assert moves(proposals(result)["non-major"]) == {"web": ("1.0", "1.1"), "core": ("1.0", "1.2")}
    assert [(held.package, held.latest) for held in result.report.held_back] == [("core", "1.3")]


def test_every_table_is_edited(repository: LocalRepository) -> None:
    tables = """
[project.optional-dependencies]
more = ["b==1.0"]
[dependency-groups]
dev = [{ include-group = "lint" }, "c==1.0"]
lint = ["d ==1.0 ; python_version >= '3.11'"]
[tool.uv]
dev-dependencies = ["e (==1.0)"]
constraint-dependencies = ["f<1.1"]
override-dependencies = ["g==1.0"]
build-constraint-dependencies = ["h<1.1"]
[build-system]
requires = ["h==1.0"]
"""
    names = "abcdefgh"
    old: Releases = {name: {"1.0": []} for name in names} | {"a": {"1.0": ["f", "g"]}}
    new: Releases = {name: {"1.0": [], "1.1": []} for name in names} | {"a": {"1.0": ["f", "g"], "1.1": ["f", "g"]}}
    repository.write({"pyproject.toml": project("a==1.0", extra=tables)})
    repository.lock(old)
    repository.commit({})
    result = repository.run(new)
    assert result.report.problems == ()
    text = repository.show("lockbot/non-major", "pyproject.toml")
    assert requirements(text)[1:] == [
        "a==1.1", "b==1.1", "c==1.1", "d ==1.1 ; python_version >= '3.11'", "e (==1.1)", "f<1.1", "g==1.1", "h<1.1", "h==1.0",
    ]  # fmt: skip


def test_a_requirement_moves_in_every_member_that_declares_it(repository: LocalRepository) -> None:
    root = '[tool.uv.workspace]\nmembers = ["libs/*"]\n'
    repository.write(
        {
            "pyproject.toml": project("alpha==1.0", extra=root),
            "libs/one/pyproject.toml": project("alpha == 1.0", name="one"),
            "libs/two/pyproject.toml": project("alpha>=1.0", name="two"),
        }
    )
    repository.lock({"alpha": {"1.0": []}})
    repository.commit({})
    proposal = proposals(repository.run({"alpha": {"1.0": [], "1.1": []}}))["non-major"]
    assert [change.path for change in proposal.files] == ["libs/one/pyproject.toml", "pyproject.toml", "uv.lock"]
    assert {row.manifest for row in proposal.updates} == {
        "pyproject.toml", "libs/one/pyproject.toml", "libs/two/pyproject.toml",
    }  # fmt: skip
    assert '"alpha == 1.1"' in repository.show("lockbot/non-major", "libs/one/pyproject.toml")


def test_several_locks_and_scripts_go_together(repository: LocalRepository) -> None:
    script = '# /// script\r\n# dependencies = ["alpha{}", "beta>=1.0"]\r\n# ///\r\nprint()\r\n'
    repository.write(
        {
            "a/pyproject.toml": project("alpha==1.0", name="a"),
            "b/pyproject.toml": project("alpha", name="b"),
            "plain.py": script.format("<1.1"),
            "locked.py": script.format(">=1.0"),
            "bin/tool": script.format("==1.0"),
        }
    )
    for root in ("a", "b"):
        repository.lock(OLD, root=root)
    repository.lock(OLD, script="locked.py")
    repository.commit({})
    proposal = proposals(repository.run({"alpha": {"1.0": [], "1.1": []}, "beta": {"1.0": [], "1.2": []}}))["non-major"]
    assert [change.path for change in proposal.files] == [
        "a/pyproject.toml", "a/uv.lock", "b/uv.lock", "bin/tool", "locked.py.lock", "plain.py",
    ]  # fmt: skip
    assert repository.show("lockbot/non-major", "plain.py") == script.format("<1.2")
    assert "alpha==1.1" in repository.show("lockbot/non-major", "bin/tool")


def test_a_lock_that_holds_an_edited_project_follows(repository: LocalRepository) -> None:
    sources = '\n[tool.uv.sources]\nlib = { path = "../lib" }\n'
    repository.write(
        {
            "lib/pyproject.toml": project("alpha==1.0", name="lib", extra=LIBRARY),
            "app/pyproject.toml": project("lib", extra=sources),
        }
    )
    for root in ("lib", "app"):
        repository.lock(OLD, root=root)
    repository.commit({})
    new: Releases = {"alpha": {"1.0": [], "1.1": []}, "hatchling": {"1.0": []}}
    proposal = proposals(repository.run(new, only="non-major"))["non-major"]
    assert [change.path for change in proposal.files] == ["app/uv.lock", "lib/pyproject.toml", "lib/uv.lock"]
    assert locked(repository.show("lockbot/non-major", "app/uv.lock"), "alpha") == ["1.1"]


def test_lock_maintenance_moves_indirect_packages_too(repository: LocalRepository) -> None:
    repository.write({"pyproject.toml": project("alpha")})
    repository.lock({"alpha": {"1.0": ["beta"]}, "beta": {"1.0": []}})
    repository.commit({})
    proposal = proposals(repository.run({"alpha": {"1.0": ["beta"]}, "beta": {"1.0": [], "2.0": []}}))[
        "lock-maintenance"
    ]
    assert (proposal.title, proposal.updates) == ("Lock file maintenance", ())
    (change,) = proposal.lock_changes
    assert (change.package, change.before, change.after, change.direct) == ("beta", "1.0", "2.0", False)


def test_lock_maintenance_moves_on_where_an_option_changed(repository: LocalRepository) -> None:
    repository.write({"pyproject.toml": project("alpha")})
    repository.lock({"alpha": {"1.0": ["beta"]}, "beta": {"1.0": []}})
    option = '\n[tool.uv]\nexclude-newer = "2026-01-01T00:00:00Z"\n'
    repository.commit({"pyproject.toml": project("alpha", extra=option)})
    proposal = proposals(repository.run({"alpha": {"1.0": ["beta"]}, "beta": {"1.0": [], "2.0": []}}))[
        "lock-maintenance"
    ]
    assert [(change.package, change.after) for change in proposal.lock_changes] == [("beta", "2.0")]


def test_a_pin_is_not_written_over_a_fork(repository: LocalRepository) -> None:
    """The newest needs a newer Python than the project supports: an exact pin takes what fits everywhere."""
    repository.write({"pyproject.toml": project("alpha==1.0")})
    repository.lock({"alpha": {"1.0": []}})
    repository.commit({})
    index = build_memory_index({"alpha": {"1.0": [], "1.1": []}})
    index.add("alpha", "1.2", requires_python=">=3.13")
    result = repository.run(index)
    assert moves(proposals(result)["non-major"]) == {"alpha": ("1.0", "1.1")}
    (held,) = result.report.held_back
    assert (held.latest, "3.13" in held.reason) == ("1.2", True)


def test_yanked_pre_and_too_new_releases_are_not_proposed(repository: LocalRepository) -> None:
    repository.write(
        {"pyproject.toml": project("alpha==1.0", extra='\n[tool.uv]\nexclude-newer = "2026-01-01T00:00:00Z"\n')}
    )
    repository.lock({"alpha": {"1.0": []}})
    repository.commit({})
    index = MemoryIndex()
    for version in ("1.0", "1.1"):
        index.add("alpha", version)
    index.add("alpha", "1.2", yanked=True)
    index.add("alpha", "1.3rc1")
    index.add("alpha", "1.4", upload_time="2026-06-01T00:00:00Z")
    result = repository.run(index)
    assert moves(proposals(result)["non-major"]) == {"alpha": ("1.0", "1.1")}
    assert result.report.held_back == ()


def test_requirements_for_different_markers_keep_their_bounds(repository: LocalRepository) -> None:
    rows = ("alpha<2 ; python_version < '3.12'", "alpha>=2 ; python_version >= '3.12'")
    repository.write({"pyproject.toml": project(*rows)})
    repository.lock({"alpha": {"1.0": [], "2.0": []}})
    repository.commit({})
    result = repository.run({"alpha": {"1.0": [], "1.1": [], "2.0": [], "2.1": []}})
    for proposal in result.report.proposals:
        assert [change.path for change in proposal.files] == ["uv.lock"]
    assert locked(repository.show("lockbot/non-major", "uv.lock"), "alpha") == ["1.1", "2.1"]


def test_git_path_and_workspace_requirements_are_left(repository: LocalRepository) -> None:
    sources = '\n[tool.uv.sources]\nlib = { path = "lib" }\n'
    repository.write(
        {
            "pyproject.toml": project("lib>=1", "alpha==1.0", extra=sources),
            "lib/pyproject.toml": project(name="lib", extra="\n[tool.uv]\npackage = false\n"),
        }
    )
    repository.lock({"alpha": {"1.0": []}})
    repository.commit({})
    index = build_memory_index({"alpha": {"1.0": [], "1.1": []}, "lib": {"9.0": []}})
    result = repository.run(index)
    assert moves(proposals(result)["non-major"]) == {"alpha": ("1.0", "1.1")}
    assert ("page", "https://pypi.org/simple", "lib") not in index.asked


def test_a_package_is_looked_up_where_its_source_says(repository: LocalRepository) -> None:
    tables = """
[[tool.uv.index]]
name = "extra"
url = "https://extra.invalid/simple"
explicit = true
[tool.uv.sources]
alpha = { index = "extra" }
"""
    repository.write({"pyproject.toml": project("alpha==1.0", "beta==1.0", extra=tables)})
    extra = Index(name="extra", url="https://extra.invalid/simple", explicit=True)
    old = build_memory_index({"beta": {"1.0": []}})
    old.add("alpha", "1.0", index=extra)
    repository.lock(old)
    repository.commit({})
    new = build_memory_index({"alpha": {"1.9": []}, "beta": {"1.0": [], "1.2": []}})
    for version in ("1.0", "1.1"):
        new.add("alpha", version, index=extra)
    result = repository.run(new)
    assert moves(proposals(result)["non-major"]) == {"alpha": ("1.0", "1.1"), "beta": ("1.0", "1.2")}
    assert result.report.held_back == ()


def test_a_direct_package_wins_over_what_the_lock_keeps_of_others(repository: LocalRepository) -> None:
    """The indirect package's locked version would keep the direct one back; a newer one does not."""
    repository.write({"pyproject.toml": project("zeta>=1.0", "alpha>=1.0")})
    repository.lock({"zeta": {"1.0": []}, "alpha": {"1.0": ["mid"]}, "mid": {"1.0": ["zeta<1.1"]}})
    repository.commit({})
    new: Releases = {
        "zeta": {"1.0": [], "1.1": []},
        "alpha": {"1.0": ["mid"]},
        "mid": {"1.0": ["zeta<1.1"], "1.1": []},
    }
    result = repository.run(new, only="non-major")
    assert moves(proposals(result)["non-major"]) == {"zeta": ("1.0", "1.1")}
    assert locked(repository.show("lockbot/non-major", "uv.lock"), "mid") == ["1.1"]


def test_a_lock_keeps_the_python_that_it_was_made_for(repository: LocalRepository) -> None:
    repository.write({"s.py": '# /// script\n# dependencies = ["alpha"]\n# ///\n'})
    repository.lock({"alpha": {"1.0": []}}, script="s.py", python="3.10")
    repository.commit({})
    repository.run({"alpha": {"1.0": [], "1.1": []}})
    assert 'requires-python = ">=3.10"' in repository.show("lockbot/non-major", "s.py.lock")


def test_a_trade_is_told(repository: LocalRepository) -> None:
    repository.write({"pyproject.toml": project("alpha>=1.0", "beta>=1.0")})
    repository.lock({"alpha": {"1.0": []}, "beta": {"1.0": []}})
    repository.commit({})
    new: Releases = {
        "alpha": {"1.0": [], "1.1": ["beta<1.1"]},
        "beta": {"1.0": [], "1.1": ["alpha<1.1"]},
    }
    result = repository.run(new, only="non-major")
    assert len(moves(proposals(result)["non-major"])) == 1
    (held,) = result.report.held_back
    assert held.reason in {
        "it can be had only with alpha 1.0 instead of 1.1",
        "it can be had only with beta 1.0 instead of 1.1",
    }


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [("1.0", "2.0", UpdateKind.MAJOR), ("1.0", "1.1", UpdateKind.MINOR), ("1.1.0", "1.1.1", UpdateKind.PATCH)],
)
def test_the_kind_of_an_update(repository: LocalRepository, before: str, after: str, kind: UpdateKind) -> None:
    repository.write({"pyproject.toml": project("alpha")})
    repository.lock({"alpha": {before: []}})
    repository.commit({})
    (first, *_) = repository.run({"alpha": {before: [], after: []}}).report.proposals
    assert [row.kind for row in first.updates] == [kind]


def test_publishers_are_asked_for_where_notes_are_wanted(repository: LocalRepository) -> None:
    repository.write({"pyproject.toml": project("alpha")})
    repository.lock({"alpha": {"1.0": []}})
    repository.commit({})
    index = MemoryIndex()
    for version, name in (("1.0", "org/alpha"), ("1.1", "evil/alpha")):
        index.add("alpha", version, publishers=[Publisher(kind="GitHub", name=name)])
    bodies = {
        notes: repository.run(index, dry_run=True, notes=notes).report.proposals[0].body for notes in (False, True)
    }
    told = "**Another publisher**: alpha comes from `GitHub evil/alpha`, before from `GitHub org/alpha`."
    assert [told in bodies[False], told in bodies[True]] == [False, True]
