"""Builds the image without a container engine, and tries it: each step of the ``Dockerfile`` in a root of its own.

    python -m bench.image [--keep FOLDER] [--target STAGE]

Needs root, debootstrap and the network. What stands in for Docker: ``FROM python:3.X-slim-CODENAME`` is Debian's CODENAME
made by debootstrap, with Debian's own Python of that series in the place of the image's (so another build of the same
series, and pip left out); ``COPY --from`` of uv's image is the same version of uv from PyPI. Layers are copies of the folder,
``RUN`` is a chroot with the variables and the folder that Docker would have, and steps of a user run as that user. What is
not seen: other architectures, what an engine adds (seccomp, cgroups), and how large the layers are when packed.

Then the image's own command is started as the image's user, its health check asked, ``lockbot lock --check`` run inside, and
a repository cloned by the git inside.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_MIRROR = "http://deb.debian.org/debian"
_PYTHON = re.compile(r"python:(3\.\d+)-slim-(\w+)")
_UV = re.compile(r"ghcr\.io/astral-sh/uv:([\d.]+)")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class NotUnderstood(Exception):
    """The Dockerfile says something that this program can't do."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One instruction; ``text`` is what follows its name, lines joined."""

    name: str
    text: str


@dataclass(kw_only=True)
class Stage:
    """What a stage has become: its folder, and what Docker would remember of it."""

    root: Path
    variables: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = "root"
    entry: Sequence[str] = ()
    command: Sequence[str] = ()
    health: Sequence[str] = ()

    def derive(self, root: Path) -> Stage:
        """A new one that begins where this one ended."""
        subprocess.run(["cp", "-a", f"{self.root}/.", str(root)], check=True)
        return Stage(
            root=root,
            variables=dict(self.variables),
            folder=self.folder,
            user=self.user,
            entry=self.entry,
            command=self.command,
            health=self.health,
        )


def parse_dockerfile(text: str) -> list[Step]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    found = [line.strip().partition(" ") for line in joined.splitlines() if line.strip()]
    return [Step(name=name.upper(), text=" ".join(rest.split())) for name, _, rest in found]


