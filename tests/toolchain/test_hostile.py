"""Files that are made to take long: each of them is read in moments, or refused."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest

from bot.errors import InputError
from bot.toolchain.kinds import find_places
from bot.toolchain.model import Source

#: A quarter of what such a file may have each: what grows by the square shows all the same.
SLOW: dict[str, tuple[str, Callable[[], str]]] = {
    "blanks": ("Dockerfile", lambda: "RUN pip install uv" + " " * 62_500 + "x"),
    "blanks in a script": ("a.sh", lambda: "pip install uv" + " " * 62_500 + "x"),
    "one long word": ("Dockerfile", lambda: "RUN install uv " + "a" * 60_000 + "="),
    "mounts of mounts": ("Dockerfile", lambda: "RUN uv " + "--mount=" * 7_500),
    "commas of a mount": ("Dockerfile", lambda: "RUN uv --mount=" + "a," * 30_000),
    "many variables": (
        "Dockerfile",
        lambda: "".join(f"ARG a{n}=0.10.2\nFROM ghcr.io/astral-sh/uv:$a{n}\n" for n in range(1_250)),
    ),
    "variables of variables": (
        "Dockerfile",
        lambda: (
            "ARG a=0.10.2\n"
            + "".join(f"ARG {x}=${y}${y}\n" for x, y in zip("bcdefghijklmnop", "abcdefghijklmno", strict=True))
            + "RUN uv $p$p$p$p$p$p$p$p$p$p$o$o$n$m\n" * 1_500
        ),
    ),
    "many uses": ("Dockerfile", lambda: "ARG UV_VERSION=" + "1" * 490 + "\nRUN uv " + "$UV_VERSION " * 4_500),
    "braces": ("Dockerfile", lambda: "RUN uv " + "${a:-" * 11_250),
    "installs without end": ("Dockerfile", lambda: "RUN " + "uv python install -a " * 2_750),
    "requirements without end": ("Dockerfile", lambda: "RUN pip install " + "uv>=0.9," * 7_500),
    "references without end": ("Dockerfile", lambda: "FROM " + "a/" * 30_000 + "uv"),
    "heredocs": ("Dockerfile", lambda: "RUN <<A\nuv\n" * 5_000),
    "assignments": ("Makefile", lambda: "UV_VERSION = 0.10.2\n$(UV_VERSION)\n" * 2_000),
    "many jobs": ("compose.yml", lambda: "services:\n" + "".join(f" a{n}: {{image: uv}}\n" for n in range(2_750))),
    "many variables of CI": (
        ".gitlab-ci.yml",
        lambda: "variables:\n" + "".join(f"  a{n}: uv$a{n}\n" for n in range(3_000)),
    ),
    "many texts in TOML": (
        "pyproject.toml",
        lambda: "[tool.x]\na = [\n" + '"uv==0.10.2 ",\n' * 12_500 + "]\n",
    ),
    "many keys in TOML": (
        "mise.toml",
        lambda: "[env]\n" + "".join(f'A{n}_UV_VERSION = "0.1"\n' for n in range(5_000)),
    ),
    "comments of devcontainers": (".devcontainer/devcontainer.json", lambda: '{"image": "uv"' + "/*" * 30_000),
    "lines of tools": (".tool-versions", lambda: "uv 0.10.2\n" * 6_250),
}


@pytest.mark.parametrize(("path", "make"), SLOW.values(), ids=SLOW)
def test_no_file_takes_long(path: str, make: Callable[[], str]) -> None:
    """Without a clock: what takes minutes is seen by whoever runs the tests."""
    with contextlib.suppress(InputError):
        find_places(Source(path=path, text=make()))


def test_a_file_with_thousands_of_versions_is_refused() -> None:
    with pytest.raises(InputError, match="more than 1000 places"):
        find_places(Source(path=".tool-versions", text="uv 0.10.2\n" * 2_000))
