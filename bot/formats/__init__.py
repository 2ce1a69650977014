"""Files beside the manifests (YAML, Dockerfiles), read with the place of everything, so that edits move a few bytes.

Nothing here knows what the files are for.
"""
