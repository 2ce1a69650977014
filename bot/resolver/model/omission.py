"""Constraints that a lock need not record, as its versions obey them anyway (uv's experiment ``resolution-inputs``)."""

from __future__ import annotations

from bot.lockfile.model import Lock, Package, RegistryRequirement, RegistrySource, Requirement
from bot.pubgrub.version_set import singleton
from bot.resolver.model.specifiers import mentions_prerelease, to_range
from bot.resolver.model.versions import parse_version


def can_omit(constraint: Requirement, lock: Lock) -> bool:
    """Whether a bound says nothing that the locked versions don't say."""
    source = constraint.source
    if not isinstance(source, RegistryRequirement) or source.index is not None:
        return False
    if not len(source.specifier):
        return True
    options = lock.options
    mode = options.prerelease_package.get(constraint.name, options.prerelease_mode or "if-necessary")
    opts_in = mode == "explicit" and mentions_prerelease(source.specifier)
    return all(_obeys(package, source, opts_in=opts_in) for package in lock.packages if package.name == constraint.name)


def _obeys(package: Package, source: RegistryRequirement, *, opts_in: bool) -> bool:
    if package.version is None:
        return False
    if opts_in and package.version.is_prerelease and isinstance(package.source, RegistrySource):
        return False
    here = singleton(parse_version(str(package.version)).key)
    return to_range(source.specifier).versions.intersection(here) == here
