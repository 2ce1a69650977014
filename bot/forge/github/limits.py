"""GitHub's numbers: how much of what it takes and gives."""

from __future__ import annotations

from bot.ports.forge import TextLimits

#: A check run's summary is limited in characters by its description; taken as bytes to be safe.
TEXT_LIMITS = TextLimits(body=65_536, summary=65_535)

#: Annotations in one request about a check run.
ANNOTATIONS = 50

#: Rows of a page.
PAGE = 100

#: Files that a comparison of two commits lists at most.
COMPARED_FILES = 300

#: Commits that a push's webhook lists at most, and paths of one commit beyond which the list is not trusted.
PUSHED_COMMITS = 2048
PUSHED_PATHS = 1000

#: Characters of a file inside a tree request, which has a size limit; larger texts are sent as blobs of their own.
INLINE_TEXT = 256 * 1024

#: GitHub itself caps a webhook's payload at 25 MB.
DELIVERY = 25 * 1024 * 1024

#: Files of a pull request that are listed at most.
PULL_REQUEST_FILES = 3000

#: Assignees that an issue takes.
ASSIGNEES = 10
