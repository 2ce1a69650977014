"""Notebooks: which cell is the script, that edits move the version's bytes and no other, and what is refused."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.errors import InputError
from bot.manifest.declarations import find_script_declarations
from bot.manifest.edit import SpecifierEdit
from bot.manifest.notebooks.editing import edit_notebook, replace_lock
from bot.manifest.notebooks.reading import get_notebook, parse_notebook
from bot.manifest.script import parse_script

FOLDER = Path(__file__).parent / "notebooks"

NUMPY = ('numpy==2.2.0\\"', 'numpy==2.4.1\\"')
PANDAS = ('pandas<2.3\\"', 'pandas<2.4\\"')

#: What an update of both packages changes in each file, as it is written there; it stands there once behind ``START``.
START = {"later-cell": "#| echo: false"}
CHANGES: dict[str, list[tuple[str, str]]] = {
    "juv": [NUMPY, PANDAS],
    "colab": [NUMPY, PANDAS],
    "vscode": [NUMPY, PANDAS],
    "outputs": [NUMPY, PANDAS],
    "format3": [NUMPY, PANDAS],
    "one-string": [NUMPY, PANDAS],
    "minified": [NUMPY, PANDAS],
    "one-line": [NUMPY, PANDAS],
    "two-spaces": [NUMPY, PANDAS],
    "four-spaces": [NUMPY, PANDAS],
    "tabs": [NUMPY, PANDAS],
    "unicode": [NUMPY, ("'pandas<2.3'", "'pandas<2.4'")],
    "escaped": [NUMPY],
    "slashes": [NUMPY, PANDAS],
    "upper-escapes": [("numpy\\u003d=2.2.\\u0030", "numpy\\u003d=2.4.1"), PANDAS],
    "crlf": [NUMPY, PANDAS],
    "crlf-source": [NUMPY, PANDAS],
    "bom": [NUMPY, PANDAS],
    "no-newline": [NUMPY, PANDAS],
    "blank-ends": [NUMPY, PANDAS],
    "later-cell": [NUMPY, PANDAS],
    "pieces": [('==2",\n    ".2",\n    ".0\\"', '==2",\n    ".4.1",\n    "\\"'), ("<2.3", "<2.4")],
    "kaggle": [NUMPY, PANDAS],
    "duplicates": [NUMPY, PANDAS],
    "settings": [("numpy == 2.2.0", "numpy ==2.4.1"), ("(<2.3)", "(<2.4)")],
    "locked": [NUMPY, PANDAS],
    "locked-slashes": [NUMPY, PANDAS],
}
SPECIFIERS = {"numpy": "==2.4.1", "pandas": "<2.4"}


def read(name: str) -> str:
    return (FOLDER / f"{name}.ipynb").read_bytes().decode()


def edits_of(raw: str, specifiers: dict[str, str]) -> list[SpecifierEdit]:
    script = parse_script(get_notebook(raw, "n.ipynb").cell.text, "n.ipynb")
    assert script is not None
    rows = find_script_declarations(script)
    wanted = [row for row in rows if row.requirement.name in specifiers]
    return [SpecifierEdit(declaration=row, specifier=specifiers[row.requirement.name]) for row in wanted]


def test_the_table_has_every_notebook() -> None:
    assert sorted(CHANGES) == sorted(path.stem for path in FOLDER.glob("*.ipynb"))


@pytest.mark.parametrize(("name", "changes"), CHANGES.items())
def test_an_edit_moves_only_the_bytes_of_the_version(name: str, changes: list[tuple[str, str]]) -> None:
    raw = read(name)
    before, mark, after = raw.partition(START.get(name, "{"))
    for old, new in changes:
        assert after.count(old) == 1 or name in START
        after = after.replace(old, new, 1)
    wanted = before + mark + after
    assert edit_notebook(raw, edits_of(raw, SPECIFIERS)) == wanted


@pytest.mark.parametrize("name", CHANGES)
def test_a_longer_and_a_shorter_specifier_are_written_like_any(name: str) -> None:
    raw = read(name)
    for specifier in (">=2.0.1,!=2.1.*,<3", ">1", "==2.2.0.post1"):
        changed = edit_notebook(raw, edits_of(raw, {"numpy": specifier}))
        assert specifier in get_notebook(changed, "").cell.text
        assert "2.2.0" in get_notebook(edit_notebook(changed, edits_of(changed, {"numpy": "==2.2.0"})), "").cell.text
        assert others(changed) == others(raw)


def others(raw: str) -> Any:
    """The document without the text of the script's cell."""
    number = get_notebook(raw, "").cell.number
    document = json.loads(raw.removeprefix("\ufeff"), parse_constant=str)
    cells = document["cells"] if "cells" in document else document["worksheets"][0]["cells"]
    cells[number - 1].pop("source", None)
    cells[number - 1].pop("input", None)
    return document


