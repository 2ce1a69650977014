"""What is kept of jobs for people to look at, and the way there."""
