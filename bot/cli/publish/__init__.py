"""Publishing from the command line: ``lockbot run --push`` and ``--pull-requests``, ``lockbot obey``. Loaded only for these:
the library for the forge is an extra of the distribution."""
