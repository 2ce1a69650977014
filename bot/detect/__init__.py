"""What a repository holds that can be kept current: one table of manifest kinds, asked by everything that meets a file."""
