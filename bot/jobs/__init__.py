"""The durable queue, its workers and the clock.

Comes in: jobs of ``bot.events.jobs``, from the web server and from the ``clock``, onto the ``queue``. Each is done by one of
the ``workers`` as a workflow (``workflows``) through ``bot.work``, whose steps are recorded; goes out: a line in the log, and
what the ``database`` remembers of a repository (all of it in one hand: ``registry``). A new kind of job is a class in
``bot.events.jobs``, its place and rank in ``queue.envelope`` and its case in ``workflows.dispatch``; mypy names the one that
is missing.
"""
