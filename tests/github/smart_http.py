"""git's smart HTTP protocol, by git's own CGI program."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tests.github.auth import find_caller
from tests.github.wire import ApiError, Reply, Request

if TYPE_CHECKING:
    from tests.github.hub import Hub

_PATH = re.compile(
    r"/(?P<owner>[^/]+)/(?P<name>[^/]+?)(?:\.git)?(?P<rest>/(?:info/refs|git-upload-pack|git-receive-pack))"
)


def answer(hub: Hub, request: Request) -> Reply | None:
    match = _PATH.fullmatch(request.path)
    if match is None:
        return None
    repository = hub.find_repository(match["owner"], match["name"])
    service = request.query.get("service") or match["rest"].removeprefix("/")
    level = "write" if service == "git-receive-pack" else "read"
    if "authorization" not in request.headers and (repository is None or repository.private or level == "write"):
        return Reply(status=401, raw=b"", headers={"WWW-Authenticate": 'Basic realm="GitHub"'})
    try:
        if repository is None:
            raise ApiError(404, "Repository not found.")
        if "authorization" in request.headers:
            find_caller(hub.tokens, hub.installations, request).check(repository, "contents", level)
    except ApiError as error:
        headers = {"WWW-Authenticate": 'Basic realm="GitHub"'} if error.status == 401 else {}
        return Reply(status=error.status, raw=str(error).encode(), headers=headers)
    return _run_backend(request, str(repository.git.path), match["rest"])


def _run_backend(request: Request, root: str, rest: str) -> Reply:
    env = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_PROJECT_ROOT": root,
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": rest,
        "QUERY_STRING": urlencode(request.query),
        "REQUEST_METHOD": request.method,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "REMOTE_USER": "token",
    }
    out = subprocess.run(["git", "http-backend"], input=request.body, capture_output=True, env=env, check=True).stdout
    head, _, body = out.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    status = int(headers.pop("Status", "200").split(" ")[0])
    return Reply(status=status, raw=body, headers=headers)
