"""What a run asks about releases when it has solved everything: within a few seconds, and whatever fails costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.plan.releases.describe import Shelf, ask_more, tell_what_is_known
from bot.plan.releases.model import Step, Stories
from bot.ports.notes import Notes, NotesAccess, NotesQuestion, NotesReader
from bot.resolver.model.attested import ReleaseReader

#: Seconds for licenses and publishers, and for release notes.
_FOR_RELEASES, _FOR_NOTES = 4.0, 6.0
#: So many packages have their notes looked for: a body has no room for more.
_MOST_NOTES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """Who is asked. ``releases`` ``None``: the index is asked nothing more; ``notes`` ``None``: nobody reads them.

    ``clock`` counts seconds.
    """

    releases: ReleaseReader | None = None
    notes: NotesReader | None = None
    access: NotesAccess
    clock: Callable[[], float]

    def tell_stories(self, steps: Sequence[tuple[Step, Shelf]]) -> Stories:
        """The first steps are those that are asked about, where there are many."""
        if self.releases is None:
            return tell_what_is_known(steps)
        end = self.clock() + _FOR_RELEASES
        return ask_more(steps, self.releases, lambda: max(end - self.clock(), 0.0))

    def find_notes(self, stories: Stories) -> Mapping[Step, Notes]:
        """Of the first steps of which it is known where the project is, in the order of the stories."""
        if self.notes is None:
            return {}
        asked = {step: question for step in stories if (question := _question(step, stories))}
        chosen = dict(list(asked.items())[:_MOST_NOTES])
        found = self.notes.find(tuple(chosen.values()), self.access, _FOR_NOTES)
        return {step: found[question] for step, question in chosen.items() if question in found}


def _question(step: Step, stories: Stories) -> NotesQuestion | None:
    after = stories[step].after
    if step.before is None or after is None or not after.links or step.after < step.before:
        return None
    return NotesQuestion(package=step.package, before=str(step.before), after=str(step.after), links=after.links)
