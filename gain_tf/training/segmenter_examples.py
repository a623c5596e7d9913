"""What the report shows of a segmenter: masks of a few images, and the cues of the same."""

from contextlib import suppress
from pathlib import Path

from gain_tf.config import Config
from gain_tf.data.dataset import DataSet
from gain_tf.data.files import DataError
from gain_tf.data.indexed import write_indexed
from gain_tf.models.gain import GAIN
from gain_tf.models.segmenter import WeakSegmenter
from gain_tf.report.segmentation_sheet import EXAMPLES, shown_images
from gain_tf.segmentation.cue_files import CueFolder
from gain_tf.segmentation.inference import InferenceSettings, class_maps
from gain_tf.segmentation.make_cues import CueMaker


def write_example_masks(
    model: WeakSegmenter, config: Config, data: DataSet, settings: InferenceSettings, folder: Path
) -> None:
    """Segment the images that the report shows.

    Args:
        model: trained.
        config: of the row.
        data: the data set.
        settings: how images become class maps.
        folder: of the segmenter; `examples/ID.png` goes there, an indexed mask an image.
    """
    split = data.splits[data.evaluated]
    shown = [each.image for each in shown_images(config, data)]
    images = (split.pictures.image(index) for index in shown)
    masks = class_maps(model.predict_on_batch, images, settings, total=len(shown))
    for index, mask in zip(shown, masks, strict=True):
        path = folder / EXAMPLES / f"{split.ids[index]}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_indexed(mask, path)


def write_example_cues(attention: GAIN, config: Config, data: DataSet, folder: Path) -> None:
    """Make the cues of the images that the report shows, as far as they are not there.

    Args:
        attention: trained.
        config: of the row.
        data: the data set.
        folder: of the cues of the split that is reported on.
    """
    split, made = data.splits[data.evaluated], CueFolder(folder)
    shown = [each.image for each in shown_images(config, data)]
    missing = [index for index in shown if not made.has(split.ids[index])]
    maker = CueMaker(attention, data, split, config.cues, config.data.image_size)
    # Somebody's own saliency maps may be there for the training images alone.
    with suppress(DataError):
        maker.make(missing, made, config.data.batch_size)
