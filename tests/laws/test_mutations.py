"""A fixed sample of damaged manifests: lockbot and the real uv make the same of each (``bench/mutations.py``)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.mutations import make_mutation, open_arena, read_bases

_SEED = 9
_COUNT = 100


@pytest.mark.uv
def test_a_sample_of_mutations_is_taken_and_refused_alike(tmp_path: Path) -> None:
    bases = read_bases()
    with open_arena(tmp_path) as arena:
        verdicts = [arena.judge(make_mutation(bases, _SEED, number)) for number in range(_COUNT)]
    wrong = {
        one.mutation.number: (one.kind, one.mutation.done) for one in verdicts if one.kind not in ("same", "beyond")
    }
    assert not wrong


def test_a_mutation_is_made_of_seed_and_number_alone() -> None:
    bases = read_bases()
    made = [make_mutation(bases, _SEED, number) for number in range(60)]
    assert made == [make_mutation(bases, _SEED, number) for number in range(60)]
    assert len({one.base for one in made}) == len(bases)
