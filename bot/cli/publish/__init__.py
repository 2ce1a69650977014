"""Publishing from the command line: ``lockbot run --push`` and ``--pull-requests``, and ``lockbot obey``. Loaded only for these:
the library for the forge is an extra of the distribution."""