class Builder:
    """Carries the steps out, in folders below ``place``."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._stages: dict[str, Stage] = {}
        self._bases: dict[str, Path] = {}

    def build(self, steps: Sequence[Step], target: str | None = None) -> Stage:
        """The last stage, or the ``target``."""
        stage: Stage | None = None
        for step in steps:
            if step.name == "FROM":
                if stage is not None and target is not None and self._stages.get(target) is stage:
                    return stage
                stage = self._begin(step.text)
            elif stage is None:
                raise NotUnderstood(f"{step.name} before FROM")
            else:
                print(f"   {step.name} {step.text[:110]}", flush=True)
                self._carry_out(stage, step)
        if stage is None:
            raise NotUnderstood("no FROM")
        return stage

    def _begin(self, text: str) -> Stage:
        source, _, name = re.sub(r"(?i)\s+as\s+", "\0", text).partition("\0")
        print(f"== FROM {text}", flush=True)
        root = self._place / f"stage-{len(self._stages)}"
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        if source in self._stages:
            stage = self._stages[source].derive(root)
        else:
            stage = Stage(root=self._make_base(source)).derive(root)
            stage.variables["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        self._stages[name or str(len(self._stages))] = stage
        return stage

    def _make_base(self, image: str) -> Path:
        found = _PYTHON.fullmatch(image)
        if found is None:
            raise NotUnderstood(f"no stand-in for the image {image}")
        if image not in self._bases:
            base = self._place / f"base-{found[2]}"
            python = f"python{found[1]}"
            if not base.exists():
                options = ["--variant=minbase", f"--include={python},ca-certificates"]
                asked = ["debootstrap", *options, found[2], str(base), _MIRROR]
                subprocess.run(asked, check=True, stdout=subprocess.DEVNULL)
                # Where the image has its own.
                for name in ("python", "python3", python):
                    (base / "usr" / "local" / "bin" / name).symlink_to(f"/usr/bin/{python}")
            join_network(base)
            self._bases[image] = base
        return self._bases[image]

    def _carry_out(self, stage: Stage, step: Step) -> None:
        match step.name:
            case "RUN":
                run(stage, ["/bin/sh", "-c", step.text], also={**stage.arguments, **find_network()})
            case "COPY":
                self._copy(stage, step.text)
            case "ENV":
                for pair in shlex.split(step.text):
                    name, _, value = pair.partition("=")
                    stage.variables[name] = _expand(value, stage.variables)
            case "ARG":
                name, _, value = shlex.split(step.text)[0].partition("=")
                stage.arguments[name] = value
            case "WORKDIR":
                stage.folder = step.text
                (stage.root / step.text.lstrip("/")).mkdir(parents=True, exist_ok=True)
            case "USER":
                stage.user = step.text
            case "CMD":
                stage.command = json.loads(step.text)
            case "ENTRYPOINT":
                stage.entry = json.loads(step.text)
            case "HEALTHCHECK":
                stage.health = json.loads(step.text[step.text.index("CMD") + 3 :])
            case "VOLUME" | "EXPOSE":
                pass
            case _:
                raise NotUnderstood(f"no stand-in for {step.name}")

    def _copy(self, stage: Stage, text: str) -> None:
        words = shlex.split(text)
        origin = next((word.removeprefix("--from=") for word in words if word.startswith("--from=")), None)
        *sources, target = [word for word in words if not word.startswith("--")]
        place = stage.root / os.path.normpath(f"{stage.folder}/{target}" if target[0] != "/" else target).lstrip("/")
        for source in sources:
            found = self._find(origin, source)
            if not found.exists():
                raise NotUnderstood(f"COPY: there is no {source}")
            if found.is_dir():
                shutil.copytree(
                    found, place, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
                )
            else:
                to = place / found.name if target.endswith("/") or place.is_dir() else place
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(found, to)

    def _find(self, origin: str | None, source: str) -> Path:
        if origin is None:
            return ROOT / source
        if origin in self._stages:
            return self._stages[origin].root / source.lstrip("/")
        found = _UV.fullmatch(origin)
        if found is None or source != "/uv":
            raise NotUnderstood(f"no stand-in for {source} of the image {origin}")
        return find_uv(found[1])


#: Where a step finds the certificates of this machine, which an engine's network would have no need of.
_CERTIFICATES = "/etc/ssl/of-this-machine.pem"


def join_network(root: Path) -> None:
    shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
    if os.environ.get("SSL_CERT_FILE"):
        shutil.copy(os.environ["SSL_CERT_FILE"], root / _CERTIFICATES.lstrip("/"))


def find_network() -> Mapping[str, str]:
    """What this machine's environment says of its network."""
    named = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    return {**named, "SSL_CERT_FILE": _CERTIFICATES} if os.environ.get("SSL_CERT_FILE") else named


def find_uv(version: str) -> Path:
    """The program of that version, which the development environment has."""
    found = Path(sys.executable).with_name("uv")
    told = subprocess.run([str(found), "--version"], capture_output=True, text=True, check=True).stdout
    if told.split()[1] != version:
        raise NotUnderstood(f"the image takes uv {version}, the environment has {told.strip()}")
    return found


def _expand(value: str, variables: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: variables.get(found[1] or found[2], ""), value)


def run(stage: Stage, command: Sequence[str], *, also: Mapping[str, str] | None = None) -> str:
    """Within the stage, as its user; raises where it fails."""
    with started(stage, command, also=also) as process:
        told, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{shlex.join(command)[:200]}\n{told[-3000:]}\nended with {process.returncode}")
    return told


