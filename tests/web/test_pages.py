"""What people see of repositories: theirs, as it is, and nothing of others."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from bot.events.jobs import RunJob, Scope
from bot.jobs.database.tables import LEDGER
from bot.jobs.queue.envelope import Envelope, Lane
from bot.jobs.records.recording import Recorder
from bot.jobs.workflows.endings import Attempt, Ending
from bot.logs import set_up_logs
from bot.ports.counting import ForgeApi, count_allowance, count_forge, stage
from bot.ports.forge import RepositoryRef
from bot.ports.journal import LogLine
from bot.work.ended import JobOutcome
from bot.work.records.record import Sight
from tests.github.model import Repository
from tests.web.facts import BASE, hostile_facts, sample_run, sample_sight
from tests.web.site import Site, Visitor, made_site

HOSTILE = """<script>alert(1)</script><img src=x onerror=alert(2)>"'&lt;{{ 111*111 }}{% raw %}</title></table>"""
NAMES = ("octo/app", "octo/tools", "acme/secret-plans")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with capture_logs(), made_site(tmp_path) as one:
        for name in NAMES:
            repository = one.hub.add_repository(name, {"pyproject.toml": ""})
            one.hub.install(repository)
            one.know(repository)
        one.hub.add_collaborator(find(one, "octo/app"), "dana", "write")
        one.hub.add_collaborator(find(one, "octo/app"), "rita", "read")
        yield one


def find(site: Site, name: str) -> Repository:
    return next(one for one in site.hub.repositories.values() if one.full_name == name)


def ref_of(site: Site, name: str) -> RepositoryRef:
    (found,) = [one.ref for one in site.database.registry.list_repositories() if one.ref.full_name == name]
    return found


def record(site: Site, name: str) -> str:
    """A whole run of that repository; the job's name."""
    number, now = find(site, name).id, site.clock.now().timestamp()
    site.database.registry.record_sight(number, sample_sight(now - 60))
    run = sample_run(number, now - 60)
    site.database.registry.record_run(run)
    return run.job


def signed_in(site: Site, login: str) -> Visitor:
    visitor = site.visit()
    visitor.sign_in(login)
    return visitor