# --- which cell ------------------------------------------------------------------------------------

HEADER = ["# /// script\n", '# dependencies = ["alpha==1.0"]\n', "# ///"]


def notebook(*cells: object, **metadata: object) -> str:
    return json.dumps({"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def cell(source: object, kind: str = "code") -> dict[str, object]:
    return {"cell_type": kind, "metadata": {}, "outputs": [], "source": source}


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        (notebook(cell(HEADER)), 1),
        (notebook(cell("import os"), cell(HEADER), cell(HEADER)), 2),
        (notebook(cell(HEADER, "markdown"), cell(HEADER, "raw"), cell("".join(HEADER))), 3),
        (notebook(cell(["%%time\n", *HEADER])), 1),
        (notebook(cell(["x = '# /// script'\n"]), cell(HEADER)), 2),
        # One that is not closed has no header for juv, which goes on to the next.
        (notebook(cell(HEADER[:2]), cell(HEADER)), 2),
        (notebook(cell([*HEADER[:2], 1]), cell(HEADER)), 2),
        (notebook(cell({"a": HEADER}), cell(HEADER)), 2),
        (notebook(cell(HEADER, "markdown")), None),
        (notebook(cell("x = '# /// script'")), None),
        (notebook({"cell_type": "code", "note": HEADER}), None),
        (json.dumps({"metadata": {"a": HEADER}}), None),
        (json.dumps([cell(HEADER)]), None),
        (json.dumps({"cells": HEADER}), None),
        (json.dumps({"cells": {"a": cell(HEADER)}}), None),
        (json.dumps("# /// script"), None),
    ],
)
def test_the_script_is_the_first_code_cell_with_a_header(raw: str, number: int | None) -> None:
    found = parse_notebook(raw, "n.ipynb")
    assert (None if found is None else found.cell.number) == number


@pytest.mark.parametrize("raw", ["", "{", "\0", "[1,", '{"cells": [}', "\ufeff", "<<<<<<< HEAD\n{}", "{" * 100_000])
def test_what_has_no_mark_is_no_notebook_of_ours_however_broken(raw: str) -> None:
    assert parse_notebook(raw, "n.ipynb") is None


GOOD = notebook(cell("import os"), cell(HEADER))
LOCKED = notebook(cell(HEADER), **{"uv.lock": "version = 1\n"})


@pytest.mark.parametrize(
    ("raw", "line", "says"),
    [
        (GOOD[:-20], 22, "unterminated string (column 2)"),
        (GOOD + "}", 23, "behind the end"),
        ("<<<<<<< HEAD\n" + GOOD, 1, "expecting value"),
        (GOOD.replace('"cells"', "cells", 1), 2, "a key is missing"),
        (GOOD.replace('"nbformat": 4,', '"nbformat" 4,'), None, "':' is missing"),
        (GOOD.replace('"nbformat_minor": 5', '"nbformat_minor": 5,'), None, "a key is missing"),
        (GOOD.replace('"alpha', '"al\n"pha'), 15, "invalid control character"),
        (GOOD.replace("alpha", "al\tpha"), None, "invalid control character"),
        (GOOD.replace("alpha", "al\\xpha"), None, "escape"),
        (GOOD.replace('"metadata": {}', '"metadata": ' + "[" * 100_000, 1), None, "nested too deep"),
        (GOOD.replace('"nbformat"', '"cells": [],\n "nbformat"', 1), None, "the key 'cells' is there twice"),
        (GOOD.replace('"outputs"', '"source": "",\n "outputs"', 1), None, "the key 'source' is there twice"),
        (LOCKED.replace('"uv.lock"', '"uv.lock": "",\n  "uv.lock"'), None, "the key 'uv.lock' is there twice"),
        (notebook(cell(HEADER), **{"uv.lock": ["version = 1"]}), None, "uv.lock is no text"),
        (
            notebook(cell("1"), cell(["import os\n", *HEADER[:2]])),
            None,
            "cell 2, line 2: the '# /// script' header is not",
        ),
        (notebook(cell([*HEADER, "\n\n", *HEADER])), None, "cell 1, line 1: two '# /// script' headers"),
        (GOOD.replace("alpha", "\\ud800"), None, "half a character"),
    ],
)
def test_a_notebook_of_ours_that_is_broken_says_how_and_where(raw: str, line: int | None, says: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_notebook(raw, "a/n.ipynb")
    assert says in str(caught.value)
    assert caught.value.path == "a/n.ipynb"
    assert line in (None, caught.value.line)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("juv", [14, 15, 16, 17, 18, 19, 20]),
        ("minified", [1] * 7),
        ("crlf", [10, 11, 12, 13, 14, 15, 16]),
        ("one-string", [15] * 7),
        ("pieces", [10, 11, 13, 18]),
    ],
)
def test_every_line_of_the_cell_has_its_line_of_the_file(name: str, lines: list[int]) -> None:
    found = get_notebook(read(name), "")
    assert list(found.lines) == lines
    assert found.line_of(None) == lines[0]
    assert found.line_of(99) == lines[-1]


