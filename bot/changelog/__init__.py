"""Release notes of projects on GitHub, over httpx: releases from its API, changelog files from their raw address."""
