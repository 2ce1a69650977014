"""Dockerfiles: images of stages and mounts, variables that name a version, commands that install uv."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from bot.formats.dockerfile import Instruction, Word, parse_dockerfile
from bot.patterns import pattern
from bot.toolchain.images import find_image, find_images
from bot.toolchain.installs import find_installs, find_value, tool_of_variable
from bot.toolchain.model import Place, Source, Tool
from bot.toolchain.traced import Allowance, Traced, Variables, expand, joined, trace

_NAME = pattern(r"(?:.+\.)?(?:Dockerfile|Containerfile)(?:\..+)?", re.IGNORECASE)
_OTHERS = (".dockerignore", ".md", ".rst", ".txt", ".py", ".j2", ".jinja", ".tmpl")
_FROM = pattern(r"(?:--from=|--mount=(?:[^,]+,)*?from=)(?P<image>[^,\s]+)")
_DEFINED = pattern(r"(?P<name>\w+)(?:=(?P<value>.*))?", re.DOTALL)
_USE = pattern(r"\$\{?(\w+)")
_SPACE = Traced(text=" ", offsets=(-1,))
#: What the name of a variable says that is there for one tool alone.
_WORDS = {Tool.UV: "uv", Tool.PYTHON: "py"}


def is_kind(path: str) -> bool:
    name = posixpath.basename(path)
    # Every path of a repository is asked about: most are none at the first look.
    if not any(word in name.lower() for word in ("dockerfile", "containerfile")):
        return False
    return _NAME.fullmatch(name) is not None and not name.endswith(_OTHERS)


def find(source: Source) -> Iterator[Place]:
    scope = _Scope(source=source)
    for one in parse_dockerfile(source.text, source.path):
        yield from scope.visit(one)
    yield from scope.borrowed()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Variable:
    name: str
    value: Traced


@dataclass(slots=True, kw_only=True)
class _Scope:
    """The variables that are defined so far. ``outside``: those before the first stage, which stages have to ask for.

    ``owners``: the variable whose value has a place in the file.
    """

    source: Source
    outside: dict[str, _Variable] = field(default_factory=dict)
    inside: dict[str, _Variable] = field(default_factory=dict)
    is_inside: bool = False
    owners: dict[int, str] = field(default_factory=dict)
    waiting: list[Place] = field(default_factory=list)
    allowance: Allowance = field(default_factory=Allowance)

    def visit(self, one: Instruction) -> Iterator[Place]:
        match one.keyword:
            case "FROM":
                self.is_inside, self.inside = True, {}
                arguments = one.arguments()
                if arguments:
                    yield from self._sort(find_image(self.source, self._expanded(_unquoted(arguments[0]))))
                return
            case "ARG" | "ENV":
                yield from self._define(one)
            case _:
                pass
        yield from self._look(one)

    def borrowed(self) -> Iterator[Place]:
        """What stands in variables; one that more than one thing is made of stays as it is."""
        uses = Counter(_USE.findall(self.source.text)) if self.waiting else Counter()
        for place in self.waiting:
            owner = self.owners[place.start]
            if _WORDS[place.tool] in owner.lower() or uses[owner] < 2:
                yield place
            else:
                yield replace(place, kept=f"{owner}, where it stands, is used for more than {place.tool}")

    def _look(self, one: Instruction) -> Iterator[Place]:
        for word in one.words:
            traced = _traced(word)
            found = _FROM.match(traced.text)
            if found is not None:
                image = traced.part(found.start("image"), found.end("image"))
                yield from self._sort(find_image(self.source, self._expanded(image)))
        texts = [joined([part for word in one.words for part in (_traced(word), _SPACE)])] if one.words else []
        texts += [trace(self.source.text[start:end], start) for start, end in one.heredoc_spans]
        for text in texts:
            whole = self._expanded(text)
            yield from self._sort(find_images(self.source, whole))
            if one.keyword not in ("ARG", "ENV", "LABEL", "COPY"):
                yield from self._sort(find_installs(self.source, whole, listed=True))

    def _define(self, one: Instruction) -> Iterator[Place]:
        for name, value in _definitions(one):
            known = self._find(name) if self.is_inside else None
            variable = _Variable(name=name, value=self._expanded(value)) if value is not None else None
            if variable is None and one.keyword == "ARG":
                variable = self.outside.get(name) or known
            if variable is None:
                continue
            (self.inside if self.is_inside else self.outside)[name] = variable
            if value is not None:
                self.owners |= {offset: name for offset in value.offsets if offset not in self.owners}
            tool = tool_of_variable(name)
            if tool is not None and value is not None:
                yield from find_value(self.source, f"{name}=", variable.value, tool)

    def _expanded(self, text: Traced) -> Traced:
        return expand(text, self._variables)

    @property
    def _variables(self) -> Variables:
        return lambda name: self.allowance.give(found.value) if (found := self._find(name)) is not None else None

    def _find(self, name: str) -> _Variable | None:
        return self.inside.get(name) or self.outside.get(name)

    def _sort(self, places: Iterator[Place]) -> Iterator[Place]:
        """Those in variables wait until it is known what else these are used for."""
        for place in places:
            if place.start in self.owners:
                self.waiting.append(place)
            else:
                yield place


def _definitions(one: Instruction) -> Iterator[tuple[str, Traced | None]]:
    words = one.arguments()
    if one.keyword == "ENV" and len(words) > 1 and "=" not in words[0].text:
        # The old form: one name, and all that follows.
        yield words[0].text, _unquoted(words[1])
        return
    for word in words:
        found = _DEFINED.fullmatch(word.text)
        if found is not None:
            traced = _traced(word)
            value = traced.part(found.start("value"), len(traced.text)) if found["value"] is not None else None
            yield found["name"], _without_quotes(value) if value is not None else None


def _traced(word: Word) -> Traced:
    return Traced(text=word.text, offsets=word.offsets)


def _unquoted(word: Word) -> Traced:
    return _without_quotes(_traced(word))


def _without_quotes(traced: Traced) -> Traced:
    text = traced.text
    is_quoted = len(text) > 1 and text[0] in "\"'" and text[-1] == text[0]
    return traced.part(1, len(text) - 1) if is_quoted else traced
