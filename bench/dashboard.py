"""Writes ``config/grafana/lockbot.json``, the Grafana dashboard: rows of panels, each a title, a unit and its queries.

    python -m bench.dashboard

Numbers of the queue and of workers are the same from each web process, so queries take the most of them, never their sum.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PLACE = Path(__file__).resolve().parents[1] / "config" / "grafana" / "lockbot.json"
_SOURCE = {"type": "prometheus", "uid": "${source}"}
_WIDTH = 24
_HEIGHT = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """``queries``: an expression and how its series are called. ``kind`` as Grafana calls it."""

    title: str
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"
    kind: str = "timeseries"
    says: str = ""


def rate(name: str, by: str) -> str:
    return f"max by ({by}) (rate({name}[$__rate_interval]))"


def quantile(part: float, name: str, by: str) -> str:
    return f"histogram_quantile({part}, max by ({by}, le) (rate({name}_bucket[$__rate_interval])))"


ROWS: tuple[tuple[str, tuple[Panel, ...]], ...] = (
    (
        "Now",
        (
            Panel(
                title="Database",
                kind="stat",
                queries=(("min(lockbot_database_up)", "answers"),),
                says="1: the job database answers every web process",
            ),
            Panel(title="Workers", kind="stat", queries=(("max(lockbot_workers_alive)", "alive"),)),
            Panel(
                title="Installations with little left of their rate limit",
                kind="stat",
                queries=(("max by (resource) (lockbot_github_installations_low)", "{{resource}}"),),
            ),
            Panel(title="Jobs", kind="stat", queries=(("max by (state) (lockbot_jobs)", "{{state}}"),)),
        ),
    ),
    (
        "The queue",
        (
            Panel(
                title="The oldest job waits for",
                unit="s",
                queries=(
                    ("max by (lane, turn) (lockbot_jobs_oldest_waiting_seconds) > 0", "{{lane}}, {{turn}}"),
                    ("max(lockbot_inbox_oldest_seconds)", "inbox"),
                ),
            ),
            Panel(
                title="Attempts at jobs",
                unit="ops",
                queries=((f"{rate('lockbot_jobs_ended_total', 'kind, outcome')} > 0", "{{kind}}, {{outcome}}"),),
            ),
            Panel(
                title="Wait before the first attempt, 9 of 10",
                unit="s",
                queries=((quantile(0.9, "lockbot_job_wait_seconds", "lane"), "{{lane}}"),),
            ),
        ),
    ),
    (
        "The work",
        (
            Panel(
                title="An attempt takes, 9 of 10",
                unit="s",
                queries=((quantile(0.9, "lockbot_job_seconds", "kind"), "{{kind}}"),),
            ),
            Panel(
                title="Solving takes",
                unit="s",
                queries=(
                    (quantile(0.5, "lockbot_solve_seconds", "kind"), "{{kind}}, half"),
                    (quantile(0.95, "lockbot_solve_seconds", "kind"), "{{kind}}, 19 of 20"),
                ),
            ),
            Panel(
                title="Where the time goes",
                unit="percentunit",
                queries=((f"sum by (stage) ({rate('lockbot_stage_seconds_total', 'kind, stage')})", "{{stage}}"),),
                says="Of one second: how many workers are at it",
            ),
        ),
    ),
    (
        "GitHub and indexes",
        (
            Panel(
                title="Requests to GitHub",
                unit="reqps",
                queries=((rate("lockbot_github_requests_total", "kind, api"), "{{kind}}, {{api}}"),),
            ),
            Panel(
                title="What is left of rate limits",
                unit="percentunit",
                queries=(
                    (
                        (
                            "min by (installation, resource) (lockbot_github_limit_remaining)"
                            " / max by (installation, resource) (lockbot_github_limit)"
                        ),
                        "{{installation}}, {{resource}}",
                    ),
                ),
            ),
            Panel(
                title="Package indexes",
                unit="reqps",
                queries=((rate("lockbot_index_requests_total", "outcome"), "{{outcome}}"),),
            ),
        ),
    ),
    (
        "Index watching",
        (
            Panel(
                title="Looks at pages",
                unit="reqps",
                queries=((rate("lockbot_index_looks_total", "outcome"), "{{outcome}}"),),
            ),
            Panel(title="Pages that are watched", queries=(("max(lockbot_index_pages)", "pages"),)),
            Panel(
                title="The page that waits longest is due for",
                unit="s",
                queries=(("max(lockbot_index_overdue_seconds)", "overdue"),),
            ),
        ),
    ),
    (
        "The door",
        (
            Panel(
                title="Webhooks",
                unit="reqps",
                queries=(
                    ("sum by (outcome) (rate(lockbot_webhook_deliveries_total[$__rate_interval]))", "{{outcome}}"),
                    ("sum(rate(lockbot_webhooks_unsaved_total[$__rate_interval]))", "unsaved"),
                    ("sum by (kind) (rate(lockbot_jobs_accepted_total[$__rate_interval]))", "job: {{kind}}"),
                ),
            ),
            Panel(
                title="A webhook is answered within",
                unit="s",
                queries=(
                    (
                        "histogram_quantile(0.5, sum by (le) (rate(lockbot_webhook_seconds_bucket[$__rate_interval])))",
                        "half",
                    ),
                    (
                        "histogram_quantile(0.99, sum by (le) (rate(lockbot_webhook_seconds_bucket[$__rate_interval])))",
                        "99 of 100",
                    ),
                ),
            ),
            Panel(
                title="Inbox",
                queries=(("sum(lockbot_inbox_deliveries)", "deliveries"),),
            ),
        ),
    ),
    (
        "The machines",
        (
            Panel(
                title="Memory of workers",
                unit="bytes",
                queries=(("max by (worker) (lockbot_worker_memory_bytes)", "{{worker}}"),),
            ),
            Panel(
                title="Index cache",
                unit="bytes",
                queries=(("max by (machine, part) (lockbot_cache_bytes)", "{{machine}}, {{part}}"),),
            ),
            Panel(
                title="Worker processes",
                queries=(
                    ("sum(lockbot_workers)", "running"),
                    ("sum(increase(lockbot_worker_restarts_total[1h]))", "started again within an hour"),
                    ("count by (version) (lockbot_info)", "web {{version}}"),
                ),
            ),
        ),
    ),
)


def render() -> str:
    dashboard = {
        "uid": "lockbot",
        "title": "lockbot",
        "description": "What a lockbot server does: docs/metrics.md",
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "tags": ["lockbot"],
        "templating": {
            "list": [{"name": "source", "label": "Data source", "type": "datasource", "query": "prometheus"}]
        },
        "annotations": {"list": []},
        "panels": list(_list_panels()),
    }
    return json.dumps(dashboard, indent=2) + "\n"


def _list_panels() -> Iterator[dict[str, Any]]:
    number, top = 0, 0
    for title, panels in ROWS:
        number += 1
        place = {"h": 1, "w": _WIDTH, "x": 0, "y": top}
        yield {"id": number, "type": "row", "title": title, "collapsed": False, "gridPos": place, "panels": []}
        top += 1
        for column, panel in enumerate(panels):
            number += 1
            width = _WIDTH // len(panels)
            place = {"h": _HEIGHT, "w": width, "x": column * width, "y": top}
            yield _render_panel(panel, number, place)
        top += _HEIGHT


def _render_panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    targets = [
        {"refId": chr(ord("A") + position), "datasource": _SOURCE, "expr": expression, "legendFormat": legend}
        for position, (expression, legend) in enumerate(panel.queries)
    ]
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.says,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": targets,
    }


if __name__ == "__main__":
    PLACE.parent.mkdir(exist_ok=True)
    PLACE.write_text(render(), encoding="utf-8")
