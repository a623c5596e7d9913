"""The user's own images: layouts that are read, and every mistake told."""

import os

import numpy as np
import pytest
from PIL import Image


def rows(*names, count=5):
    return "".join(f"{name}/{index}.jpg,{name}\n" for name in names for index in range(count))


# What is read


def test_class_folders(album):
    data = album.classes("cat", "öl tank", count=10).load()
    assert list(data.class_names) == ["cat", "öl tank"]
    assert data.single_label
    assert {name: len(split) for name, split in data.splits.items()} == {
        "train": 16,
        "validation": 4,
    }
    # Each class gives the same share.
    np.testing.assert_array_equal(data.splits["validation"].labels.sum(axis=0), [2, 2])
    assert data.evaluated == "validation"


def test_folders_of_splits(album):
    for split in ("train", "val", "test"):
        album.classes(f"{split}/a", f"{split}/b", count=2)
    data = album.load()
    assert {name: len(split) for name, split in data.splits.items()} == dict.fromkeys(
        ("train", "validation", "test"), 4
    )
    assert data.evaluated == "test"
    assert "test/a/0" in data.splits["test"].ids


def test_images_in_no_split_are_named(album, spot):
    album.classes("train/a", "train/b", "val/a", "holdout/a", count=2)
    album.mask("val/a/0_mask.png", spot)
    left_out = album.load().about["images without a label, left out"]
    assert left_out == "2 files: holdout/a/0.jpg, holdout/a/1.jpg"
    album.csv("file,label,split\nval/a/0.jpg,a,val\ntrain/a/0.jpg,a,train\ntrain/b/0.jpg,b,train\n")
    assert album.load().about["images without a label, left out"].startswith("5 files: holdout/a/")


