"""How people make an App of a manifest and install it ("Registering a GitHub App from a manifest"): GitHub's pages as far as
somebody has to click on them, and the conversion of the code that they give.

Refused as GitHub refuses: a name that is taken or too long, a webhook without an address or on the machine itself, permissions
that are none, events that can't be asked for or have no permission behind them, words that a manifest doesn't have.
"""

from __future__ import annotations

import html
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.github import described, oauth, webhooks
from tests.github.model import Account, App
from tests.github.wire import ApiError, Json, Reply, Request, not_found

if TYPE_CHECKING:
    from tests.github.hub import Hub

LIFE = timedelta(hours=1)
#: Among ``changes``: not even null.
LEFT_OUT = object()
_NAME = 34
_KEYS = frozenset(
    {
        *("name", "url", "hook_attributes", "redirect_url", "callback_urls", "setup_url", "description", "public"),
        *("default_events", "default_permissions", "request_oauth_on_install", "setup_on_update"),
    }
)
_TOKENS = "POST /app/installations/{installation_id}/access_tokens"
#: Event -> the permission behind it; "Webhook events and payloads" has it with each event.
_EVENTS: Mapping[str, str] = {
    "check_run": "checks",
    "check_suite": "checks",
    "dependabot_alert": "vulnerability_alerts",
    "issue_comment": "issues",
    "issues": "issues",
    "label": "metadata",
    "merge_group": "merge_queues",
    "pull_request": "pull_requests",
    "pull_request_review": "pull_requests",
    "push": "contents",
    "release": "contents",
    "repository": "metadata",
    "status": "statuses",
    "workflow_run": "actions",
}
_FORM = re.compile(r"(?:/organizations/([^/]+))?/settings/apps/new")
_INSTALL = re.compile(r"/github-apps/([^/]+)/installations/new")
_CONVERSION = re.compile(r"/api/v3/app-manifests/([^/]+)/conversions")


@dataclass(kw_only=True)
class Draft:
    """An App that was made and that nobody has the secrets of yet."""

    app: App
    private_key: str
    client_secret: str
    hook_url: str | None
    setup_url: str | None
    made: datetime
    spent: bool = False


@dataclass
class Registrations:
    """``person`` is who sits at the browser. ``names``: those that other Apps have."""

    person: str = "octo"
    #: Whether a new App gets a secret for its webhook; ``changes`` to what GitHub answers.
    draws_secret: bool = True
    changes: Json = field(default_factory=dict)
    names: set[str] = field(default_factory=lambda: {"lockbot"})
    drafts: dict[str, Draft] = field(default_factory=dict)

    def age(self, code: str, by: timedelta) -> None:
        self.drafts[code].made -= by


def answer_page(hub: Hub, request: Request) -> Reply | None:
    """None when the path is none of these pages."""
    if match := _FORM.fullmatch(request.path):
        owner = _find_owner(hub, match[1])
        if owner is None:
            return _page("404", "<p>This is not the web page you are looking for.</p>", status=404)
        return (
            _ask(hub, request, owner) if request.method == "POST" else _page("Register new GitHub App", "<form></form>")
        )
    if request.path == "/settings/apps/create" and request.method == "POST":
        return _create(hub, _read_form(request))
    if match := _INSTALL.fullmatch(request.path):
        return _install(hub, request, match[1])
    return None


def answer_conversion(hub: Hub, request: Request) -> Reply | None:
    match = _CONVERSION.fullmatch(request.path)
    if match is None or request.method != "POST":
        return None
    path = "/app-manifests/{code}/conversions"
    hub.note_wrong(request, described.find_faults(path, request))
    draft = hub.registrations.drafts.get(match[1])
    if draft is None or draft.spent or datetime.now(UTC) - draft.made > LIFE:
        raise not_found()
    draft.spent = True
    return Reply(status=201, body=_show(hub, draft))


def find_faults(hub: Hub, manifest: Json) -> list[str]:
    """What GitHub has against a manifest, in its words."""
    hook = manifest.get("hook_attributes")
    faults = [f'"{key}" is not a permitted key.' for key in sorted(manifest.keys() - _KEYS)]
    if not isinstance(manifest.get("url"), str) or (hook is not None and not isinstance(hook.get("url"), str)):
        faults.append('"url" wasn\'t supplied.')
    elif hook is not None:
        faults += [f'"{key}" is not a permitted key.' for key in sorted(hook.keys() - {"url", "active"})]
        faults += _check_hook(hook["url"])
    if len(manifest.get("callback_urls", ())) > 10:
        faults.append("Callback urls can't be more than 10")
    faults += _check_permissions(manifest.get("default_permissions", {}))
    return faults + _check_events(manifest.get("default_events", []), manifest.get("default_permissions", {}))


