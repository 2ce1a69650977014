"""The few errors that cross packages, as a tree.

``LockbotError`` is everything lockbot refuses knowingly; each carries the sentence that a person sees.
"Impossible" (``NoSolutionError``) and "gave up" (``GaveUpError``) are different types on purpose.
The command line ends with the error's ``exit_code``.
"""

from __future__ import annotations

from bot.redaction import redact_urls


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
    ``sentence`` is who requires what, in one sentence without a full stop.
    """

    def __init__(self, message: str, *, packages: tuple[str, ...] = (), sentence: str = "") -> None:
        self.packages = packages
        self.sentence = sentence or message
        super().__init__(message)


class BuildRequiredError(ResolutionError):
    """Metadata of a source distribution or source tree is not static, and lockbot builds nothing.

    ``file`` is the source distribution; ``needed_by`` the chain of who requires the package, the project first.
    ``path`` is the file or folder of a source tree that ``why`` names.
    """

    def __init__(
        self,
        package: str,
        version: str | None,
        why: str,
        *,
        file: str | None = None,
        needed_by: tuple[str, ...] = (),
        path: str | None = None,
    ) -> None:
        self.package = package
        self.version = version
        self.why = why
        self.file = file
        self.needed_by = needed_by
        self.path = path
        what = f"{package} {version}" if version else package
        named = f"{what} ({file})" if file else what
        chain = f" (needed by {' -> '.join((*needed_by, what))})" if needed_by else ""
        super().__init__(
            f"{named}: {why}; lockbot never builds packages{chain}. Choose a version with a wheel, or state its "
            f"metadata in [[tool.uv.dependency-metadata]]{_stated(package, version) if version else ''}"
        )

    def at(self, path: str) -> BuildRequiredError:
        """The same, with another spelling of ``path``."""
        why = self.why.replace(self.path, path) if self.path else self.why
        return BuildRequiredError(self.package, self.version, why, file=self.file, needed_by=self.needed_by, path=path)


def _stated(package: str, version: str) -> str:
    """The entry to fill in, ready to be pasted."""
    lines = (f'name = "{package}"', f'version = "{version}"', "requires-dist = []  # what it requires")
    return ":\n" + "\n".join(f"    {line}" for line in ("[[tool.uv.dependency-metadata]]", *lines))


class GaveUpError(ResolutionError):
    """The search was stopped by a limit on effort; nothing is known about whether a solution exists."""