def test_the_division_is_the_seed_s(album):
    album.classes("a", "b", count=10)
    first, again, other = (album.load(seed=seed).splits["validation"].ids for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_three_shares(album):
    splits = album.classes("a", "b", count=10).load(validation=0.3, test=0.2).splits
    assert [len(splits[name]) for name in ("train", "validation", "test")] == [10, 6, 4]
    ids = [identifier for split in splits.values() for identifier in split.ids]
    assert len(set(ids)) == 20


def test_a_rare_class_stays_in_training(album):
    album.classes("a", count=10).classes("rare", count=1)
    train = album.load(validation=0.6, test=0.3).splits["train"]
    assert "rare/0" in train.ids


@pytest.mark.parametrize("place", ["a/0.png", "a/0_mask.png", "masks/a/0.png", "masks/0.png"])
def test_masks_are_found(album, spot, place):
    album.photograph("a/0.jpg")
    album.classes("b").photograph("a/second.jpg")
    os.rename(album.root / "b" / "0.jpg", album.root / "b" / "other.jpg")
    album.mask(place, spot)
    train = album.load(validation=0.4).splits
    split, index = next((s, s.ids.index("a/0")) for s in train.values() if "a/0" in s.ids)
    assert split.has_mask.sum() == 1
    np.testing.assert_array_equal(split.pictures.mask(index), spot // 255)
    np.testing.assert_allclose(split.boxes[index], [[0.2, 0.25, 0.5, 7 / 12]], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("place", "settings"),
    [("masks/b/0_b.png", {}), ("b/0.png", {"mask_values": "binary"})],
)
@pytest.mark.parametrize("white", [0, 1])
def test_black_and_white_may_come_as_a_palette(album, spot, place, settings, white):
    """Programs that save few colours number them as they like: white may be 0 or 1."""
    picture = Image.fromarray(np.where(spot > 0, white, 1 - white).astype(np.uint8))
    picture.putpalette([255] * 3 + [0] * 3 if white == 0 else [0] * 3 + [255] * 3)
    album.classes("a", "b").save(place, picture)
    found = album.found(album.load(**settings), "b/0")
    assert found.shows == {"b"}
    np.testing.assert_array_equal(found.mask, np.where(spot > 0, 2, 0))


def test_a_name_with_dots_has_its_own_mask(album, spot):
    album.classes("a", "b").photograph("a/v1.2.jpg")
    album.mask("masks/a/v1.2.png", spot)
    splits = album.load().splits.values()
    assert {s.ids[i] for s in splits for i in np.flatnonzero(s.has_mask)} == {"a/v1.2"}


def test_labels_csv(album):
    album.classes("a", "b")
    text = "\ufefffile, label ,group\r\n\r\n" + rows("a", "b").replace("\n", "\r\n")
    text = text.replace("a/0.jpg,a", 'a/0.jpg," a ; rot weiß; a"').replace("b/0.jpg,b", "b/0.jpg,")
    data = album.csv(text + ",\n").load()
    assert list(data.class_names) == ["a", "b", "rot weiß"]
    assert not data.single_label
    labels = {
        identifier: data.splits[name].labels[index].tolist()
        for name in data.splits
        for index, identifier in enumerate(data.splits[name].ids)
    }
    assert len(labels) == 10
    assert labels["a/0"] == [1, 0, 1]
    assert labels["b/0"] == [0, 0, 0]
    assert labels["a/1"] == [1, 0, 0]


def test_groups_stay_on_one_side(album):
    album.classes("a", "b", count=12)
    lines = "".join(
        f"{name}/{index}.jpg,{name},g{name}{index % 4}\n" for name in "ab" for index in range(12)
    )
    splits = album.csv("file,label,group\n" + lines).load(validation=0.3).splits
    sides = [set(split.groups) for split in splits.values()]
    assert sides[0] & sides[1] == set()
    assert [len(split) for split in splits.values()] == [18, 6]


def test_classes_and_their_order_may_be_given(album):
    album.classes("a", "b")
    data = album.load(classes=["b", "a"], unguided_classes=["a"])
    assert list(data.class_names) == ["b", "a"]
    assert list(data.unguided_classes) == [1]


def test_odd_pictures_are_read(album):
    album.classes("a", "b")
    album.photograph("a/deep.png", mode="I;16")
    album.photograph("a/alpha.png", mode="RGBA")
    album.photograph("a/dot.png", size=(1, 1))
    album.photograph("a/print.jpg", mode="CMYK")
    shapes = [
        split.pictures.image(index).shape
        for split in album.load().splits.values()
        for index in range(len(split))
    ]
    assert sorted(shapes) == [(1, 1, 3)] + [(10, 12, 3)] * 13


# What is refused


def test_every_problem_at_once(album, spot):
    album.classes("a", "b")
    (album.root / "c").mkdir()
    (album.root / "a" / "text.jpg").write_text("hello")
    (album.root / "a" / "zero.png").write_bytes(b"")
    data = album.photograph("b/half.jpg", size=(60, 60)).read_bytes()
    (album.root / "b" / "half.jpg").write_bytes(data[: len(data) // 2])
    album.photograph("b/0.bmp")
    album.mask("a/0.png", np.zeros((3, 4)))
    album.mask("a/1.png", np.dstack([spot] * 4))
    album.mask("a/2.png", np.where(spot > 0, 7, 0))
    album.mask("a/3.png", np.where(spot > 0, 2, 0))
    problems = album.problems(unguided_classes=["d"])
    expected = [
        "c: has no image",
        "data.folder.unguided_classes: 'd' is no class; known are a, b",
        "a/0.png: is 4 x 3, its image 0.jpg is 12 x 10",
        "a/1.png: a mask must be a grey or palette image, not RGBA",
        "a/2.png: values 7 are no class; 0 is background, 1 to 2 the classes, 255 unknown",
        "a/3.png: shows b and its image is labelled a",
        "a/text.jpg: unreadable or truncated: it is no image",
        "a/zero.png: unreadable or truncated: it is no image",
        "b/half.jpg: unreadable or truncated: ",
        "b/0: 2 images have this name: b/0.bmp, b/0.jpg",
    ]
    assert len(problems) == len(expected), problems
    for problem, start in zip(problems, expected, strict=True):
        assert problem.startswith(start)


def test_a_picture_that_only_pillow_knows(album):
    """It is refused: the decoder of the training does not know it."""
    album.classes("a", "b").photograph("a/x.ico", size=(16, 16))
    os.rename(album.root / "a" / "x.ico", album.root / "a" / "x.jpg")
    said = "it is no image of a known kind; JPEG, PNG, BMP, TIFF and WebP are read"
    assert album.problems() == [f"a/x.jpg: unreadable or truncated: {said}"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"classes": ["a", "b", "c"]}, ["class 'c' has no image in the train split"]),
        ({"classes": ["a", "b", "x"], "validation": 0.0}, ["class 'x' has", "no image lies in a"]),
        ({"classes": ["a"]}, ["b/0.jpg: unknown label 'b'; known are a", "b/1.jpg: unknown"]),
    ],
)
def test_settings_that_do_not_fit(album, settings, said):
    problems = album.classes("a", count=5).classes("b", count=2).problems(**settings)
    for start in said:
        assert any(problem.startswith(start) for problem in problems), problems


def test_a_class_only_in_the_test_split(album):
    album.classes("train/a", "train/b", "test/a", "test/c", count=1)
    assert album.problems() == ["class 'c' has no image in the train split"]


def test_nothing_to_judge_on(album):
    album.classes("train/a", "train/b")
    assert album.problems() == ["no image lies in a validation or test split to judge a model on"]


def test_one_class_is_none(album):
    (problem,) = album.classes("a").problems()
    assert problem.endswith("there must be at least two classes, not only a")


def test_one_mask_for_two_images(album, spot):
    album.classes("a", "b").mask("masks/0.png", spot)
    assert album.problems() == ["masks/0.png: is the mask of 2 images: a/0.jpg, b/0.jpg"]


def test_a_mask_that_does_not_say_which_class(album, spot):
    album.classes("a", "b").mask("a/0.png", spot)
    album.csv("file,label\n" + rows("a", "b").replace("a/0.jpg,a", "a/0.jpg,a;b"))
    (problem,) = album.problems()
    assert problem.startswith("a/0.png: a mask of 0 and 255 does not say which of the classes a, b")


def test_pictures_outside_of_classes(album):
    album.classes("a", "b").photograph("stray.jpg")
    (album.root / ".git").mkdir()
    (album.root / "notes.txt").write_text("x")
    assert album.problems() == ["stray.jpg: lies in no class folder"]


def test_an_empty_folder_or_none(album):
    (problem,) = album.problems()
    assert problem.endswith("has neither labels.csv nor folders of images, one a class")
    album.root.rmdir()
    (problem,) = album.problems()
    assert problem.startswith("data.root: there is no folder")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "labels.csv: has no column file, label"),
        ("file,label\n", "labels.csv: lists no image"),
        ("file;label\na/0.jpg;a\n", "labels.csv: has no column file, label; it has 'file;label'"),
        ("file,label,label\na/0.jpg,a,b\n", "labels.csv: has the column 'label' more than once"),
        ("file,label\na/0.jpg,a,b\n", "labels.csv, line 2: has 3 fields, the first line 2"),
        ('file,label\n"a/0.jpg,a\n', "labels.csv: is not a table: unexpected end of data"),
        ("file,label\n\n../x.jpg,a\n", "labels.csv, line 3: file '../x.jpg' is not below"),
        ("file,label\n/etc/passwd,a\n", "labels.csv, line 2: file '/etc/passwd' is not below"),
        ("file,label\na/out.jpg,a\n", "labels.csv, line 2: file 'a/out.jpg' is not below"),
        ("file,label\n,a\n", "labels.csv, line 2: file '' is not below"),
        ("file,label\na\0.jpg,a\n", r"labels.csv, line 2: file 'a\x00.jpg' is not below"),
        ("file,label,split\na/0.jpg,a,tset\n", "labels.csv, line 2: unknown split 'tset'; known"),
    ],
)
def test_a_wrong_labels_csv(album, tmp_path, text, said):
    album.classes("a", "b")
    (album.root / "a" / "out.jpg").symlink_to(tmp_path)
    (problem,) = album.csv(text).problems()
    assert problem.startswith(said)


