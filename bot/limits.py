"""How much lockbot reads from outside before it refuses. Sizes are bytes after decompression unless said otherwise."""

from __future__ import annotations

from bot.values import value

_MIB = 1 << 20

#: Largest file of a repository that is read as text.
TEXT_LIMIT = 32 * _MIB

#: Longest TOML text, in characters, of a file that people write: read at a second for each million, at worst, and a dozen
#: times in a run. The largest in use has a tenth of it.
TOML_LIMIT = 1 * _MIB
#: Longest lock, in characters, that is not laid out as uv does it and so is read at the same pace, though once.
ODD_LOCK_LIMIT = 8 * _MIB
#: Deepest nesting of tables, arrays and keys. uv's reader has the same bound; files in use stay below 12.
TOML_DEPTH = 80
#: Of keys with 8 parts and more: the sum of parts times (own and header's parts). Time and memory grow with it, to about
#: a second and 100 MB here; the largest file in use has none such key.
TOML_KEY_WORK = 1_000_000

#: Longest requirements file, in characters, and most statements in one: half a second each. The largest compiled ones,
#: with the hashes of 500 packages, have a quarter.
REQUIREMENTS_FILE_TEXT = 8 * _MIB
REQUIREMENTS_FILE_STATEMENTS = 20_000
#: Most requirements files that one includes, and how deep. Files in use stay below 20 and 5.
INCLUDED_FILES = 200
INCLUDE_DEPTH = 20
#: Longest YAML text, in characters: read at some four seconds for each million. Files in use stay below a tenth of it.
YAML_LIMIT = 256 * 1024
#: Deepest nesting of its lists and mappings.
YAML_DEPTH = 64

#: Longest JSON5 text, in characters, and its deepest nesting. Configurations of other bots have a hundredth of it.
JSON5_LIMIT = 1 * _MIB
JSON5_DEPTH = 64
#: Longest Dockerfile, in characters.
DOCKERFILE_LIMIT = 256 * 1024

#: Most places of one file, and of one repository, that name a version of uv or Python. Files in use have a dozen.
PLACES = 1_000
REPOSITORY_PLACES = 20_000

#: Most files on one page of an index. The largest projects on PyPI have some 20,000; pages of all files of a vendor more.
PAGE_FILES = 200_000
#: Largest JSON page that is not in the form of the standards: the patient reader takes up to twenty times as much memory.
ODD_PAGE_BYTES = 32 * _MIB
#: Longest tag of an HTML page, in characters: a hundred times what a link with all its attributes takes.
TAG_LENGTH = 1 << 16
#: Most texts of Requires-Python that differ on one page; each is parsed, and repaired where it must be. Pages have a dozen.
PAGE_SPECIFIERS = 1_000
#: Longest specifier and requirement, in characters: what is longer is not parsed, as repairs take time by the square.
SPECIFIER_LENGTH = 1_000
REQUIREMENT_LENGTH = 10_000
#: Most requirements, and most extras, of one release: some milliseconds each thousand. The largest known has 1,500.
REQUIREMENTS = 10_000
#: Longest web address, in characters, that a page or metadata states beside its files.
URL_LENGTH = 1_000
#: Most characters that are kept of why a project has its status.
STATUS_REASON_LENGTH = 1_000
#: Longest header field of metadata in which encoded words (RFC 2047) are looked for; decoding takes time by the square.
ENCODED_LENGTH = 1_000


#: Largest answer of a service of advisories, and most rows of one list in a record.
ADVISORY_BYTES = 16 * _MIB
ADVISORY_ROWS = 20_000
#: Most advisories about the packages of one audit, and pages of one answer.
ADVISORY_IDS = 20_000
ADVISORY_PAGES = 50


@value
class Limits:
    """``archive_bytes`` bounds what is downloaded or opened, ``unpacked_bytes`` what comes out of it, ``directory_bytes``
    one range of a wheel: its directory takes some 150 bytes for each member.

    The largest pages of PyPI take 30 MB. ``ratio`` (unpacked over packed) is looked at only above ``ratio_floor_bytes``,
    because small text packs well.
    """

    page_bytes: int = 64 * _MIB
    metadata_bytes: int = 8 * _MIB
    directory_bytes: int = 32 * _MIB
    archive_bytes: int = 512 * _MIB
    unpacked_bytes: int = 4096 * _MIB
    members: int = 200_000
    ratio: int = 300
    ratio_floor_bytes: int = 64 * _MIB
    redirects: int = 10
