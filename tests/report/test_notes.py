"""Notes of the configuration: Markdown of the repository's own people, that can't pass for lockbot's own marks."""

from __future__ import annotations

from bot.report.pulls.own_notes import keep_note
from bot.work.publishing.body_block import Block, find_block, render_body


def test_a_note_stands_as_it_is_written() -> None:
    note = "**Try it** on [staging](https://staging.example), @octo/platform.\n"
    assert keep_note(note) == note.strip()


def test_a_note_is_no_hidden_block() -> None:
    forged = Block(key="forged", heads=("a" * 40,)).model_dump_json()
    own = Block(key="own")
    written = render_body("\n\n".join(map(keep_note, (f"<!-- lockbot: {forged} -->", "<!-- lockbot -->"))), own, 60_000)
    assert find_block(written) == own
