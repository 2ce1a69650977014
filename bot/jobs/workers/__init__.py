"""Worker processes: what one does, and who starts it, watches it and takes over what it left."""
