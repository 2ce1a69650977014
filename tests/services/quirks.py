"""The table of services: how each one's pages, files, redirects and refusals differ. Facts only; ``stand_ins`` plays them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto


class Links(Enum):
    """How a page names its files."""

    ABSOLUTE = auto()
    RELATIVE = auto()
    ROOTED = auto()


class Ranges(Enum):
    """``FROM_START``: those that count from the end are answered as if the whole file had been asked for."""

    ALL = auto()
    FROM_START = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """``index`` is the path of the simple index, ``file`` that of a file, of ``{name}``, ``{version}``, ``{file}``, ``{id}``,
    which looks like nothing. ``user`` is whom a token is for.

    ``is_bearer``: a token may also be sent by itself. ``hides``: who may not read a repository is told that it isn't there.
    ``storage``: files are redirected to signed addresses on another host, which answers 400 to who shows credentials as well.
    ``moves``: a file's address leads to this path of the same host, where the same credentials are asked for.
    ``slashes``: a page without its slash is redirected; ``names``: so is one whose name is not normal. ``forwards``: what is
    not there is redirected to PyPI. ``digest`` None: links state none.
    """

    index: str
    file: str
    user: str
    links: Links
    is_json: bool = False
    has_times: bool = False
    has_metadata_files: bool = False
    says_python: bool = True
    digest: str | None = "sha256"
    ranges: Ranges = Ranges.ALL
    storage: bool = False
    moves: str | None = None
    closed: int = 401
    wrong: int = 401
    hides: bool = False
    is_bearer: bool = False
    slashes: bool = True
    names: bool = False
    forwards: bool = False
    challenge: str = 'Basic realm="index"'

    @property
    def forbidden(self) -> int:
        """The answer to who is known and may not read the repository."""
        return 404 if self.hides else 403


SERVICES: Mapping[str, Quirks] = {
    "azure": Quirks(
        index="/organization/project/_packaging/feed/pypi/simple",
        file="/organization/0b5e7c32-1f/_packaging/6a0d9f11-7c/pypi/download/{name}/{version}/{file}",
        user="VssSessionToken",
        links=Links.ABSOLUTE,
        ranges=Ranges.FROM_START,
        storage=True,
        is_bearer=True,
        challenge='Bearer authorization_uri=https://login.example/x, Basic realm="https://pkgsprodsu3weu.example/"',
    ),
    "google": Quirks(
        index="/project/repository/simple",
        file="/project/repository/{name}/{file}",
        user="oauth2accesstoken",
        links=Links.ABSOLUTE,
        ranges=Ranges.NONE,
        moves="/artifacts-downloads/namespaces/project/repositories/repository/downloads/{id}",
        says_python=False,
        is_bearer=True,
    ),
    "codeartifact": Quirks(
        index="/pypi/main/simple",
        file="/pypi/main/simple/{name}/{version}/{file}",
        user="aws",
        links=Links.RELATIVE,
        storage=True,
        is_bearer=True,
    ),
    "artifactory": Quirks(
        index="/artifactory/api/pypi/team/simple",
        file="/artifactory/api/pypi/team/packages/{id}/{file}",
        user="reader",
        links=Links.RELATIVE,
        closed=401,
        wrong=403,
        names=True,
        is_bearer=True,
    ),
    "nexus": Quirks(
        index="/repository/pypi-group/simple",
        file="/repository/pypi-group/packages/{name}/{version}/{file}",
        user="reader",
        links=Links.RELATIVE,
        digest="md5",
        names=True,
    ),
    "gitlab": Quirks(
        index="/api/v4/projects/42/packages/pypi/simple",
        file="/api/v4/projects/42/packages/pypi/files/{id}/{file}",
        user="__token__",
        links=Links.ABSOLUTE,
        ranges=Ranges.NONE,
        hides=True,
        slashes=False,
        forwards=True,
    ),
    "devpi": Quirks(
        index="/team/stable/+simple",
        file="/team/stable/+f/{id}/{file}",
        user="reader",
        links=Links.RELATIVE,
        is_json=True,
        has_metadata_files=True,
        closed=403,
        wrong=401,
        names=True,
    ),
    # Old set-ups, and mirrors that somebody wrote.
    "bare": Quirks(
        index="/simple",
        file="/simple/{name}/{file}",
        user="reader",
        links=Links.ROOTED,
        digest=None,
        says_python=False,
        ranges=Ranges.NONE,
        slashes=False,
    ),
}
