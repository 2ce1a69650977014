"""What is installed: the distribution's name, and its extras, which bring what the command line alone can do without."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

from bot.errors import InputError

#: As PyPI knows it; the command is ``lockbot``.
NAME = "uv-lockbot"


class MissingExtraError(InputError):
    """What was asked for needs a library that an extra brings."""


@contextmanager
def needs(extra: str, what: str) -> Iterator[None]:
    """For an import within: raises ``MissingExtraError`` where a library that the extra brings is not installed.

    ``what`` begins the sentence: the command or option that a person gave.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "bot":
            raise
        raise MissingExtraError(
            f"{what} needs a library that is not installed ({error.name})",
            hint=f"uv tool install '{name_with({*find_extras(), extra})}'",
        ) from None


def name_with(extras: Collection[str]) -> str:
    """What to install; an extra that another one brings is left out."""
    needed = sorted(set(extras) - ({"github"} if "server" in extras else set()))
    return f"{NAME}[{','.join(needed)}]" if needed else NAME


def find_extras() -> frozenset[str]:
    """The extras of which everything is installed: what installs one more must name these too, or they go."""
    try:
        found = distribution(NAME)
    except PackageNotFoundError:
        return frozenset()
    return frozenset(one for one in found.metadata.get_all("Provides-Extra", ()) if _has_all(found, one))


def _has_all(found: Distribution, extra: str) -> bool:
    needed = [Requirement(text) for text in found.requires or ()]
    return all(
        _is_there(one.name)
        for one in needed
        if one.marker is not None and one.marker.evaluate({"extra": extra}) and not one.marker.evaluate({"extra": ""})
    )


def _is_there(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
