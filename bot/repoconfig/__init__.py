"""``.lockbot.json``: what it can say, read strictly, with the place and the fix of every mistake; its schema."""
