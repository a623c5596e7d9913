"""The model that a command names: a file, or a name in the repository."""

from pathlib import Path

from gain_serving.errors import BadModelError, ModelNotFoundError
from gain_serving.manifest import MODEL_FILE, is_model_name, model_entry, read_manifest
from gain_serving.runtime import Runtime
from gain_serving.settings import Settings


def load_model(model: str, settings: Settings) -> Runtime:
    """Load a model.

    Args:
        model: an ONNX file, or a name in the repository, of which the latest version is taken.
        settings: the repository, threads and limits.

    Returns:
        The model.

    Raises:
        ModelNotFoundError: there is neither such a file nor such a name.
        BadModelError: it cannot be loaded, or is not the file that was exported.
    """
    limits = {"threads": settings.threads, "max_pixels": settings.max_pixels}
    if Path(model).is_file():
        return Runtime(model, **limits)
    if settings.repository is None:
        raise ModelNotFoundError(f"{model}: no such file; for a model by name give --repository")
    folder = settings.repository / model
    if not is_model_name(model) or not folder.is_dir():
        raise ModelNotFoundError(
            f"{model}: neither a file nor a model in the repository {settings.repository}"
        )
    manifest = read_manifest(folder)
    if not manifest.versions:
        raise ModelNotFoundError(f"{folder}: the manifest lists no version")
    version = max(manifest.versions, key=int)
    runtime = Runtime(folder / version / MODEL_FILE, name=model, version=version, **limits)
    expected = model_entry(manifest, version).sha256
    if runtime.sha256 != expected:
        raise BadModelError(
            f"{folder / version / MODEL_FILE}: its SHA-256 is {runtime.sha256[:12]}..., the "
            f"manifest says {expected[:12]}...: it is not the file that was exported"
        )
    return runtime
