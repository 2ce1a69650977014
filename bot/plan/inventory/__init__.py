"""What a repository holds, whether anything is proposed of it or not."""
