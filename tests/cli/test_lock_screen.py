"""What ``lockbot lock`` says while it works, and which places its options start from: as ``uv lock`` does."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot.cli.options.lock_settings import make_refresh, user_files
from bot.lockfile.reader import parse_lock
from bot.report.lock_lines import change_lines, resolved_line
from tests.cli.test_lock import PROJECT, Bench
from tests.real_uv import need_uv
from tests.runs.index_server import IndexServer

#: Command lines one after the other, each with the manifest's requirements before it.
STORY = [
    ('["rose"]', ["--dry-run"]),
    ('["rose"]', []),
    ('["rose"]', ["--dry-run"]),
    ('["iris"]', ["--dry-run"]),
    ('["iris"]', []),
    ('["iris"]', ["-U", "--dry-run"]),
    ('["iris"]', ["-U"]),
    ('["iris"]', ["--dry-run", "-q"]),
    ("[]", ["--dry-run"]),
    ("[]", []),
    ('["iris<2"]', ["-q"]),
    ('["iris<2", "fern"]', ["-qq", "--check"]),
    ('["iris<2", "fern"]', ["--frozen", "-q"]),
    ('["iris<2", "fern"]', ["--link-mode", "copy", "-q"]),
    ('["iris<2"]', ["--no-config", "--no-progress", "--color", "never", "--refresh", "--refresh-package", "iris"]),
]
WANTED = """\
0 --dry-run
Resolved 3 packages in TIME
Add app v1.0
Add iris v1.0
Add rose v1.0
0
Resolved 3 packages in TIME
0 --dry-run
Resolved 3 packages in TIME
No lockfile changes detected
0 --dry-run
Resolved 2 packages in TIME
Remove rose v1.0
0
Resolved 2 packages in TIME
Removed rose v1.0
0 -U --dry-run
Resolved 2 packages in TIME
Update iris v1.0 -> v2.0
0 -U
Resolved 2 packages in TIME
Updated iris v1.0 -> v2.0
0 --dry-run -q
0 --dry-run
Resolved 1 package in TIME
Remove iris v2.0
0
Resolved 1 package in TIME
Removed iris v2.0
0 -q
1 -qq --check
0 --frozen -q
0 --link-mode copy -q
0 --no-config --no-progress --color never --refresh --refresh-package iris
Resolved 2 packages in TIME
Removed fern v1.0
"""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    folder = tmp_path / "project"
    folder.mkdir()
    with IndexServer() as index:
        index.release("iris", "1.0")
        index.release("iris", "2.0")
        index.release("fern", "1.0")
        index.release("rose", "1.0", "iris<2")
        yield Bench(folder, index)


def timeless(said: str) -> str:
    return re.sub(r"in \d[\d.]*m?s", "in TIME", said)


def test_the_story_is_told_in_the_words_of_uv(bench: Bench) -> None:
    told = []
    for requirements, arguments in STORY:
        bench.write(f"{PROJECT}dependencies = {requirements}\n")
        ended = bench.lock(*arguments)
        told.append(f"{ended.code} {' '.join(arguments)}".rstrip() + "\n" + timeless(ended.said))
    assert "".join(told) == WANTED


@pytest.mark.uv
def test_the_program_tells_the_same(bench: Bench) -> None:
    told = []
    for requirements, arguments in STORY:
        bench.write(f"{PROJECT}dependencies = {requirements}\n")
        command = [str(need_uv()), "lock", "--default-index", bench.index.url, "--python", sys.executable, *arguments]
        done = subprocess.run(command, cwd=bench.folder, capture_output=True, text=True, check=False)
        told.append(f"{done.returncode} {' '.join(arguments)}".rstrip() + "\n")
        told += [f"{timeless(line)}\n" for line in done.stderr.splitlines() if not line.startswith("Using CPython")]
    assert "".join(told) == WANTED


def test_colours_are_asked_for_or_refused(bench: Bench) -> None:
    bench.write(PROJECT + 'dependencies = ["iris"]\n')
    painted = [bench.lock("--dry-run", "--color", "always").said, bench.lock("--dry-run", FORCE_COLOR="1").said]
    plain = [
        bench.lock("--dry-run").said,
        bench.lock("--dry-run", NO_COLOR="1", FORCE_COLOR="1").said,
        bench.lock("--dry-run", "--no-color", FORCE_COLOR="1").said,
    ]
    assert all("\x1b[1;32mAdd\x1b[0m iris v2.0" in said for said in painted)
    assert not any("\x1b" in said for said in plain)


def test_more_is_told_to_who_asks_for_it(bench: Bench) -> None:
    bench.write(PROJECT + 'dependencies = ["iris"]\n')
    said = bench.lock("-v", "--no-cache").said
    assert f"lock: {bench.folder}/uv.lock\ncache: none\nindex: {bench.index.url}\n" in said
    assert "the lock was not right: there is none\n" in said


def test_a_lock_that_is_to_exist_is_read_and_no_more(bench: Bench) -> None:
    bench.write(PROJECT + 'dependencies = ["iris"]\n')
    missing = bench.lock("--check-exists")
    bench.lock()
    bench.write(PROJECT + 'dependencies = ["other"]\n')
    there = bench.lock(UV_FROZEN="1")
    assert (missing.code, missing.said) == (1, "error: there is no lock uv.lock; run `lockbot lock`\n")
    assert (there.code, "was not looked at" in there.said) == (0, True)


@pytest.mark.parametrize(
    ("versions", "after", "wanted"),
    [
        (["1.10", "1.9"], ["1.10"], "Updated iris v1.9, v1.10 -> v1.10"),
        ([], ["2.0", "1.0"], "Added iris v1.0, v2.0"),
        (["1.0"], [], "Removed iris v1.0"),
    ],
)
def test_several_versions_stand_in_their_order(versions: list[str], after: list[str], wanted: str) -> None:
    before, now = (parse_lock(lock_text(some), "uv.lock") for some in (versions, after))
    assert list(change_lines(before, now, is_done=True)) == [wanted]


def lock_text(versions: list[str]) -> str:
    entries = (
        f'[[package]]\nname = "iris"\nversion = "{version}"\nsource = {{ registry = "https://index.invalid/simple" }}\n'
        for version in versions
    )
    return 'version = 1\nrequires-python = ">=3.11"\n' + "".join(entries)


def test_commits_and_dynamic_versions_are_told() -> None:
    def text(commit: str) -> str:
        source = f'source = {{ git = "https://git.invalid/iris#{commit}" }}'
        return f'version = 1\nrequires-python = ">=3.11"\n[[package]]\nname = "iris"\n{source}\n'

    before, after = (parse_lock(text(sign * 40), "uv.lock") for sign in "ab")
    assert list(change_lines(before, after, is_done=False)) == [
        "Update iris (dynamic) (aaaaaaaa) -> (dynamic) (bbbbbbbb)"
    ]


@pytest.mark.parametrize(
    ("count", "seconds", "wanted"),
    [
        (0, 0.0031, "Resolved in 3ms"),
        (1, 0.4, "Resolved 1 package in 400ms"),
        (12, 1.239, "Resolved 12 packages in 1.23s"),
        (12, 0.00082, "Resolved 12 packages in 0.82ms"),
        (12, 61.5, "Resolved 12 packages in 1m 01s"),
    ],
)
def test_durations(count: int, seconds: float, wanted: str) -> None:
    assert resolved_line(count, seconds) == wanted


# --- where things are looked for ----------------------------------------------------------------------


@pytest.fixture
def wheels(bench: Bench) -> Path:
    """A folder beside the project with a wheel that no index has."""
    folder = bench.folder.parent / "links"
    folder.mkdir()
    metadata = "Metadata-Version: 2.1\nName: tulip\nVersion: 3.0\n"
    write_wheel(folder / "tulip-3.0-py3-none-any.whl", metadata)
    return folder


def write_wheel(path: Path, metadata: str) -> None:
    name = "-".join(path.name.split("-")[:2])
    with ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.dist-info/METADATA", metadata)
        wheel.writestr(f"{name}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")


@pytest.mark.parametrize(
    ("start", "arguments"),
    [
        ("project", ["--find-links", "../links"]),
        ("project/sub", ["--find-links", "../../links"]),
        (".", ["--directory", "project", "--find-links", "../links"]),
        (".", ["--project", "project", "--find-links", "links"]),
        (".", ["--directory", "links", "--project", "../project", "-f", "."]),
    ],
)
def test_places_on_the_command_line_start_from_where_it_is_given(
    bench: Bench, wheels: Path, start: str, arguments: list[str]
) -> None:
    bench.write(PROJECT + 'dependencies = ["tulip"]\n')
    (bench.folder / "sub").mkdir()
    there = Bench(bench.folder.parent / start, bench.index)
    ended = there.lock(*arguments)
    assert (ended.code, bench.pins()["tulip"]) == (0, "3.0"), ended.said
    assert 'source = { registry = "../links" }' in (bench.folder / "uv.lock").read_text()
    assert wheels.is_dir()


def test_a_script_is_looked_for_where_the_command_is_given(bench: Bench) -> None:
    (bench.folder / "sub").mkdir()
    bench.write('# /// script\n# requires-python = ">=3.11"\n# dependencies = ["iris"]\n# ///\n', "tool.py")
    ended = bench.lock("--project", "sub", "--script", "tool.py")
    assert (ended.code, bench.pins("tool.py.lock")) == (0, {"iris": "2.0"})


def test_a_settings_file_that_is_named_counts_alone(bench: Bench) -> None:
    bench.write(PROJECT + 'dependencies = ["iris"]\n[tool.uv]\nresolution = "lowest"\n')
    bench.write('prerelease = "allow"\n', "other.toml")
    pins = []
    for arguments in ([], ["--config-file", "other.toml"], ["--no-config"]):
        ended = bench.lock("-U", *arguments)
        assert ended.code == 0, ended.said
        pins.append(bench.pins()["iris"])
    missing = bench.lock("--config-file", "none.toml")
    assert pins == ["1.0", "2.0", "2.0"]
    assert (missing.code, missing.said) == (2, "error: none.toml: no such file (check --config-file)\n")


def test_the_settings_of_the_user_count_for_what_the_project_leaves_open(bench: Bench) -> None:
    config = bench.folder.parent / "config" / "uv"
    config.mkdir(parents=True)
    (config / "uv.toml").write_text('resolution = "lowest"\nfork-strategy = "fewest"\n')
    bench.write(PROJECT + 'dependencies = ["iris"]\n[tool.uv]\nresolution = "highest"\n')
    bench.lock(XDG_CONFIG_HOME=str(config.parent))
    assert bench.pins()["iris"] == "2.0"
    assert 'fork-strategy = "fewest"' in (bench.folder / "uv.lock").read_text()


def test_where_settings_of_the_user_and_the_machine_are(tmp_path: Path) -> None:
    shared = tmp_path / "shared" / "uv" / "uv.toml"
    shared.parent.mkdir(parents=True)
    shared.touch()
    home = tmp_path / "home"
    said = {"XDG_CONFIG_DIRS": f"{tmp_path}/none:{tmp_path}/shared"}
    assert user_files(said, home) == (home / ".config/uv/uv.toml", shared)
    assert user_files({**said, "UV_NO_SYSTEM_CONFIG": "1"}, home) == (home / ".config/uv/uv.toml",)


@pytest.mark.parametrize(
    ("said", "of_user", "of_machine"),
    [
        ({}, "home/AppData/Roaming/uv/uv.toml", None),
        ({"APPDATA": "roaming"}, "roaming/uv/uv.toml", None),
        ({"SYSTEMDRIVE": "C:"}, "home/AppData/Roaming/uv/uv.toml", "C:/ProgramData/uv/uv.toml"),
        (
            {"SYSTEMDRIVE": "C:", "XDG_CONFIG_HOME": "/x"},
            "home/AppData/Roaming/uv/uv.toml",
            "C:/ProgramData/uv/uv.toml",
        ),
        ({"SYSTEMDRIVE": "C:", "UV_NO_SYSTEM_CONFIG": "1"}, "home/AppData/Roaming/uv/uv.toml", None),
    ],
)
def test_where_they_are_on_windows(
    said: dict[str, str], of_user: str, of_machine: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shared = tmp_path / "C:/ProgramData/uv/uv.toml"
    shared.parent.mkdir(parents=True)
    shared.touch()
    found = user_files(said, Path("home"), on_windows=True)
    assert found == tuple(Path(one) for one in (of_user, of_machine) if one is not None)


def test_a_folder_of_settings_that_is_not_absolute_is_none() -> None:
    none = {"XDG_CONFIG_HOME": "there", "UV_NO_SYSTEM_CONFIG": "1"}
    assert user_files(none, Path("/home"), on_windows=False) == (Path("/home/.config/uv/uv.toml"),)


# --- what settings say of the machine -----------------------------------------------------------------


def state(bench: Bench, text: str) -> dict[str, str]:
    """A ``uv.toml`` of the user's."""
    config = bench.folder.parent / "config" / "uv"
    config.mkdir(parents=True)
    (config / "uv.toml").write_text(text, "utf-8")
    bench.write(PROJECT + 'dependencies = ["iris"]\n')
    return {"XDG_CONFIG_HOME": str(config.parent)}


