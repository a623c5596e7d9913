"""One run as data: the schema of a config file, and how it is read."""

from gain_tf.config.load import ConfigError, load_config, parse_config, write_config
from gain_tf.config.rendered import Boat, Camera, DecoyMnist, Shapes, Workpiece
from gain_tf.config.saliency import Saliency
from gain_tf.config.schema import (
    Augmentation,
    Budget,
    Config,
    Data,
    Evaluation,
    Folder,
    Guidance,
    Model,
    Optimizer,
    Run,
    Training,
)

__all__ = [
    "Augmentation",
    "Boat",
    "Budget",
    "Camera",
    "Config",
    "ConfigError",
    "Data",
    "DecoyMnist",
    "Evaluation",
    "Folder",
    "Guidance",
    "Model",
    "Optimizer",
    "Run",
    "Saliency",
    "Shapes",
    "Training",
    "Workpiece",
    "load_config",
    "parse_config",
    "write_config",
]
