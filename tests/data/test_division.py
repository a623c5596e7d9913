"""Images divided over splits."""

from collections import Counter
from pathlib import Path

from gain_tf.data.division import divided
from gain_tf.data.file_pictures import FileRecord


def records(*labels, split=""):
    return [
        FileRecord(Path(f"{n:03d}.jpg"), own, split, None, f"g{n:03d}", f"{n:03d}")
        for n, own in enumerate(labels)
    ]


def sides(found):
    return Counter(record.split for record in found)


def test_an_image_of_several_classes_counts_for_the_rarest():
    """Every pair of classes is new, and yet there is a validation split of the right size."""
    found = divided(records(*[("all", f"c{n % 5}", f"d{n % 7}") for n in range(35)]), 0.2, 0.2, 0)
    assert sides(found) == {"train": 21, "validation": 7, "test": 7}
    rarest = [record.labels[2] for record in found if record.split == "validation"]
    assert len(set(rarest)) == 7


def test_every_class_stays_in_training():
    labels = [("a", "rare"), ("a",), ("a", "b"), ("b",), ("a", "other"), ("b", "last")] * 2
    for seed in range(20):
        found = divided(records(*labels), 0.5, 0.3, seed)
        trained = {name for each in found if each.split == "train" for name in each.labels}
        assert trained == {"a", "b", "rare", "other", "last"}
        assert sides(found)["validation"] > 0


def test_images_without_a_class_are_divided_too():
    found = divided(records(*[()] * 10), 0.2, 0.1, 0)
    assert sides(found) == {"train": 7, "validation": 2, "test": 1}


def test_what_is_divided_stays_so():
    found = divided(records(*[("a",)] * 5, split="test"), 0.5, 0.0, 0)
    assert sides(found) == {"test": 5}
