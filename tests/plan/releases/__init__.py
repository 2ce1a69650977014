"""What is told of releases: nothing of it decides anything."""
