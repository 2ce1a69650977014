"""The dependency rules of ``docs/architecture.md``, held against the imports that the source really has.

A rule that has to change is changed here and there, with its reason, never loosened for one module in passing.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from bot.distribution import NAME

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "bot"

#: The pure ring, from the inside out: a part imports from those left of it only.
PURE = (
    "patterns",
    "redaction",
    "errors",
    "distribution",
    "values",
    "limits",
    "globs",
    "printable",
    "toml",
    "pep440",
    "addresses",
    "proxies",
    "command_line",
    "formats",
    "ports",
    "wall",
    "pubgrub",
    "markers",
    "lockfile",
    "manifest",
    "requirements",
    "precommit",
    "commands",
    "resolver",
    "export",
    "compile",
    "pinned",
    "repoconfig",
    "detect",
    "advisories",
    "follow",
    "toolchain",
    "plan",
    "orders",
    "report",
    "events",
    "retry",
)
#: One run over one repository, one job of a worker: over ports, never over an adapter. From the inside out.
RUN = ("pipeline", "judging", "work")
#: What touches the world. None imports another; all may see the rings within.
ADAPTERS = ("settings", "logs", "index", "registry", "changelog", "git", "forge", "jobs", "osv", "traces", "web")
#: What adapters share and what knows none of them: asking over httpx, threads that carry a job's context, the disk.
SHARED = ("egress", "threads", "disk")
#: The composition roots: they see all. ``cli`` holds one for each command that runs without a server.
ROOTS = ("app", "cli", "__main__")

#: Package outside the standard library -> the only modules (or packages) of ours that import it.
OWNERS: Mapping[str, tuple[str, ...]] = {
    "apscheduler": ("bot.jobs",),
    "azure": ("bot.index.access.cloud_azure",),
    "botocore": ("bot.index.access.cloud_aws_codeartifact",),
    "click": ("bot.cli",),
    "cryptography": ("bot.web.signin.keys",),
    "dbos": ("bot.jobs",),
    "githubkit": ("bot.forge.github",),
    "google": ("bot.index.access.cloud_gcp",),
    "httpx": ("bot.egress", "bot.changelog", "bot.osv", "bot.registry"),
    "jinja2": ("bot.web.html",),
    "jwt": ("bot.forge.github",),
    "msgspec": ("bot.index",),
    "opentelemetry": ("bot.traces.otlp",),
    "packaging": (
        "bot.advisories",
        "bot.distribution",
        "bot.pep440",
        "bot.markers",
        "bot.lockfile",
        "bot.manifest",
        "bot.requirements",
        "bot.resolver",
        "bot.export",
        "bot.compile",
        "bot.pinned",
        "bot.repoconfig",
        "bot.follow",
        "bot.toolchain",
        "bot.plan",
        "bot.report",
        "bot.index",
        "bot.changelog",
    ),
    "prometheus_client": ("bot.web",),
    "pycurl": ("bot.index",),
    "pydantic": (
        "bot.web.signin",
        "bot.forge.github",
        "bot.jobs",
        "bot.repoconfig",
        "bot.settings",
        "bot.work.dashboard.state",
        "bot.work.publishing.body_block",
    ),
    "pydantic_core": ("bot.repoconfig",),
    "pydantic_settings": ("bot.settings",),
    "re2": ("bot.repoconfig.regexes",),
    "rich": ("bot.cli", "bot.report"),
    "sqlalchemy": ("bot.jobs",),
    "starlette": ("bot.web",),
    "structlog": ("bot.logs", "bot.jobs", "bot.app", "bot.web"),
    "uvicorn": ("bot.web",),
    "tomli": ("bot.toml",),
    "yaml": ("bot.formats.yaml",),
}

#: Parsers of the index adapter that stay pure: they reach no library and no socket.
PURE_IN_INDEX = (
    "bot.index.pages.simple",
    "bot.index.pages.html",
    "bot.index.metadata.metadata",
    "bot.index.pages.lenient",
    "bot.index.metadata.lenient_requirement",
    "bot.index.pages.filenames",
)

#: What a name of the standard library that reaches the world may be used by. ``now`` comes from a Clock.
WORLD: Mapping[str, tuple[str, ...]] = {
    "os.environ": ("bot.settings", "bot.cli"),
    "os.getenv": (),
    "os.system": (),
    "datetime.now": ("bot.app", "bot.cli"),
    "datetime.utcnow": (),
    "date.today": (),
}
WORLD_MODULES: Mapping[str, tuple[str, ...]] = {
    # The web server's requests have deadlines.
    "asyncio": ("bot.web",),
    "fcntl": ("bot.git", "bot.jobs", "bot.settings"),
    "multiprocessing": ("bot.app", "bot.jobs"),
    "random": ("bot.index",),
    "socket": ("bot.index", "bot.jobs"),
    "sqlite3": ("bot.index", "bot.jobs"),
    "subprocess": ("bot.git", "bot.index.access.programs", "bot.jobs"),
}

#: What ``lockbot lock`` loads: values are made by ``bot.values`` there, by the standard library everywhere else.
LOADED_BY_LOCK = (
    "command_line",
    "globs",
    "limits",
    "markers",
    "lockfile",
    "manifest",
    "resolver",
    "retry",
    "index",
    "proxies",
    "cli",
)

#: Importing a module by its name at run time: only where a command must start without loading what it may not need.
LATE_IMPORTS = (
    "bot.__main__",
    "bot.cli.commands.doctor",
    "bot.cli.commands.run",
    "bot.cli.group",
    "bot.cli.indexes.client",
    "bot.cli.indexes.lazy",
    "bot.cli.locking.command",
    "bot.index.access.sources",
    "bot.resolver.explanation.late",
    "bot.traces.tracing",
    "bot.values",
)

#: More modules than this in one folder, and nobody sees what it holds.
MOST_MODULES = 20

FORBIDDEN_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "core", "manager", "misc", "base"})

#: Memo tables of values that are equal by construction; docs/decisions.md says why they live as long as the process.
MEMO_MODULES = ("bot.markers.diagram", "bot.markers.algebra", "bot.pubgrub.version_set")


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    name: str
    path: Path
    tree: ast.Module


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """``target`` is a module's dotted name; ``place`` is for the message."""

    source: str
    target: str
    place: str

    @property
    def package(self) -> str:
        return self.target.partition(".")[0]


