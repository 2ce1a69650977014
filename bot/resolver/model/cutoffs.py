"""Upload-time cut-offs (``exclude-newer``): which instant applies to a package on an index (spec 2.9)."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.lockfile.model import Cutoff
from bot.resolver.model.index import Index, IndexFormat, ReleaseFile
from bot.resolver.model.request import ResolverOptions
from bot.values import value

NO_CUTOFF = "false"


def parse_instant(text: str) -> int:
    """An RFC 3339 timestamp as whole milliseconds since the epoch, UTC."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    delta = moment - epoch
    return (delta.days * 86_400_000) + delta.seconds * 1000 + delta.microseconds // 1000


@value
class Cutoffs:
    """The effective cut-offs of one run, in milliseconds."""

    everywhere: int | None
    packages: dict[str, int | None]

    def instant(self, name: str, index: Index) -> int | None:
        """The cut-off for a package: its own setting, else the index' for it, else the index', else the global one."""
        if name in self.packages:
            return self.packages[name]
        stated = dict(index.exclude_newer_package).get(name, index.exclude_newer)
        if stated is not None:
            return None if stated == NO_CUTOFF else parse_instant(stated)
        return self.everywhere


def make_cutoffs(options: ResolverOptions) -> Cutoffs:
    return Cutoffs(
        everywhere=_milliseconds(options.exclude_newer),
        packages={name: _milliseconds(cutoff) for name, cutoff in options.exclude_newer_package.items()},
    )


def _milliseconds(cutoff: Cutoff | None) -> int | None:
    return None if cutoff is None else parse_instant(cutoff.timestamp)


def is_kept(file: ReleaseFile, cutoff: int | None) -> bool:
    """Whether the file was uploaded before the cut-off; a file that does not say when is out, but in a flat index."""
    if cutoff is None or file.index.format is IndexFormat.FLAT:
        return True
    return file.upload_time is not None and file.upload_time // 1000 < cutoff
