"""What the metrics say, and that documents, alerts and the dashboard speak of metrics that there are."""

from __future__ import annotations

import json
import re
import subprocess
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bench.dashboard import PLACE, render
from bot.jobs.queue.envelope import TURNS, Lane
from bot.ports.measures import GITHUB_LIMIT, GITHUB_REMAINING, Series
from tests.operating.shown import everything, labels_of, names_of, show

ROOT = Path(__file__).resolve().parents[2]
ALERTS = ROOT / "config" / "alerts.yml"
TRIALS = Path(__file__).parent / "alerts_test.yml"
TEXT = show(everything())
#: A name of ours in an expression, with what stands in its braces.
_SELECTOR = re.compile(r"\b(lockbot_\w+)(?:\{([^}]*)\})?")


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def panels() -> list[dict[str, Any]]:
    return [one for one in json.loads(PLACE.read_text())["panels"] if one["type"] != "row"]


# --- what is told -------------------------------------------------------------------------------


def value_of(text: str, name: str, **labels: str) -> float:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return sample.value
    raise AssertionError(f"there is no {name} {labels}")


def test_the_parts_of_a_histogram_pile_up() -> None:
    told = {le: value_of(TEXT, "lockbot_solve_seconds_bucket", kind="run", le=le) for le in ("0.1", "300", "+Inf")}
    assert told == {"0.1": 2, "300": 2, "+Inf": 3}
    assert value_of(TEXT, "lockbot_solve_seconds_count", kind="run") == 3
    assert value_of(TEXT, "lockbot_solve_seconds_sum", kind="run") == 5000


def test_what_alarms_look_at_is_there_from_the_start() -> None:
    text = show(replace(everything(), sums={}, gauges={}))
    assert value_of(text, "lockbot_jobs_ended_total", kind="run", outcome="failed") == 0
    assert value_of(text, "lockbot_jobs_ended_total", kind="command", outcome="given up") == 0
    assert value_of(text, "lockbot_index_requests_total", outcome="failed") == 0
    assert value_of(text, "lockbot_webhooks_unsaved_total") == 0
    assert value_of(text, "lockbot_github_installations_low", resource="core") == 0


def test_without_the_database_the_rest_is_told() -> None:
    text = show(None)
    assert value_of(text, "lockbot_database_up") == 0
    assert value_of(text, "lockbot_inbox_deliveries") == 3
    assert "lockbot_jobs_ended" not in text


def test_of_thousands_of_installations_those_with_the_least_left_are_shown() -> None:
    gauges = {}
    for number in range(3000):
        labels = (str(number), "core")
        gauges[Series(GITHUB_LIMIT.name, labels)] = 5000.0
        gauges[Series(GITHUB_REMAINING.name, labels)] = 100.0 if number == 1234 else 600.0 + number
    text = show(replace(everything(), gauges=gauges))
    shown = re.findall(r'lockbot_github_limit_remaining\{installation="(\d+)"', text)
    assert (len(shown), "1234" in shown, "2999" in shown) == (20, True, False)
    assert value_of(text, "lockbot_github_installations_low", resource="core") == 1


# --- documents, alerts, dashboard -----------------------------------------------------------------


def test_each_metric_has_its_row_in_the_documents() -> None:
    """By the name that is written in queries, with its labels."""
    text = (ROOT / "docs" / "metrics.md").read_text()
    rows = dict(re.findall(r"^\| `(lockbot_\w+)`(?: \*h\*)? \| ([^|]*)\|", text, re.MULTILINE))
    documented = {name: frozenset(re.findall(r"`(\w+)`", labels)) for name, labels in rows.items()}
    shown: dict[str, frozenset[str]] = {}
    for name, labels in labels_of(TEXT).items():
        if not name.endswith(("_sum", "_count")):
            shown[name.removesuffix("_bucket")] = labels - {"le"}
    assert documented == shown


def test_lanes_and_turns_are_explained() -> None:
    text = (ROOT / "docs" / "metrics.md").read_text()
    lanes, turns = (re.search(rf"^\* `{label}`: ((?:.|\n  )+)$", text, re.MULTILINE) for label in ("lane", "turn"))
    assert lanes
    assert turns
    assert set(re.findall(r"`(\w+)`", lanes[1])) == {one.value for one in Lane}
    assert set(re.findall(r"`(\w+)`", turns[1])) == set(TURNS.values())


def expressions() -> Iterator[tuple[str, str]]:
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


