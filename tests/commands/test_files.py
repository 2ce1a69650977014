"""Which commands the files of a repository run, where, and in what words."""

from __future__ import annotations

import pytest

from bot.commands.files import find_commands, has_commands
from bot.commands.model import subcommand_of

UV_HOOKS = "repos:\n- repo: https://github.com/astral-sh/uv-pre-commit\n  rev: 0.10.2\n  hooks:\n"
LOCAL = "repos:\n- repo: local\n  hooks:\n"

#: file and text -> "line, folders: words", with what else is known.
FOUND = {
    "hooks as their repository has them": (
        ".pre-commit-config.yaml",
        UV_HOOKS + "  - id: uv-lock\n  - id: uv-export\n  - id: pip-compile\n  - id: uv-sync\n",
        [
            "5 .: lock",
            "6 .: export --frozen --output-file=requirements.txt --quiet",
            "7 .: pip compile",
        ],
    ),
    "arguments replace those of the repository": (
        ".pre-commit-config.yaml",
        UV_HOOKS + "  - id: uv-export\n    args: []\n  - {id: uv-lock, args: [--project, a]}\n",
        ["5 .: export", "7 .: lock --project a"],
    ),
    "another entry": (
        ".pre-commit-config.yaml",
        UV_HOOKS + "  - id: uv-export\n    entry: bash -c 'cd a && uv export -o x.txt'\n    args: []\n",
        ["5 a: export -o x.txt"],
    ),
    "hooks of one's own": (
        ".pre-commit-config.yaml",
        LOCAL
        + "  - {id: a, entry: uv export -o x.txt, language: system, pass_filenames: false}\n"
        + "  - {id: b, entry: uv, args: [pip, compile, -o, y.txt], language: system}\n"
        + "  - {id: c, entry: 'sh -c \"uv export > z.txt\"', language: system}\n"
        + "  - {id: d, entry: uv run pytest, language: system}\n"
        + "  - {id: e, entry: make lock, language: system}\n",
        [
            "4 .: export -o x.txt",
            "5 .: pip compile -o y.txt [files]",
            "6 .: export > z.txt",
            "7 .: run pytest [files]",
        ],
    ),
    "a hook that is run by hand": (
        ".pre-commit-config.yaml",
        UV_HOOKS + "  - {id: uv-export, stages: [manual]}\n  - {id: uv-lock, stages: [manual, pre-push]}\n",
        ["5 .: export --frozen --output-file=requirements.txt --quiet [hook run by hand]", "6 .: lock"],
    ),
    "hooks of a folder": (
        "backend/.pre-commit-config.yaml",
        UV_HOOKS + "  - id: uv-lock\n",
        ["5 backend .: lock"],
    ),
    "variables of uv": (
        ".pre-commit-config.yaml",
        UV_HOOKS + "  - {id: uv-lock, env: {UV_RESOLUTION: lowest, OTHER: x}}\n",
        ["5 .: lock [UV_RESOLUTION]"],
    ),
    "arguments that are no texts": (
        ".pre-commit-config.yaml",
        UV_HOOKS + '  - {id: uv-lock, args: [[--project]]}\n  - {id: uv-lock, entry: "uv \'lock"}\n',
        [],
    ),
    "a Dockerfile": (
        "Dockerfile",
        (
            "FROM python AS a\nWORKDIR /app\nRUN --mount=type=cache,target=/x pip install uv && uv export --no-dev \\\n"
            "    # why\n    -o requirements.txt\nWORKDIR sub\nRUN cd deeper; UV_FROZEN=1 uv export > x.txt\n"
            "WORKDIR /app/other\nRUN uv lock\nWORKDIR /elsewhere\nRUN uv lock\nFROM a\nRUN uv lock --check\n"
        ),
        [
            "3 .: export --no-dev -o requirements.txt",
            "7 sub/deeper: export > x.txt [UV_FROZEN]",
            "9 other: lock",
            "11 : lock",
            "13 : lock --check",
        ],
    ),
    "a Dockerfile in a folder": (
        "deploy/web/Dockerfile.prod",
        'FROM x\nRUN ["uv", "export", "-o", "$x"]\nRUN [not json\n',
        ["2 deploy/web deploy .: export -o $x"],
    ),
    "heredocs of a Dockerfile": (
        "Containerfile",
        "FROM x\nRUN <<EOF\nset -e\nuv lock\nEOF\nRUN cat <<EOF > x\nuv export\nEOF\n",
        ["2 .: lock"],
    ),
    "a workflow": (
        ".github/workflows/ci.yml",
        (
            "defaults: {run: {working-directory: a}}\njobs:\n  one:\n    steps:\n"
            "    - uses: astral-sh/setup-uv@v7\n    - run: uv lock\n    - run: |\n        ls\n        uv export -o $X\n"
            "      working-directory: b\n  two:\n    defaults:\n      run:\n        working-directory: c\n    steps:\n"
            "    - run: uv lock\n    - run: uv lock\n      shell: python\n    - run: uv lock\n"
            "      working-directory: ${{ matrix.x }}\n"
        ),
        ["6 a: lock", "9 b: export -o $X [unknown]", "16 c: lock", "19 : lock"],
    ),
    "an action": (
        "tools/setup/action.yml",
        "runs:\n  using: composite\n  steps:\n  - run: uv export --frozen > x.txt\n    shell: bash\n",
        ["4 .: export --frozen > x.txt"],
    ),
    "what can't be read": (".github/workflows/ci.yml", "jobs: [\n", []),
    "another form": (".github/workflows/ci.yml", "jobs: {a: b, c: {steps: [d, {run: [e]}]}}\n", []),
}


def shown(path: str, text: str) -> list[str]:
    rows = []
    for one in find_commands(text, path):
        more = [
            *(["files"] if one.passes_files else []),
            *([] if one.is_known else ["unknown"]),
            *one.environment,
            *([one.origin.value] if "by hand" in one.origin.value else []),
        ]
        words = " ".join(one.words) + (f" > {one.output}" if one.output else "")
        rows.append(f"{one.line} {' '.join(one.folders)}: {words}" + "".join(f" [{word}]" for word in more))
    return rows


@pytest.mark.parametrize(("path", "text", "commands"), FOUND.values(), ids=FOUND)
def test_the_commands_of_a_file_are_found(path: str, text: str, commands: list[str]) -> None:
    assert shown(path, text) == commands


@pytest.mark.parametrize(
    ("path", "has"),
    [
        ("Dockerfile", True),
        ("a/prod.Dockerfile", True),
        ("Dockerfile.dev", True),
        ("Dockerfile-dev", True),
        ("dockerfile_dev", True),
        ("Dockerfile/x", False),
        ("MyDockerfile", False),
        ("Containerfile", True),
        ("Dockerfiles/x", False),
        (".github/workflows/a.yaml", True),
        (".github/workflows/deep/a.yml", False),
        ("a/.github/workflows/a.yml", False),
        ("action.yml", True),
        (".github/actions/x/action.yaml", True),
        (".pre-commit-config.yaml", True),
        ("compose.yml", False),
    ],
)
def test_which_files_have_commands(path: str, has: bool) -> None:
    assert has_commands(path) is has


@pytest.mark.parametrize(
    ("words", "subcommand"),
    [
        ("export -o x", "export"),
        ("--directory export lock", "lock"),
        ("-q pip --quiet compile x", "pip compile"),
        ("pip", "pip"),
        ("--version", ""),
    ],
)
def test_what_uv_is_asked_to_do(words: str, subcommand: str) -> None:
    assert subcommand_of(words.split()) == subcommand
