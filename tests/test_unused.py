"""Nothing in ``bot`` is there for tests alone: what only tests use stands with the tests, or goes.

vulture looks for names that occur nowhere else in ``bot``. That misses a function whose name something else has too, so
what a module defines must also be imported or used by name, and a method be called as an attribute. Uses by tests don't
count, nor those by the twins in memory. ``[tool.vulture]`` in ``pyproject.toml`` lists what stays, with the reason.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment
from jinja2.nodes import Getattr
from vulture import Vulture

ROOT = Path(__file__).resolve().parent.parent


@cache
def settings() -> Mapping[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["vulture"]  # type: ignore[no-any-return]


@cache
def sources() -> Mapping[str, ast.Module]:
    """The modules of ``bot`` but the excluded ones."""
    paths = [path for path in sorted((ROOT / "bot").rglob("*.py")) if not is_excluded(path)]
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): ast.parse(path.read_bytes())
        for path in paths
    }


def is_excluded(path: Path) -> bool:
    return any(fnmatch(str(path), pattern) for pattern in settings()["exclude"])


# --- what is found --------------------------------------------------------------------------------


@cache
def found_by_vulture() -> frozenset[str]:
    vulture = Vulture(ignore_decorators=settings()["ignore_decorators"])
    vulture.scavenge([str(ROOT / path) for path in settings()["paths"]], exclude=settings()["exclude"])
    return frozenset(one.name for one in vulture.get_unused_code(min_confidence=60)) - read_by_templates()


@cache
def read_by_templates() -> frozenset[str]:
    """The attributes that pages read."""
    environment = Environment(autoescape=True)
    parsed = (environment.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "bot").rglob("templates/*.html"))
    return frozenset(one.attr for template in parsed for one in template.find_all(Getattr))


@cache
def found_by_place() -> frozenset[str]:
    """What is nowhere imported, named in its own module outside its definition, or read as an attribute."""
    return find_unused(sources()) - read_by_templates()


def find_unused(modules: Mapping[str, ast.Module]) -> frozenset[str]:
    attributes = {one.attr for tree in modules.values() for one in ast.walk(tree) if isinstance(one, ast.Attribute)}
    imported = {one for tree in modules.values() for one in imports_of(tree)}
    unused = set()
    for module, tree in modules.items():
        named = {use for statement in tree.body for use in names_in(statement)}
        unused |= {
            name for name in definitions(tree) if (module, name) not in imported and name not in named | attributes
        }
        unused |= {name for name in methods(tree) if name not in attributes}
    return frozenset(unused)


def imports_of(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def names_in(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement of a module reads, but for a definition's own."""
    own = getattr(statement, "name", None)
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id != own:
            yield node.id


def definitions(tree: ast.Module) -> Iterator[str]:
    for statement in tree.body:
        match statement:
            case ast.FunctionDef() | ast.ClassDef():
                if not is_library_hook(statement):
                    yield statement.name
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                if not name.startswith("__"):
                    yield name


def methods(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for one in node.body:
                if isinstance(one, ast.FunctionDef) and not one.name.startswith("__") and not is_library_hook(one):
                    yield one.name


def is_library_hook(one: ast.FunctionDef | ast.ClassDef) -> bool:
    decorators = {f"@{ast.unparse(decorator).partition('(')[0]}" for decorator in one.decorator_list}
    return not decorators.isdisjoint(settings()["ignore_decorators"])


# --- the tests ------------------------------------------------------------------------------------


def test_nothing_is_there_for_tests_alone() -> None:
    left = (found_by_vulture() | found_by_place()) - frozenset(settings()["ignore_names"])
    assert not left, f"nothing in bot uses {sorted(left)}"


def test_no_name_is_excused_without_need() -> None:
    assert sorted(frozenset(settings()["ignore_names"]) - found_by_vulture() - found_by_place()) == []


@pytest.mark.parametrize(
    ("using", "unused"),
    [
        ("", {"push", "Git", "run"}),
        ("from a import Git\nGit().run()", {"push"}),
        ("push = 1\nprint(push)", {"push", "Git", "run"}),
        ("import a\na.push(a.Git().run)", set()),
    ],
)
def test_a_name_that_others_have_too_counts_only_where_it_is_meant(using: str, unused: set[str]) -> None:
    defining = "def push():\n return push()\nclass Git:\n def run(self): ..."
    assert find_unused({"a": ast.parse(defining), "b": ast.parse(using)}) == unused
