"""Project pages that say something of their project (PEP 792), with what uv makes of each; and an index that serves them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tests.loopback import NOT_FOUND, Answer, Asked, Loopback

#: Status and reason, None where nothing is said against the project.
Said = tuple[str, str | None] | None

_ARCHIVED = '<meta name="pypi:project-status" content="archived">'
_WHY = '<meta name="pypi:project-status-reason" content="one &amp; other">'
_ODD = '<meta name="pypi:project-status" content="{}">'
_FILE = '<a href="/files/x-1.0-py3-none-any.whl">x</a>'
_PLAIN: Said = ("archived", None)

#: Which part of a page is its head decides, and uv takes it as it stands: up to its end, wherever that is.
HTML: Mapping[str, tuple[str, Said]] = {
    "head": (f"<!DOCTYPE html><html><head>{_ARCHIVED}{_WHY}</head><body>{_FILE}</body>", ("archived", "one & other")),
    "no-head": (f"<!DOCTYPE html>{_ARCHIVED}{_WHY}{_FILE}", None),
    "open-head": (f"<head>{_ARCHIVED}{_FILE}{_WHY}", ("archived", "one & other")),
    "body": (f"<html><head></head><body>{_ARCHIVED}{_FILE}</body></html>", None),
    "body-alone": (f"<html><body>{_ARCHIVED}{_FILE}</body></html>", None),
    "head-in-body": (f"<body><head>{_ARCHIVED}</head>{_FILE}</body>", _PLAIN),
    "body-in-head": (f"<html><head><title>x</title><body>{_ARCHIVED}{_FILE}</body></html>", _PLAIN),
    "two-heads": (f"<head></head><head>{_ARCHIVED}</head>{_FILE}", None),
    "header": (f"<header>{_ARCHIVED}</header>{_FILE}", None),
    "end-of-header": (f"<head></header>{_ARCHIVED}</head>{_FILE}", _PLAIN),
    "attributes-of-head": (f'<head lang="x">{_ARCHIVED}</head >{_FILE}', _PLAIN),
    "inside": (f"<head><noscript>{_ARCHIVED}</noscript></head>{_FILE}", _PLAIN),
    "capitals": ('<HEAD><META NAME="pypi:project-status" CONTENT="archived"></HEAD>', _PLAIN),
    "bare": ("<head><meta name=pypi:project-status content=archived></head>", _PLAIN),
    "comment": (f"<head><!-- {_ARCHIVED} --></head>{_FILE}", None),
    "script": (f"<head><script>{_ARCHIVED}</script></head>{_FILE}", None),
    "twice": (f"<head>{_ARCHIVED}{_ODD.format('deprecated')}{_WHY}</head>", ("deprecated", "one & other")),
    "then-active": (f"<head>{_ARCHIVED}{_ODD.format('active')}{_WHY}</head>", None),
    "then-unknown": (f"<head>{_ARCHIVED}{_ODD.format('retired')}</head>", None),
    "unknown-before": (f"<head>{_ODD.format('retired')}{_ARCHIVED}</head>", None),
    "capital-status": (f"<head>{_ODD.format('Archived')}</head>", None),
    "capital-name": ('<head><meta name="Pypi:Project-Status" content="archived"></head>', None),
    "spaces": (f"<head>{_ODD.format(' archived ')}</head>", None),
    "no-content": (f'<head>{_ARCHIVED}<meta name="pypi:project-status"></head>', None),
    "empty": (f"<head>{_ODD.format('')}</head>", None),
    "reason-without-content": (f'<head>{_ARCHIVED}<meta name="pypi:project-status-reason"></head>', None),
    "empty-reason": (
        f'<head>{_ARCHIVED}<meta name="pypi:project-status-reason" content=""></head>',
        ("archived", ""),
    ),
    "reason-alone": (f"<head>{_WHY}</head>{_FILE}", None),
    "lines": (
        f'<head>{_ARCHIVED}<meta name="pypi:project-status-reason" content="a\n b\tc"></head>',
        ("archived", "a\n b\tc"),
    ),
}

#: What stands as ``project-status``. uv refuses a page where that is of another type; here it says nothing.
JSON: Mapping[str, tuple[object, Said]] = {
    "quarantined": ({"status": "quarantined", "reason": "malware"}, ("quarantined", "malware")),
    "deprecated": ({"status": "deprecated"}, ("deprecated", None)),
    "archived": ({"status": "archived", "reason": None}, ("archived", None)),
    "active": ({"status": "active", "reason": "all is well"}, None),
    "unknown": ({"status": "retired", "reason": "x"}, None),
    "no-status": ({"reason": "x"}, None),
    "capital": ({"status": "Archived"}, None),
    "empty-text": ({"status": "archived", "reason": ""}, ("archived", "")),
    "more": ({"status": "archived", "reason": "r", "since": [1]}, ("archived", "r")),
    "hostile": (
        {"status": "archived", "reason": "\x1b[2J@all <b>\n# see\u202e"},
        ("archived", "\x1b[2J@all <b>\n# see\u202e"),
    ),
    "nothing": (None, None),
    "text": ("archived", None),
    "status-of-another-type": ({"status": 1}, None),
}


def page(status: object, name: str = "a", files: object = ()) -> bytes:
    return json.dumps({"meta": {"api-version": "1.4"}, "name": name, "files": files, "project-status": status}).encode()


class StatusIndex(Loopback):
    """An index of pages: name -> content type and text. ``asked`` are the names, in the order in which they came."""

    def __init__(self, pages: Mapping[str, tuple[str, bytes]]) -> None:
        super().__init__()
        self.pages = pages
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"{self.root}/simple"

    def answer(self, asked: Asked) -> Answer:
        name = asked.path.strip("/").rpartition("/")[2]
        self.asked.append(name)
        if name not in self.pages:
            return NOT_FOUND
        kind, body = self.pages[name]
        return Answer(body=body, headers={"Content-Type": kind})


def html_page(text: str) -> tuple[str, bytes]:
    return "text/html", text.encode()


def json_page(status: object) -> tuple[str, bytes]:
    return "application/vnd.pypi.simple.v1+json", page(status)
