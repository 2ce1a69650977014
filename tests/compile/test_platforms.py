"""Platforms by name: which wheels run there, held against the tags that ``packaging`` knows and against the real uv."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging import tags

from bot.compile.platforms import Platform, find_platform, make_target
from bot.errors import InputError
from bot.resolver.model.index import WheelTags
from bot.resolver.model.target import Mismatch, WheelRanks
from tests.compile.compiling import CompilingUv, compile_with_lockbot, repository_of

NAMES = (
    "linux", "windows", "macos", "x86_64-unknown-linux-musl", "aarch64-unknown-linux-gnu", "x86_64-apple-darwin",
    "i686-pc-windows-msvc", "aarch64-pc-windows-msvc", "x86_64-manylinux2014", "x86_64-manylinux_2_31",
    "manylinux_2_39_aarch64", "s390x-unknown-linux-gnu", "riscv64-unknown-linux", "aarch64-linux-android",
    "wasm32-pyodide2024", "arm64-apple-ios",
)  # fmt: skip
WHEELS = (
    "py3-none-any", "py2-none-any", "py2.py3-none-any", "py312-none-any", "py313-none-any", "cp312-none-any",
    "cp312-abi3-any", "pp310-pypy310_pp73-manylinux_2_17_x86_64", "cp312-cp312t-manylinux_2_17_x86_64",
    *(
        f"{python}-{platform}"
        for python in ("cp312-cp312", "cp311-cp311", "cp311-abi3", "cp313-abi3", "cp312-none", "py3-none", "py311-none")
        for platform in ("manylinux_2_17_x86_64", "win_amd64", "macosx_11_0_arm64")
    ),
    *(
        f"cp312-cp312-{platform}"
        for platform in (
            "manylinux1_x86_64", "manylinux2010_x86_64", "manylinux2014_x86_64", "manylinux_2_5_x86_64",
            "manylinux_2_28_x86_64", "manylinux_2_29_x86_64", "manylinux_2_31_x86_64", "manylinux_2_34_x86_64",
            "manylinux_2_17_x86_64.manylinux2014_x86_64", "linux_x86_64", "musllinux_1_1_x86_64",
            "musllinux_1_2_x86_64", "musllinux_1_3_x86_64", "manylinux_2_17_aarch64", "manylinux_2_39_aarch64",
            "manylinux_2_28_s390x", "manylinux_2_39_riscv64", "manylinux_2_31_riscv64", "win32", "win_arm64",
            "macosx_10_9_x86_64", "macosx_10_9_universal2", "macosx_11_0_x86_64", "macosx_13_0_arm64",
            "macosx_14_0_arm64", "macosx_11_0_universal2", "macosx_10_12_intel", "android_21_arm64_v8a",
            "android_27_arm64_v8a", "pyodide_2024_0_wasm32", "ios_12_0_arm64_iphoneos", "ios_13_0_arm64_iphoneos",
        )
    ),
)  # fmt: skip


def expected(platform: Platform, minor: int) -> list[str]:
    """The tags of CPython on a platform as ``packaging`` lists them."""
    own = tags.cpython_tags((3, minor), abis=[f"cp3{minor}"], platforms=platform.tags)
    plain = tags.compatible_tags((3, minor), interpreter=f"cp3{minor}", platforms=platform.tags)
    return list(dict.fromkeys(str(one) for one in (*own, *plain)))


def split(tag: str) -> WheelTags:
    python, abi, platform = tag.split("-")
    return WheelTags(python=tuple(python.split(".")), abi=tuple(abi.split(".")), platform=tuple(platform.split(".")))


@pytest.mark.parametrize("name", ["linux", "macos", "windows", "aarch64-unknown-linux-musl"])
@pytest.mark.parametrize("minor", [9, 13])
def test_wheels_are_ranked_as_installers_do(name: str, minor: int) -> None:
    platform = find_platform(name, {})
    ranks = make_target(platform, f"3.{minor}").wheels
    listed = expected(platform, minor)
    found = [ranks.rank(split(tag)) for tag in listed]
    assert not any(isinstance(one, Mismatch) for one in found)
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == len(found)


def test_macos_is_what_packaging_knows() -> None:
    assert list(find_platform("macos", {"MACOSX_DEPLOYMENT_TARGET": "14.2"}).tags) == [
        tag for tag in tags.mac_platforms((14, 0), "arm64") if not tag.endswith("_universal")
    ]


@pytest.mark.parametrize(
    ("tag", "kept_by"),
    [
        ("cp311-cp311-manylinux_2_17_x86_64", Mismatch.ABI),
        ("cp313-cp313-manylinux_2_17_x86_64", Mismatch.PYTHON),
        ("cp312-cp312t-manylinux_2_17_x86_64", Mismatch.ABI),
        ("cp312-cp312-win_amd64", Mismatch.PLATFORM),
        ("cp311.cp312-cp312-win_amd64", Mismatch.PLATFORM),
    ],
)
def test_what_keeps_a_wheel_from_running_is_told(tag: str, kept_by: Mismatch) -> None:
    assert make_target(find_platform("linux", {}), "3.12").wheels.rank(split(tag)) is kept_by


def test_the_best_of_several_tags_counts() -> None:
    ranks = WheelRanks([("cp312", "cp312", "linux_x86_64"), ("py3", "none", "any")])
    assert ranks.rank(split("py2.py3-none-any")) == 0
    assert ranks.rank(split("cp312.py3-cp312.none-any.linux_x86_64")) == 1
    assert not ranks.admits(split("py2-none-any"))


@pytest.mark.parametrize(
    "name", ["", "beos", "x86_64-manylinux_2_16", "x86_64-manylinux_2_99", "loongarch64-manylinux_2_17"]
)
def test_other_platforms_are_refused_by_name(name: str) -> None:
    with pytest.raises(InputError, match="is not a platform that uv knows"):
        find_platform(name, {})


@pytest.mark.uv
@pytest.mark.parametrize("name", NAMES)
def test_uv_takes_the_same_wheels(name: str, compiling_uv: CompilingUv, tmp_path: Path) -> None:
    """Each package's 2.0 has one wheel: whether it is chosen tells whether the wheel runs there."""
    table = {
        "packages": {
            f"p{number}": {"versions": {"1.0": {}, "2.0": {"wheel_tags": [tag], "sdist": False}}}
            for number, tag in enumerate(WHEELS)
        },
        "files": {"requirements.in": "".join(f"p{number}\n" for number in range(len(WHEELS)))},
    }
    repository = repository_of(table, tmp_path)
    words = ("requirements.in", "--python-platform", name, "--python-version", "3.12", "--no-annotate")
    theirs = compiling_uv.compile(repository, words, tmp_path / "uv")
    assert theirs.code == 0, theirs.said
    assert compile_with_lockbot(repository, words).text == theirs.text
