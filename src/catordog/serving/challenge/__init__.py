"""The challenge over HTTP: its API, two protocols for sites, and the pages."""