# --- the lock ----------------------------------------------------------------------------------------


def with_lock(raw: str) -> str:
    lock = get_notebook(raw, "").lock
    return "" if lock is None else lock.text


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("locked", [('version = \\"2.2.0', 'version = \\"2.4.1')]),
        ("locked-slashes", [('version = \\"2.2.0', 'version = \\"2.4.1'), ("index.invalid\\/", "other.invalid\\/")]),
    ],
)
def test_a_lock_changes_where_its_text_does(name: str, changes: list[tuple[str, str]]) -> None:
    raw = read(name)
    lock, wanted = with_lock(raw), raw
    for old, new in changes:
        assert wanted.count(old) == 1
        wanted = wanted.replace(old, new)
        lock = lock.replace(json.loads(f'"{old}"'), json.loads(f'"{new}"'))
    changed = replace_lock(raw, "", lock)
    assert changed == wanted
    assert with_lock(changed) == lock


@pytest.mark.parametrize(
    "spelled", ['"a = \\"\u00e9\\"\\nb = 1\\n"', '"a = \\"\\u00e9\\"\\nb = 1\\n"', '"a = \\"\\u00E9\\"\\nb = 1\\n"']
)
def test_lines_of_a_lock_keep_their_spelling_and_new_ones_take_it(spelled: str) -> None:
    raw = notebook(cell(HEADER), **{"uv.lock": "LOCK"}).replace('"LOCK"', spelled)
    assert replace_lock(raw, "", with_lock(raw)) == raw
    changed = replace_lock(raw, "", with_lock(raw).replace("b = 1", 'b = "\u00e8"'))
    new = "\\u00e8" if "\\u00" in spelled else "\u00e8"
    assert changed == raw.replace("b = 1", f'b = \\"{new}\\"')


@pytest.mark.parametrize("lock", [None, ""])
def test_a_notebook_without_a_lock_has_no_place_for_one(lock: str | None) -> None:
    raw = notebook(cell(HEADER), **{"uv.lock": lock})
    with pytest.raises(InputError, match=r"no uv\.lock any more"):
        replace_lock(raw, "", "version = 1\n")


@pytest.mark.parametrize("act", [lambda raw: edit_notebook(raw, []), lambda raw: replace_lock(raw, "n.ipynb", "")])
def test_a_notebook_that_lost_its_header_is_not_edited(act: Callable[[str], str]) -> None:
    with pytest.raises(InputError, match="no cell with"):
        act(notebook(cell("import os")))


# --- size --------------------------------------------------------------------------------------------


def large(size: int) -> str:
    """Outputs of all kinds: one long string, many short ones, many numbers, many small objects."""
    outputs = [
        {"data": {"image/png": "iVBOR/w0+" * (size // 9)}},
        {"text": ["epoch 1 loss 0.1\n"] * (size // 25)},
        {"data": {"x": [0.125] * (size // 7)}},
        {"data": [{"a": 1}] * (size // 20)},
    ]
    return notebook(cell(HEADER), {**cell("x"), "outputs": outputs}, **{"uv.lock": "version = 1\n" * 5000})


def test_a_large_notebook_is_edited_in_time_and_memory_that_grow_with_it() -> None:
    raw = large(2_000_000)
    edits = edits_of(raw, {"alpha": "==2.0"})
    started = time.perf_counter()
    changed = edit_notebook(raw, edits)
    assert time.perf_counter() - started < 5.0
    assert changed == raw.replace("alpha==1.0", "alpha==2.0")
    tracemalloc.start()
    parse_notebook(raw, "")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * len(raw)


def test_a_large_cell_is_edited_in_time_that_grows_with_it() -> None:
    rows = [f'# "a{number}==1",\n' for number in range(4000)]
    source = ["# /// script\n", "# dependencies = [\n", *rows, "# ]\n", "# ///\n", *["x = 1\n"] * 50_000]
    for raw in (notebook(cell(source)), notebook(cell("".join(source)))):
        edits = edits_of(raw, {f"a{number}": "==2" for number in range(4000)})
        started = time.perf_counter()
        assert edit_notebook(raw, edits) == raw.replace('==1\\"', '==2\\"')
        assert time.perf_counter() - started < 20.0
