"""One run over one repository: read, detect, plan, solve, edit, word. It changes nothing outside. ``run`` is the front door."""
