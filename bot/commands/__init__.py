"""The ``uv`` commands that the files of a repository run: hooks, Dockerfiles, workflows. Found in texts, never run."""