def test_settings_turn_the_network_off(bench: Bench) -> None:
    user = state(bench, "offline = true\n")
    assert bench.lock(**user).code == 1
    assert bench.lock(**user, UV_OFFLINE="0").code == 0
    (bench.folder / "uv.lock").unlink()
    assert bench.lock("--no-offline", "--refresh", **user).code == 0


def test_settings_turn_the_cache_off_or_move_it(bench: Bench) -> None:
    user = state(bench, 'cache-dir = "../kept"\n')
    assert bench.lock("-v", **user).said.splitlines()[1] == f"cache: {bench.folder.parent / 'project/../kept/lockbot'}"
    assert (bench.folder.parent / "kept" / "lockbot").is_dir()
    bench.write("no-cache = true\n", "uv.toml")
    assert "cache: none\n" in bench.lock("-v", **user).said


def test_settings_name_a_proxy_and_what_is_reached_without_one(bench: Bench) -> None:
    user = state(bench, 'http-proxy = "http://127.0.0.1:9"\n')
    refused = bench.lock(**user)
    assert (refused.code, "127.0.0.1" in refused.said) == (1, True)
    bench.write('no-proxy = ["127.0.0.1", "localhost"]\nconcurrent-downloads = 1\n', "uv.toml")
    assert bench.lock(**user).code == 0


