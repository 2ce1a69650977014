"""What repositories say of Python, and what contradicts what their projects require."""

from __future__ import annotations

import pytest

from bot.plan.toolchain.pythons import tell_pythons
from bot.toolchain.kinds import find_places
from bot.toolchain.model import Source, Tool

#: files -> "path:line role version", with what a place contradicts behind it.
REPOSITORIES = {
    "every kind": (
        {
            "Dockerfile": "FROM python:3.12-slim\nFROM public.ecr.aws/lambda/python:3.13\n"
            "FROM ghcr.io/astral-sh/uv:0.13.9-python3.11-alpine\nFROM gcr.io/distroless/python3:nonroot\n"
            "RUN uv python install 3.13.1\n",
            ".python-version": "3.12\n",
            ".tool-versions": "python 3.12.4\n",
            "mise.toml": '[tools]\npython = "3.12"\n',
            ".devcontainer/devcontainer.json": '{"image": "mcr.microsoft.com/devcontainers/python:1-3.12-bookworm"}',
            ".github/workflows/ci.yml": (
                "jobs:\n  a:\n    strategy:\n      matrix:\n        python-version: ['3.11', \"3.12\"]\n    steps:\n"
                "      - uses: actions/setup-python@v6\n        with:\n          python-version: |\n            3.11\n"
                "            3.13\n      - uses: astral-sh/setup-uv@v7\n        with: {python-version: '3.12'}\n"
            ),
            ".gitlab-ci.yml": "variables:\n  PYTHON_VERSION: '3.12'\n",
            "ruff.toml": "target-version = 'py312'\n",
            "environment.yml": "dependencies:\n  - python=3.12\n",
        },
        [
            "Dockerfile:1 pin 3.12",
            "Dockerfile:2 pin 3.13",
            "Dockerfile:3 pin 3.11",
            "Dockerfile:5 pin 3.13.1",
            ".python-version:1 pin 3.12",
            ".tool-versions:1 pin 3.12.4",
            "mise.toml:2 pin 3.12",
            ".devcontainer/devcontainer.json:1 pin 3.12",
            ".github/workflows/ci.yml:5 one of several 3.11",
            ".github/workflows/ci.yml:5 one of several 3.12",
            ".github/workflows/ci.yml:10 one of several 3.11",
            ".github/workflows/ci.yml:11 one of several 3.13",
            ".github/workflows/ci.yml:13 pin 3.12",
            ".gitlab-ci.yml:2 pin 3.12",
            "ruff.toml:1 oldest 3.12",
            "environment.yml:2 pin 3.12",
        ],
    ),
    "several lines of a file": (
        {".python-versions": "3.13\n3.12 # and this\n# 3.9\npypy3.10\n"},
        [".python-versions:1 one of several 3.13", ".python-versions:2 one of several 3.12"],
    ),
    "what the nearest project requires": (
        {
            "pyproject.toml": "[project]\nrequires-python = '>=3.12'\n[tool.black]\ntarget-version = ['py313', 'py312']\n",
            "old/pyproject.toml": "[project]\nrequires-python = '>=3.9,<3.12'\n",
            "old/Dockerfile": "FROM python:3.12\nFROM python:3.11.2\n",
            "tools/deep/Dockerfile": "FROM python:3.11\nFROM python:3.12.0\n",
        },
        [
            "pyproject.toml:2 bound 3.12",
            "pyproject.toml:4 one of several 3.13",
            "pyproject.toml:4 oldest 3.12",
            "old/pyproject.toml:2 bound 3.9",
            "old/Dockerfile:1 pin 3.12: it is not admitted: requires-python is >=3.9,<3.12 (old/pyproject.toml:2)",
            "old/Dockerfile:2 pin 3.11.2",
            "tools/deep/Dockerfile:1 pin 3.11: it is not admitted: requires-python is >=3.12 (pyproject.toml:2)",
            "tools/deep/Dockerfile:2 pin 3.12.0",
        ],
    ),
    "a series is admitted where its newest release is": (
        {"pyproject.toml": "[project]\nrequires-python = '>=3.12.3'\n", ".python-version": "3.12\n"},
        ["pyproject.toml:2 bound 3.12.3", ".python-version:1 pin 3.12"],
    ),
    "nothing that is no version": (
        {
            "Dockerfile": "FROM python:latest\nFROM python:alpine\nFROM python\nFROM pypy:3.10\nRUN python3.12 -m x\n",
            ".python-version": "pypy3.10\n",
            "pyproject.toml": "[project]\nrequires-python = 3\n",
        },
        [],
    ),
}


@pytest.mark.parametrize(("files", "told"), REPOSITORIES.values(), ids=REPOSITORIES)
def test_places_of_python(files: dict[str, str], told: list[str]) -> None:
    found = [place for path, text in files.items() for place in find_places(Source(path=path, text=text))]
    rows = tell_pythons([one for one in found if one.tool is Tool.PYTHON])
    assert [
        f"{row.path}:{row.line} {row.role} {row.version}{f': {row.warning}' if row.warning else ''}" for row in rows
    ] == told
