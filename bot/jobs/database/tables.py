"""The tables as they are now. What brings an older database here is in ``migrations``."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
#: The migrations that this database has seen.
MIGRATED = sa.Table(
    "lockbot_migrations",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
)
REPOSITORIES = sa.Table(
    "lockbot_repositories",
    METADATA,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("installation", sa.BigInteger, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False, default=True),
    sa.Column("schedule", sa.JSON, nullable=False, default=list),
    sa.Column("timezone", sa.Text, nullable=False, default="UTC"),
    # Moments in seconds since the epoch.
    sa.Column("last_turn", sa.Float, nullable=False),
    sa.Column("covered_all", sa.Float, nullable=False, default=0.0),
    sa.Column("covered_open", sa.Float, nullable=False, default=0.0),
    # When it is to be looked at whether a turn is due; 0: at once.
    sa.Column("look_at", sa.Float, nullable=False, default=0.0, server_default="0"),
    sa.Index("lockbot_repositories_look_at", "look_at"),
    sa.Index("lockbot_repositories_installation", "installation"),
)
#: Of a repository: the base heads that a run and a whole run saw last, and the jobs of the runs that were put on the
#: queue last.
MEMORY = sa.Table(
    "lockbot_memory",
    METADATA,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seen", sa.Text, nullable=False, default=""),
    sa.Column("seen_whole", sa.Text, nullable=False, default=""),
    sa.Column("asked_all", sa.Text, nullable=False, default=""),
    sa.Column("asked_open", sa.Text, nullable=False, default=""),
)
#: When an update of a repository is old enough to be proposed.
RIPENING = sa.Table(
    "lockbot_ripening",
    METADATA,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("moment", sa.Float, nullable=False),
)
#: What of a repository's locks a service of advisories was asked about, at which head of the base, and what it knew then;
#: beside it the cover of the runs that open security updates.
WATCHED = sa.Table(
    "lockbot_watched",
    METADATA,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("base", sa.Text, nullable=False, default=""),
    sa.Column("packages", sa.JSON, nullable=False, default=list),
    sa.Column("covered", sa.Float, nullable=False, default=0.0),
    sa.Column("asked", sa.Text, nullable=False, default=""),
)
#: Branches of a repository that would have been opened but for its limits, and when one of these changes by itself.
WAITING_ROOM = sa.Table(
    "lockbot_waiting_room",
    METADATA,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("branches", sa.JSON, nullable=False),
    sa.Column("moment", sa.Float, nullable=True),
)
#: Pull requests that wait to be merged by lockbot: where each was last, and what was wished for it, as JSON.
MERGING = sa.Table(
    "lockbot_merging",
    METADATA,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("wish", sa.Text, nullable=False),
)
#: The patterns of the branches that updates of a repository are proposed for, where it states any.
BASES = sa.Table(
    "lockbot_bases",
    METADATA,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("patterns", sa.JSON, nullable=False),
    sa.Column("prefix", sa.Text, nullable=False),
)
#: One job at a time for each ``key``: the workflow ``holder``, for as long as DBOS calls it running.
TURNS = sa.Table(
    "lockbot_turns",
    METADATA,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
)
#: What people ordered in comments, and the job that obeys it: a comment that is edited is told of anew.
ORDERS = sa.Table(
    "lockbot_orders",
    METADATA,
    sa.Column("line", sa.Text, primary_key=True),
    sa.Column("job", sa.Text, nullable=False),
    sa.Column("moment", sa.Float, nullable=False),
)
#: Jobs that were tried for the last time. ``repository`` where a sweep may begin again.
GIVEN_UP = sa.Table(
    "lockbot_given_up",
    METADATA,
    sa.Column("job", sa.Text, primary_key=True),
    sa.Column("moment", sa.Float, nullable=False),
    sa.Column("repository", sa.BigInteger, nullable=True),
    sa.Column("scope", sa.Text, nullable=False, default=""),
    sa.Column("begun_again", sa.Boolean, nullable=False, default=False),
)
#: What workers solve or died over (``bot.jobs.limits.dead_letters``): the commit ``head`` was begun so often and not ended.
LEDGER = sa.Table(
    "lockbot_ledger",
    METADATA,
    sa.Column("repository", sa.Text, primary_key=True),
    sa.Column("head", sa.Text, primary_key=True),
    sa.Column("begun", sa.Integer, nullable=False),
    sa.Column("moment", sa.Float, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("set_aside", sa.Boolean, nullable=False, default=False),
)
#: Whose turn it is among accounts (``bot.jobs.database.shares``), in each lane and rank: the place after an account's last job;
#: for the account ``SERVED`` the place of the job that was begun last.
SHARES = sa.Table(
    "lockbot_shares",
    METADATA,
    sa.Column("lane", sa.Text, primary_key=True),
    sa.Column("rank", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("account", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("place", sa.BigInteger, nullable=False),
)
WORKERS = sa.Table(
    "lockbot_workers",
    METADATA,
    sa.Column("executor", sa.Text, primary_key=True),
    sa.Column("seen", sa.Float, nullable=False),
)
#: Who is signed in to the pages (``ports.people.StoredSession``); ``repositories`` by id what each may do, as JSON.
SESSIONS = sa.Table(
    "lockbot_sessions",
    METADATA,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("person", sa.BigInteger, nullable=False),
    sa.Column("login", sa.Text, nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("repositories", sa.Text, nullable=False),
    sa.Column("ends", sa.Float, nullable=False),
    sa.Column("used", sa.Float, nullable=False),
    sa.Column("checked", sa.Float, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Index("lockbot_sessions_person", "person"),
)
#: The last jobs of each repository (``work.records.RunRecord``); ``used`` and ``log`` are JSON.
RUNS = sa.Table(
    "lockbot_runs",
    METADATA,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("job", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("received", sa.Float, nullable=False),
    sa.Column("started", sa.Float, nullable=False),
    sa.Column("ended", sa.Float, nullable=False),
    sa.Column("used", sa.Text, nullable=False),
    sa.Column("log", sa.Text, nullable=False),
    sa.Index("lockbot_runs_ended", "ended"),
)
#: What the last whole run saw of each repository: ``facts`` as a dashboard tells them, ``counts`` of them, both JSON.
SIGHTS = sa.Table(
    "lockbot_sights",
    METADATA,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("base", sa.Text, nullable=False),
    sa.Column("moment", sa.Float, nullable=False),
    sa.Column("counts", sa.Text, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
)
#: What the forge said last of each installation's limit of requests.
BUDGETS = sa.Table(
    "lockbot_budgets",
    METADATA,
    sa.Column("installation", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("resource", sa.Text, primary_key=True),
    sa.Column("allowed", sa.Integer, nullable=False),
    sa.Column("remaining", sa.Integer, nullable=False),
    sa.Column("moment", sa.Float, nullable=False),
)
#: What all workers counted, by series as JSON (``numbers``).
SUMS = sa.Table(
    "lockbot_sums",
    METADATA,
    sa.Column("series", sa.Text, primary_key=True),
    sa.Column("amount", sa.Float, nullable=False),
)
#: The last batch of counts that each worker told, so that none is added twice.
TOLD = sa.Table(
    "lockbot_told",
    METADATA,
    sa.Column("teller", sa.Text, primary_key=True),
    sa.Column("batch", sa.Text, nullable=False),
    sa.Column("moment", sa.Float, nullable=False),
)
#: What was said last of each series, and when.
GAUGES = sa.Table(
    "lockbot_gauges",
    METADATA,
    sa.Column("series", sa.Text, primary_key=True),
    sa.Column("value", sa.Float, nullable=False),
    sa.Column("moment", sa.Float, nullable=False),
)
#: Pages of indexes that somebody depends on, and what was seen there last (``bot.work.indexes.cadence.PageState``). ``rights``:
#: those that only some repositories have to it; ``changed``: when it was last seen changed; ``due``: the next look.
PAGES = sa.Table(
    "lockbot_pages",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("index_url", sa.Text, nullable=False),
    sa.Column("package", sa.Text, nullable=False),
    sa.Column("rights", sa.Text, nullable=False, default=""),
    sa.Column("anonymous", sa.Boolean, nullable=False, default=False),
    sa.Column("releases", sa.Text, nullable=False, default=""),
    sa.Column("files", sa.Text, nullable=False, default=""),
    sa.Column("newest", sa.Float, nullable=True),
    sa.Column("etag", sa.Text, nullable=False, default=""),
    sa.Column("modified", sa.Text, nullable=False, default=""),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    sa.Column("churn", sa.Integer, nullable=False, default=0),
    sa.Column("hints", sa.Integer, nullable=False, default=0),
    sa.Column("changed", sa.Float, nullable=True),
    sa.Column("due", sa.Float, nullable=False),
    sa.Index("lockbot_pages_name", "index_url", "package", "rights", "anonymous", unique=True),
    sa.Index("lockbot_pages_due", "host", "due"),
)
#: Which repositories depend on which pages, millions of pairs: ``age`` in seconds, as ``bot.ports.indexes.Depended`` has it.
DEPENDENTS = sa.Table(
    "lockbot_dependents",
    METADATA,
    sa.Column("page", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("age", sa.Integer, nullable=False, default=0),
    sa.Column("urgent", sa.Boolean, nullable=False, default=False),
    sa.Index("lockbot_dependents_repository", "repository"),
    sqlite_with_rowid=False,
)
#: When a repository is woken because a page changed (``due``, None: it is not), when it was last, and its ``windows``.
WAKINGS = sa.Table(
    "lockbot_wakings",
    METADATA,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("windows", sa.JSON, nullable=False, default=list),
    sa.Column("due", sa.Float, nullable=True),
    sa.Column("urgent", sa.Boolean, nullable=False, default=False),
    sa.Column("woken", sa.Float, nullable=False, default=0.0),
)
#: How hosts of indexes answered: so many ``failures`` in a row, and until when they are left alone.
INDEX_HOSTS = sa.Table(
    "lockbot_index_hosts",
    METADATA,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    sa.Column("until", sa.Float, nullable=False, default=0.0),
)
#: Feeds of new releases, by their index; ``known`` are the entries that were read.
FEEDS = sa.Table(
    "lockbot_feeds",
    METADATA,
    sa.Column("index_url", sa.Text, primary_key=True),
    sa.Column("etag", sa.Text, nullable=False, default=""),
    sa.Column("modified", sa.Text, nullable=False, default=""),
    sa.Column("known", sa.JSON, nullable=False, default=list),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    sa.Column("due", sa.Float, nullable=False, default=0.0),
)
#: The App that was set up in the browser for this database.
SETUP = sa.Table(
    "lockbot_setup",
    METADATA,
    sa.Column("app", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("slug", sa.Text, nullable=False),
    sa.Column("github_url", sa.Text, nullable=False),
    sa.Column("moment", sa.Float, nullable=False),
)
