"""What is asked at a terminal: what is outdated, why a package is where it is, and how far it can be moved by hand."""
