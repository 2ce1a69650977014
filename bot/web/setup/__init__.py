"""Setting an App up in the browser: from one address with a secret in it to the first message of the forge.

Comes in: requests of whoever got that address. Goes out: pages that work without scripts, and from ``SetupEdge`` an App that
is stored. No forge is known here, and no secret but the one of the address passes through.
"""
