"""The form of the first page, read: what is asked for, or what is wrong with each field. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.addresses import PUBLIC_GITHUB, find_github_api, is_server_address
from bot.web.setup.edge import Choice, Fixed, Keep

_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?")
#: What GitHub takes for an App's name.
_LONGEST_NAME = 34


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongChoice:
    """Field -> what is wrong, with the texts as they came."""

    problems: Mapping[str, str]
    texts: Mapping[str, str]


def begin_texts(fixed: Fixed, seen: str) -> dict[str, str]:
    """The fields before anybody wrote into them; ``seen``: where the browser sees this server."""
    public_url = fixed.public_url or seen
    other = fixed.github_url not in (None, PUBLIC_GITHUB)
    return {
        "where": "other" if other else "public",
        "github": (fixed.github_url or "") if other else "",
        "whom": "own",
        "organization": "",
        "address": public_url,
        "name": suggest_name(public_url),
        "keep": Keep.FOLDER.value,
    }


def suggest_name(public_url: str) -> str:
    """After the server's own name: no two Apps of a GitHub have the same."""
    labels = [one for one in (urlsplit(public_url).hostname or "").split(".") if one]
    known = [one for one in labels if one not in ("lockbot", "www")]
    is_name = bool(labels) and not labels[-1].isdigit() and ":" not in labels[0]
    return f"lockbot-{known[0]}"[:_LONGEST_NAME] if is_name and known else ""


def parse_choice(form: Mapping[str, str], fixed: Fixed) -> Choice | WrongChoice:
    texts = {name: form.get(name, "").strip() for name in begin_texts(fixed, "")}
    github = PUBLIC_GITHUB if texts["where"] == "public" else _tidy(texts["github"])
    organization = texts["organization"] if texts["whom"] == "organization" else None
    public_url = _tidy(texts["address"])
    checks = {
        "github": _check_github(github) or _check_fixed(github, fixed.github_url, "LOCKBOT_GITHUB_URL"),
        "organization": _check_login(organization),
        "address": _check_address(public_url, github)
        or _check_fixed(public_url, fixed.public_url, "LOCKBOT_PUBLIC_URL"),
        "name": _check_name(texts["name"]),
        "keep": "" if texts["keep"] in list(Keep) else "choose one of the two",
    }
    problems = {name: problem for name, problem in checks.items() if problem}
    if problems:
        return WrongChoice(problems=problems, texts=texts)
    return Choice(
        github_url=github,
        organization=organization,
        public_url=public_url,
        name=texts["name"],
        keep=Keep(texts["keep"]),
    )


def _tidy(text: str) -> str:
    """An address as people write it, as its scheme, host and port."""
    whole = text if "://" in text or not text else f"https://{text}"
    if not is_server_address(whole):
        return ""
    parts = urlsplit(whole)
    found = f"{parts.scheme}://{parts.netloc.lower()}"
    return PUBLIC_GITHUB if found in ("https://www.github.com", "http://github.com") else found


def _check_github(url: str) -> str:
    if not url:
        return "write its web address, such as https://github.example.org or https://SUBDOMAIN.ghe.com"
    host = urlsplit(url).hostname or ""
    if host.endswith(".ghe.com") and host.count(".") != 2:
        return "write the address that you see in the browser, https://SUBDOMAIN.ghe.com, not that of the API"
    return ""


def _check_fixed(url: str, fixed: str | None, variable: str) -> str:
    if fixed is None or url == fixed:
        return ""
    return f"{variable} says {fixed}, and the environment beats what is stored: take that, or unset it and start again"


def _check_login(login: str | None) -> str:
    if login is None or _LOGIN.fullmatch(login):
        return ""
    return "write the organisation's name as it stands in its address on GitHub"


def _check_address(url: str, github: str) -> str:
    if not url:
        return "write the address that this server is reached at, such as https://lockbot.example.org"
    if github and _is_here(url) and not _is_here(github):
        return "GitHub can't reach this machine under an address of its own: write the one that a proxy or a tunnel gives it"
    is_cloud = find_github_api(github) != f"{github}/api/v3" if github else False
    if is_cloud and _is_private(url):
        return "this address is private, and GitHub comes from the internet: write the one that a proxy or a tunnel gives it"
    return ""


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback or ip_address(host).is_unspecified
    except ValueError:
        return False


def _is_private(url: str) -> bool:
    try:
        return not ip_address(urlsplit(url).hostname or "").is_global
    except ValueError:
        return False


def _check_name(name: str) -> str:
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        return f"write a name of 1 to {_LONGEST_NAME} letters that no other App has; GitHub lets you change it"
    return ""
