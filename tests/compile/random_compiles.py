"""Small random repositories of requirements files, and random commands that compile them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from tests.compile.compiling import Repository, repository_of

_NAMES: Final = "abcdefgh"
_MARKERS: Final = (
    "sys_platform == 'linux'",
    "sys_platform != 'darwin'",
    "sys_platform == 'win32' and platform_machine == 'AMD64'",
    "python_version < '3.13'",
    "python_version >= '3.13'",
    "python_full_version < '3.12.3'",
    "os_name == 'nt' or python_version < '3.12'",
    "implementation_name == 'cpython'",
    "'arm' in platform_machine",
)
_LOOSE: Final = ("", "", "", "", "", "", ">=1", "<3.1", "!=2.0", ">=1.0")
_TIGHT: Final = (">=2", "<2", "==1.0", "==2.0", ">=1.5,<3", "==1.*")
_VERSIONS: Final = ("1.0", "1.5", "2.0", "2.1b1", "3.0")
_PYTHONS: Final = (*(">=3.8" for _ in range(25)), ">=3.10", ">=3.12", ">=3.13", "")
_WHEELS: Final = (
    *(["py3-none-any"] for _ in range(14)),
    ["cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-win_amd64", "cp313-cp313-macosx_11_0_arm64"],
    ["cp39-abi3-manylinux_2_28_x86_64", "cp39-abi3-macosx_11_0_universal2"],
    ["cp312-cp312-win_amd64"],
    ["py3-none-any", "cp312-cp312-manylinux_2_17_x86_64"],
)
_PLATFORMS: Final = (
    "linux", "windows", "macos", "x86_64-apple-darwin", "aarch64-unknown-linux-gnu", "x86_64-unknown-linux-musl",
    "x86_64-manylinux_2_28", "aarch64-pc-windows-msvc", "x86_64-manylinux2014",
)  # fmt: skip
_FLAGS: Final = (
    "--generate-hashes", "--no-annotate", "--no-header", "--annotation-style=line", "--no-strip-extras", "--no-deps",
    "--emit-index-url", "--emit-index-annotation", "--emit-build-options", "--resolution=lowest",
    "--resolution=lowest-direct", "--prerelease=allow", "--prerelease=explicit", "--fork-strategy=fewest", "-U",
    "--no-build", "--prerelease=disallow", "--emit-find-links", "--emit-marker-expression",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomCompile:
    repository: Repository
    words: Sequence[str]


def random_compile(random: Random) -> RandomCompile:
    names = _NAMES[: random.randint(2, len(_NAMES))]
    extras = {name: random.choice(["", "", "x", "xy"]) for name in names}
    files = _files(random, names, extras)
    table = {"packages": {name: {"versions": _releases(random, names, extras, name)} for name in names}, "files": files}
    repository = repository_of(table, Path("random"))
    return RandomCompile(repository=repository, words=_words(random, names, files))


def _releases(random: Random, names: str, extras: dict[str, str], name: str) -> dict[str, dict[str, object]]:
    def some(most: int) -> list[str]:
        return [_requirement(random, names, extras) for _ in range(random.choice([0, 0, 1, most]))]

    found: dict[str, dict[str, object]] = {}
    for version in sorted(random.sample(_VERSIONS, random.randint(2, 5))):
        tags = random.choice(_WHEELS)
        found[version] = {
            "requires": some(2),
            "extras": {extra: some(2) for extra in extras[name]},
            "requires_python": random.choice(_PYTHONS),
            "wheel_tags": tags,
            "sdist": random.random() < 0.7,
            "wheel": random.random() < 0.9 or None,
            "yanked": random.random() < 0.03,
        }
        if found[version]["wheel"] is None:
            found[version] |= {"wheel": False, "sdist": True}
    return found


def _requirement(random: Random, names: str, extras: dict[str, str], *, markers: float = 0.35) -> str:
    name = random.choice(names)
    extra = f"[{random.choice(extras[name])}]" if extras[name] and random.random() < 0.5 else ""
    marker = f" ; {random.choice(_MARKERS)}" if random.random() < markers else ""
    return f"{name}{extra}{random.choice(_TIGHT if random.random() < 0.12 else _LOOSE)}{marker}"


# --- files ------------------------------------------------------------------------------------------


def _files(random: Random, names: str, extras: dict[str, str]) -> dict[str, str]:
    def lines(least: int, most: int, markers: float = 0.35) -> list[str]:
        return [_requirement(random, names, extras, markers=markers) for _ in range(random.randint(least, most))]

    main = lines(1, 4)
    files = {"base.in": _text(random, lines(1, 2)), "limits.txt": _text(random, lines(1, 2, 0.2))}
    if random.random() < 0.3:
        main.insert(random.randint(0, len(main)), "-r base.in")
    if random.random() < 0.3:
        main.insert(random.randint(0, len(main)), random.choice(["-c limits.txt", "--constraint=./limits.txt"]))
    if random.random() < 0.1:
        main.insert(0, random.choice(["--no-binary a", "--only-binary :all:", "--only-binary=b", "--pre"]))
    files["requirements.in"] = _text(random, main)
    files["dev/more.in"] = _text(random, [*lines(1, 2), *random.choice([[], ["-r ../base.in"], ["-c ../limits.txt"]])])
    files["over.txt"] = _text(random, [random.choice(names) + "==" + random.choice(_VERSIONS)])
    files["less.txt"] = _text(random, [random.choice(names)])
    if random.random() < 0.5:
        files["out.txt"] = _pins(random, names)
    files["pyproject.toml"] = _manifest(random, lines)
    return files


def _text(random: Random, lines: Sequence[str]) -> str:
    end = "\r\n" if random.random() < 0.1 else "\n"
    spoken = [f"{line}  # why" if random.random() < 0.1 else line for line in lines]
    return "".join(f"{line}{end}" for line in ["# requirements", *spoken])


def _pins(random: Random, names: str) -> str:
    def pin(name: str) -> str:
        hashes = f" \\\n    --hash=sha256:{random.choice('0123') * 64}" if random.random() < 0.2 else ""
        marker = f" ; {random.choice(_MARKERS)}" if random.random() < 0.2 else ""
        return f"{name}=={random.choice(_VERSIONS)}{marker}{hashes}\n    # via something\n"

    return "# old\n" + "".join(pin(name) for name in names if random.random() < 0.6)


def _manifest(random: Random, lines) -> str:  # type: ignore[no-untyped-def]
    tool = random.choice(
        [
            "",
            "",
            "",
            "[tool.uv]\nconstraint-dependencies = ['a<3']\n",
            "[tool.uv.pip]\nannotation-style = 'line'\nno-emit-package = ['b']\n",
            "[tool.uv]\nenvironments = [\"sys_platform == 'linux'\", \"sys_platform == 'win32'\"]\n",
            "[tool.uv]\noverride-dependencies = [\"b==2.0 ; os_name == 'nt'\"]\n[tool.uv.pip]\ngenerate-hashes = true\n",
        ]
    )
    return (
        f'[project]\nname = "app"\nversion = "1"\ndependencies = {lines(0, 2)!r}\n'
        f"[project.optional-dependencies]\none = {lines(0, 2)!r}\ntwo = [*]\n".replace(
            "[*]", repr([*lines(0, 1), "app[one]"])
        )
        + f"[dependency-groups]\ndev = {lines(0, 2)!r}\n{tool}"
    )


# --- words ------------------------------------------------------------------------------------------


def _words(random: Random, names: str, files: dict[str, str]) -> list[str]:
    words = list(_sources(random))
    where = random.random()
    if where < 0.5:
        words.append("--universal")
    elif where < 0.9:
        words += ["--python-platform", random.choice(_PLATFORMS)]
    if "--universal" not in words and random.random() < 0.3:
        words.append("--no-strip-markers")
    words += ["--python-version", random.choice(["3.9", "3.10", "3.11", "3.12", "3.12.4", "3.13"])]
    words += [flag for flag in random.sample(_FLAGS, random.randint(0, 3)) if _goes_with(flag, words)]
    for option, file, chance in (
        ("-c", "limits.txt", 0.2),
        ("--override", "over.txt", 0.15),
        ("--exclude", "less.txt", 0.05),
    ):
        words += [option, file] if random.random() < chance else []
    words += ["--no-emit-package", random.choice(names)] if random.random() < 0.1 else []
    words += ["--only-binary", random.choice([*names, ":all:"])] if _chance(random, words, 0.1) else []
    words += ["--no-binary", random.choice(names)] if _chance(random, words, 0.05) else []
    return [*words, *_output(random, names)]


def _chance(random: Random, words: Sequence[str], chance: float) -> bool:
    return random.random() < chance and "--no-build" not in words


def _goes_with(flag: str, words: Sequence[str]) -> bool:
    return flag.partition("=")[0] not in {word.partition("=")[0] for word in words}


def _sources(random: Random) -> Sequence[str]:
    kind = random.random()
    if kind < 0.55:
        return ["requirements.in"]
    if kind < 0.65:
        return ["requirements.in", "dev/more.in"]
    if kind < 0.7:
        return ["dev/more.in", "base.in"]
    extra = random.choice([[], [], ["--extra", "one"], ["--extra", "two"], ["--all-extras"]])
    if kind < 0.85:
        return ["pyproject.toml", *extra]
    if kind < 0.92:
        return ["pyproject.toml", "requirements.in", "--group", "dev"]
    return ["--group", random.choice(["dev", "pyproject.toml:dev"])]


def _output(random: Random, names: str) -> Sequence[str]:
    kind = random.random()
    if kind < 0.3:
        return []
    move = ["-P", random.choice(names) + random.choice(["", "", "<3", "==2.0"])] if random.random() < 0.3 else []
    if kind < 0.75:
        return ["-o", "out.txt", *move]
    return [random.choice(["-o", "--output-file"]), random.choice(["pylock.toml", "pylock.dev.toml"])]
