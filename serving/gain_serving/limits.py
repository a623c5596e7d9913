"""What an image may be at most, unless told otherwise."""

MAX_PIXELS = 50_000_000
"""Of one encoded image."""