def test_a_labels_csv_in_another_encoding(album):
    album.classes("a", "b").csv("file,label\na/0.jpg,grün\n", "latin-1")
    assert album.problems() == ["labels.csv: is not a text file in UTF-8"]


def test_lines_are_told_together(album):
    album.classes("a", "b")
    album.csv(
        "file,label,group,split\n../a.jpg,a,,train\na/0.jpg,a,g,train\na/1.jpg,a,g,test\n"
        "b/0.jpg,b,,train\na/../b/0.jpg,b,,train\nnone.jpg,a,,train\n"
    )
    problems = album.problems()
    expected = [
        "labels.csv, line 2: file '../a.jpg' is not below",
        "none.jpg: does not exist",
        "b/0: 2 images have this name: b/0.jpg, b/0.jpg",
        "group 'g' lies on several sides: test, train",
    ]
    assert len(problems) == len(expected), problems
    for problem, start in zip(problems, expected, strict=True):
        assert problem.startswith(start)


def test_an_absolute_path_below_the_root(album, monkeypatch):
    album.classes("a", "b")
    album.csv("file,label\n" + rows("a", "b").replace("a/0.jpg", f"{album.root}/a/0.jpg"))
    monkeypatch.chdir(album.root.parent)
    album.root = album.root.relative_to(album.root.parent)
    ids = [identifier for split in album.load().splits.values() for identifier in split.ids]
    assert "a/0" in ids
    assert len(ids) == 10