def _check_hook(url: str) -> list[str]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ["Hook url must be a valid URL"]
    if parts.hostname == "localhost" or parts.hostname.endswith(".localhost"):
        return ["Hook url is not supported because it isn't reachable over the public Internet (localhost)"]
    return []


def _check_permissions(asked: Mapping[str, str]) -> list[str]:
    known = described.read_operations()[_TOKENS]["body"]["properties"]["permissions"]["properties"]
    if all(level in known.get(name, {"enum": ()})["enum"] for name, level in asked.items()):
        return []
    return ["Default permission records resource is not included in the list"]


def _check_events(events: list[str], permissions: Mapping[str, str]) -> list[str]:
    unknown = [name for name in events if name not in _EVENTS]
    bare = [name for name in events if _EVENTS.get(name) not in permissions]
    told = ((unknown, "Default events unsupported"), (bare, "Default events are not supported by permissions"))
    return [f"{words}: {', '.join(names)}" for names, words in told if names]


def _find_owner(hub: Hub, organization: str | None) -> Account | None:
    if organization is None:
        return hub.add_account(hub.registrations.person)
    found = hub.accounts.get(organization)
    return found if found is not None and found.type == "Organization" else None


def _ask(hub: Hub, request: Request, owner: Account, problem: str = "") -> Reply:
    text = _read_form(request).get("manifest", "")
    try:
        manifest = json.loads(text)
    except ValueError:
        return _refuse("Unexpected token in JSON")
    faults = find_faults(hub, manifest)
    if faults:
        return _refuse(" and ".join(faults))
    hidden = {"manifest": text, "state": request.query.get("state", ""), "owner": owner.login}
    return _page(f"Create GitHub App for {owner.login}", _render_form(hidden, str(manifest.get("name", "")), problem))


def _render_form(hidden: Mapping[str, str], name: str, problem: str = "") -> str:
    fields = "".join(f'<input type="hidden" name="{key}" value="{html.escape(one)}">' for key, one in hidden.items())
    return (
        f'<p role="alert">{html.escape(problem)}</p><form method="post" action="/settings/apps/create">{fields}'
        f'<label>GitHub App name <input name="name" value="{html.escape(name)}"></label>'
        "<button>Create GitHub App</button></form>"
    )


def _refuse(words: str) -> Reply:
    told = (
        f"<p>The configuration does not appear to be a valid GitHub App manifest.</p><p>Error {html.escape(words)}</p>"
    )
    return _page("Invalid GitHub App configuration", told, status=422)


def _create(hub: Hub, form: Mapping[str, str]) -> Reply:
    name, manifest = form["name"].strip(), json.loads(form["manifest"])
    problem = _check_name(hub, name)
    if problem:
        kept = {key: form[key] for key in ("manifest", "state", "owner")}
        return _page(f"Create GitHub App for {form['owner']}", _render_form(kept, name, problem), status=422)
    code = secrets.token_hex(20)
    hub.registrations.names.add(name.lower())
    hub.registrations.drafts[code] = draft = _make(hub, name, manifest)
    hub.register(draft.app, draft.private_key, draft.hook_url)
    hub.signing_in = oauth.SigningIn(
        client_id=_client_id(draft),
        client_secret=draft.client_secret,
        callbacks=tuple(manifest.get("callback_urls", ())),
    )
    _ping(hub, draft)
    back = {"code": code} | ({"state": form["state"]} if form["state"] else {})
    return Reply(status=302, raw=b"", headers={"Location": f"{manifest['redirect_url']}?{urlencode(back)}"})


def _check_name(hub: Hub, name: str) -> str:
    if not name:
        return "Name can't be blank"
    if len(name) > _NAME:
        return f"Name is too long (maximum is {_NAME} characters)"
    return "Name is already taken" if name.lower() in hub.registrations.names else ""


def _make(hub: Hub, name: str, manifest: Json) -> Draft:
    private, public = hub.make_key()
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    hook = manifest.get("hook_attributes")
    app = App(
        id=hub.next_id(),
        slug=slug,
        bot=hub.add_account(f"{slug}[bot]", "Bot"),
        public_key=public,
        webhook_secret=secrets.token_hex(20) if hook and hub.registrations.draws_secret else "",
        permissions=dict(manifest.get("default_permissions", {})),
        events=tuple(manifest.get("default_events", ())),
    )
    return Draft(
        app=app,
        private_key=private,
        client_secret=secrets.token_hex(20),
        hook_url=hook["url"] if hook and hook.get("active", True) else None,
        setup_url=manifest.get("setup_url"),
        made=datetime.now(UTC),
    )


