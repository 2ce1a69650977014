"""Requirements of ``setup.cfg``: where they stand, and edits before and after."""

from __future__ import annotations

import pytest

from bot.errors import InputError
from bot.manifest.edit import SpecifierEdit
from bot.requirements.setup_cfg import edit_setup_cfg, find_setup_cfg_declarations

TEXT = """\
[metadata]
name = demo

[options]
install_requires =
    # the forms
    alpha==1.0
    beta[x] >= 1 ; python_version > "3.8"
\tgamma
packages = find:

[options.extras_require]
dev =
  delta<2
docs: epsilon==1; zeta
"""


ONE_LINE = ["[options]\ninstall_requires = alpha; beta\n", "[options]\ninstall_requires = file: r.txt\n"]


def test_requirements_are_at_their_places() -> None:
    text = TEXT.replace("docs: epsilon==1; zeta\n", "")
    found = find_setup_cfg_declarations(text, "setup.cfg")
    assert [(row.table.value, row.group, row.text, row.line) for row in found] == [
        ("project.dependencies", None, "alpha==1.0", 7),
        ("project.dependencies", None, 'beta[x] >= 1 ; python_version > "3.8"', 8),
        ("project.dependencies", None, "gamma", 9),
        ("project.optional-dependencies", "dev", "delta<2", 14),
    ]


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "",
        "no configuration",
        "[options]\ninstall_requires = alpha; beta\n",
        "[options]\ninstall_requires = file: r.txt\n",
    ],
)
def test_what_is_not_told_line_by_line_is_none(text: str) -> None:
    assert find_setup_cfg_declarations(text, "setup.cfg") == ()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_only_the_version_moves(end: str) -> None:
    text = TEXT.replace("docs: epsilon==1; zeta\n", "").replace("\n", end)
    rows = {row.requirement.name: row for row in find_setup_cfg_declarations(text, "setup.cfg")}
    edits = [
        SpecifierEdit(declaration=rows[name], specifier=specifier)
        for name, specifier in (("alpha", "==1.10"), ("beta", ">= 2"), ("delta", "<3"))
    ]
    wanted = text.replace("alpha==1.0", "alpha==1.10").replace(">= 1 ;", ">= 2 ;").replace("delta<2", "delta<3")
    assert edit_setup_cfg(text, edits) == wanted


def test_what_has_moved_is_not_edited() -> None:
    text = TEXT.replace("docs: epsilon==1; zeta\n", "")
    row = find_setup_cfg_declarations(text, "setup.cfg")[0]
    with pytest.raises(InputError, match=r"setup\.cfg:7: 'alpha==1.0' is not at its place"):
        edit_setup_cfg(text.replace("alpha==1.0", "alpha==2"), [SpecifierEdit(declaration=row, specifier="==3")])
    with pytest.raises(InputError, match=r"setup\.cfg:7"):
        edit_setup_cfg(text, [SpecifierEdit(declaration=row, specifier="==3\n    more")])
