"""VOC's classes, colours, lists and annotations, by the definition of the development kit."""

import pytest

from gain_tf.data.files import DataError
from gain_tf.data.voc_devkit import (
    CLASS_NAMES,
    image_labels,
    read_annotation,
    read_ids,
)

OBJECT = (
    "<object><name>{name}</name><difficult>{difficult}</difficult><truncated>1</truncated>"
    "<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax>"
    "</bndbox></part><bndbox>{box}</bndbox></object>"
)
BOX = "<xmin>11</xmin><ymin>1</ymin><xmax>20</xmax><ymax>25</ymax>"


def annotation(*objects):
    return f"<annotation>{''.join(objects)}</annotation>".encode()


def made(name="dog", difficult=0, box=BOX):
    return OBJECT.format(name=name, difficult=difficult, box=box)


def read(text):
    return read_annotation(text, (50, 40), "a.xml")


def problems_of(text):
    with pytest.raises(DataError) as caught:
        read(text)
    return caught.value.problems


def test_the_classes():
    assert len(CLASS_NAMES) == 20
    assert list(CLASS_NAMES) == sorted(CLASS_NAMES)
    assert CLASS_NAMES.index("person") + 1 == 15


def test_a_box_counts_pixels_from_one():
    """Columns 11 to 20 of 40 and rows 1 to 25 of 50: a quarter across, half down from the top."""
    (found,) = read(annotation(made()))
    assert found.box == pytest.approx((0, 10 / 40, 25 / 50, 20 / 40))
    assert (CLASS_NAMES[found.label], found.difficult, found.truncated) == ("dog", False, True)


def test_fractions_and_corners_outside_the_image():
    box = "<xmin>0.5</xmin><ymin>5.5</ymin><xmax>41</xmax><ymax>12.25</ymax>"
    (found,) = read(annotation(made(box=box)))
    assert found.box == pytest.approx((4.5 / 50, 0, 12.25 / 50, 1))


def test_difficult_objects_are_labels():
    objects = read(annotation(made("train", 1), made("boat"), made("train")))
    assert [each.difficult for each in objects] == [True, False, False]
    assert [CLASS_NAMES[label] for label in image_labels(objects)] == ["boat", "train"]


def test_flags_may_be_missing():
    text = annotation(f"<object><name>cat</name><bndbox>{BOX}</bndbox></object>")
    (found,) = read(text)
    assert (found.difficult, found.truncated) == (False, False)


def test_every_wrong_object_is_named():
    nowhere = "<xmin>11</xmin><ymin>9</ymin><xmax>20</xmax><ymax>8</ymax>"
    nan = BOX.replace("25", "nan")
    text = annotation(
        made("unicorn"), made(), made(box=""), made(box=nowhere), made(box=nan), made("")
    )
    said = sorted(problems_of(text))
    assert [each.split(":")[0] for each in said] == [
        f"a.xml, object {number}" for number in (1, 3, 4, 5, 6)
    ]
    assert "unknown name 'unicorn'; known are aeroplane, bicycle" in said[0]
    assert "key 'bndbox' is missing" in said[1]
    assert "xmax and ymax must not be less than xmin and ymin" in said[2]
    assert "ymax" in said[3]


def test_a_box_beside_the_image_is_empty():
    beside = "<xmin>41</xmin><ymin>1</ymin><xmax>60</xmax><ymax>9</ymax>"
    (said,) = problems_of(annotation(made(box=beside)))
    assert said == "a.xml, object 1: dog has an empty box within 40 x 50 pixels"


@pytest.mark.parametrize(
    "text",
    [
        b"<annotation>",
        b"",
        b"\xff\xfe\x00nothing",
        b'<?xml version="1.0" encoding="no-such-encoding"?><annotation/>',
    ],
)
def test_broken_files(text):
    (said,) = problems_of(text)
    assert said.startswith("a.xml: is not XML")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(encoding):
    bomb = (
        '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c SYSTEM "/etc/passwd">]>'
        "<annotation><object><name>&b;&c;</name></object></annotation>"
    )
    (said,) = problems_of(bomb.encode(encoding))
    assert said.startswith("a.xml: declares a document type or entities")


def test_a_list_of_images():
    assert read_ids(b"2007_000032\n2011_003276 \r\n\n", "a.txt") == ["2007_000032", "2011_003276"]


def test_a_list_of_anything_else():
    with pytest.raises(DataError) as caught:
        read_ids(b"2007_000032\n../../etc/x\n2007_32\n2007_000032\n\xff", "a.txt")
    said = caught.value.problems
    assert [each.split(":")[0] for each in said[:3]] == [
        "a.txt, line 2",
        "a.txt, line 3",
        "a.txt, line 5",
    ]
    assert said[3] == "a.txt: names more than once: 2007_000032"
