"""Folders of models as `gain-tf export --repository` writes them."""

import hashlib
import json
import os

from models import write_model


def add_version(repository, name, version, **options):
    """Add a version of a tiny model, see `write_model`; its entry comes into the manifest last."""
    path = write_model(repository / name / version / "model.onnx", **options)
    list_version(repository, name, version, path)
    return path


def list_version(repository, name, version, path):
    """Write a version's model file into the manifest, or only the version if `path` is None."""
    content = read_manifest(repository, name)
    entry = {}
    if path is not None:
        data = path.read_bytes()
        entry = {"model.onnx": {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}}
    content["versions"][version] = entry
    write_manifest(repository, name, content)


def remove_version(repository, name, version):
    """Take a version out of the manifest."""
    content = read_manifest(repository, name)
    del content["versions"][version]
    write_manifest(repository, name, content)


def read_manifest(repository, name):
    path = repository / name / "manifest.json"
    if not path.exists():
        return {"name": name, "versions": {}, "files": {}}
    return json.loads(path.read_text())


def write_manifest(repository, name, content):
    path = repository / name / "manifest.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(".manifest")
    temporary.write_text(json.dumps(content))
    os.replace(temporary, path)
