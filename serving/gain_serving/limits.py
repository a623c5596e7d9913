"""What a request may be at most, unless told otherwise."""

MAX_PIXELS = 50_000_000
"""Of one encoded image."""

IMAGES_OF_MAX_PIXELS = 2
"""So many images of `max_pixels` fit into a request."""

MAX_JSON_VALUES = 1 << 25
"""Of a class map written as JSON: a tenth of a second in which the server does nothing else."""
