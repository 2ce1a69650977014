"""Project pages and flat listings: bytes to ``Listing``, a compact form of which single files are made on demand.

In comes a page as served, JSON (``simple``), HTML (``html``) or a folder of files (``flat``); out comes a ``ListedPage``,
the port's ``Page``. Specifiers published before anyone checked them are repaired (``lenient``; docs/resolver.md, 3.2).
"""
