"""Known vulnerabilities and malicious packages: records as OSV has them, and what of a lock they are about. No network."""
