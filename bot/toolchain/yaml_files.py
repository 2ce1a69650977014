"""YAML that names images and commands: Compose files, the CI files of all services, actions and workflows of GitHub."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from bot.formats.yaml import Alias, Mapping, Node, Scalar, Sequence, parse_yaml
from bot.patterns import pattern
from bot.toolchain.images import find_image, find_images
from bot.toolchain.installs import find_installs, find_value, tool_of_variable
from bot.toolchain.model import Place, Role, Source, Tool
from bot.toolchain.traced import Allowance, Traced, Variables, expand, trace

_NAMES = pattern(
    r"(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml"
    r"|\.gitlab-ci(?:[.-][\w.-]+)?\.ya?ml|[\w.-]+\.gitlab-ci\.ya?ml"
    r"|azure-pipelines(?:[.-][\w.-]+)?\.ya?ml|bitbucket-pipelines\.ya?ml|cloudbuild(?:[.-][\w.-]+)?\.ya?ml"
    r"|\.travis\.ya?ml|\.?appveyor\.ya?ml|\.drone\.ya?ml|\.woodpecker\.ya?ml|\.cirrus\.ya?ml|\.buildkite\.ya?ml"
    r"|\.readthedocs\.ya?ml|render\.ya?ml|buildspec(?:[.-][\w.-]+)?\.ya?ml|codefresh\.ya?ml|action\.ya?ml"
    r"|environment(?:[.-][\w.-]+)?\.ya?ml"
)
_FOLDERS = (
    ".github/workflows/", ".github/actions/", ".gitlab/", ".gitlab-ci/", ".circleci/", ".buildkite/", ".woodpecker/",
    ".azure-pipelines/", ".azuredevops/", ".forgejo/workflows/", ".gitea/workflows/", ".tekton/",
)  # fmt: skip
_ENVIRONMENTS = frozenset({"env", "environment", "variables", "args", "build_args", "global_env"})
_IMAGES = frozenset({"image", "name", "container", "uses", "from"})
_INPUT = pattern(r"(?P<tool>uv|python)[-_]version|(?P<bare>python)")
_SETUP_UV = pattern(r"[\w.-]+/(?:setup-uv|setup-cached-uv)(?:/[\w./-]+)?@.+")
#: A line of conda's, or one of pip's in it.
_CONDA = pattern(r"(?P<name>(?P<tool>uv|python)\s*={1,2}\s*)(?P<version>\d[\w.]*)")
#: Words of a command that installs what follows.
_INSTALLING = frozenset({"install", "inject", "add", "uvx", "--with", "--from"})
_CHECKED = "a checksum stands beside it, which would have to move with it"
_LATEST = pattern(r"(?:latest|\$|\s*$|\*)")
_MOST_NODES = 50_000


def is_kind(path: str) -> bool:
    if not path.endswith((".yml", ".yaml")):
        return False
    return _NAMES.fullmatch(posixpath.basename(path)) is not None or any(
        path.startswith(folder) or f"/{folder}" in path for folder in _FOLDERS
    )


def find(source: Source) -> Iterator[Place]:
    for document in parse_yaml(source.text, source.path):
        yield from find_in(source, document)


def find_in(source: Source, document: Node) -> Iterator[Place]:
    """The places of a document that is read already."""
    reader = _Reader(source=source, known=dict(_variables(source, document)))
    for pair in _pairs(document):
        yield from reader.visit(pair)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A value with the key that it stands under (``""`` for items), the mapping around it, and the keys above."""

    key: str
    value: Node
    around: Mapping | None
    above: tuple[str, ...]


def _pairs(document: Node) -> Iterator[_Pair]:
    """Every value once; what an alias repeats is looked at where it stands."""
    waiting = [_Pair(key="", value=document, around=None, above=())]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        pair = waiting.pop()
        yield pair
        above = (*pair.above, pair.key)
        match pair.value:
            case Mapping(entries=entries) as mapping:
                below = [_Pair(key=key.text, value=value, around=mapping, above=above) for key, value in entries]
            case Sequence(items=items):
                below = [_Pair(key="", value=item, around=pair.around, above=above) for item in items]
            case Scalar() | Alias():
                below = []
        waiting += reversed(below)


