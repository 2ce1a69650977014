"""Interpreters that only say which Python they are: uv asks them before it locks, and runs nothing with them."""

from __future__ import annotations

import sys
from pathlib import Path

_PROGRAM = """\
#!{python} -I
import json
import subprocess
import sys

asked = subprocess.run([{python!r}, *sys.argv[1:]], capture_output=True, text=True)
try:
    answer = json.loads(asked.stdout)
    # uv remembers only what an interpreter says that is itself the one it tells of.
    answer["sys_executable"] = {itself!r}
    answer["markers"] |= {{
        "python_version": "{version}",
        "python_full_version": "{version}.4",
        "implementation_version": "{version}.4",
    }}
except (ValueError, KeyError, TypeError):
    sys.stdout.write(asked.stdout)
else:
    print(json.dumps(answer))
sys.stderr.write(asked.stderr)
sys.exit(asked.returncode)
"""


def make_stand_in(folder: Path, version: str) -> Path:
    """Make an interpreter that calls itself ``version`` (``"3.13"``) in ``folder`` and return its path."""
    path = folder / f"python{version}"
    # uv passes over environments when it looks for an interpreter itself.
    real = str(Path(sys.executable).resolve())
    path.write_text(_PROGRAM.format(python=real, version=version, itself=str(path)), "utf-8")
    path.chmod(0o755)
    return path
