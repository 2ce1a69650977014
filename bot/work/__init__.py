"""What a worker does with one job.

Comes in: a job of ``bot.events.jobs``, the ports that it works through (``job.JobPorts``) and a step runner, which remembers
what was done. Goes out: branches, pull requests, comments and check runs on the forge, and a ``job.JobDone``. Queues are
not known here.

``runs`` is the job that looks at a repository (``looking``), solves it (``parts``, ``solving``), publishes what it found
(``proposing``, ``publishing``) and tells of it (``concluding``, ``checks``), ``commands`` the one that obeys a comment,
``tidying`` the one after a pull request was closed.

A job re-reads the truth: it never trusts the order of jobs, nor what a webhook said. Everything may run again after a
crash anywhere: branch names are fixed, branches move under a lease, a pull request is found by its head before one is
opened, an answer is looked for before it is given.
"""
