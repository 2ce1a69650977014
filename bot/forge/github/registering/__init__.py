"""How an App comes to be: the manifest that GitHub's form takes, the code that it gives back, and what its webhook does."""
