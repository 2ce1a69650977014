"""The few errors that cross packages, as a tree.

``LockbotError`` is everything lockbot refuses knowingly; each carries the sentence that a person sees.
"Impossible" (``NoSolutionError``) and "gave up" (``GaveUpError``) are different types on purpose.
The command line ends with the error's ``exit_code``.
"""

from __future__ import annotations

from bot.redaction import redact_urls

#: Where messages lead: who reads them has no copy of the documents.
DOCUMENTS = "https://github.com/uv-lockbot/lockbot/blob/main/docs"


class LockbotError(Exception):
    """Something lockbot refuses; ``str(error)`` is one clear sentence (what, where, what to do), without secrets in URLs."""

    exit_code = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(redact_urls(message))


class InputError(LockbotError):
    """Bad input or configuration: a file (with line, when known), a setting or an argument."""

    exit_code = 2

    def __init__(
        self, problem: str, *, path: str | None = None, line: int | None = None, hint: str | None = None
    ) -> None:
        self.problem = redact_urls(problem)
        self.path = path
        self.line = line
        self.hint = hint
        place = f"{path}:{line}: " if path and line else f"{path}: " if path else ""
        super().__init__(f"{place}{problem}" + (f" ({hint})" if hint else ""))


class DeclarationError(InputError):
    """Wrong in what a project declares of itself: uv asks the project's build then, and ends as with a failed build."""

    exit_code = 1


class IndexFailure(LockbotError):
    """An index could not be read: unreachable, forbidden, malformed or over a limit. Not "package not found"."""


class NoSuchFolderError(IndexFailure):
    """A folder or page of packages on this machine that is not there: as bad as a wrong setting."""

    exit_code = 2


class NotKeptError(IndexFailure):
    """The network is off, and the cache does not hold what was asked for."""


class ResolutionError(LockbotError):
    """A lock could not be made."""


class NoSolutionError(ResolutionError):
    """The requirements contradict each other; the message is the derivation in words.

    ``packages`` are the names that take part in the contradiction, in the order in which the derivation names them;
    ``sentence`` is who requires what, in one sentence without a full stop; ``asked`` are those of the packages whose
    constraint of this run alone takes part.
    """

    def __init__(
        self, message: str, *, packages: tuple[str, ...] = (), sentence: str = "", asked: tuple[str, ...] = ()
    ) -> None:
        self.packages = packages
        self.asked = asked
        self.sentence = sentence or message
        super().__init__(message)


class BuildRequiredError(ResolutionError):
    """Metadata of a source distribution or source tree is not static, and lockbot builds nothing.

    ``file`` is the source distribution; ``needed_by`` the chain of who requires the package, the project first. ``remedy``
    is what to do about a source tree, for which there is no other version to choose.
    ``path`` is the file or folder of the source tree that ``why`` names.
    """

    def __init__(
        self,
        package: str,
        version: str | None,
        why: str,
        *,
        file: str | None = None,
        needed_by: tuple[str, ...] = (),
        remedy: str | None = None,
        path: str | None = None,
    ) -> None:
        self.package = package
        self.version = version
        self.why = why
        self.file = file
        self.needed_by = needed_by
        self.remedy = remedy
        self.path = path
        what = f"{package} {version}" if version else package
        named = f"{what} ({file})" if file else what
        chain = f" (needed by {' -> '.join((*needed_by, what))})" if needed_by else ""
        other = "Choose a version with a wheel, or state its metadata in [[tool.uv.dependency-metadata]]"
        advice = remedy or other + (_stated(package, version) if version else "")
        super().__init__(f"{named}: {why}; lockbot never builds packages{chain}. {advice}")

    def at(self, path: str) -> BuildRequiredError:
        """The same, with another spelling of ``path``."""
        why, remedy = (
            text.replace(self.path or "", path) if text and self.path else text for text in (self.why, self.remedy)
        )
        return BuildRequiredError(
            self.package, self.version, why or "", file=self.file, needed_by=self.needed_by, remedy=remedy, path=path
        )


def _stated(package: str, version: str) -> str:
    """The entry to fill in, ready to be pasted."""
    lines = (f'name = "{package}"', f'version = "{version}"', "requires-dist = []  # what it requires")
    return ":\n" + "\n".join(f"    {line}" for line in ("[[tool.uv.dependency-metadata]]", *lines))


class MissingDigestError(ResolutionError):
    """A file of which the index does not state the digest that settings ask for."""

    exit_code = 2


class UnreadableLockError(ResolutionError):
    """The lock that uv would write here is one that it then refuses to read, so it is not to be proposed."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"uv would write a lock here that it then refuses to read ({problem})")


class GaveUpError(ResolutionError):
    """The search was stopped by a limit on effort; nothing is known about whether a solution exists."""