@cache
def all_modules() -> Mapping[str, Module]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found[name] = Module(name=name, path=path, tree=ast.parse(path.read_text(encoding="utf-8")))
    return found


@cache
def all_imports() -> tuple[Import, ...]:
    return tuple(one for module in all_modules().values() for one in read_imports(module, frozenset(all_modules())))


def read_imports(module: Module, known: frozenset[str]) -> Iterator[Import]:
    """``from package import name`` is an import of ``package.name`` where that is a module."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            inside = [f"{origin}.{alias.name}" for alias in node.names]
            targets = [name if name in known else origin for name in inside]
        else:
            continue
        place = f"{module.path.relative_to(ROOT)}:{node.lineno}"
        for target in dict.fromkeys(targets):
            yield Import(source=module.name, target=target, place=place)


def part_of(module: str) -> str:
    """The name directly below ``bot``."""
    return module.split(".")[1] if "." in module else ""


def inner_imports() -> Iterator[Import]:
    for one in all_imports():
        if one.package == "bot" and part_of(one.source) and part_of(one.source) != part_of(one.target):
            yield one


def is_below(module: str, owners: tuple[str, ...]) -> bool:
    return any(module == owner or module.startswith(f"{owner}.") for owner in owners)


# --- rings ----------------------------------------------------------------------------------------


def allowed_parts(part: str) -> frozenset[str]:
    """The parts of ``bot`` that ``part`` may import from."""
    if part in PURE:
        return frozenset(PURE[: PURE.index(part)])
    if part in RUN:
        return frozenset(PURE + RUN[: RUN.index(part)])
    if part in SHARED:
        return frozenset(PURE)
    if part in ADAPTERS:
        return frozenset(PURE + RUN + SHARED)
    return frozenset(PURE + RUN + SHARED + ADAPTERS + ROOTS)


def is_allowed(one: Import) -> bool:
    return part_of(one.target) in allowed_parts(part_of(one.source))


def test_every_module_has_a_ring() -> None:
    known = {"", *PURE, *RUN, *SHARED, *ADAPTERS, *ROOTS}
    homeless = sorted(name for name in all_modules() if part_of(name) not in known)
    assert homeless == [], "give them a place in docs/architecture.md and in the tables above"


def test_imports_go_inward() -> None:
    wrong = [f"{one.place}: {one.source} imports {one.target}" for one in inner_imports() if not is_allowed(one)]
    assert wrong == []


@pytest.mark.parametrize(
    ("source", "target", "allowed"),
    [
        ("bot.resolver.lock", "bot.lockfile.model", True),
        ("bot.lockfile.model", "bot.resolver.lock", False),
        ("bot.plan.make_unit", "bot.index.client", False),
        ("bot.pipeline.run", "bot.git.tree", False),
        ("bot.work.runs", "bot.report.answers", True),
        ("bot.report.answers", "bot.work.runs", False),
        ("bot.index.client", "bot.git.sources", False),
        ("bot.web.server", "bot.app", False),
        ("bot.jobs.workflows.runs", "bot.work.runs", True),
        ("bot.work.runs", "bot.jobs.queue.queue", False),
        ("bot.web.server", "bot.forge.github.webhooks.doorway", False),
        ("bot.forge.github.webhooks.doorway", "bot.web.doorway", False),
        ("bot.forge.github.webhooks.doorway", "bot.events.event", True),
        ("bot.logs", "bot.settings", False),
        ("bot.web.server", "bot.settings", False),
        ("bot.cli.commands.run", "bot.index.client", True),
    ],
)
def test_the_table_says_what_may_import_what(source: str, target: str, allowed: bool) -> None:
    assert is_allowed(Import(source=source, target=target, place="")) is allowed


def test_no_cycle_runs_through_modules() -> None:
    edges: dict[str, set[str]] = {name: set() for name in all_modules()}
    for one in (*all_imports(), *late_imports()):
        if one.target in edges and one.target != one.source:
            edges[one.source].add(one.target)
    assert find_cycle(edges) is None


def test_no_cycle_runs_through_folders() -> None:
    edges: dict[str, set[str]] = {folder_of(name): set() for name in all_modules()}
    for one in (*all_imports(), *late_imports()):
        if one.target in all_modules() and folder_of(one.target) != folder_of(one.source):
            edges[folder_of(one.source)].add(folder_of(one.target))
    assert find_cycle(edges) is None


def test_no_folder_is_crowded() -> None:
    inside = Counter(folder_of(name) for name in all_modules() if not is_package(name))
    assert {folder: count for folder, count in inside.items() if count > MOST_MODULES} == {}


def late_imports() -> Iterator[Import]:
    """``import_module("bot.x.y")``; a name that is put together stands for every module that begins like it."""
    for module in all_modules().values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
                place = f"{module.path.relative_to(ROOT)}:{node.lineno}"
                for target in late_targets(node.args[0], all_modules()):
                    yield Import(source=module.name, target=target, place=place)


def late_targets(name: ast.expr, known: Iterable[str]) -> tuple[str, ...]:
    match name:
        case ast.Constant(value=str(target)):
            return (target,)
        case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
            return tuple(one for one in known if one.startswith(start))
        case _:
            raise AssertionError(f"a late import must begin with its package's name: {ast.unparse(name)}")


def test_late_imports_are_seen() -> None:
    late = {(one.source, one.target) for one in late_imports()}
    assert {("bot.cli.indexes.lazy", "bot.cli.indexes.client"), ("bot.cli.group", "bot.cli.commands.serve")} <= late
    assert {source for source, _ in late} == set(LATE_IMPORTS)


def is_package(name: str) -> bool:
    return all_modules()[name].path.name == "__init__.py"


def folder_of(name: str) -> str:
    """A package is a folder, with the modules that lie in it; a module directly in ``bot`` is one of its own."""
    parent = name.rpartition(".")[0]
    return name if is_package(name) or parent == "bot" else parent


def test_a_cycle_is_found() -> None:
    assert find_cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": set()}) == ["a", "b", "c"]
    assert find_cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None


def find_cycle(edges: Mapping[str, set[str]]) -> list[str] | None:
    """What is left after modules that import nothing more are taken away again and again."""
    left = {name: set(targets) for name, targets in edges.items()}
    while True:
        ended = {name for name, targets in left.items() if not targets}
        if not ended:
            return sorted(left) or None
        left = {name: targets - ended for name, targets in left.items() if name not in ended}


# --- outside things -------------------------------------------------------------------------------


def outside_imports() -> Iterator[Import]:
    for one in all_imports():
        if one.package != "bot" and one.package not in sys.stdlib_module_names:
            yield one


def test_every_outside_library_has_an_owner() -> None:
    wrong = [
        f"{one.place}: {one.source} imports {one.target}"
        for one in outside_imports()
        if not is_below(one.source, OWNERS.get(one.package, ()))
    ]
    assert wrong == []


def test_no_owner_is_listed_without_need() -> None:
    used = {
        (one.package, owner)
        for one in outside_imports()
        for owner in OWNERS[one.package]
        if is_below(one.source, (owner,))
    }
    listed = {(package, owner) for package, owners in OWNERS.items() for owner in owners}
    assert listed - used == set()


def test_pubgrub_uses_the_standard_library_alone() -> None:
    sources = [one for one in all_imports() if is_below(one.source, ("bot.pubgrub",))]
    wrong = [
        one.place
        for one in sources
        if not is_below(one.target, ("bot.pubgrub",)) and one.package not in sys.stdlib_module_names
    ]
    assert wrong == []


@pytest.mark.parametrize("name", PURE_IN_INDEX)
def test_index_parsers_reach_no_network(name: str) -> None:
    assert name in all_modules()
    reached = find_reached(name)
    assert reached.isdisjoint({"pycurl", "socket", "sqlite3", "subprocess"})


def find_reached(name: str) -> frozenset[str]:
    """Everything that importing ``name`` imports, through modules of ours; outside packages by their first name."""
    reached, waiting = set(), [name]
    while waiting:
        source = waiting.pop()
        for one in all_imports():
            if one.source == source and one.target not in reached:
                reached.add(one.target if one.package == "bot" else one.package)
                waiting += [one.target] if one.package == "bot" else []
    return frozenset(reached)


def test_the_pure_ring_never_reaches_the_world() -> None:
    pure = tuple(f"bot.{part}" for part in PURE)
    wrong = [
        f"{one.place}: {one.target}"
        for one in all_imports()
        if is_below(one.source, pure) and one.target in WORLD_MODULES
    ]
    assert wrong == []


def test_modules_that_reach_the_world_are_used_by_their_owners() -> None:
    wrong = [
        f"{one.place}: {one.target}"
        for one in all_imports()
        if one.target in WORLD_MODULES and not is_below(one.source, WORLD_MODULES[one.target])
    ]
    assert wrong == []


def test_time_and_environment_are_arguments() -> None:
    wrong = [
        f"{module.path.relative_to(ROOT)}:{node.lineno}: {name}"
        for module in all_modules().values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
        for name in [ast.unparse(node)]
        if name in WORLD and not is_below(module.name, WORLD[name])
    ]
    assert wrong == []


# --- values ---------------------------------------------------------------------------------------


def test_values_are_made_as_their_part_makes_them() -> None:
    wrong = [
        f"{module.path.relative_to(ROOT)}:{node.lineno}: {node.name} is made by {maker}"
        for module in all_modules().values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        for maker in makers_of(node)
        if (maker == "value") != (part_of(module.name) in LOADED_BY_LOCK)
    ]
    assert wrong == []


def makers_of(node: ast.ClassDef) -> frozenset[str]:
    names = {ast.unparse(decorator).partition("(")[0].rpartition(".")[2] for decorator in node.decorator_list}
    return frozenset({"value", "dataclass"} & names)


def test_the_document_names_the_parts_that_lock_loads() -> None:
    told = " ".join((ROOT / "docs" / "contributing.md").read_text(encoding="utf-8").split())
    listed = told.partition("What `lockbot lock` loads (")[2].partition(")")[0]
    assert {name.strip("`") for name in listed.split(", ")} == set(LOADED_BY_LOCK)


# --- importing ------------------------------------------------------------------------------------


def test_there_are_no_imports_inside_functions() -> None:
    wrong = [
        f"{module.path.relative_to(ROOT)}:{inner.lineno}"
        for module in all_modules().values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert wrong == []


def test_late_imports_are_the_stated_ones() -> None:
    late = {one.source for one in all_imports() if one.target.startswith("importlib") and uses_import_module(one)}
    assert late == set(LATE_IMPORTS)


def uses_import_module(one: Import) -> bool:
    names = (node.id for node in ast.walk(all_modules()[one.source].tree) if isinstance(node, ast.Name))
    return "import_module" in names


def test_modules_only_define_when_imported() -> None:
    wrong = [
        f"{module.path.relative_to(ROOT)}:{statement.lineno}: {ast.unparse(statement)[:60]}"
        for module in all_modules().values()
        for statement in module.tree.body
        if not is_definition(statement)
    ]
    assert wrong == []


def is_definition(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return True
        case ast.Assign() | ast.AnnAssign():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.If(test=test):
            return ast.unparse(test) in ("TYPE_CHECKING", "__name__ == '__main__'", "sys.version_info >= (3, 12)")
        case _:
            return False


def test_no_module_keeps_state() -> None:
    """Empty containers at module level are there to be filled; ``global`` statements are there to be assigned."""
    wrong = [
        f"{module.path.relative_to(ROOT)}:{node.lineno}"
        for module in all_modules().values()
        if module.name not in MEMO_MODULES
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Global) or (node in module.tree.body and is_empty_container(node))
    ]
    assert wrong == []


def is_empty_container(node: ast.AST) -> bool:
    if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
        return False
    empty = ("{}", "[]", "dict()", "list()", "set()", "WeakValueDictionary()", "WeakKeyDictionary()", "OrderedDict()")
    text = ast.unparse(node.value)
    return text in empty or text.startswith("defaultdict(")


#: Libraries first, so that what they do when imported is not counted; then every module of ours under an audit hook.
_IMPORT_ALL = """
import importlib, sys, threading
libraries, ours = sys.argv[1].split(), sys.argv[2].split()
for name in libraries:
    importlib.import_module(name)
