"""Tells a derivation tree in lines, most basic facts first, with numbered lines to refer back to.

The linear form is that of https://github.com/dart-lang/pub/blob/master/doc/solver.md#error-reporting; the wording comes
from a ``Sentences``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from bot.pubgrub.derivation import DerivationTree, Derived, External
from bot.pubgrub.term import Term
from tests.pubgrub.proofs import shared_conclusions
from tests.pubgrub.sentences import Sentences

P = TypeVar("P")
M = TypeVar("M")


def explain(tree: DerivationTree[P, M], sentences: Sentences[P, M]) -> str:
    """The explanation, one line for each conclusion."""
    if not isinstance(tree, Derived):
        return sentences.external(tree)
    return _Account(sentences, shared_conclusions(tree)).of(tree)


class _Account(Generic[P, M]):
    """Tells a tree. Steps wait on a stack of our own, as a proof may be deeper than Python's."""

    def __init__(self, sentences: Sentences[P, M], shared: frozenset[int]) -> None:
        self._sentences = sentences
        self._shared = shared
        self._lines: list[str] = []
        self._line_numbers = 0
        self._line_of_shared: dict[int, int] = {}
        self._todo: list[Callable[[], None]] = []

    def of(self, tree: Derived[P, M]) -> str:
        self._then(lambda: self._tell(tree))
        while self._todo:
            self._todo.pop()()
        return "\n".join(self._lines)

    def _then(self, *steps: Callable[[], None]) -> None:
        """Do ``steps`` next, in order, before all that already waits."""
        self._todo += reversed(steps)

    def _say(self, line: str) -> None:
        self._lines.append(line)

    def _tell(self, node: Derived[P, M]) -> None:
        self._then(lambda: self._tell_causes(node), lambda: self._number_if_shared(node))

    def _number_if_shared(self, node: Derived[P, M]) -> None:
        if id(node) in self._shared and id(node) not in self._line_of_shared:
            self._line_of_shared[id(node)] = self._number_last_line()

    def _number_last_line(self) -> int:
        self._line_numbers += 1
        self._lines[-1] = f"{self._lines[-1]} ({self._line_numbers})"
        return self._line_numbers

    def _ref(self, node: Derived[P, M]) -> int | None:
        return self._line_of_shared.get(id(node))

    def _tell_causes(self, node: Derived[P, M]) -> None:
        first, second = node.cause1, node.cause2
        if isinstance(first, Derived):
            if isinstance(second, Derived):
                self._tell_both_derived(node, first, second)
            else:
                self._tell_derived_and_external(first, second, node.terms)
        elif isinstance(second, Derived):
            self._tell_derived_and_external(second, first, node.terms)
        else:
            self._say(self._sentences.both_external(first, second, node.terms))

    def _tell_both_derived(self, node: Derived[P, M], first: Derived[P, M], second: Derived[P, M]) -> None:
        match self._ref(first), self._ref(second):
            case int(ref1), int(ref2):
                self._say(self._sentences.both_ref(ref1, first, ref2, second, node.terms))
            case int(ref1), None:
                self._then(
                    lambda: self._tell(second), lambda: self._say(self._sentences.and_ref(ref1, first, node.terms))
                )
            case None, int(ref2):
                self._then(
                    lambda: self._tell(first), lambda: self._say(self._sentences.and_ref(ref2, second, node.terms))
                )
            case _:
                self._then(lambda: self._tell(first), lambda: self._tell_second(node, first, second))

    def _tell_second(self, node: Derived[P, M], first: Derived[P, M], second: Derived[P, M]) -> None:
        """``first`` was just told: give its line a number to come back to, then tell the rest."""
        if id(first) in self._shared:
            self._say("")
            self._then(lambda: self._tell(node))
            return
        ref1 = self._number_last_line()
        self._say("")
        self._then(lambda: self._tell(second), lambda: self._say(self._sentences.and_ref(ref1, first, node.terms)))

    def _tell_derived_and_external(
        self, derived: Derived[P, M], external: External[P, M], terms: Mapping[P, Term]
    ) -> None:
        ref = self._ref(derived)
        if ref is not None:
            self._say(self._sentences.ref_and_external(ref, derived, external, terms))
            return
        prior, fact = derived.cause1, derived.cause2
        if isinstance(fact, Derived):
            prior, fact = fact, prior
        if not isinstance(prior, Derived) or isinstance(fact, Derived):
            self._then(lambda: self._tell(derived), lambda: self._say(self._sentences.and_external(external, terms)))
            return
        self._tell_prior_and_external(prior, fact, external, terms)

    def _tell_prior_and_external(
        self, prior: Derived[P, M], fact: External[P, M], external: External[P, M], terms: Mapping[P, Term]
    ) -> None:
        self._then(
            lambda: self._tell(prior),
            lambda: self._say(self._sentences.and_prior_and_external(fact, external, terms)),
        )
