"""One request with libcurl: its options, what is done with each piece of the answer, and what its failures mean.

Every request gets a handle of its own, so nothing of one (credentials, cookies) can stay for the next. Connections are
the transport's, shared by all. Everything here but the making of a transfer runs on the transport's thread.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from concurrent.futures import Future
from math import ceil
from typing import IO, TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

import pycurl

from bot.errors import IndexFailure
from bot.index.http.response import Answer
from bot.proxies import Proxies
from bot.retry import Failure, FailureKind
from bot.values import field, value

if TYPE_CHECKING:
    import socket

    from bot.index.http.certificates import Certificates
    from bot.index.http.guard import Guard

_ERROR_PAGE = 1 << 16
_BUFFER = 1 << 18
_STOP = -1  # what a callback answers to end the transfer
_AGREED = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,4})?(?:/[A-Za-z0-9._~%/:+,=@!-]*)?", re.ASCII)
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?", re.ASCII)
_SUPPRESS_CONNECT_HEADERS = 265  # pycurl does not name it
_NUMBER = re.compile(r"[0-9]{1,18}")
_SAFE = "%/:=&?~#+!$,;'@()*[]|"

_CONNECTION = frozenset(
    {
        pycurl.E_COULDNT_RESOLVE_PROXY,
        pycurl.E_COULDNT_RESOLVE_HOST,
        pycurl.E_COULDNT_CONNECT,
        pycurl.E_FTP_WEIRD_SERVER_REPLY,  # number 8, which is HTTP's too
        pycurl.E_HTTP2,
        pycurl.E_PARTIAL_FILE,
        pycurl.E_SSL_CONNECT_ERROR,
        pycurl.E_GOT_NOTHING,
        pycurl.E_SEND_ERROR,
        pycurl.E_RECV_ERROR,
        92,  # CURLE_HTTP2_STREAM, which pycurl does not name
    }
)


class FetchFailedError(IndexFailure):
    """No usable answer; ``failure`` says of which kind, for the decision to try again."""

    def __init__(self, message: str, failure: Failure) -> None:
        self.failure = failure
        super().__init__(message)


@value
class Wire:
    """What all transfers have in common.

    ``timeout`` is for connecting and between two reads, ``deadline`` for a whole answer, in seconds. Where a proxy makes
    the connection, the guard can't look at its address: who asks has looked at the host before (``Guard.check_host``).
    """

    certificates: Certificates
    guard: Guard | None
    timeout: float
    deadline: float
    proxies: Proxies = field(default_factory=Proxies)


class Transfer:
    """``future`` comes to the ``Answer``, or to ``FetchFailedError`` or what the guard raised. Redirects are answers.

    At most ``limit`` bytes are read, decompressed, into ``into`` where the status is 200, else into the answer's body;
    with ``only_partial`` nothing of a whole file (200) is read, with ``only_head`` nothing but the headers is asked for.
    """

    __slots__ = (
        "_body", "_header", "_headers", "_in_headers", "_into", "_is_enough", "_keeps", "_limit", "_only_head",
        "_only_partial", "_opened", "_problem", "_size", "_started", "_status", "_touched", "_wire", "future", "url",
    )  # fmt: skip

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        wire: Wire,
        *,
        limit: int,
        into: IO[bytes] | None = None,
        only_partial: bool = False,
        only_head: bool = False,
    ) -> None:
        self.url = wire_url(url)
        self.future: Future[Answer] = Future()
        self._wire = wire
        self._header = headers
        self._limit = limit
        self._into = into
        self._only_partial = only_partial
        self._only_head = only_head
        self._status = 0
        self._headers: dict[str, str] = {}
        self._in_headers = True
        self._keeps = False
        self._body: list[bytes] = []
        self._size = 0
        self._is_enough = False
        self._problem: Exception | None = None
        self._opened: list[socket.socket] = []
        self._started = self._touched = 0.0

    # --- before ---

    def make_handle(self) -> pycurl.Curl:
        """A handle with all options set; the clock of the deadline starts."""
        wire, handle = self._wire, pycurl.Curl()
        self._started = self._touched = time.monotonic()
        put = handle.setopt
        put(pycurl.URL, self.url)
        put(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        put(pycurl.NOSIGNAL, 1)
        # One connection carries all over HTTP/2; without TLS there is none, so there is nothing to wait for.
        put(pycurl.PIPEWAIT, self.url.startswith("https://"))
        put(pycurl.BUFFERSIZE, _BUFFER)
        put(pycurl.CONNECTTIMEOUT_MS, _milliseconds(wire.timeout))
        put(pycurl.TIMEOUT_MS, _milliseconds(wire.deadline))
        put(pycurl.ACCEPT_ENCODING, self._header.get("Accept-Encoding", "gzip"))
        put(pycurl.HTTPHEADER, [_line(name, text) for name, text in self._header.items() if name != "Accept-Encoding"])
        put(pycurl.HEADERFUNCTION, self._take_header)
        put(pycurl.WRITEFUNCTION, self._take)
        if wire.certificates.file is not None:
            put(pycurl.CAINFO, wire.certificates.file)
        if wire.certificates.folder is not None:
            put(pycurl.CAPATH, wire.certificates.folder)
        if not wire.certificates.are_needed(self.url):
            put(pycurl.SSL_VERIFYPEER, 0)
            put(pycurl.SSL_VERIFYHOST, 0)
        if self._only_head:
            put(pycurl.NOBODY, 1)
        self._set_route(handle)
        return handle

    def _set_route(self, handle: pycurl.Curl) -> None:
        wire, put = self._wire, handle.setopt
        proxy = wire.proxies.find(self.url)
        # Empty texts: libcurl would look into the environment.
        put(pycurl.PROXY, proxy or "")
        put(pycurl.NOPROXY, "")
        if proxy is not None:
            # A proxy's answer to CONNECT is not the server's.
            put(_SUPPRESS_CONNECT_HEADERS, 1)
            if wire.certificates.file is not None:
                put(pycurl.PROXY_CAINFO, wire.certificates.file)
            if wire.certificates.folder is not None:
                put(pycurl.PROXY_CAPATH, wire.certificates.folder)
        elif wire.guard is not None:
            put(pycurl.OPENSOCKETFUNCTION, self._open_socket)

    def _open_socket(self, _purpose: int, address: tuple[int, int, int, tuple[object, ...]]) -> socket.socket | int:
        assert self._wire.guard is not None
        try:
            if self._problem is not None:
                return pycurl.SOCKET_BAD  # one bad address refuses the name
            opened = self._wire.guard.open_socket(urlsplit(self.url).hostname or "", *address)
        except Exception as problem:  # noqa: BLE001  # it is raised where the answer is waited for
            self._problem = problem
            return pycurl.SOCKET_BAD
        self._opened.append(opened)
        return opened

    # --- while it comes ---

    def _take_header(self, line: bytes) -> int | None:
        self._touched = time.monotonic()
        text = line.decode("utf-8", "surrogateescape").strip()
        if text.startswith("HTTP/") and ":" not in text.partition(" ")[0]:
            self._status = _parse_status(text)
            self._headers, self._in_headers = {}, True
        elif not self._in_headers:
            return None  # a trailer
        elif text:
            self._add_header(text)
        else:
            self._in_headers = False
            return self._begin_body()
        return None

    def _add_header(self, text: str) -> None:
        name, _colon, value = text.partition(":")
        key, value = name.strip().lower(), value.strip()
        before = self._headers.get(key)
        self._headers[key] = value if before is None else f"{before}, {value}"

    def _begin_body(self) -> int | None:
        if self._only_partial and self._status == 200:
            return self._enough()
        stated = self._headers.get("content-length", "")
        if self._is_wanted() and not self._only_head and _NUMBER.fullmatch(stated) and int(stated) > self._limit:
            return self._refuse(self._too_large())
        self._keeps = self._into is not None and self._status == 200
        return None

    def _take(self, part: bytes) -> int | None:
        self._touched = time.monotonic()
        self._size += len(part)
        if not self._is_wanted() and self._size > _ERROR_PAGE:
            self._body.clear()
            return self._enough()  # nobody looks at the rest of an error page
        if self._size > self._limit:
            return self._refuse(self._too_large())
        if not self._keeps:
            self._body.append(part)
            return None
        return self._write(part)

    def _write(self, part: bytes) -> int | None:
        assert self._into is not None
        try:
            if self._size == len(part):
                self._into.seek(0)
                self._into.truncate()
            self._into.write(part)
        except Exception as problem:  # noqa: BLE001  # it is raised where the answer is waited for
            return self._refuse(problem)
        return None

    def _is_wanted(self) -> bool:
        return self._status in (200, 206)

    def _too_large(self) -> FetchFailedError:
        return refused(self.url, f"the answer is larger than {self._limit} bytes")

    def _enough(self) -> int:
        self._is_enough = True
        return _STOP

    def _refuse(self, problem: Exception) -> int:
        self._problem = problem
        return _STOP

    # --- in the end ---

    def is_stalled(self, handle: pycurl.Curl, now: float) -> bool:
        """Whether the server has been silent for too long; waiting for a connection is not its silence."""
        if now - self._touched < self._wire.timeout:
            return False
        asked_after: float = handle.getinfo(pycurl.PRETRANSFER_TIME)
        return asked_after > 0 and now - max(self._touched, self._started + asked_after) >= self._wire.timeout

    def stalls_at(self) -> float:
        """The earliest moment at which ``is_stalled`` can be true, as things are."""
        return self._touched + self._wire.timeout

    def release(self) -> None:
        """The handle is gone. libcurl had duplicates of the sockets, which live as long as their connections."""
        while self._opened:
            self._opened.pop().close()

    def succeed(self) -> None:
        self._settle(None)

    def fail(self, code: int, words: str) -> None:
        """libcurl ended the transfer with an error."""
        self._settle(self._failure(code, words))

    def stall(self) -> None:
        self._settle(_failed(self.url, FailureKind.TIMEOUT, f"nothing came for {self._wire.timeout:.0f} seconds"))

    def _settle(self, failure: Exception | None) -> None:
        problem = self._problem or (None if self._is_enough else failure)
        if problem is not None:
            self.future.set_exception(problem)
            return
        body = b"".join(self._body)
        self.future.set_result(Answer(status=self._status, url=self.url, headers=self._headers, body=body))

    def _failure(self, code: int, words: str) -> FetchFailedError:
        if code == pycurl.E_OPERATION_TIMEDOUT:
            if time.monotonic() - self._started >= self._wire.deadline:
                return refused(self.url, f"the answer took longer than {self._wire.deadline:.0f} seconds")
            return _failed(self.url, FailureKind.TIMEOUT, words)
        if code == pycurl.E_URL_MALFORMAT:
            return malformed(self.url)
        return _failed(self.url, FailureKind.CONNECTION if code in _CONNECTION else FailureKind.REFUSED, words)


def wire_url(url: str) -> str:
    """``url`` as it is sent; raises ``FetchFailedError`` where it is none, so that all readers of it see one host."""
    if not url.startswith(("https://", "http://")):
        raise refused(url, "only http and https URLs can be fetched")
    if _AGREED.fullmatch(url):
        return url
    try:
        parts = urlsplit(url)
        netloc = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode("ascii")
        if not _HOST.fullmatch(netloc) or parts.port == 0:
            raise malformed(url)
        return urlunsplit((parts.scheme, netloc, quote(parts.path, _SAFE), quote(parts.query, _SAFE), ""))
    except ValueError:
        raise malformed(url) from None


def malformed(url: str) -> FetchFailedError:
    return refused(url, "this or a URL that it leads to is malformed")


def refused(url: str, why: str) -> FetchFailedError:
    return FetchFailedError(f"{url}: {why}", Failure(kind=FailureKind.REFUSED))


def _failed(url: str, kind: FailureKind, words: str) -> FetchFailedError:
    return FetchFailedError(f"{url}: no answer from the index ({words})", Failure(kind=kind))


def _milliseconds(seconds: float) -> int:
    return max(1, ceil(seconds * 1000))


def _line(name: str, text: str) -> bytes:
    # What a server said (an ETag) is said back to it; nothing in it may begin a header of its own.
    return f"{name}: {text}".replace("\r", "").replace("\n", "").encode("utf-8", "surrogateescape")


def _parse_status(line: str) -> int:
    code = line.split(" ", 2)[1:2]
    return int(code[0]) if code and _NUMBER.fullmatch(code[0]) else 0
