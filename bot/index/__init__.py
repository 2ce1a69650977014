"""Package indexes: pure readers of pages, file names and metadata; the client with its cache and guard; a twin in memory."""