def _variables(source: Source, document: Node) -> Iterator[tuple[str, Traced | None]]:
    """What variables of the file hold; a name with several values has none that is known."""
    found: dict[str, list[Traced]] = {}
    for pair in _pairs(document):
        if pair.key and pair.above and pair.above[-1] in _ENVIRONMENTS:
            value = pair.value.get("value") if isinstance(pair.value, Mapping) else pair.value
            if isinstance(value, Scalar):
                found.setdefault(pair.key, []).append(traced_of(source, value))
    for name, values in found.items():
        places = {one.offsets[0] for one in values if one.text}
        yield name, values[0] if len(places) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    source: Source
    known: dict[str, Traced | None]
    allowance: Allowance = field(default_factory=Allowance)

    def visit(self, pair: _Pair) -> Iterator[Place]:
        if isinstance(pair.value, Scalar):
            yield from self._scalar(pair, pair.value)
        if isinstance(pair.value, Mapping):
            yield from self._step(pair.value)
            yield from self._described(pair.key, pair.value)
            name = pair.value.get("key") or pair.value.get("name")
            yield from self._described(name.text if isinstance(name, Scalar) else "", pair.value)
        if isinstance(pair.value, Sequence):
            yield from self._command(pair.value)
        yield from self._input(pair)

    def _command(self, words: Sequence) -> Iterator[Place]:
        """A command whose words are items."""
        texts = [traced_of(self.source, one) for one in words.items if isinstance(one, Scalar)]
        if any(one.text in _INSTALLING for one in texts):
            for text in texts:
                yield from find_installs(self.source, expand(text, self._variables), listed=True)

    def _scalar(self, pair: _Pair, scalar: Scalar) -> Iterator[Place]:
        written = traced_of(self.source, scalar)
        traced = expand(written, self._variables)
        if pair.key in _IMAGES and not any(char.isspace() for char in traced.text):
            yield from find_image(self.source, traced)
        yield from find_images(self.source, traced)
        yield from find_installs(self.source, traced)
        tool = tool_of_variable(pair.key)
        if tool is not None:
            yield from find_value(self.source, f"{pair.key}: ", traced, tool)
        conda = _CONDA.fullmatch(traced.text)
        if conda is not None and "dependencies" in (pair.key, *pair.above):
            value = traced.part(conda.start("version"), conda.end("version"))
            yield from find_value(self.source, conda["name"], value, Tool(conda["tool"]))

    def _described(self, name: str, variable: Mapping) -> Iterator[Place]:
        """A variable with a description beside its value."""
        tool, value = tool_of_variable(name), variable.get("value")
        if tool is not None and isinstance(value, Scalar):
            yield from find_value(self.source, f"{name}: ", traced_of(self.source, value), tool)

    def _step(self, step: Mapping) -> Iterator[Place]:
        """An action that sets uv or Python up."""
        uses, given = step.get("uses"), step.get("with")
        if not isinstance(uses, Scalar) or not isinstance(given, Mapping):
            return
        if _SETUP_UV.fullmatch(uses.text):
            version = given.get("version")
            if isinstance(version, Scalar):
                kept = _CHECKED if isinstance(given.get("checksum"), Scalar) else None
                yield from self._value(f"{uses.text.partition('@')[0]} version: ", version, Tool.UV, kept=kept)

    def _input(self, pair: _Pair) -> Iterator[Place]:
        """``uv-version`` and ``python-version``, given, taken by default, or as a matrix."""
        found = _INPUT.fullmatch(pair.key)
        if found is None or tool_of_variable(pair.key) is not None:
            return
        tool = Tool.UV if found["tool"] == "uv" else Tool.PYTHON
        name = f"{pair.key}: "
        match pair.value:
            case Scalar() as scalar if "\n" in scalar.text.strip():
                yield from self._several(name, scalar, tool)
            case Scalar() as scalar:
                yield from self._value(name, scalar, tool)
            case Sequence(items=(Scalar() as only,)):
                yield from self._value(name, only, tool)
            case Sequence(items=items):
                for item in items:
                    if isinstance(item, Scalar):
                        yield from self._value(name, item, tool, role=Role.ONE_OF)
            case Mapping() as mapping:
                default = mapping.get("default")
                if isinstance(default, Scalar):
                    yield from self._value(name, default, tool)
            case Alias():
                pass

    def _several(self, name: str, scalar: Scalar, tool: Tool) -> Iterator[Place]:
        """Versions in lines of one text, as ``setup-python`` takes them."""
        raw = traced_of(self.source, scalar)
        at = 0
        for line in raw.text.split("\n"):
            yield from find_value(self.source, name, raw.part(at, at + len(line)), tool, Role.ONE_OF)
            at += len(line) + 1

    def _value(
        self, name: str, scalar: Scalar, tool: Tool, *, role: Role = Role.PIN, kept: str | None = None
    ) -> Iterator[Place]:
        traced = expand(traced_of(self.source, scalar), self._variables)
        found = list(find_value(self.source, name, traced, tool, role))
        yield from (replace(one, kept=kept) if kept else one for one in found)
        if not found and tool is Tool.UV and not _LATEST.match(scalar.text) and scalar.inner is not None:
            yield Place(
                tool=tool,
                path=self.source.path,
                line=scalar.line,
                start=scalar.inner,
                text=scalar.text,
                shown=f"{name}{scalar.text}"[:120],
                shown_at=len(name),
                kept="lockbot does not know this way to name a version",
            )

    @property
    def _variables(self) -> Variables:
        return lambda name: self.allowance.give(self.known.get(name))


def traced_of(source: Source, scalar: Scalar) -> Traced:
    """A scalar's text; one of several lines as the file has it."""
    if scalar.inner is not None:
        return trace(scalar.text, scalar.inner)
    return trace(source.text[scalar.start : scalar.end], scalar.start)
