"""The server's two processes with the small pipeline in place of the real one: the same wiring, entered one step in."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from bot.app.process import start_logs
from bot.app.serve import ServeOptions, serve
from bot.app.work import Solving, run_worker_with
from bot.jobs.queue.envelope import Duty
from bot.settings import read_settings
from tests.runs.small_pipeline import SmallJudge, SmallPipeline


def main(role: str, folder: str, port: str, workers: str, checkers: str, duty: str = Duty.ALL) -> None:
    settings = read_settings()
    start_logs(settings)
    if role == "serve":
        command = (sys.executable, "-m", "tests.runs.program", "work", folder, port, workers, checkers)
        options = ServeOptions(port=int(port), workers=int(workers), checkers=int(checkers), worker_command=command)
        serve(settings, options)
    else:
        pipeline = SmallPipeline(world=Path(folder) / "world.json", hold=Path(folder) / "hold")
        solving = Solving(run_repository=pipeline, judge=SmallJudge(pipeline))
        run_worker_with(settings, solving, duty=Duty(duty), until_input_ends=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    finally:
        # As bot.__main__ does: looking for cycles in all that is left takes half a second.
        gc.freeze()
