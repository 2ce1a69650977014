"""Telling the people of a repository that it took its worker down, and is not tried again unasked."""

from __future__ import annotations

from bot.ports.forge import RepositoryRef
from bot.work.checks import report_set_aside
from bot.work.job import JobPorts
from bot.work.looking import look


def tell_set_aside(ports: JobPorts, ref: RepositoryRef) -> None:
    forge = ports.app.open_repository(ref)
    found = look(ports, forge)
    if found.base is not None:
        report_set_aside(forge, found.base)
