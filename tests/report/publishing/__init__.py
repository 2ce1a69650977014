"""What is told where lockbot publishes from the command line."""
