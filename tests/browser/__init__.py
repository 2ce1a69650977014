"""Pages in a real browser: Debian's chromium, driven by Playwright, looked at by axe-core.

``.ci/browser`` installs both, ``uv sync --group browser`` what drives them. Tests are marked ``browser``.
"""
