"""Package indexes over HTTP and in folders: the adapter behind the port ``bot.resolver.model.index`` (docs/resolver.md, 3).

In come questions of the resolver: the page of a package, the metadata of a file, an archive by URL or path. Out come
immutable values, or ``IndexFailure``. ``client`` is the port; ``page_source``, ``file_source`` and ``wheel_source`` load
what it is asked for, with ``http`` (the network), ``pages`` and ``metadata`` (texts to values) and ``cache`` (the disk).
``memory`` is the twin without network and disk.
"""

#: What Python raises for text that is not what it should be. Where it comes out of a reader of a stranger's page or file,
#: that page or file is what is wrong, not the run.
MISREAD = (ValueError, OverflowError, RecursionError)
