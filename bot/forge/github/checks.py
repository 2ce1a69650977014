"""Check runs on GitHub.

Annotations are only ever added to a run, never taken away, and fifty at a time. So a run that has an end, or annotations,
is not written again: the next report is a run of its own, and GitHub shows the newest of a name.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from bot.forge.github.client import Body, GitHubAccess, Params, read
from bot.forge.github.limits import ANNOTATIONS, TEXT_LIMITS
from bot.forge.github.payloads import Read
from bot.forge.github.scope import RepositoryScope
from bot.ports.forge import Check, CheckConclusion, CheckReport, TextLimits
from bot.ports.run import Problem, Sha
from bot.report.checks import annotation_message


class _Output(Read):
    title: str | None = None
    summary: str | None = None
    annotations_count: int = 0


class _App(Read):
    slug: str = ""


class CheckBody(Read):
    id: int
    name: str
    status: str
    app: _App | None = None
    conclusion: str | None = None
    output: _Output = _Output()

    def check(self) -> Check:
        known = self.conclusion in set(CheckConclusion)
        return Check(
            id=self.id,
            name=self.name,
            conclusion=CheckConclusion(self.conclusion) if known and self.conclusion else None,
            title=self.output.title or "",
            summary=self.output.summary or "",
            is_running=self.status != "completed",
            annotations=self.output.annotations_count,
        )


class CheckPage(Read):
    rows: tuple[CheckBody, ...] = Field(alias="check_runs")


class Checks(RepositoryScope):
    @property
    def limits(self) -> TextLimits:
        return TEXT_LIMITS

    def list_checks(self, commit: Sha, name: str) -> tuple[Check, ...]:
        access, slug = self._client.access, self._identify().slug
        params: Params = {"check_name": name}
        if isinstance(access, GitHubAccess):
            params = {**params, "app_id": access.app_id}
        content = self._client.request("GET", f"{self._path}/commits/{commit}/check-runs", params=params)
        # A token does not know the number of its App.
        rows = (one for one in read(CheckPage, content).rows if one.app is None or one.app.slug == slug)
        return tuple(one.check() for one in rows)

    def write_check(self, report: CheckReport) -> None:
        annotations = list_annotations(report)
        newest = next(iter(self.list_checks(report.commit, report.name)), None)
        if newest is not None and _says_so(newest, report, len(annotations)):
            return
        parts = [annotations[start : start + ANNOTATIONS] for start in range(0, len(annotations), ANNOTATIONS)] or [[]]
        number = self._take_up(newest)
        for part in parts[:-1]:
            number = self._write_part(number, report, part, is_last=False)
        self._write_part(number, report, parts[-1], is_last=True)

    def _take_up(self, newest: Check | None) -> int | None:
        """The run to go on with. One that was left half written is ended: the next one takes its place."""
        if newest is None or not newest.is_running:
            return None
        if not newest.annotations:
            return newest.id
        body = {"status": "completed", "conclusion": "cancelled"}
        self._client.request("PATCH", f"{self._path}/check-runs/{newest.id}", body=body)
        return None

    def _write_part(self, number: int | None, report: CheckReport, part: Sequence[Body], *, is_last: bool) -> int:
        """The conclusion comes with the last one: nobody sees half of a report that is over."""
        body = {
            "name": report.name,
            "output": {"title": report.title, "summary": report.summary, "annotations": list(part)},
            **_status(report if is_last else None),
        }
        if number is None:
            body["head_sha"] = report.commit
            return self._client.post(CheckBody, f"{self._path}/check-runs", body).id
        self._client.request("PATCH", f"{self._path}/check-runs/{number}", body=body)
        return number


def _status(report: CheckReport | None) -> dict[str, object]:
    if report is None or report.conclusion is None:
        return {"status": "in_progress"}
    return {"status": "completed", "conclusion": str(report.conclusion)}


def _says_so(check: Check, report: CheckReport, annotations: int) -> bool:
    said = (check.is_running, check.conclusion, check.title, check.summary, check.annotations)
    return said == (report.conclusion is None, report.conclusion, report.title, report.summary, annotations)


def list_annotations(report: CheckReport) -> list[Body]:
    noted = [*((one, "failure") for one in report.problems), *((one, "warning") for one in report.warnings)]
    return [_annotation(one, level) for one, level in noted if one.path is not None]


def _annotation(problem: Problem, level: str) -> Body:
    line = problem.line or 1
    return {
        "path": problem.path,
        "start_line": line,
        "end_line": line,
        "annotation_level": level,
        "message": annotation_message(problem),
    }
