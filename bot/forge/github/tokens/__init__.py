"""Acting on GitHub with a token that somebody handed over, in place of an App's own credentials."""
