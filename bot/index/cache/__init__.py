"""What was fetched, kept on disk between processes, and what can be answered from it alone.

In come pages, metadata and archives with how long they hold; out they come again, or nothing where an entry is missing,
broken or of another version. ``reader`` answers without a client, so that a lock that is right needs no HTTP stack.
"""
