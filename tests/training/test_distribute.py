"""Several devices that share a batch train what one trains."""

import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from support import tiny_config

from gain_tf.config import ConfigError
from gain_tf.data.schedule import Schedule
from gain_tf.training.distribute import strategy_of

SCRIPT = """
    import sys
    import numpy as np, tensorflow as tf
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    from pathlib import Path
    from support import ALL_LOSSES, tiny_config
    from gain_tf.data.registry import load_data
    from gain_tf.models.settings import TERMS
    from gain_tf.training.history import read_history
    from gain_tf.training.train import train

    place, weights, clip = Path(sys.argv[1]), [], float(sys.argv[2]) or None
    models = {
        "no batch norm": {"backbone": "small_cnn", "head": "gap", "weights": None},
        "batch norm": {
            "backbone": "efficientnet_lite0",
            "head": "truncate",
            "weights": None,
            "target_layer": "block2a_expand_relu6",
        },
    }
    for distribute in ("none", "mirrored"):
        config = tiny_config(
            model=models[sys.argv[3]],
            data__budget={"masks": 3, "boxes": 4},
            data__workpiece={"train": 16, "validation": 5, "test": 4},
            data__annotated_share=0.5,
            guidance__kind="both",
            guidance__losses=ALL_LOSSES,
            training__epochs=4,
            training__steps_per_epoch=5,
            # Rounding grows with every step, the faster the larger the steps.
            training__optimizer={"learning_rate": 0.002, "clip_norm": clip},
            training__distribute=distribute,
        )
        model = train(config, load_data(config.data), place / distribute)
        weights.append(model.get_weights())
    one, two = (read_history(place / kind / "metrics.csv") for kind in ("none", "mirrored"))
    terms = {"classification", "attention_mining", *TERMS.values()}
    assert terms < one[0].keys(), one[0].keys()
    for before, after in zip(one, two, strict=True):
        assert before.keys() == after.keys()
        for name in before:
            near = {"rtol": 1e-5, "atol": 1e-5, "err_msg": name}
            np.testing.assert_allclose(after[name], before[name], **near)
    for before, after in zip(*weights, strict=True):
        np.testing.assert_allclose(after, before, rtol=0, atol=1e-5)
    print("same")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("clip_norm", "network"), [(0, "no batch norm"), (0.5, "no batch norm"), (0, "batch norm")]
)
def test_two_devices_train_what_one_trains(tmp_path, clip_norm, network):
    """Two virtual devices need a process of their own: a device is split before it is used."""
    options = [str(tmp_path), str(clip_norm), network]
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), *options],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
        check=False,
    )
    assert run.stdout.strip().endswith("same"), run.stderr[-3000:]


def test_each_replica_gets_its_share_of_the_annotated_images():
    schedule = Schedule(
        images=100,
        annotated=np.arange(10),
        batch_size=12,
        annotated_share=1 / 3,
        background_swap=0,
        steps_per_epoch=3,
        seed=1,
        replicas=2,
    )
    parts = schedule.epoch(0)["index"].reshape(3, 2, 6)
    assert np.isin(parts[:, :, :2], schedule.annotated).all()
    alone = Schedule(**{**schedule.__dict__, "replicas": 1}).epoch(0)["index"].reshape(3, 12)
    np.testing.assert_array_equal(np.sort(parts.reshape(3, 12)), np.sort(alone))


def test_what_cannot_be_shared_evenly_is_refused(monkeypatch):
    import tensorflow as tf

    devices = [tf.config.LogicalDevice(f"/device:GPU:{n}", "GPU") for n in range(3)]
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: devices)
    config = tiny_config(training__distribute="mirrored")
    with pytest.raises(ConfigError, match=r"4 images, 1 of them annotated .* by 3 devices"):
        strategy_of(config)
    assert strategy_of(tiny_config()).num_replicas_in_sync == 1
