"""What has to be written anew when a lock or a version moves: exports, compiled requirements, pins in other files."""
