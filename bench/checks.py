"""The time from the webhook of somebody's pull request to its finished check, on a warm server.

    python -m bench.checks [--pulls 10] [--checkers 1] [--beside-runs] [--stranger] [--database sqlite|postgres]

Each pull request asks for a newer version of one package of a project with sixty, whose lock it leaves as it is: the check
solves it, shows the difference, and plans what comes after the merge. With ``--beside-runs`` a whole run of the same
repository is begun before each.
"""

from __future__ import annotations

import argparse
import time
from statistics import median

from bench.measure import say
from bench.server_stage import ServerStage, is_idle, memory_of, say_machine, server_stage
from tests.github.model import Repository
from tests.runs.server import eventually


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pulls", type=int, default=10)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--checkers", type=int, default=1)
    parser.add_argument("--beside-runs", action="store_true")
    parser.add_argument("--stranger", action="store_true")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    say(f"webhook to finished check: {say_machine()}; {vars(options)}")
    with server_stage(
        workers=options.workers,
        checkers=options.checkers,
        repositories=1,
        database=options.database,
        seed=options.seed,
    ) as stage:
        (repository,) = stage.repositories
        stage.hub.add_collaborator(repository, "ada", "write")
        login = "eve" if options.stranger else "ada"
        # The first one warms what the worker for checks keeps.
        took = [check_one(stage, repository, number, login, options.beside_runs) for number in range(options.pulls + 1)]
        say(f"  first {took[0]:.2f} s; then median {median(took[1:]):.2f} s, most {max(took[1:]):.2f} s")
        sizes = sorted(memory_of(one)[0] for one in stage.server.worker_ids())
        say(f"  worker processes: {', '.join(f'{size} MB' for size in sizes)}")


def check_one(stage: ServerStage, repository: Repository, number: int, login: str, beside_runs: bool) -> float:
    branch, main = f"topic-{number}", repository.git.branch("main")
    assert main is not None
    repository.git.update_ref(f"refs/heads/{branch}", main)
    manifest = repository.git.files("refs/heads/main")["pyproject.toml"]
    wanted = manifest.replace(f'"pack{number % 12}>=1,<9"', f'"pack{number % 12}>=4,<9"')
    stage.hub.push(repository, {"pyproject.toml": wanted}, branch=branch, login=login, quiet=True)
    if beside_runs:
        stage.hub.push(repository, {".lockbot.json": f'{{ "description": "{number}" }}'})
        stage.hub.drain()
        eventually(lambda: stage.server.jobs().get("running"), "a run is under way", patience=60)
    began = time.monotonic()
    pull = stage.hub.open_pull(repository, branch, login=login)
    eventually(
        lambda: [
            one
            for one in list(repository.checks.values())
            if (one.head_sha, one.name, one.status) == (pull.head_sha, "lockbot", "completed")
        ],
        "the check is finished",
        patience=600,
    )
    took = time.monotonic() - began
    stage.hub.drain()
    eventually(lambda: is_idle(stage.server), "nothing is left to do", patience=600)
    return took


if __name__ == "__main__":
    main()
