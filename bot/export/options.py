"""The options of ``export``: those of uv's, the ones that only change how this machine goes about it among them."""

from __future__ import annotations

from typing import Final

from bot.command_line.options import Kind, Option
from bot.command_line.uv_options import LOCKING_OPTIONS


def _emit(what: str, help: str, kind: Kind = Kind.FLAG) -> tuple[Option, Option]:
    """``--no-emit-WHAT`` and ``--only-emit-WHAT``, with uv's older spellings of both."""
    metavar, separator = ("PACKAGE", ",") if kind is Kind.TEXTS else (None, None)

    def option(word: str, other: str, told: str) -> Option:
        return Option(
            (f"--{word}-emit-{what}", f"--{word}-install-{what}"),
            kind,
            told,
            metavar,
            excludes=(f"{other}-emit-{what}",),
            separator=separator,
        )

    return option("no", "only", help), option("only", "no", "")


#: What each entry of a batch says for itself.
_SELECTING: Final = (
    "output-file", "script", "package", "all-packages", "extra", "all-extras", "no-all-extras", "no-extra", "group",
    "no-group", "only-group", "all-groups", "no-default-groups", "dev", "no-dev", "only-dev",
)  # fmt: skip

_EXPORT: Final = (
    Option(("--format",), Kind.TEXT, "requirements.txt, pylock.toml or cyclonedx1.5.", "FORMAT"),
    Option(("--all-packages",), Kind.FLAG, "Export the whole workspace.", excludes=("package", "prune")),
    Option(("--package",), Kind.TEXTS, "Export this member of the workspace.", "PACKAGE"),
    Option(("--prune",), Kind.TEXTS, "Leave this package out, and what only it brings.", "PACKAGE"),
    Option(
        ("--extra",),
        Kind.TEXTS,
        "Include this extra.",
        "EXTRA",
        excludes=("all-extras", "only-group"),
        separator=",",
    ),
    Option(("--all-extras", "--no-all-extras"), Kind.SWITCH, "Include all extras.", excludes=("only-group",)),
    Option(("--no-extra",), Kind.TEXTS, "With --all-extras, leave this one out.", "EXTRA"),
    Option(("--no-dev", "--dev"), Kind.SWITCH, "Leave the group dev out.", env="UV_NO_DEV", denied_env="UV_DEV"),
    Option(("--only-dev",), Kind.FLAG, "Only the group dev.", excludes=("group", "all-groups", "no-dev")),
    Option(("--group",), Kind.TEXTS, "Include this dependency group.", "GROUP", excludes=("only-group",)),
    Option(
        ("--no-group",),
        Kind.TEXTS,
        "Leave this dependency group out.",
        "GROUP",
        env="UV_NO_GROUP",
        separator=" ",
    ),
    Option(
        ("--no-default-groups",),
        Kind.FLAG,
        "Leave the groups out that are included by default.",
        env="UV_NO_DEFAULT_GROUPS",
    ),
    Option(("--only-group",), Kind.TEXTS, "Only this dependency group.", "GROUP", excludes=("dev", "all-groups")),
    Option(("--all-groups",), Kind.FLAG, "Include all dependency groups."),
    Option(("--no-annotate", "--annotate"), Kind.SWITCH, "Do not say what requires each package."),
    Option(("--no-header", "--header"), Kind.SWITCH, "Do not begin with the command."),
    Option(("--emit-index-url", "--no-emit-index-url"), Kind.SWITCH, "Write the URLs of the indexes."),
    Option(("--emit-find-links", "--no-emit-find-links"), Kind.SWITCH, "Write the places of --find-links."),
    Option(
        ("--no-editable", "--editable"), Kind.SWITCH, "Write editable packages as plain paths.", env="UV_NO_EDITABLE"
    ),
    Option(("--no-editable-package",), Kind.TEXTS, "The same for one package.", "PACKAGE", separator=" "),
    Option(("--no-hashes", "--hashes"), Kind.SWITCH, "Leave hashes out."),
    Option(("-o", "--output-file"), Kind.TEXT, "Write this file too.", "FILE"),
    *_emit("project", "Leave the project itself out."),
    *_emit("workspace", "Leave all members of the workspace out."),
    *_emit("local", "Leave everything out that comes from a path."),
    *_emit("package", "Leave this package out, not what it brings.", Kind.TEXTS),
    Option(
        ("--locked", "--no-locked"),
        Kind.SWITCH,
        "Fail if the lock is out of date.",
        env="UV_LOCKED",
        excludes=("frozen", "upgrade"),
    ),
    Option(
        ("--frozen", "--no-frozen"),
        Kind.SWITCH,
        "Export the lock as it is.",
        env="UV_FROZEN",
        excludes=("upgrade", "no-sources"),
    ),
    Option(
        ("--script",),
        Kind.FILE,
        "Export this PEP 723 script.",
        "FILE",
        excludes=("all-packages", "package", "no-emit-project", "no-emit-workspace"),
    ),
    Option(
        ("--batch",),
        Kind.TEXT,
        "Write what the [[export]] entries of this file ask for.",
        "FILE",
        excludes=_SELECTING,
    ),
)

EXPORT_OPTIONS: Final = (*_EXPORT, *LOCKING_OPTIONS)
