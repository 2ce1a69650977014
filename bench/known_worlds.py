"""Runs inside the sandbox of ``bench.known``: asks one build backend for metadata, in one world after the other.

Only the standard library, no imports of ours: the sandbox holds this file, the interpreter, the build requirements and
the source archive. A *world* is what the package's own code sees of Python and platform: first the real one, in which the
backend loads what it needs, then those in which ``sys.platform``, ``os.name``, ``platform`` and ``sys.version_info`` say
something else.
"""

import importlib
import json
import os
import platform
import re
import shutil
import site
import sys
import tarfile
import types
import zipfile
from pathlib import Path
from typing import Any

ASKED = ("system", "machine", "processor", "python_version", "python_version_tuple")
MACHINES = {"darwin": "arm64", "win32": "ARM64"}
SYSTEMS = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}


class Os(types.ModuleType):
    """The module ``os`` of Windows for those who import it from now on; the standard library has its own already."""

    name = "nt"

    def __getattr__(self, attribute: str) -> Any:
        return getattr(os, attribute)


class Version(tuple):  # type: ignore[type-arg]
    """``sys.version_info`` of another Python."""

    major = property(lambda self: self[0])
    minor = property(lambda self: self[1])
    micro = property(lambda self: self[2])
    releaselevel = property(lambda self: self[3])
    serial = property(lambda self: self[4])


def main() -> None:
    spec = json.loads(sys.argv[1])
    work = Path(spec["work"])
    site.addsitedir(spec["requirements"])
    if spec["wants"] == "requirements":
        backend = enter(spec, work / "asked")
        hook = getattr(backend, "get_requires_for_build_wheel", None)
        answer: Any = hook({}) if hook else []
    else:
        answer = [attempt(spec, work / str(number), world) for number, world in enumerate(spec["worlds"])]
    Path(spec["answer"]).write_text(json.dumps(answer), encoding="utf-8")


def attempt(spec: dict[str, Any], work: Path, world: dict[str, str]) -> dict[str, str]:
    """The metadata in one world, or why there is none. Each world has a tree and the package's modules of its own."""
    before = sys.platform, sys.version_info, sys.version, sys.hexversion
    asked = {name: getattr(platform, name) for name in ASKED}
    path, modules = list(sys.path), set(sys.modules)
    try:
        backend = enter(spec, work)
        pretend(world)
        return {"metadata": metadata(backend, work)}
    except BaseException as problem:  # noqa: BLE001 - a setup.py may end the process
        return {"problem": f"{type(problem).__name__}: {problem}"}
    finally:
        sys.platform, sys.version_info, sys.version, sys.hexversion = before
        sys.modules["os"] = os
        for name, answer in asked.items():
            setattr(platform, name, answer)
        sys.path[:] = path
        # Relative entries mean the next tree from now on.
        sys.path_importer_cache.clear()
        shutil.rmtree(work)
        for name in set(sys.modules) - modules:
            if str(work) in (getattr(sys.modules[name], "__file__", None) or ""):
                del sys.modules[name]


def enter(spec: dict[str, Any], work: Path) -> Any:
    """Unpack the source, go there, load the backend."""
    source = unpack(Path(spec["archive"]), work)
    os.chdir(source)
    sys.path[:0] = [str(source / path) for path in spec["backend-path"]]
    sys.argv = [str(source / "setup.py")]
    module, _, attribute = spec["backend"].partition(":")
    backend: Any = importlib.import_module(module)
    for name in filter(None, attribute.split(".")):
        backend = getattr(backend, name)
    return backend


def unpack(archive: Path, work: Path) -> Path:
    folder = work / "source"
    if archive.name.endswith(".zip"):
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
    else:
        with tarfile.open(archive) as packed_tar:
            packed_tar.extractall(folder, filter="data")
    (top,) = folder.iterdir()
    return top


def pretend(world: dict[str, str]) -> None:
    """Tell whoever asks from now on that this is another Python or platform."""
    system = world.get("platform")
    if system:
        sys.platform = system
        platform.system = lambda: SYSTEMS[system]
        platform.machine = lambda: MACHINES[system]
        platform.processor = lambda: MACHINES[system]
    if system == "win32":
        sys.modules["os"] = Os("os")
    version = world.get("python")
    if version:
        major, minor = map(int, version.split("."))
        sys.version_info = Version((major, minor, 0, "final", 0))  # type: ignore[assignment]
        sys.version = re.sub(r"^\S+", f"{version}.0", sys.version)
        sys.hexversion = major << 24 | minor << 16 | 0xF0
        platform.python_version = lambda: f"{version}.0"
        platform.python_version_tuple = lambda: (str(major), str(minor), "0")


def metadata(backend: Any, work: Path) -> str:
    out = work / "out"
    out.mkdir(parents=True)
    hook = getattr(backend, "prepare_metadata_for_build_wheel", None)
    if hook is not None:
        return Path(out, hook(str(out), {}), "METADATA").read_text("utf-8")
    with zipfile.ZipFile(out / backend.build_wheel(str(out), {})) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        return wheel.read(name).decode("utf-8")


if __name__ == "__main__":
    main()
