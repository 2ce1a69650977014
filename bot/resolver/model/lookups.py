"""What a solve looked up among the settings: what a lock keeps of them under uv's experiment ``resolution-inputs``."""

from __future__ import annotations

from bot.values import field, value


@value(eq=False)
class Lookups:
    """Names that were asked about while solving, in vain too, and in versions that were given up later.

    ``constraints``, ``overrides`` and ``excludes``: dependencies; ``scoped_overrides`` and ``scoped_excludes``: packages
    whose own dependencies were looked at; ``chosen``: packages of which a version was looked for.
    """

    constraints: set[str] = field(default_factory=set)
    overrides: set[str] = field(default_factory=set)
    excludes: set[str] = field(default_factory=set)
    scoped_overrides: set[str] = field(default_factory=set)
    scoped_excludes: set[str] = field(default_factory=set)
    chosen: set[str] = field(default_factory=set)

    def note_needs(self, declared: set[str], wanted: set[str], parent: str | None, *, in_group: bool) -> None:
        """A list of dependencies was read: as ``declared``, and as overrides leave it (``wanted``)."""
        self.overrides.update(declared)
        self.excludes.update(wanted)
        if parent is None:
            return
        if wanted:
            self.scoped_excludes.add(parent)
        if not in_group:
            self.scoped_overrides.add(parent)

    def note_applying(self, name: str) -> None:
        """A dependency applies: what is said of its source and its versions is looked up."""
        self.constraints.add(name)
        self.overrides.add(name)
        self.excludes.add(name)
        self.chosen.add(name)
