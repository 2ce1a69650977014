"""What is kept of jobs for people to look at: the last ones of each repository, and what the last whole run saw of it.

Losing all of it loses nothing but the pictures: no job reads any of it.
"""