@pytest.mark.parametrize(("place", "expression"), list(expressions()))
def test_each_query_names_metrics_and_labels_that_there_are(place: str, expression: str) -> None:
    known, found = labels_of(TEXT), _SELECTOR.findall(expression)
    assert found, f"{place} asks for nothing of ours"
    for name, conditions in found:
        assert name in known, f"{place}: there is no {name}"
        asked = set(re.findall(r"(\w+)(?==|!=)", re.sub(r'"[^"]*"', "", conditions)))
        assert asked <= known[name] | {"le"}, f"{place}: {name} has no label {asked - known[name]}"
    grouped = {label for one in re.findall(r"by \(([^)]*)\)", expression) for label in re.split(r",\s*", one)}
    assert grouped <= {"le", "instance"} | set().union(*(known[name] for name, _ in found)), place


@pytest.mark.parametrize(("place", "expression"), list(expressions()))
def test_numbers_that_all_web_processes_tell_alike_are_never_added_up(place: str, expression: str) -> None:
    shared = {name for name in names_of(TEXT) - names_of(show(None)) if not name.startswith("lockbot_webhook")}
    for name in shared & {name for name, _ in _SELECTOR.findall(expression)}:
        # The innermost aggregation is over the processes.
        before = expression[: expression.index(name)]
        aggregations = re.findall(r"\b(sum|max|min|avg|count)\b", before)
        assert aggregations, f"{place}: {name} is given once for each web process"
        assert aggregations[-1] in ("max", "min"), f"{place}: {name} is added up over web processes"


def test_each_metric_is_on_the_dashboard() -> None:
    asked = {name for panel in panels() for target in panel["targets"] for name, _ in _SELECTOR.findall(target["expr"])}
    shown = {re.sub(r"_(sum|count|bucket)$", "", name) for name in names_of(TEXT)}
    assert shown - {re.sub(r"_bucket$", "", name) for name in asked} == set()


def test_the_dashboard_is_what_its_program_writes_and_its_panels_do_not_overlap() -> None:
    assert PLACE.read_text() == render(), "python -m bench.dashboard"
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(PLACE.read_text())["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    numbers = [panel["id"] for panel in json.loads(PLACE.read_text())["panels"]]
    assert len(set(numbers)) == len(numbers)


def test_each_alert_has_a_trial_that_fires_a_quiet_one_and_its_section_in_the_documents() -> None:
    trials = [one for trial in yaml.safe_load(TRIALS.read_text())["tests"] for one in trial["alert_rule_test"]]
    sections = re.findall(r"^### (\w+)$", (ROOT / "docs" / "metrics.md").read_text(), re.MULTILINE)
    names = [rule["alert"] for rule in rules()]
    assert sections == names
    for rule in rules():
        outcomes = {bool(one["exp_alerts"]) for one in trials if one["alertname"] == rule["alert"]}
        assert outcomes == {True, False}, rule["alert"]
        assert rule["annotations"]["runbook"] == f"docs/metrics.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in ("critical", "warning")


# --- promtool -----------------------------------------------------------------------------------


def promtool(*arguments: str, given: str = "") -> str:
    done = subprocess.run(
        ["promtool", *arguments], input=given, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.promtool
def test_promtool_reads_the_alerts_and_their_trials() -> None:
    assert f"{len(rules())} rules found" in promtool("check", "rules", "--lint-fatal", str(ALERTS))
    assert "SUCCESS" in promtool("test", "rules", str(TRIALS))


@pytest.mark.promtool
def test_promtool_tells_a_trial_that_is_wrong(tmp_path: Path) -> None:
    wrong = (
        TRIALS.read_text().replace("../../config/alerts.yml", str(ALERTS)).replace("12 workers were", "13 workers were")
    )
    (tmp_path / "wrong_test.yml").write_text(wrong)
    with pytest.raises(AssertionError, match="FAILED"):
        promtool("test", "rules", str(tmp_path / "wrong_test.yml"))


@pytest.mark.promtool
@pytest.mark.parametrize("text", [TEXT, show(None)], ids=["everything", "no database"])
def test_promtool_finds_nothing_wrong_with_the_metrics(text: str) -> None:
    assert promtool("check", "metrics", given=text) == ""


@pytest.mark.promtool
def test_promtool_reads_the_configuration_that_the_documents_show(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "metrics.md").read_text()
    (found,) = re.findall(r"```yaml\n( *scrape_configs:.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    shown = textwrap.dedent(found)
    (tmp_path / "token").write_text("x")
    (tmp_path / "alerts.yml").write_text(ALERTS.read_text())
    (tmp_path / "prometheus.yml").write_text(shown.replace("/etc/prometheus/", f"{tmp_path}/"))
    assert "is valid prometheus config file" in promtool("check", "config", str(tmp_path / "prometheus.yml"))
