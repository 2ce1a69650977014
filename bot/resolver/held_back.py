"""Why a package stays where it is: the version that is wanted is asked for, and the contradiction told in a sentence."""

from __future__ import annotations

from packaging.specifiers import SpecifierSet

from bot.errors import NoSolutionError
from bot.lockfile.model import Lock, RegistryRequirement, Requirement
from bot.markers import TRUE
from bot.resolver.lock import lock_project
from bot.resolver.lowering.dependencies import TreeLowering
from bot.resolver.model.effort import EffortLimits
from bot.resolver.model.index import IndexPort
from bot.resolver.model.request import LockRequest
from bot.resolver.search.shared import FactsCache
from bot.values import replace, value


@value
class HeldBack:
    """``sentence`` says who requires what (no full stop), ``explanation`` is the whole of it, several lines.

    ``packages`` are the names that take part, in the order in which they are told.
    """

    package: str
    version: str
    sentence: str
    explanation: str
    packages: tuple[str, ...]


def explain_held_back(
    request: LockRequest,
    index: IndexPort,
    package: str,
    version: str,
    *,
    existing: Lock | None,
    sources: TreeLowering,
    limits: EffortLimits | None = None,
    cache: FactsCache | None = None,
) -> HeldBack | None:
    """Why ``package`` cannot be ``version``; ``None`` where it can. Raises what ``lock_project`` raises but for that.

    The version is asked for as ``--upgrade-package package==version`` does, beside what the request upgrades anyway.
    """
    asked = Requirement(name=package, marker=TRUE, source=RegistryRequirement(specifier=SpecifierSet(f"=={version}")))
    upgrade = replace(
        request.upgrade,
        packages=request.upgrade.packages | {package},
        constraints=(*request.upgrade.constraints, asked),
    )
    try:
        lock_project(
            replace(request, upgrade=upgrade),
            index,
            existing=existing,
            existing_text=None,
            sources=sources,
            limits=limits,
            cache=cache,
        )
    except NoSolutionError as error:
        return HeldBack(
            package=package,
            version=version,
            sentence=error.sentence,
            explanation=str(error),
            packages=error.packages,
        )
    return None
