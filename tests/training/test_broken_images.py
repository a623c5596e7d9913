"""Photographs that break between the checks and their turn in training."""

import numpy as np
import pytest
from PIL import Image
from support import tiny_config

from gain_tf.data.bad_images import BadImages
from gain_tf.data.registry import load_data
from gain_tf.errors import FailedError
from gain_tf.training.train import train

pytestmark = [
    pytest.mark.slow,
    # Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def test_training_goes_on_without_them_up_to_a_limit(tmp_path):
    random = np.random.default_rng(0)
    for name in ("bolt", "nut"):
        (tmp_path / "parts" / name).mkdir(parents=True)
        for number in range(6):
            pixels = random.integers(0, 256, (40, 40, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "parts" / name / f"{number}.jpg")
    config = tiny_config(
        data={
            "name": "folder",
            "root": str(tmp_path / "parts"),
            "image_size": [32, 32],
            "batch_size": 4,
            "cache": "off",
        },
        guidance={"alpha": 0, "omega": 0},
        training={"epochs": 1, "steps_per_epoch": 3, "jit": False},
    )
    data = load_data(config.data)
    train_ids = data.splits["train"].ids
    paths = [record.path for record in data.splits["train"].pictures.records]
    paths[0].unlink()
    paths[1].write_bytes(paths[1].read_bytes()[:300])
    bad = BadImages(tmp_path / "bad_images.csv", 2)
    train(config, data, tmp_path / "run", bad_images=bad)
    header, *rows = (tmp_path / "bad_images.csv").read_text().splitlines()
    assert header == "image,problem"
    assert sorted(row.split(",")[0] for row in rows) == sorted(train_ids[:2])
    assert (tmp_path / "run/model.keras").is_file()
    with pytest.raises(FailedError, match=r"2 images cannot be read, more than data.max_bad_imag"):
        train(config, data, tmp_path / "other", bad_images=BadImages(tmp_path / "b.csv", 1))
    assert not (tmp_path / "other/model.keras").exists()
