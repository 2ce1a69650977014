"""``lockbot``: the command line."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from bot.command_line.uv_options import GLOBAL_OPTIONS
from bot.command_line.words import leading
from bot.errors import LockbotError


def main() -> None:
    """Run the command line; what lockbot refuses ends as one sentence on standard error."""
    # Nearly all that is made lives as long as the run; looking for cycles in it again and again costs a tenth of the time.
    gc.set_threshold(100_000, 20, 50)
    try:
        _guarded(sys.argv[1:])
    finally:
        # The interpreter would look through all that is left for cycles, once more, just before it ends.
        gc.freeze()


def _guarded(arguments: Sequence[str]) -> None:
    try:
        try:
            _run(arguments)
        finally:
            # What can't be printed any more (a full disk) is noticed here, not after the exit code was chosen.
            sys.stdout.flush()
    except LockbotError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        _close_output()
        sys.exit(1)
    except OSError as error:
        _close_output()
        place = f"{error.filename}: " if error.filename else ""
        print(f"error: {place}{error.strerror or error}", file=sys.stderr)
        sys.exit(1)


def _close_output() -> None:
    """What is still to be printed is lost; the interpreter would try once more and complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _run(arguments: Sequence[str]) -> None:
    """``lock`` and its hook have to start in a moment, so click is left out of them where there is nothing for click to say."""
    words = tuple(arguments[leading(arguments, GLOBAL_OPTIONS) :][:2])
    # On Windows patterns are expanded by the program, and click does that.
    is_plain = not {"-h", "--help"}.intersection(arguments) and sys.platform != "win32"
    if is_plain and words[:1] == ("lock",):
        _run_plainly(import_module("bot.cli.locking.command").run_lock, arguments)
    elif is_plain and words == ("hook", "lock"):
        _run_plainly(import_module("bot.cli.locking.hook").run_hook_lock, arguments)
    else:
        import_module("bot.cli.group").cli(prog_name="lockbot")


def _run_plainly(command: Callable[[Sequence[str]], None], arguments: Sequence[str]) -> None:
    gc.set_threshold(500_000, 20, 50)
    try:
        command(arguments)
    except KeyboardInterrupt:
        print("\nAborted!", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
