"""One run as data: the schema of a config file, and how it is read."""

from gain_tf.config.cues import Background, Cues
from gain_tf.config.data import Budget, Data, Folder
from gain_tf.config.learning import Augmentation, Optimizer
from gain_tf.config.load import ConfigError, load_config, parse_config, write_config
from gain_tf.config.rendered import Boat, Camera, DecoyMnist, Shapes, Workpiece
from gain_tf.config.saliency import Saliency
from gain_tf.config.schema import (
    Config,
    Evaluation,
    Guidance,
    Model,
    Run,
    Training,
)
from gain_tf.config.segmenter import Inference, Segmenter

__all__ = [
    "Augmentation",
    "Background",
    "Boat",
    "Budget",
    "Camera",
    "Config",
    "ConfigError",
    "Cues",
    "Data",
    "DecoyMnist",
    "Evaluation",
    "Folder",
    "Guidance",
    "Inference",
    "Model",
    "Optimizer",
    "Run",
    "Saliency",
    "Segmenter",
    "Shapes",
    "Training",
    "Workpiece",
    "load_config",
    "parse_config",
    "write_config",
]