@contextmanager
def started(
    stage: Stage, command: Sequence[str], *, also: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A process within the stage, with the file systems that a container has."""
    # ``--userspec`` keeps the groups of the caller unless told.
    user = [] if stage.user == "root" else [f"--userspec={stage.user}", f"--groups={stage.user}"]
    changed = ["chroot", *user, str(stage.root), "/bin/sh", "-c", 'cd "$0" && exec "$@"', stage.folder, *command]
    variables = {**stage.variables, **(also or {})}
    for name, kind in (("proc", "proc"), ("dev/shm", "tmpfs")):
        (stage.root / name).mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", kind, kind, str(stage.root / name)], check=True)
    try:
        process = subprocess.Popen(
            changed,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=60)
    finally:
        for name in ("dev/shm", "proc"):
            subprocess.run(["umount", "--lazy", str(stage.root / name)], check=True)


# --- the image, tried ------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def make_credentials(folder: Path) -> dict[str, str]:
    """Those of an App that there is not: enough for a server to start."""
    key = folder / "key.pem"
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", str(key), "2048"], check=True, capture_output=True)
    return {
        "LOCKBOT_APP_ID": "1",
        "LOCKBOT_PRIVATE_KEY": key.read_text(),
        "LOCKBOT_WEBHOOK_SECRET": "a secret of nobody",
        # A port that nobody listens at: GitHub is away, which keeps no server from starting.
        "LOCKBOT_GITHUB_URL": "http://127.0.0.1:9",
    }


def try_server(stage: Stage, credentials: Mapping[str, str], patience: float = 120.0) -> str:
    """Starts what the image starts, and asks its health check; gives its log."""
    port = free_port()
    command = [str(port) if word == "8080" else word for word in (*stage.entry, *stage.command)]
    health = [word.replace(":8080/", f":{port}/") for word in stage.health]
    with started(stage, command, also=credentials) as process:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and process.poll() is None:
            if is_healthy(stage, health):
                print(f"   healthy, as {find_owner(process.pid)}", flush=True)
                break
            time.sleep(0.5)
        else:
            process.kill()
            raise SystemExit(f"the server is not healthy:\n{process.communicate()[0][-3000:]}")
        owner = find_owner(process.pid)
        process.send_signal(signal.SIGTERM)
        told, _ = process.communicate(timeout=90)
    if owner != 10001:
        raise SystemExit(f"the server runs as {owner}, not as the image's user")
    return told


def is_healthy(stage: Stage, health: Sequence[str]) -> bool:
    user = [f"--userspec={stage.user}"] if stage.user != "root" else []
    asked = subprocess.run(
        ["chroot", *user, str(stage.root), *health], env=stage.variables, capture_output=True, check=False, timeout=30
    )
    return asked.returncode == 0


def find_owner(process: int) -> int:
    """The user of a process."""
    return int(re.findall(r"^Uid:\s+\d+\s+(\d+)", Path(f"/proc/{process}/status").read_text(), re.M)[0])


PROJECT = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["idna"]\n'


def try_commands(stage: Stage) -> None:
    """A lock is made and found right, and git clones."""
    within = "/tmp/try"
    shell = " && ".join(
        (
            f"mkdir -p {within}/app && cd {within}/app",
            f"printf '%s' {shlex.quote(PROJECT)} > pyproject.toml",
            "lockbot lock && lockbot lock --check",
            "git init --quiet && git -c user.name=a -c user.email=a@b commit --quiet --allow-empty --message x",
            f"git clone --quiet file://{within}/app {within}/clone && git -C {within}/clone log --format=%s",
            "id -un && ! command -v uv && ! command -v gcc && ! command -v pip",
        )
    )
    print("   " + " / ".join(run(stage, ["/bin/sh", "-ec", shell], also=find_network()).split("\n")), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--keep", type=Path, help="a new folder for the roots, which stay; Debian is made there once")
    parser.add_argument("--target", help="the stage to build, the last one unless said")
    options = parser.parse_args()
    began = time.monotonic()
    place = options.keep or Path(tempfile.mkdtemp(prefix="image-"))
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o755)
    try:
        stage = Builder(place).build(parse_dockerfile((ROOT / "Dockerfile").read_text()), options.target)
        print(f"== built (at {time.monotonic() - began:.0f} s), {find_size(stage.root)} MB unpacked", flush=True)
        if stage.user == "root":
            # As a new volume is.
            os.chown(stage.root / "data", 0, 0)
        print(f"== tried: {shlex.join((*stage.entry, *stage.command))}", flush=True)
        try_server(stage, make_credentials(place))
        if stage.user != "root":
            try_commands(stage)
        print(f"== all right (after {time.monotonic() - began:.0f} s)")
    finally:
        if options.keep is None:
            shutil.rmtree(place, ignore_errors=True)


def find_size(folder: Path) -> int:
    told = subprocess.run(["du", "-sm", str(folder)], capture_output=True, text=True, check=True).stdout
    return int(told.split()[0])


if __name__ == "__main__":
    main()
