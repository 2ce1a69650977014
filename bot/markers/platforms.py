"""Platforms that cannot exist, and the one diagram for markers that agree on all others.

``os_name == 'nt'`` never meets ``sys_platform == 'linux'``, so ``os_name == 'nt' and sys_platform != 'linux'`` has to be
the same marker as ``os_name == 'nt'``. What a marker says of impossible platforms does not matter; ``canonical``
chooses it such that markers that agree on the possible ones are the same node.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from bot.markers.diagram import (
    FALSE,
    STRING,
    STRING_KEYS,
    TRUE,
    Node,
    conjoin,
    disjoin,
    from_pieces,
    negate,
    point_node,
    refine,
    with_children,
)

_OS_NAME_PAIRS: Final = (("nt", "linux"), ("nt", "darwin"), ("nt", "ios"), ("posix", "win32"))
_SYSTEMS: Final = ("FreeBSD", "NetBSD", "OpenBSD", "SunOS", "iOS", "iPadOS")
_PLATFORMS: Final = ("aix", "android", "emscripten", "ios", "linux", "darwin", "win32", "cygwin", "wasi")
_APPLE_MOBILE: Final = ("iOS", "iPadOS")


def _equals(key: str, value: str) -> Node:
    return point_node((STRING, STRING_KEYS.index(key), ""), value)


@cache
def possible_platforms() -> Node:
    """Return the diagram that is true on every platform that is not known to be impossible."""
    pairs = [(_equals("os_name", name), platform) for name, platform in _OS_NAME_PAIRS]
    pairs += [
        (_equals("platform_system", system), platform)
        for system in _SYSTEMS
        for platform in _PLATFORMS
        if not (platform == "ios" and system in _APPLE_MOBILE)
    ]
    impossible = FALSE
    for other, platform in pairs:
        impossible = disjoin(impossible, conjoin(other, _equals("sys_platform", platform)))
    return negate(impossible)


def canonical(node: Node) -> Node:
    """Return the representative of all diagrams that equal ``node`` on the possible platforms.

    Only a root that tests a platform key above another one can need a change. Children are canonical on their own as
    well, because they become roots.
    """
    if not node.mixed:
        return node
    if node.canonical is None:
        result = _cofactor(node, possible_platforms(), {})
        if result.mixed:
            result = with_children(result, [canonical(child) for child in result.children])
        node.canonical = result
        negate(node).canonical = negate(result)
    return node.canonical


def _cofactor(value: Node, domain: Node, known: dict[tuple[Node, Node], Node]) -> Node:
    """Extend ``value`` from ``domain`` to all platforms.

    Every excluded pair names two texts, so the first piece of a platform key (what sorts before all named texts)
    allows all that any other piece allows. Its child is the default wherever another piece cannot be told apart
    from it on possible platforms.
    """
    if domain is TRUE or not value.on_platform:
        return value
    found = known.get((value, domain))
    if found is None:
        found = known[value, domain] = _extend(value, domain, known)
    return found


def _extend(value: Node, domain: Node, known: dict[tuple[Node, Node], Node]) -> Node:
    # The domain tests os_name, then sys_platform, then platform_system, and skips none: it is never behind the value.
    default_domain = domain.children[0]
    if value.variable > domain.variable:
        return _cofactor(value, default_domain, known)
    default = _cofactor(value.children[0], default_domain, known)

    def choose(child: Node, enabled: Node) -> Node:
        if enabled is FALSE or child is value.children[0]:
            return default
        result = _cofactor(child, enabled, known)
        if enabled is not default_domain and result is _cofactor(default, enabled, known):
            return default
        return result

    return from_pieces(value, [(start, choose(child, enabled)) for start, child, enabled in refine(value, domain)])
