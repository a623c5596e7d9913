"""The rendered shapes: toy blocks on tables, several an image, for weak segmentation.

One to four blocks of six classes, of any material and colour, some over others, some cut by the
edge of the picture. The kind of table goes with one of the blocks as often as `bias` says, as
rails go with trains. `voc_format` has 20 classes and background, as VOC 2012, and its masks leave
the outline of every block unknown (255). Images are as `image_size` says, square or not.

A page of samples, `gain-tf data show --config shapes.yaml --out sheet.png`:

    name: shapes
    data:
      name: shapes
      image_size: [160, 200]
      budget: {masks: 12}
      shapes: {bias: 0.8, voc_format: false, train: 200, validation: 40, test: 40}
"""

from gain_tf.config import Data
from gain_tf.data.dataset import DataSet
from gain_tf.data.rendered import rendered_split, seeds_of
from gain_tf.data.synthetic.shapes import BLOCK_NAMES, MOST_BLOCKS, TABLES, plan_shapes

SMALL_WORLD = 6
"""Classes where the format is not VOC's."""


def load_shapes(data: Data) -> DataSet:
    """Render the data set.

    Args:
        data: `shapes` says how many images, of how many classes, and how biased.

    Returns:
        The data set: `train`, `validation` and `test` alike, and `unbiased`, as many as
        `validation`, on tables that say nothing.
    """
    settings, (height, width) = data.shapes, data.image_size
    names = BLOCK_NAMES if settings.voc_format else BLOCK_NAMES[:SMALL_WORLD]
    plans = {
        "train": (settings.train, settings.bias),
        "validation": (settings.validation, settings.bias),
        "test": (settings.test, settings.bias),
        "unbiased": (settings.validation, 0.0),
    }
    seeds = seeds_of(settings.seed, list(plans))
    splits = {}
    for name, (count, bias) in plans.items():
        scenes = plan_shapes(
            count,
            classes=len(names),
            bias=bias,
            seed=seeds[name],
            aspect=height / width,
            border=settings.voc_format,
        )
        prefix = f"shapes-{seeds[name]}"
        splits[name] = rendered_split(prefix, scenes, max(height, width), len(names))
    tables = ", ".join(f"{TABLES[k % len(TABLES)][0]} for {name}" for k, name in enumerate(names))
    border = "; unknown along every outline" if settings.voc_format else ""
    return DataSet(
        name="shapes",
        class_names=names,
        splits=splits,
        single_label=False,
        about={
            "source": "rendered",
            "licence": "that of this program",
            "sizes": f"{width} x {height} pixels, 1 to {MOST_BLOCKS} blocks",
            "splits": "all alike, but that in unbiased the table goes with nothing",
            "annotation": f"a mask and boxes for every image{border}",
            "known bias": f"with probability {settings.bias} the table is the own kind of one of "
            f"the blocks, otherwise any of {len(TABLES)}: {tables}",
        },
    )
