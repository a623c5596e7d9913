"""What a model file is, for a person."""

from collections.abc import Iterator

from gain_serving.runtime import Runtime


def describe(runtime: Runtime) -> str:
    """Describe a model.

    Args:
        runtime: the loaded file.

    Returns:
        Lines of a name and its value.
    """
    return "\n".join(f"{name:<16}{value}" for name, value in _entries(runtime))


def _entries(runtime: Runtime) -> Iterator[tuple[str, str]]:
    about = runtime.description
    thresholds = about.thresholds
    yield "name", about.name
    yield "task", about.task
    yield "classes", f"{len(about.class_names)}: {', '.join(about.class_names)}"
    yield "labels", "one an image" if about.single_label else "any number an image"
    if about.input_size is None:
        yield "network's size", "the image's own"
    else:
        yield "network's size", " x ".join(str(side) for side in about.input_size) + " (h x w)"
    if not about.single_label:
        yield "score threshold", f"{thresholds.score}"
    if thresholds.reject_band is None:
        yield "rejects", "nothing"
    else:
        low, high = thresholds.reject_band
        of_what = "best score" if about.single_label else "any score"
        yield "rejects", f"{low} <= {of_what} < {high}"
    if thresholds.attention is not None:
        yield "attended from", f"{thresholds.attention}"
    yield "outputs", ", ".join(runtime.output_names)
    yield "created", about.created or "unknown"
    yield "made with", ", ".join(f"{name} {version}" for name, version in about.versions.items())
    yield "config", about.config_sha256 or "unknown"
    yield "SHA-256", runtime.sha256
