"""What proofs speak of, and which of their conclusions they use more than once."""

from __future__ import annotations

from typing import Any, TypeVar

from bot.pubgrub.derivation import DerivationTree, Derived, ExternalDependency

P = TypeVar("P")


def packages_of(tree: DerivationTree[P, Any]) -> set[P]:
    """Every package that the tree mentions."""
    found: set[P] = set()
    seen: set[int] = set()
    stack: list[DerivationTree[P, Any]] = [tree]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        match node:
            case Derived():
                found.update(node.terms)
                stack += (node.cause1, node.cause2)
            case ExternalDependency():
                found |= {node.package, node.dependency}
            case _:
                found.add(node.package)
    return found


def shared_conclusions(tree: DerivationTree[Any, Any]) -> frozenset[int]:
    """The ``id`` of every conclusion that more than one other rests on."""
    met: set[int] = set()
    shared: set[int] = set()
    stack = [tree]
    while stack:
        node = stack.pop()
        if not isinstance(node, Derived):
            continue
        if id(node) in met:
            shared.add(id(node))
            continue
        met.add(id(node))
        stack += (node.cause1, node.cause2)
    return frozenset(shared)
