"""Twenty files as people write them: every text that can be edited can be, and nothing else moves."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.formats.yaml import Scalar, parse_yaml, scalars

CORPUS = sorted(path for path in (Path(__file__).parent / "corpus").iterdir())


def read(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def texts(text: str) -> list[Scalar]:
    return [one for node in parse_yaml(text, "x.yaml") for one in scalars(node)]


def test_there_are_twenty() -> None:
    assert len(CORPUS) == 20


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_each_text_can_be_edited_alone(path: Path) -> None:
    text = read(path)
    before = texts(text)
    for place, one in enumerate(before):
        if one.inner is None or not any(letter.isdigit() for letter in one.text):
            continue
        changed = text[: one.inner] + "v9.10.11" + text[one.inner + len(one.text) :]
        after = [found.text for found in texts(changed)]
        wanted = ["v9.10.11" if found.start == one.start else found.text for found in before]
        assert after == wanted, f"{place}: {one.text}"
