"""The page of the stage that set-up is in, for the browser that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from bot.web.html.rendering import Templates
from bot.web.setup.arrivals import Arrivals
from bot.web.setup.choice import WrongChoice, begin_texts
from bot.web.setup.doorkeeper import Session
from bot.web.setup.edge import SetupEdge
from bot.web.setup.entrance import Entrance
from bot.web.setup.stages import Stage, Stages
from bot.web.setup.waiting import Waiting


class Views:
    def __init__(
        self,
        edge: SetupEdge,
        stages: Stages,
        entrance: Entrance,
        templates: Templates,
        arrivals: Arrivals,
        waiting: Waiting,
    ) -> None:
        self._edge = edge
        self._stages = stages
        self._entrance = entrance
        self._templates = templates
        self._arrivals = arrivals
        self._waiting = waiting

    def show(self, session: Session, *, wrong: WrongChoice | None = None) -> Response:
        stage = self._stages.progress.stage
        match stage:
            case Stage.CHOOSE:
                return self._show_choice(session, wrong)
            case Stage.REGISTER:
                return self._show_form(session)
            case Stage.LIVE:
                return self._show_waiting(session)
            case _:
                return self.respond(f"{stage}.html", session)

    def respond(self, name: str, session: Session, *, status: int = 200, more: Mapping[str, object] = {}) -> Response:
        progress = self._stages.progress
        values: dict[str, object] = {
            "token": session.token,
            "choice": progress.choice,
            "registered": progress.registered,
            "failure": progress.failure,
            "halt": progress.halt,
            "trouble": progress.trouble,
            "folder": self._edge.folder,
            **more,
        }
        return self._templates.respond(name, status=status, form_targets=(), **values)

    def _show_choice(self, session: Session, wrong: WrongChoice | None) -> Response:
        more = {
            "texts": wrong.texts if wrong else begin_texts(self._edge.fixed, self._entrance.origin),
            "problems": wrong.problems if wrong else {},
            "broken": self._edge.find_trouble(),
            "unfinished": self._edge.find_unfinished(),
        }
        return self.respond("choose.html", session, status=422 if wrong else 200, more=more)

    def _show_form(self, session: Session) -> Response:
        choice = self._stages.progress.choice
        assert choice is not None
        form = self._edge.make_form(choice, self._entrance.doorkeeper.get_state())
        return self._templates.respond(
            "register.html",
            form_targets=(choice.github_url,),
            token=session.token,
            choice=choice,
            form=form,
            is_plain=choice.public_url.startswith("http://") and choice.github_url.startswith("https://"),
        )

    def _show_waiting(self, session: Session) -> Response:
        arrived = self._arrivals.look()
        fields = self._waiting.tell(arrived, self._stages.since)
        return self.respond("live.html", session, more={"arrived": arrived, "fields": fields})
