"""Templates of the pages that are written, each in the package whose page it is."""

from jinja2 import Environment, PackageLoader, StrictUndefined


def templates(package: str) -> Environment:
    """Return the templates of a package: what they show is escaped, what is missing an error.

    Args:
        package: its name, such as `gain_tf.report`.

    Returns:
        An environment of its own, for the page's filters.
    """
    return Environment(
        loader=PackageLoader(package, ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
