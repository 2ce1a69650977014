"""A mirror of PyPI and of PyTorch's indexes, with made-up wheels: who has which build, and what each build needs.

The facts are those of the real ones: PyPI's Linux wheels are for CUDA; the index for CPUs has plain versions for macOS and
versions with a label for the others; those for accelerators have no macOS, ROCm's has Linux alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Table = dict[str, Any]

#: What came after the locks that exist: without these the earlier state is locked.
NEW = ("2.9.0", "0.24.0", "3.1.6", "2025.9.0", "80.9.0", "2.3.3", "11.3.0", "3.5.0", "3.19.1")

_PYTHONS = ("cp311", "cp312", "cp313")
_LINUX, _ARM, _MAC, _WINDOWS = "manylinux_2_28_x86_64", "manylinux_2_28_aarch64", "macosx_11_0_arm64", "win_amd64"
_EVERYWHERE = (_LINUX, _ARM, _MAC, _WINDOWS)

#: torch -> the torchvision and the triton that go with it.
_TORCH = {"2.7.1": ("0.22.1", "3.3.1"), "2.8.0": ("0.23.0", "3.4.0"), "2.9.0": ("0.24.0", "3.5.0")}

#: An accelerator's builds: their label, where they run, and what they need beside what all do.
_CUDA = {"cu118": "11.8.89", "cu126": "12.6.77", "cu128": "12.8.93"}
_ON_LINUX = "platform_system == 'Linux'"
_ON_X86 = f"{_ON_LINUX} and platform_machine == 'x86_64'"

_NEEDED = (
    "filelock",
    "typing-extensions>=4.10.0",
    "setuptools ; python_version >= '3.12'",
    "sympy>=1.13.3",
    "networkx>=2.5.1",
    "jinja2",
    "fsspec>=0.8.5",
)
_TORCH_EXTRAS = {"optree": ["optree>=0.13.0"], "opt-einsum": ["opt-einsum>=3.3"]}
_VISION_EXTRAS = {"gdown": ["gdown>=4.7.3"], "scipy": ["scipy"]}


def make_mirror() -> Table:
    """``packages`` and ``indexes`` in the form of scenario files."""
    indexes = {"cpu": _cpu(), "rocm": _rocm(), "xpu": _xpu(), **{label: _cuda(label) for label in _CUDA}}
    tables = {name: {"format": "html", "packages": packages} for name, packages in indexes.items()}
    # All builds on one page, as PyTorch has it too.
    listed: Table = {"torch": {"versions": {}}, "torchvision": {"versions": {}}}
    for name in ("cpu", "cu128"):
        for package, content in listed.items():
            content["versions"] |= indexes[name][package]["versions"]
    tables["links"] = {"format": "flat", "packages": listed}
    return {"packages": _pypi(), "indexes": tables}


def new_releases(mirror: Table) -> tuple[str, ...]:
    """Names and versions of what there was not in the earlier state."""
    places = [mirror["packages"], *(index["packages"] for index in mirror["indexes"].values())]
    found = {
        f"{name} {version}"
        for packages in places
        for name, content in packages.items()
        for version in content["versions"]
        if version.partition("+")[0] in NEW
    }
    return tuple(sorted(found))


# --- builds ---------------------------------------------------------------------------------------


def _wheels(platforms: Sequence[str]) -> list[str]:
    return [f"{python}-{_abi(python, one)}-{one}" for python in _PYTHONS for one in platforms]


def _abi(python: str, platform: str) -> str:
    return "none" if platform == _MAC else python


def _torch(platforms: Sequence[str], more: Sequence[str] = ()) -> Table:
    return {
        "sdist": False,
        "requires_python": ">=3.10",
        "requires": [*_NEEDED, *more],
        "extras": _TORCH_EXTRAS,
        "wheel_tags": _wheels(platforms),
    }


def _vision(platforms: Sequence[str], torch: str) -> Table:
    return {
        "sdist": False,
        "requires_python": ">=3.10",
        "requires": ["numpy", f"torch=={torch}", "pillow!=8.3.*,>=5.3.0"],
        "extras": _VISION_EXTRAS,
        "wheel_tags": _wheels(platforms),
    }


def _audio(platforms: Sequence[str], torch: str) -> Table:
    return {
        "sdist": False,
        "requires_python": ">=3.10",
        "requires": [f"torch=={torch}"],
        "wheel_tags": _wheels(platforms),
    }


def _family(builds: Mapping[str, Sequence[str]], label: str, more: Mapping[str, Sequence[str]]) -> Table:
    """torch, torchvision and torchaudio; ``builds``: label ("" or ``label``) -> platforms, ``more``: torch -> what its labelled
    build needs."""
    torch: Table = {}
    vision: Table = {}
    audio: Table = {}
    for version, (its_vision, _triton) in _TORCH.items():
        for suffix, platforms in builds.items():
            torch[version + suffix] = _torch(platforms, more.get(version, ()) if suffix == label else ())
            vision[its_vision + suffix] = _vision(platforms, version)
            audio[version + suffix] = _audio(platforms, version)
    return {"torch": {"versions": torch}, "torchvision": {"versions": vision}, "torchaudio": {"versions": audio}}


def _cpu() -> Table:
    family = _family({"": (_MAC,), "+cpu": (_LINUX, _ARM, _WINDOWS)}, "+cpu", {})
    # On this index torchvision for ARM has no label.
    for version in family["torchvision"]["versions"]:
        platforms = (_LINUX, _WINDOWS) if version.endswith("+cpu") else (_ARM, _MAC)
        family["torchvision"]["versions"][version]["wheel_tags"] = _wheels(platforms)
    # What else lies on PyTorch's indexes is old.
    return {**family, "jinja2": _plain("3.1.4", "MarkupSafe>=2.0"), "numpy": _compiled("2.1.2")}


def _cuda(label: str) -> Table:
    platforms = (_LINUX, _ARM, _WINDOWS) if label == "cu128" else (_LINUX, _WINDOWS)
    more = {torch: [*_nvidia(label), f"triton=={triton} ; {_ON_LINUX}"] for torch, (_, triton) in _TORCH.items()}
    return _family({f"+{label}": platforms}, f"+{label}", more)


def _rocm() -> Table:
    more = {torch: [f"pytorch-triton-rocm=={triton} ; {_ON_X86}"] for torch, (_, triton) in _TORCH.items()}
    return {**_family({"+rocm6.3": (_LINUX,)}, "+rocm6.3", more), "pytorch-triton-rocm": _triton((_LINUX,))}


def _xpu() -> Table:
    where = "platform_system == 'Linux' and platform_machine == 'x86_64' or platform_system == 'Windows'"
    more = {
        torch: [f"intel-cmplr-lib-rt==2025.{at}.1 ; {where}", f"pytorch-triton-xpu=={triton} ; {where}"]
        for at, (torch, (_, triton)) in enumerate(_TORCH.items())
    }
    family = _family({"+xpu": (_LINUX, _WINDOWS)}, "+xpu", more)
    return {**family, "pytorch-triton-xpu": _triton((_LINUX, _WINDOWS))}


def _triton(platforms: Sequence[str]) -> Table:
    tags = [f"{python}-{python}-{one}" for python in _PYTHONS for one in platforms]
    release = {"sdist": False, "requires_python": ">=3.10", "requires": ["setuptools>=40.8.0"], "wheel_tags": tags}
    return {"versions": {triton: release for _, triton in _TORCH.values()}}


# --- PyPI -----------------------------------------------------------------------------------------


def _nvidia(label: str) -> Iterator[str]:
    version, series = _CUDA[label], "cu11" if label == "cu118" else "cu12"
    where = _ON_X86 if series == "cu11" else _ON_LINUX
    for part in ("cublas", "cuda-nvrtc", "cudnn"):
        yield f"nvidia-{part}-{series}=={version} ; {where}"


def _pypi() -> Table:
    cuda = {torch: [*_nvidia("cu128"), f"triton=={triton} ; {_ON_LINUX}"] for torch, (_, triton) in _TORCH.items()}
    return {
        **_family({"": _EVERYWHERE}, "", cuda),
        **dict(_nvidia_libraries()),
        "triton": _triton((_LINUX, _ARM)),
        "intel-cmplr-lib-rt": {"versions": {f"2025.{at}.1": _runtime() for at in range(len(_TORCH))}},
        "filelock": {"versions": _versions("3.18.0", "3.19.1")},
        "typing-extensions": _plain("4.14.1"),
        "setuptools": {"versions": _versions("80.8.0", "80.9.0")},
        "sympy": _plain("1.14.0", "mpmath<1.4,>=1.1.0"),
        "mpmath": _plain("1.3.0"),
        "networkx": {"versions": {"3.4.2": _pure(">=3.10"), "3.5": _pure(">=3.12")}},
        "jinja2": {"versions": {one: _pure(">=3.7", "MarkupSafe>=2.0") for one in ("3.1.5", "3.1.6")}},
        "markupsafe": _compiled("3.0.2"),
        "fsspec": {"versions": _versions("2025.5.1", "2025.9.0")},
        "numpy": {"versions": {one: _compiled(one)["versions"][one] for one in ("2.2.6", "2.3.3")}},
        "pillow": {"versions": {one: _compiled(one)["versions"][one] for one in ("11.2.1", "11.3.0")}},
        "scipy": _compiled("1.16.1"),
        "optree": _compiled("0.17.0"),
    }


def _nvidia_libraries() -> Iterator[tuple[str, Table]]:
    tags = [f"py3-none-{one}" for one in ("manylinux_2_27_x86_64", "manylinux_2_27_aarch64", "win_amd64")]
    for series, labels in {"cu11": ("cu118",), "cu12": ("cu126", "cu128")}.items():
        for part, needed in {"cublas": (), "cuda-nvrtc": (), "cudnn": (f"nvidia-cublas-{series}",)}.items():
            release = {"sdist": False, "requires_python": ">=3", "requires": list(needed), "wheel_tags": tags}
            yield f"nvidia-{part}-{series}", {"versions": {_CUDA[label]: release for label in labels}}


def _runtime() -> Table:
    return {"sdist": False, "requires_python": "", "wheel_tags": [f"py2.py3-none-{_LINUX}", "py2.py3-none-win_amd64"]}


def _plain(version: str, *requires: str) -> Table:
    return {"versions": {version: _pure(">=3.9", *requires)}}


def _versions(*versions: str) -> Table:
    return {version: _pure(">=3.9") for version in versions}


def _pure(python: str, *requires: str) -> Table:
    return {"requires_python": python, "requires": list(requires)}


def _compiled(version: str) -> Table:
    tags = [f"{python}-{python}-{one}" for python in _PYTHONS for one in _EVERYWHERE]
    return {"versions": {version: {"requires_python": ">=3.11", "wheel_tags": tags}}}