def _client_id(draft: Draft) -> str:
    return f"Iv1.{draft.app.id:016x}"


def _ping(hub: Hub, draft: Draft) -> None:
    """GitHub sends one as soon as there is an App with a webhook; it waits for nobody to take the secret."""
    if draft.hook_url is not None:
        hook = {"type": "App", "id": 1, "app_id": draft.app.id, "active": True, "events": list(draft.app.events)}
        hub.send(webhooks.make_delivery("ping", {"zen": "Design for failure.", "hook_id": 1, "hook": hook}))


def _show(hub: Hub, draft: Draft) -> Json:
    body = {
        "id": draft.app.id,
        "slug": draft.app.slug,
        "name": draft.app.slug,
        "owner": {"login": hub.registrations.person},
        "client_id": _client_id(draft),
        "client_secret": draft.client_secret,
        "webhook_secret": draft.app.webhook_secret or None,
        "pem": draft.private_key,
        "html_url": f"{hub.url}/github-apps/{draft.app.slug}",
        "permissions": draft.app.permissions,
        "events": list(draft.app.events),
    } | hub.registrations.changes
    return {name: one for name, one in body.items() if one is not LEFT_OUT}


def _install(hub: Hub, request: Request, slug: str) -> Reply:
    """On all repositories of an account that has some."""
    if slug != hub.app.slug:
        return _page("404", "<p>This is not the web page you are looking for.</p>", status=404)
    owned = [one for one in hub.repositories.values() if one.owner.login == hub.registrations.person]
    if request.method == "GET":
        names = "".join(f"<li>{html.escape(one.full_name)}</li>" for one in owned)
        return _page(f"Install {slug}", f'<ul>{names}</ul><form method="post"><button>Install</button></form>')
    made = hub.install(*owned)
    draft = next((one for one in hub.registrations.drafts.values() if one.app.slug == slug), None)
    if draft is None or draft.setup_url is None:
        return _page("Installed", "")
    query = urlencode({"installation_id": made.id, "setup_action": "install"})
    return Reply(status=302, raw=b"", headers={"Location": f"{draft.setup_url}?{query}"})


def _read_form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


def _page(title: str, body: str, *, status: int = 200) -> Reply:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<link rel="icon" href="data:,"></head><body><main><h1>{html.escape(title)}</h1>{body}</main></body></html>'
    )
    return Reply(status=status, raw=text.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def list_deliveries(hub: Hub, request: Request) -> Reply:
    """``GET /app/hook/deliveries``: newest first; what nobody answered has the status 0."""
    try:
        size = max(1, min(int(request.query.get("per_page", "30")), 100))
    except ValueError:
        raise ApiError(422, "Invalid request.") from None
    sent = [one for one in hub.deliveries if one.statuses]
    return Reply(body=[_show_delivery(number, one) for number, one in reversed([*enumerate(sent, 1)])][:size])


def _show_delivery(number: int, one: webhooks.Delivery) -> Json:
    status, payload = one.statuses[-1], json.loads(one.body)
    return {
        "id": number,
        "guid": one.guid,
        "delivered_at": one.made.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "redelivery": len(one.statuses) > 1,
        "duration": 0.1,
        "status": "OK"
        if 200 <= status < 300
        else f"Invalid HTTP Response: {status}"
        if status
        else "failed to connect to host",
        "status_code": status,
        "event": one.event,
        "action": payload.get("action"),
        "installation_id": payload.get("installation", {}).get("id"),
        "repository_id": payload.get("repository", {}).get("id"),
        "throttled_at": None,
    }


def get_hook(hub: Hub) -> Reply:
    """``GET /app/hook/config``; an App without a webhook has no address."""
    hidden = {"secret": "********"} if hub.app.webhook_secret else {}
    return Reply(body={"content_type": "json", "insecure_ssl": "0"} | hidden | _place(hub))


def change_hook(hub: Hub, request: Request) -> Reply:
    """``PATCH /app/hook/config``. What is not named goes: the description does not say that it stays."""
    asked = request.json()
    hub.app.webhook_secret = asked.get("secret", "")
    hub.webhook_url = asked.get("url")
    return get_hook(hub)


def _place(hub: Hub) -> Json:
    return {"url": hub.webhook_url} if hub.webhook_url is not None else {}
