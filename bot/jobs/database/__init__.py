"""lockbot's own tables beside those of DBOS: which repositories there are, when they run, which workers live.

All of it can be rebuilt from the forge (a sync job does); losing it costs one extra run per repository.
"""
