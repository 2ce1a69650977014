"""The durable queue, its workers and the clock.

Comes in: jobs of ``bot.events``, from the web server and from the clock (``schedule``). Each is done by one worker
(``worker``, ``workflows``) through ``bot.work``, whose steps are recorded (``steps``); goes out: a line in the log, and
what the database remembers of a repository. A new kind of job is a class in ``bot.events``, its partition in ``queue``
and its case in ``workflows``; mypy names the one that is missing.
"""
