"""Why there is no lock, in words. What finds them is loaded when it is wanted: most runs have nothing to explain."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from bot.errors import BuildRequiredError, NoSolutionError
from bot.resolver.lowering.dependencies import TreeLowering
from bot.resolver.model.effort import Advice, Effort
from bot.resolver.model.index import IndexPort
from bot.resolver.model.request import LockRequest
from bot.resolver.search.universal import Contradiction

if TYPE_CHECKING:
    from bot.resolver.explanation.allowance import Allowance
    from bot.resolver.explanation.places import Places
    from bot.resolver.explanation.unblock import Attempt


def tell_contradiction(
    found: Contradiction, request: LockRequest, index: IndexPort, places: Places, attempt: Attempt | None
) -> NoSolutionError:
    """The contradiction with its derivation; with ``attempt``, also a change that would give a lock."""
    told = import_module("bot.resolver.explanation.explain").explain_contradiction(
        found, request, index, places, attempt
    )
    return NoSolutionError(told.text, packages=told.packages, sentence=told.sentence, asked=told.asked)


def make_allowance(advice: Advice, found: Contradiction, spent: Effort, clock: Callable[[], float]) -> Allowance:
    """What looking for a way out of the contradiction may spend, after a search that ``spent`` so much."""
    names = {name for name, _ in found.fork.pins} | found.fork.known_keys.keys()
    made: Allowance = import_module("bot.resolver.explanation.allowance").Allowance(advice, spent, names, clock)
    return made


def tell_place(error: BuildRequiredError, places: Places) -> BuildRequiredError:
    """The refusal with the line by which the project asks for the first package of the chain."""
    if not error.needed_by:
        return error
    root, *rest = error.needed_by
    direct = rest[0].partition(" ")[0] if rest else error.package
    chain = (f"{root}{_places().lines_of(places.requirements(direct))}", *rest)
    return BuildRequiredError(
        error.package,
        error.version,
        error.why,
        file=error.file,
        needed_by=chain,
        remedy=error.remedy,
        path=error.path,
    )


def find_project_places(given: Callable[[], Places] | None, request: LockRequest, sources: TreeLowering) -> Places:
    """What the caller gives, else the lines of the manifests."""
    if given is not None:
        return given()
    found: Places = _places().find_places(request, sources.read_manifest, sources.shown)
    return found


def find_script_places(text: str, path: str) -> Places:
    found: Places = _places().script_places(text, path)
    return found


def _places() -> Any:
    return import_module("bot.resolver.explanation.places")
