"""Package indexes: pure readers of pages, file names and metadata; the client with its cache and guard; a twin in memory."""

#: What Python raises for text that is not what it should be. Where it comes out of a reader of a stranger's page or file,
#: that page or file is what is wrong, not the run.
MISREAD = (ValueError, OverflowError, RecursionError)