seen = []
def hook(event, arguments):
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        seen.append(f"open {arguments[0]}")
    elif event.partition(".")[0] in ("socket", "subprocess", "shutil", "tempfile", "sqlite3", "urllib"):
        seen.append(event)
    elif event in ("os.system", "os.mkdir", "os.remove", "os.rename", "os.chdir", "os.putenv", "os.fork"):
        seen.append(event)
sys.dont_write_bytecode = True
sys.addaudithook(hook)
for name in ours:
    importlib.import_module(name)
seen += [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
print("\\n".join(seen))
"""


def test_importing_does_nothing() -> None:
    libraries = sorted({one.target for one in outside_imports()})
    ours = sorted(name for name in all_modules() if not name.endswith("__main__"))
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT_ALL, " ".join(libraries), " ".join(ours)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr[-2000:]


# --- names ----------------------------------------------------------------------------------------


def test_names_say_what_a_module_is_about() -> None:
    wrong = sorted(name for name in all_modules() if FORBIDDEN_NAMES.intersection(name.split(".")))
    assert wrong == []


def test_every_module_says_its_purpose() -> None:
    assert [name for name, module in all_modules().items() if not ast.get_docstring(module.tree)] == []


# --- what is installed ----------------------------------------------------------------------------

#: Distribution -> the package that it is imported by, where the two names differ.
IMPORTED_AS: Mapping[str, str] = {
    "azure-identity": "azure",
    "google-auth": "google",
    "google-re2": "re2",
    "opentelemetry-exporter-otlp-proto-http": "opentelemetry",
    "opentelemetry-sdk": "opentelemetry",
    "pyjwt": "jwt",
    "pyyaml": "yaml",
}

#: Pins of what others bring along, and a file that is read and not imported; pyproject.toml gives the reasons.
PINNED_ONLY = frozenset({"certifi", "hishel"})


def test_dependencies_are_what_is_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = (text for texts in project["optional-dependencies"].values() for text in texts)
    declared = {Requirement(text).name for text in (*project["dependencies"], *optional)} - {NAME, *PINNED_ONLY}
    named = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in declared}
    assert named == {one.package for one in outside_imports()}


# --- extras ---------------------------------------------------------------------------------------

#: Extra -> those that it brings along.
BROUGHT: Mapping[str, frozenset[str]] = {"server": frozenset({"github"})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A module, and the extras without which nothing gets to it; ``way`` is how it was come to."""

    module: str
    extras: frozenset[str]
    way: tuple[str, ...] = field(compare=False, default=())


def test_no_command_needs_a_library_that_only_another_extra_brings() -> None:
    """With what is imported only when it is asked for, and so in places that no start of a command gets to."""
    assert list(lacking(all_modules(), "bot.__main__", libraries_of_extras())) == []


def libraries_of_extras() -> Mapping[str, frozenset[str]]:
    """The packages that an extra's own libraries are imported by; the base is the extra of no name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = {"": project["dependencies"], **project["optional-dependencies"]}
    names = {
        extra: {Requirement(text).name for text in texts} - {NAME, *PINNED_ONLY} for extra, texts in listed.items()
    }
    return {
        extra: frozenset(IMPORTED_AS.get(one, one.replace("-", "_")) for one in some) for extra, some in names.items()
    }


def lacking(modules: Mapping[str, Module], first: str, libraries: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """What running ``first`` may come to import, though no extra that is there for sure has it."""
    waiting = [Reached(module=first, extras=frozenset(), way=(first,))]
    known = set(waiting)
    while waiting:
        here = waiting.pop()
        module = modules[here.module]
        there = frozenset({"", *here.extras}.union(*(BROUGHT.get(one, ()) for one in here.extras)))
        for target, guards in loads(module, modules):
            if target in modules:
                new = Reached(module=target, extras=here.extras | guards, way=(*here.way, target))
                waiting += [new] if new not in known else []
                known.add(new)
            elif not any(target in libraries[one] for one in there) and target not in sys.stdlib_module_names:
                yield f"{' > '.join(here.way)} imports {target} with {sorted(here.extras) or 'no extra'}"


def loads(module: Module, modules: Mapping[str, Module]) -> Iterator[tuple[str, frozenset[str]]]:
    """What a module imports, and with which extras; what only mypy sees is left out. Of ours it is the module and the
    packages around it, of others the package."""
    at_run_time = ast.Module(body=[one for one in module.tree.body if may_import(one)], type_ignores=[])
    imports = tuple(read_imports(replace(module, tree=at_run_time), frozenset(modules)))
    for one in imports:
        for name in with_packages(one.target) if one.package == "bot" else (one.package,):
            yield name, frozenset()
    if any(one.package == "importlib" for one in imports):
        yield from loads_late(module, modules)


def may_import(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.If):
        return ast.unparse(statement.test) != "TYPE_CHECKING"
    return not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign)


def with_packages(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.rpartition(".")[0]


def loads_late(module: Module, modules: Mapping[str, Module]) -> Iterator[tuple[str, frozenset[str]]]:
    """``import_module(…)``, each with the extras that ``with needs(…)`` around it asks for."""
    for call, guards in guarded_calls(module.tree, ()):
        for target in late_targets(call.args[0], modules):
            extras = frozenset(extra for one in guards if (extra := asked_extra(one, target, module)) is not None)
            yield from ((name, extras) for name in with_packages(target) if name in modules)


def guarded_calls(node: ast.AST, guards: tuple[ast.Call, ...]) -> Iterator[tuple[ast.Call, tuple[ast.Call, ...]]]:
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
        yield node, guards
    if isinstance(node, ast.With):
        calls = (inner for item in node.items for inner in ast.walk(item.context_expr) if isinstance(inner, ast.Call))
        guards = (*guards, *(one for one in calls if ast.unparse(one.func) == "needs"))
    for child in ast.iter_child_nodes(node):
        yield from guarded_calls(child, guards)


def asked_extra(guard: ast.Call, target: str, module: Module) -> str | None:
    """``needs("server", …)``, or ``needs(TABLE[…], …)`` with a table of the module's by the last words of what is loaded."""
    match guard.args[0]:
        case ast.Constant(value=str(extra)):
            return extra
        case ast.Subscript(value=ast.Name(id=table)):
            rows = find_table(module, table)
            return next((rows[key] for key in rows if target.endswith((f".{key}", f"_{key.replace('-', '_')}"))), None)
        case _:
            raise AssertionError(f"{module.name}: which extra is asked for must be plain: {ast.unparse(guard)}")


def find_table(module: Module, name: str) -> Mapping[str, str]:
    for statement in module.tree.body:
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == name and statement.value:
            table: Mapping[str, str] = ast.literal_eval(statement.value)
            return table
    raise AssertionError(f"{module.name} has no table {name}")


def as_modules(texts: Mapping[str, str]) -> Mapping[str, Module]:
    return {name: Module(name=name, path=PACKAGE / "trial.py", tree=ast.parse(text)) for name, text in texts.items()}


_LATE = "from importlib import import_module\nE: M = {{'server': 'server'}}\ndef late(name):\n    {}"


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ("import click, json", []),
        ("import starlette.routing", ["bot imports starlette with no extra"]),
        ("if TYPE_CHECKING:\n    import starlette", []),
        ("import bot.server", ["bot > bot.server imports starlette with no extra"]),
        ("from bot.room import inner", ["bot > bot.room imports githubkit with no extra"]),
        (_LATE.format("import_module('bot.server')"), ["bot > bot.server imports starlette with no extra"]),
        (_LATE.format("with needs('server', 'it'): import_module('bot.server')"), []),
        (_LATE.format("with needs('server', 'it'): import_module('bot.room.inner')"), []),
        (
            _LATE.format("with needs('github', 'it'): import_module('bot.server')"),
            ["bot > bot.server imports starlette with ['github']"],
        ),
        (
            _LATE.format("with needs('server', 'it'): pass\n    import_module('bot.server')"),
            ["bot > bot.server imports starlette with no extra"],
        ),
        (
            _LATE.format("with needs(E[name], name) if name in E else other(): import_module(f'bot.{name}')"),
            ["bot > bot.room imports githubkit with no extra"],
        ),
    ],
)
def test_a_library_that_is_lacking_is_found(first: str, told: list[str]) -> None:
    modules = as_modules(
        {
            "bot": first,
            "bot.server": "import starlette",
            "bot.room": "import githubkit",
            "bot.room.inner": "import click",
        }
    )
    libraries = {
        extra: frozenset({name}) for extra, name in (("", "click"), ("github", "githubkit"), ("server", "starlette"))
    }
    assert list(lacking(modules, "bot", libraries)) == told