def test_a_keyring_in_settings_is_obeyed_and_not_remarked_on(bench: Bench) -> None:
    user = state(bench, 'keyring-provider = "subprocess"\n')
    assert "keyring" not in bench.lock(**user).said


# --- what is asked about again ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "covered"),
    [
        ({}, []),
        ({"upgrade": True}, ["iris", "rose", ""]),
        ({"upgrade": True, "refresh": False}, []),
        ({"refresh": True}, ["iris", "rose", ""]),
        ({"refresh_package": ("Iris",)}, ["iris", ""]),
        ({"upgrade_package": ("ro.se>=1", "rose[x]",)}, ["rose", ""]),
    ],
)  # fmt: skip
def test_upgrading_asks_again(said: dict[str, object], covered: list[str]) -> None:
    options = {"upgrade": None, "refresh": None, "refresh_package": (), "upgrade_package": (), **said}
    refresh = make_refresh(options)
    assert [name for name in ("iris", "rose", "") if refresh.covers(name)] == covered


def test_a_release_of_this_minute_is_found_where_pages_are_asked_about_again(bench: Bench) -> None:
    bench.write(PROJECT + 'dependencies = ["iris"]\n')
    bench.index.age = 600
    bench.lock()
    bench.index.release("iris", "3.0")
    found = []
    for arguments in (["-U", "--no-refresh"], ["-U"]):
        bench.lock(*arguments)
        found.append(bench.pins()["iris"])
    assert found == ["2.0", "3.0"]


@pytest.mark.parametrize(
    ("manifest", "path", "sentence"),
    [
        (None, "../dep", "error: dep: no pyproject.toml in {above}/dep; "),
        (None, "dep", "error: dep: no pyproject.toml in dep; "),
        (
            '[project]\nname = "dep"\nversion = "1"\ndynamic = ["dependencies"]\n',
            "../dep",
            "error: dep: {above}/dep/pyproject.toml decl",
        ),
        ("[tool.other]\n", "../dep", "error: dep: {above}/dep/pyproject.toml has no [project] table"),
        ("broken", "../dep", "error: {above}/dep/pyproject.toml:1: not valid TOML"),
    ],
)
def test_a_path_outside_of_the_folder_keeps_its_slash(
    bench: Bench, manifest: str | None, path: str, sentence: str
) -> None:
    (bench.folder / path).mkdir()
    if manifest is not None:
        bench.write(manifest, f"{path}/pyproject.toml")
    bench.write(PROJECT + f'dependencies = ["dep"]\n[tool.uv.sources]\ndep = {{ path = "{path}" }}\n')
    ended = bench.lock()
    assert sentence.format(above=bench.folder.parent) in ended.said
