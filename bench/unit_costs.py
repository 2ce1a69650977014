"""What each kind of job costs: requests to GitHub and indexes, processor time, bytes in the database, memory.

    python -m bench.unit_costs [--repositories 4] [--rounds 3] [--database sqlite|postgres] [--seed 8]

``lockbot serve`` as it is, with one worker and one for checks, beside the stand-in for GitHub and an index on loopback;
projects with sixty locked packages. Things happen one kind at a time, and what the log says of each job that ended is added
up. The processor time is that of both workers while that kind happened, with all that went along, divided by the things
that happened.
"""

from __future__ import annotations

import argparse
from ast import literal_eval
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from statistics import median

import sqlalchemy as sa

from bench.server_stage import ServerStage, cpu_of, is_idle, memory_of, say_machine, server_stage
from bot.app.clock import SystemClock
from bot.events.jobs import Job, SweepJob, SyncJob, WatchJob
from bot.jobs.opening import open_database
from tests.runs.server import eventually


class Costs:
    def __init__(self, stage: ServerStage, url: str, rounds: int) -> None:
        self.stage, self.rounds = stage, rounds
        self._database = open_database(url)
        self._queue = self._database.open_queue(SystemClock())
        self._names = iter(range(1, 1_000_000))

    def close(self) -> None:
        self._queue.close()
        self._database.engine.dispose()

    def measure(self, what: str, act: Callable[[int], object]) -> None:
        """Each of the repositories ``rounds`` times; what the jobs came to is printed by kind."""
        seen = len(self.stage.server.rows("job ended"))
        before = {one: cpu_of(one) for one in self.stage.server.worker_ids()}
        for _ in range(self.rounds):
            for number in range(len(self.stage.repositories)):
                act(number)
            self._settle()
        after = {one: cpu_of(one) for one in self.stage.server.worker_ids()}
        spent = sum(after[one] - before.get(one, 0.0) for one in after)
        happened = self.rounds * len(self.stage.repositories)
        print(f"{what}: {1000 * spent / happened:.0f} ms of processor time for each of {happened}")
        for name, rows in sorted(group(self.stage.server.rows("job ended")[seen:]).items()):
            print(f"    {name:16} {len(rows):4}  {describe(rows)}")

    def _settle(self) -> None:
        self.stage.hub.drain()
        eventually(lambda: is_idle(self.stage.server), "nothing is left to do", patience=600)
        self.stage.hub.drain()

    def store(self, job: Job) -> None:
        self._queue.store(f"unit-{next(self._names)}", (job,))

    def show_sizes(self) -> None:
        schema = "" if self.stage.engine.dialect.name == "sqlite" else "dbos."
        text = f"""
            SELECT s.queue_name AS lane, count(*) AS jobs,
                sum(coalesce(length(i.inputs), 0) + coalesce(length(o.output), 0)) AS own,
                sum((SELECT coalesce(sum(length(p.output)), 0) FROM {schema}operation_outputs p
                     WHERE p.workflow_uuid = s.workflow_uuid)) AS steps
            FROM {schema}workflow_status s
            LEFT JOIN {schema}workflow_input i ON i.workflow_uuid = s.workflow_uuid
            LEFT JOIN {schema}workflow_output o ON o.workflow_uuid = s.workflow_uuid
            GROUP BY s.queue_name
        """
        with self.stage.engine.connect() as connection:
            for row in connection.execute(sa.text(text)):
                own, steps = row.own / row.jobs, row.steps / row.jobs
                print(
                    f"  lane {row.lane}: {row.jobs} jobs, {own:.0f} bytes of texts each, {steps:.0f} of recorded steps"
                )
            if schema:
                size = connection.scalar(sa.text("SELECT pg_database_size(current_database())"))
                used = connection.execute(
                    sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
                )
                print(f"  database {int(size or 0) / 1e6:.1f} MB, {used.scalar()} connections")
            else:
                pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
                print(f"  database {4096 * pages / 1e6:.1f} MB")
        sizes = sorted(memory_of(one)[0] for one in self.stage.server.worker_ids())
        web = memory_of(self.stage.web_id())[0]
        print(f"  memory: web {web} MB, workers {', '.join(f'{size} MB' for size in sizes)}")


