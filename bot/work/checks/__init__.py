"""Check runs: on commits of the base, what is wrong with the repository; on heads of pull requests, whether they are right."""
