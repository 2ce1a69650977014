"""The network side of the index: requests made safe and driven by one thread (libcurl).

In come URLs; out come the status, headers and body of answers within limits, or ``IndexFailure``. ``fetch`` is the door:
it adds credentials, follows and checks redirects (``guard``), tries again and gives up; ``transport`` and ``transfer``
move the bytes; ``shared`` and ``background`` let all threads wait for one answer; ``validity`` tells how long it holds.
"""