def text_of(page: httpx.Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


# --- what is shown --------------------------------------------------------------------------------


def test_the_overview_says_how_each_repository_does(site: Site) -> None:
    record(site, "octo/app")
    text = text_of(signed_in(site, "dana").get("/"))
    assert "octo/app 2 1 2 1 1 0.7 libyears done 1 minute ago" in text
    assert "1 repository." in text
    assert "octo/tools" not in text


@pytest.mark.parametrize(
    ("search", "shown"),
    [("", 3), ("octo", 2), ("OCTO/A", 1), ("plans", 1), ("%", 0), ("_", 0), ("nothing", 0), ("'; drop table x", 0)],
)
def test_the_search_finds_what_is_in_the_name(site: Site, search: str, shown: int) -> None:
    page = signed_in(site, "boss").get(f"/?{urlencode({'q': search})}").text
    assert sum(f">{name}</a>" in page for name in NAMES) == shown


def test_many_repositories_come_page_by_page(site: Site) -> None:
    now = site.clock.now()
    refs = [RepositoryRef(installation=1, id=10_000 + at, owner="many", name=f"r{at:03}") for at in range(120)]
    site.database.registry.remember(refs, now)
    visitor = signed_in(site, "boss")
    found = [re.findall(r">many/(r\d+)</a>", visitor.get(f"/?q=many&page={at}").text) for at in (1, 2, 3, 4)]
    assert [len(one) for one in found] == [50, 50, 20, 0]
    assert [name for one in found for name in one] == [one.name for one in refs]
    second = visitor.get("/?q=many&page=2").text
    assert 'href="/?q=many" rel="prev"' in second
    assert 'href="/?q=many&amp;page=3" rel="next"' in second
    assert visitor.get("/?page=x").status_code == visitor.get("/?page=999999999").status_code == 200


def test_a_repository_shows_what_the_last_run_saw(site: Site) -> None:
    record(site, "octo/app")
    page = signed_in(site, "dana").get("/repositories/octo/app")
    text = text_of(page)
    for said in (
        "#128 Update jinja2 to v3.1.6 [SECURITY]",
        "moved by octocat",
        "Lock file maintenance waits for Monday before 4 am",
        "numpy 1.26.4 2.3.5 scipy 1.11.4 wants numpy&lt;1.28",
        "pyproject.toml:31 The index https://packages.example.org/simple let nobody in.",
        "jinja2 3.1.2 GHSA-cpwx-vrp4-4pq7 A proposal brings 3.1.6",
        "requests 2.31.0 GHSA-9hjg-9r4m-mvj7",
        "pyproject.toml project uv.lock 5 4",
        "docs/requirements.txt is ignored by ignorePaths",
        "plan 4.2 s",
        "23 GitHub 103 index",
        "Nothing is under way. The last job ended 1 minute ago: done, after 10 s.",
        f"at commit {BASE[:12]}",
    ):
        assert said in text, said
    assert f'href="{site.hub.url}/octo/app/pull/128"' in page.text
    assert '<path class="line" d="M0.0 ' in page.text


def test_who_may_only_read_sees_no_alert_of_githubs_no_log_and_no_button(site: Site) -> None:
    job = record(site, "octo/app")
    set_aside(site, "octo/app")
    rita, dana = signed_in(site, "rita"), signed_in(site, "dana")
    path, run = "/repositories/octo/app", f"/repositories/octo/app/run?{urlencode({'job': job})}"
    assert "GHSA-9hjg-9r4m-mvj7" not in rita.get(path).text
    assert "GHSA-cpwx-vrp4-4pq7" in rita.get(path).text
    assert ("Try again" in rita.get(path).text, "Try again" in dana.get(path).text) == (False, True)
    assert ("index let nobody in" in rita.get(run).text, "index let nobody in" in dana.get(run).text) == (False, True)
    assert "Who may write to the repository can read the log." in rita.get(run).text


def test_a_repository_that_no_run_has_ended_in_yet_says_so(site: Site) -> None:
    visitor = signed_in(site, "dana")
    assert "No run has come to its end here yet" in visitor.get("/repositories/octo/app").text
    assert "No run has come to its end yet." in visitor.get("/").text


def test_a_job_shows_its_times_requests_and_log(site: Site) -> None:
    job = record(site, "octo/app")
    text = text_of(signed_in(site, "dana").get(f"/repositories/octo/app/run?{urlencode({'job': job})}"))
    for said in (
        "Took 10 s",
        "Waited before 3.6 s",
        "Requests to GitHub 23",
        "cached: 96",
        "index= packages.example.org",
    ):
        assert said in text, said


def test_operators_see_the_server(site: Site) -> None:
    registry, now = site.database.registry, site.clock.now().timestamp()
    registry.beat("machine:0", now - 3)
    set_aside(site, "octo/tools")
    text = text_of(signed_in(site, "boss").get("/operators"))
    for said in (
        "lockbot 1.2.3",
        "Jobs 0 waiting, 0 running",
        "Set aside 1",
        "Workers of this process 2",
        "machine:0 just now",
    ):
        assert said in text, said
    assert "octo/tools set aside" in text


# --- nothing of others ----------------------------------------------------------------------------


def test_a_repository_of_others_is_as_one_that_is_not_there(site: Site) -> None:
    job = record(site, "acme/secret-plans")
    number, visitor = find(site, "acme/secret-plans").id, signed_in(site, "dana")
    unknown = visitor.get("/repositories/acme/nothing")
    pairs = {
        "/repositories/acme/secret-plans": "/repositories/acme/nothing",
        "/repositories/ACME/Secret-Plans": "/repositories/acme/nothing",
        f"/repositories/{number}": "/repositories/99999999",
        f"/repositories/acme/secret-plans/run?{urlencode({'job': job})}": "/repositories/acme/nothing/run?job=x",
        "/repositories/acme/secret-plans/live": "/repositories/acme/nothing/live",
        # A job of another repository below one's own.
        f"/repositories/octo/app/run?{urlencode({'job': job})}": "/repositories/octo/app/run?job=x",
    }
    assert unknown.status_code == 404
    for path, none in pairs.items():
        first, second = visitor.get(path), visitor.get(none)
        assert (first.status_code, first.text, dict(first.headers)) == (404, second.text, dict(second.headers)), path
    token = visitor.find_token()
    posts = [
        visitor.post(f"/repositories/acme/{name}/retry", token=token, name="acme/secret-plans")
        for name in ("secret-plans", "nothing")
    ]
    assert [one.status_code for one in posts] == [404, 404]
    assert visitor.get(f"/repositories/{find(site, 'octo/app').id}").headers["location"] == "/repositories/octo/app"


# --- changes --------------------------------------------------------------------------------------


def set_aside(site: Site, name: str) -> None:
    row = {"repository": name, "head": BASE, "begun": 2, "moment": 1.0, "reason": "memory ended", "set_aside": True}
    with site.database.engine.begin() as connection:
        connection.execute(LEDGER.insert().values(row))


def test_what_was_set_aside_is_tried_again_by_who_may_write(site: Site) -> None:
    set_aside(site, "octo/app")
    rita, dana = signed_in(site, "rita"), signed_in(site, "dana")
    path = "/repositories/octo/app/retry"
    assert rita.post(path, token=rita.find_token(), name="octo/app").status_code == 403
    assert site.queue.count_jobs()["set aside"] == 1
    done = dana.post(path, token=dana.find_token(), name="octo/app")
    assert (done.status_code, done.headers["location"]) == (303, "/repositories/octo/app")
    assert (site.queue.count_jobs()["set aside"], site.queue.count_jobs()["waiting"]) == (0, 1)
    # A second click finds nothing more to do.
    assert dana.post(path, token=dana.find_token(), name="octo/app").status_code == 404


def test_operators_try_again_whatever_there_is(site: Site) -> None:
    set_aside(site, "octo/tools")
    boss = signed_in(site, "boss")
    assert boss.post("/operators/retry", token=boss.find_token(), name="octo/tools").status_code == 303
    assert site.queue.count_jobs()["set aside"] == 0


def test_a_form_of_elsewhere_changes_nothing(site: Site) -> None:
    set_aside(site, "octo/app")
    dana, other = signed_in(site, "dana"), signed_in(site, "dana")
    path, token = "/repositories/octo/app/retry", dana.find_token()
    for form in ({}, {"token": ""}, {"token": "x"}, {"token": other.find_token()}):
        assert dana.post(path, name="octo/app", **form).status_code == 403
    from_elsewhere = {"Sec-Fetch-Site": "cross-site"}
    for site_said in ("cross-site", "same-site"):
        headers = from_elsewhere | {"Sec-Fetch-Site": site_said}
        form = {"token": token, "name": "octo/app"}
        assert dana.ask("POST", path, data=form, headers=headers).status_code == 403
        assert dana.ask("POST", "/sign-out", data=form, headers=headers).status_code == 400
    as_text = dana.ask(
        "POST", path, content=urlencode({"token": token, "name": "octo/app"}), headers={"Content-Type": "text/plain"}
    )
    assert as_text.status_code == 403
    assert dana.get(f"{path}?{urlencode({'token': token, 'name': 'octo/app'})}").status_code == 405
    assert site.queue.count_jobs()["set aside"] == 1
    assert site.visit().post(path, token=token, name="octo/app").headers["location"] == "/"


def test_a_job_of_another_repository_is_not_tried_again(site: Site) -> None:
    set_aside(site, "acme/secret-plans")
    dana = signed_in(site, "dana")
    done = dana.post("/repositories/octo/app/retry", token=dana.find_token(), name="acme/secret-plans")
    assert done.status_code == 404
    assert site.queue.count_jobs()["set aside"] == 1


def test_a_form_that_is_too_long_is_none(site: Site) -> None:
    dana = signed_in(site, "dana")
    form = {"token": dana.find_token(), "name": "x" * 100_000}
    assert dana.post("/repositories/octo/app/retry", **form).status_code == 403


# --- words of strangers ---------------------------------------------------------------------------


def test_nothing_of_strangers_comes_alive(site: Site) -> None:
    repository, now = find(site, "octo/app"), site.clock.now().timestamp()
    ref = RepositoryRef(
        installation=ref_of(site, "octo/app").installation, id=repository.id, owner=HOSTILE, name=HOSTILE
    )
    registry = site.database.registry
    registry.remember([ref], site.clock.now())
    registry.record_sight(repository.id, Sight(base=BASE, moment=now, facts=hostile_facts(HOSTILE)))
    line = LogLine(moment=now, level=HOSTILE, event=HOSTILE, more={HOSTILE: HOSTILE})
    registry.record_run(
        sample_run(repository.id, now, job=HOSTILE, kind=HOSTILE, outcome=HOSTILE, note=HOSTILE, log=(line,))
    )
    set_aside(site, HOSTILE)
    boss = signed_in(site, "boss")
    place = f"/repositories/{quote(HOSTILE, safe='')}/{quote(HOSTILE, safe='')}"
    run = f"{place}/run?{urlencode({'job': HOSTILE})}"
    pages = [boss.get(path) for path in ("/", f"/?{urlencode({'q': HOSTILE})}", "/operators", run)]
    for page in pages:
        assert page.status_code in (200, 404)
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert "12321" not in page.text
        assert not re.search(r"=\"[^\"<>]*<", page.text), (
            "no attribute holds a bracket that a browser might take for a tag"
        )
        assert page.text.count("</title>") == 1 + page.text.count('<title id="drift-title">')
        assert "script-src 'self'" in page.headers["content-security-policy"]


def test_a_hostile_name_is_shown_and_led_to_where_a_forge_could_have_one(site: Site) -> None:
    """GitHub's names have no slashes; everything else is quoted."""
    name = HOSTILE.replace("/", "")
    repository, now = find(site, "octo/app"), site.clock.now().timestamp()
    ref = RepositoryRef(installation=ref_of(site, "octo/app").installation, id=repository.id, owner="octo", name=name)
    site.database.registry.remember([ref], site.clock.now())
    site.database.registry.record_sight(repository.id, Sight(base=BASE, moment=now, facts=hostile_facts(HOSTILE)))
    page = signed_in(site, "dana").get(f"/repositories/octo/{quote(name, safe='')}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


# --- what is kept ---------------------------------------------------------------------------------


def attempt(site: Site, lane: Lane = Lane.SOLVING) -> Attempt:
    job = RunJob(repository=ref_of(site, "octo/app"), scope=Scope.ALL)
    return Attempt(envelope=Envelope(job=job, received=1.0, lane=lane), name="guid:1/solve", started=2.0)


def test_a_log_that_people_see_has_no_secret_and_no_inside_of_a_failure(site: Site) -> None:
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level, dbos = root.handlers, root.level, logging.getLogger("dbos").handlers
    try:
        set_up_logs("json", secrets=["hush-hush"])
        one = attempt(site)
        with one.entered():
            log = structlog.stdlib.get_logger("lockbot.test")
            log.info(
                "asked",
                url="https://me:hunter2@packages.example.org/simple?sig=abc",
                token="ghs_0123456789abcdefABCDEF",
            )
            try:
                raise ValueError("the secret is hush-hush at /srv/lockbot/inside.py")
            except ValueError:
                log.exception("it is hush-hush")
            logging.getLogger("a.library").warning("said %s", "hush-hush")
            count_forge(ForgeApi.REST)
            count_allowance(7, "core", 5000, 4000)
            with stage("plan"):
                pass
        log.info("not of this job")
        recorder = Recorder(records=site.database.registry, clock=site.clock)
        one.tell(Ending(outcome=JobOutcome.DONE, note="done"), (recorder.hear,), site.clock)
    finally:
        root.handlers, logging.getLogger("dbos").handlers = handlers, dbos
        root.setLevel(level)
        structlog.configure(**before)
    page = signed_in(site, "dana").get(f"/repositories/octo/app/run?{urlencode({'job': 'guid:1/solve'})}")
    assert page.status_code == 200
    for secret in ("hush-hush", "hunter2", "abc", "ghs_0123456789", "Traceback", "/srv/lockbot", "not of this job"):
        assert secret not in page.text, secret
    for said in ("asked", "packages.example.org", "it is [redacted]", "said [redacted]", "Requests to GitHub"):
        assert said in page.text, said
    (budget,) = site.database.registry.list_budgets()
    assert (budget.resource, budget.remaining) == ("core", 4000)


@pytest.mark.parametrize(
    ("lane", "outcome", "is_kept"),
    [
        (Lane.FIRST, JobOutcome.DONE, False),
        (Lane.FIRST, JobOutcome.WAITING, False),
        (Lane.FIRST, JobOutcome.REFUSED, True),
        (Lane.SOLVING, JobOutcome.DONE, True),
        (Lane.CHECKS, JobOutcome.FAILED, True),
    ],
)
def test_what_came_to_nothing_at_a_glance_is_not_kept(
    site: Site, lane: Lane, outcome: JobOutcome, is_kept: bool
) -> None:
    recorder = Recorder(records=site.database.registry, clock=site.clock)
    attempt(site, lane).tell(Ending(outcome=outcome, note="so"), (recorder.hear,), site.clock)
    assert len(site.database.registry.list_runs(find(site, "octo/app").id)) == int(is_kept)


def test_of_a_repository_so_many_jobs_are_kept_and_one_that_ran_twice_once(site: Site) -> None:
    registry, number = site.database.registry, find(site, "octo/app").id
    for at in (*range(30), 29):
        registry.record_run(sample_run(number, 1000.0 + at, job=f"job-{at}"))
    assert [one.job for one in registry.list_runs(number)] == [f"job-{at}" for at in range(29, 9, -1)]
    registry.drop_old_records(1000.0 + 25)
    assert len(registry.list_runs(number)) == 5
    other = find(site, "octo/tools").id
    registry.record_run(sample_run(other, 5000.0))
    registry.record_sight(other, sample_sight(5000.0))
    registry.forget(ref_of(site, "octo/tools").installation, [other])
    registry.drop_old_records(0.0)
    assert (registry.list_runs(other), registry.find_sight(other)) == ([], None)


def test_what_was_seen_is_bounded_and_the_drift_of_earlier_days_stays(site: Site) -> None:
    registry, number = site.database.registry, find(site, "octo/app").id
    registry.record_sight(number, sample_sight(1.0))
    days = len(sample_sight(1.0).facts.drift)
    registry.record_sight(number, Sight(base=BASE, moment=2.0, facts=hostile_facts("x" * 300_000)))
    found = registry.find_sight(number)
    assert found is not None
    assert len(found.facts.drift) == days + 1
    with site.database.engine.connect() as connection:
        size = connection.exec_driver_sql("SELECT length(facts) FROM lockbot_sights").scalar()
    assert size is not None
    assert size < 1_000_000
