"""Templates to pages. Everything that is put in is escaped, and a name that nobody gave a value is an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from bot.web.html.assets import Assets
from bot.web.html.headers import render_policy


class Templates:
    """Those of one room (``templates/`` beside its modules), on the layout that all rooms share."""

    def __init__(self, room: str, assets: Assets, words: Mapping[str, Callable[..., str]] | None = None) -> None:
        """``room``: the package's name, such as ``bot.web.pages``. ``words``: functions that its templates may call."""
        self._environment = Environment(
            loader=ChoiceLoader([PackageLoader(room), PackageLoader("bot.web.html")]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update({"asset": assets.get_address, **(words or {})})

    def render(self, name: str, /, **values: object) -> str:
        return self._environment.get_template(name).render(**values)

    def respond(
        self, name: str, /, *, status: int = 200, form_targets: tuple[str, ...] = (), **values: object
    ) -> HTMLResponse:
        """A page that nobody keeps. ``form_targets``: other origins that its forms may post to."""
        headers = {"Content-Security-Policy": render_policy(*form_targets), "Cache-Control": "no-store"}
        return HTMLResponse(self.render(name, **values), status_code=status, headers=headers)
