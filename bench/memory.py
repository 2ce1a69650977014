"""Memory of a server and its worker over many runs: a line that is flat.

    python -m bench.memory [--runs 500] [--every 25] [--database sqlite|postgres] [--seed N]

Each run is a push to one of a few repositories, its pull requests open: a clone, a whole solve, branches moved.
"""

from __future__ import annotations

import argparse
import random
from statistics import mean

from bench.measure import say
from bench.server_stage import is_idle, memory_of, say_machine, server_stage
from tests.runs.server import eventually


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--every", type=int, default=25)
    parser.add_argument("--repositories", type=int, default=4)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    say(f"memory over runs: {say_machine()}; {vars(options)}")
    web, worker = [], []
    with server_stage(
        workers=1, repositories=options.repositories, database=options.database, seed=options.seed
    ) as stage:
        for number in range(1, options.runs + 1):
            repository = chance.choice(stage.repositories)
            manifest = repository.git.files("refs/heads/main")["pyproject.toml"].partition("# ")[0]
            stage.hub.push(repository, {"pyproject.toml": f"{manifest}# {number}\n"})
            stage.hub.drain()
            eventually(lambda: is_idle(stage.server), "the run is done", patience=600)
            if number % options.every == 0:
                web.append(memory_of(stage.web_id())[0])
                worker.append(sum(memory_of(one)[0] for one in stage.server.worker_ids()))
                say(f"  after {number:4} runs: web {web[-1]} MB, worker {worker[-1]} MB")
    half = len(web) // 2
    if half:
        say(f"  second half against first: web {mean(web[half:]) - mean(web[:half]):+.1f} MB, ")
        say(f"                             worker {mean(worker[half:]) - mean(worker[:half]):+.1f} MB")


if __name__ == "__main__":
    main()
