"""The commands, one module for each, named as it is typed: arguments and environment in, tables, JSON and an exit code out."""
