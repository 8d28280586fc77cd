"""Every test with many seeds, then the other parts of the sign-off, then the page: `make regress`."""
