"""The one exception that a user of the host stack sees: a sentence about what was asked, never a traceback."""


class SerranoError(Exception):
    """Its text is one clear sentence; an entry point prints it and exits with status 2."""
