"""Limits on a job's memory and time, in processes of their own."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys

from bot.jobs.limits.process import JobLimits, limited, read_data_size, read_resident_size

_START = "from bot.jobs.limits.process import JobLimits, limited\n"


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", _START + program], capture_output=True, text=True, check=False)


def test_memory_beyond_the_limit_is_refused_and_only_within() -> None:
    done = run(
        "with limited(JobLimits(seconds=100.0, memory=64_000_000)):\n"
        "    try:\n"
        "        kept = bytearray(256_000_000)\n"
        "    except MemoryError:\n"
        "        print('refused')\n"
        "    small = bytearray(16_000_000)\n"
        "kept = bytearray(256_000_000)\n"
        "print('given')\n"
    )
    assert (done.stdout, done.returncode) == ("refused\ngiven\n", 0), done.stderr


def test_what_keeps_the_interpreter_for_itself_is_ended_by_the_kernel() -> None:
    done = run(
        "import re\nwith limited(JobLimits(seconds=-59.8, memory=1 << 40)):\n    re.match('(a+)+$', 'a' * 60 + 'b')\n"
    )
    assert done.returncode == -signal.SIGALRM, done.stderr


def test_limits_are_as_before_afterwards() -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with limited(JobLimits(seconds=1000.0, memory=1 << 40)):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 1000.0
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_sizes_are_those_of_this_process() -> None:
    assert (read_data_size() or 0) > 1_000_000
    assert (read_resident_size() or 0) > 1_000_000