def group(rows: list[dict[str, object]]) -> Mapping[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = defaultdict(list)
    for row in rows:
        solved = ", solved" if "/solve" in str(row["job"]) else ""
        found[f"{row['kind']}{solved}"].append(row)
    return found


def describe(rows: list[dict[str, object]]) -> str:
    forge, index = (total(rows, name) for name in ("forge", "index"))
    seconds = median(sum(read_mapping(one, "seconds").values()) for one in rows)
    requests = sum(forge.values()) / len(rows)
    asked = ", ".join(f"{number / len(rows):.1f} {outcome}" for outcome, number in index.items())
    return f"{requests:.1f} requests to GitHub, {seconds:.2f} s in stages" + (f"; index: {asked}" if asked else "")


def total(rows: list[dict[str, object]], name: str) -> Mapping[str, float]:
    found: dict[str, float] = defaultdict(float)
    for row in rows:
        for key, number in read_mapping(row, name).items():
            found[key] += number
    return found


def read_mapping(row: Mapping[str, object], name: str) -> Mapping[str, float]:
    """The log has values of values as texts."""
    found = row.get(name, {})
    read: Mapping[str, float] = literal_eval(found) if isinstance(found, str) else found  # type: ignore[assignment]
    return read


def acts(costs: Costs) -> Iterator[tuple[str, Callable[[int], object]]]:
    hub, repositories = costs.stage.hub, costs.stage.repositories
    counter = iter(range(1, 1_000_000))

    def push(number: int) -> None:
        manifest = repositories[number].git.files("refs/heads/main")["pyproject.toml"]
        hub.push(repositories[number], {"pyproject.toml": f"{manifest}# {next(counter)}\n"})

    def push_code(number: int) -> None:
        hub.push(repositories[number], {"code.txt": f"{next(counter)}\n"})

    def comment(number: int, text: str) -> None:
        pull = repositories[number].open_pulls()[0]
        hub.comment(repositories[number], pull.number, text, login="ada")

    def say_status(number: int) -> None:
        head = repositories[number].git.branch("main") or ""
        hub.add_status(repositories[number], head, f"ci/{next(counter)}", "success", login="ada")

    def check(number: int) -> None:
        repository, branch = repositories[number], f"topic-{next(counter)}"
        main = repository.git.branch("main") or ""
        repository.git.update_ref(f"refs/heads/{branch}", main)
        hub.push(repository, {"notes.txt": branch}, branch=branch, login="ada", quiet=True)
        hub.open_pull(repository, branch, login="ada")

    yield "a word about a commit", say_status
    yield "a push that touches a manifest, pull requests open", push
    yield "a push that touches none", push_code
    yield "a comment that is no command", lambda number: comment(number, "nice")
    yield "a command (rebase)", lambda number: comment(number, "/lockbot rebase")
    yield "a pull request of a person that changes no lock", check
    yield "the hourly look at bases that moved", lambda number: costs.store(SweepJob()) if number == 0 else None
    yield "the hourly comparison", lambda number: costs.store(SyncJob()) if number == 0 else None
    yield "the hourly question for advisories", lambda number: costs.store(WatchJob()) if number == 0 else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=8)
    asked = parser.parse_args()
    stage = server_stage(
        workers=1, checkers=1, repositories=asked.repositories, database=asked.database, seed=asked.seed
    )
    print(f"{asked.database}, {say_machine()}")
    with stage as one:
        for repository in one.repositories:
            one.hub.add_collaborator(repository, "ada", "write")
        url = one.engine.url.set(drivername=one.engine.dialect.name).render_as_string(hide_password=False)
        costs = Costs(one, url, asked.rounds)
        for name, rows in sorted(group(one.server.rows("job ended")).items()):
            print(f"  at the start: {name:16} {len(rows):4}  {describe(rows)}")
        for what, act in acts(costs):
            costs.measure(what, act)
        costs.show_sizes()
        costs.close()


if __name__ == "__main__":
    main()
