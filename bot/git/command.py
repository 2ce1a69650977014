"""Runs the git program so that nothing of the repository is ever executed.

A repository is somebody else's: its hooks, filters, attributes, submodules, file-system monitor, credential helpers and
ssh commands must not run, and its configuration must not send git anywhere. So every call gets a scrubbed environment,
no system or user configuration, overrides for every setting that names a program, and a list of the protocols that
it may use (none, for work on local objects). Only plumbing is called; no working tree is ever filled.

A credential reaches git through a helper that reads the process environment: it is in no argument, URL or log line.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import LockbotError

_KEPT_VARIABLES = ("PATH", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "SYSTEMROOT")
_OVERRIDES = (
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.sshCommand=false",
    "core.gitProxy=",
    "core.askPass=",
    "core.alternateRefsCommand=true",
    "core.autocrlf=false",
    "core.symlinks=false",
    "core.commitGraph=false",
    "credential.helper=",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "fetch.writeCommitGraph=false",
    "commit.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.ext.allow=never",
    "safe.directory=*",
)
_TOKEN_VARIABLE = "LOCKBOT_GIT_TOKEN"  # noqa: S105
_USER_VARIABLE = "LOCKBOT_GIT_USER"
_HELPER = (
    f'!f() {{ test "$1" = get && printf "username=%s\\npassword=%s\\n" "${_USER_VARIABLE}" "${_TOKEN_VARIABLE}"; }}; f'
)
_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")

#: Since when git knows ``http.curloptResolve``; older ones pass over the setting, and look a host up themselves.
PINNING_GIT = (2, 37)

#: Longest that one git process may take, in seconds.
LOCAL_TIMEOUT = 120.0
NETWORK_TIMEOUT = 600.0


class GitError(LockbotError):
    """git refused or failed; the message is its own last words, without credentials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A password or token for one web origin (``https://host[:port]``); no other host ever gets it."""

    origin: str
    token: str = field(repr=False)
    username: str = "x-access-token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What a git process may reach: ``protocols`` (none by default) and ``pinned`` addresses as ``host:port:address``.

    ``proxy``: what makes its connections, which has no use for a pinned address. Nothing of the kind is taken from the
    environment unasked.
    """

    protocols: tuple[str, ...] = ()
    credential: Credential | None = None
    pinned: tuple[str, ...] = ()
    proxy: str | None = field(default=None, repr=False)
    follows_redirects: bool = True


NO_NETWORK = Network()


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """One git folder (a repository or its ``.git``) and the environment that its processes get.

    ``patience``: the longest that a process may take, in seconds, where that is less than is usual for its kind.
    """

    folder: Path
    environ: Mapping[str, str] = field(repr=False)
    network: Network = NO_NETWORK
    patience: float | None = None

    def run(self, *arguments: str, stdin: bytes = b"", variables: Mapping[str, str] | None = None) -> bytes:
        """The standard output of ``git ARGUMENTS``; raises ``GitError`` when it fails."""
        done = self.try_run(*arguments, stdin=stdin, variables=variables)
        if done.returncode:
            raise GitError(f"git {arguments[0]} failed: {_why(done)}")
        return done.stdout

    def try_run(
        self, *arguments: str, stdin: bytes = b"", variables: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """As ``run``, but the exit status is the caller's to read."""
        timeout = self.patience or (NETWORK_TIMEOUT if self.network.protocols else LOCAL_TIMEOUT)
        try:
            return subprocess.run(
                self.command(arguments),
                input=stdin,
                capture_output=True,
                env=self.variables() | dict(variables or {}),
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise GitError(f"git {arguments[0]} took longer than {timeout:.0f} seconds") from None
        except FileNotFoundError:
            raise GitError("the git program was not found on PATH; install git") from None
        except OSError as error:
            raise GitError(f"git {arguments[0]} could not be run: {error.strerror}") from None

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A process with pipes, for the batch commands."""
        return subprocess.Popen(
            self.command(arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self.variables(),
        )

    def command(self, arguments: Iterable[str]) -> list[str]:
        """The argument list; nothing in it is secret."""
        settings = [*_OVERRIDES, *_network_settings(self.network)]
        overrides = [part for setting in settings for part in ("-c", setting)]
        return ["git", "--no-pager", "--literal-pathspecs", *overrides, "-C", str(self.folder), *arguments]

    def variables(self) -> dict[str, str]:
        """The whole environment of a git process."""
        variables = {name: self.environ[name] for name in _KEPT_VARIABLES if name in self.environ}
        variables |= {
            "HOME": "/dev/null",
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_SYSTEM": "/dev/null",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_SSH_COMMAND": "false",
            "GIT_PROTOCOL_FROM_USER": "0",
            "GIT_ALLOW_PROTOCOL": ":".join(self.network.protocols) or "none",
        }
        if not self.network.protocols:
            variables["GIT_NO_LAZY_FETCH"] = "1"
        if self.network.proxy is not None:
            # Not as a setting: a proxy's URL may hold a password, and arguments can be read by others.
            variables |= dict.fromkeys(("http_proxy", "https_proxy"), self.network.proxy)
        if self.network.credential is not None:
            variables[_TOKEN_VARIABLE] = self.network.credential.token
            variables[_USER_VARIABLE] = self.network.credential.username
        return variables


def check_pinning(environ: Mapping[str, str]) -> str:
    """What git calls its version; raises ``GitError`` where it is one that does not obey a pinned address."""
    version = Git(folder=Path(), environ=environ).run("version").decode("utf-8", "replace").strip()
    numbers = re.search(r"(\d{1,9})\.(\d{1,9})", version)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < PINNING_GIT:
        wanted = ".".join(map(str, PINNING_GIT))
        raise GitError(f"{version} can't be held to an address that was checked; install git {wanted} or newer")
    return version


def _network_settings(network: Network) -> Sequence[str]:
    settings = [f"http.curloptResolve={pin}" for pin in network.pinned]
    settings.append(
        "http.followRedirects=" + ("initial" if network.follows_redirects and not network.pinned else "false")
    )
    if network.proxy is None:
        settings.append("http.proxy=")
    if network.credential is not None:
        settings.append(f"credential.{network.credential.origin}.helper={_HELPER}")
    return settings


def origin_of(url: str) -> str:
    """``https://host[:port]`` of a URL: what a credential is bound to."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def redact(text: str) -> str:
    """The text without the user information of any URL in it."""
    return _USERINFO.sub("", text)


def _why(done: subprocess.CompletedProcess[bytes]) -> str:
    """A process that a signal ended (on a limit of the system, say) had no time for words."""
    return f"ended by signal {-done.returncode}" if done.returncode < 0 else last_words(done.stderr)


def last_words(stderr: bytes) -> str:
    """What git says went wrong: one line, without credentials."""
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines
    return redact(telling[-1])[:400] if telling else "no message"
