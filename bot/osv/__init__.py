"""The service of advisories: OSV's API (https://google.github.io/osv.dev/api/) through httpx."""
