"""Folders with annotation files: whole data sets, as tools write them."""

import json

import numpy as np
import pytest
from PIL import Image

CATEGORIES = ({"id": 1, "name": "cat"}, {"id": 2, "name": "dog"})


def coco(objects, categories=CATEGORIES, prefix="", **more):
    """COCO JSON of images by name, each with its objects as (category, box or outline)."""
    images = [
        {"id": number, "file_name": f"{prefix}{name}", "width": 12, "height": 10}
        for number, name in enumerate(objects)
    ]
    annotations = [
        {"image_id": number, "category_id": category, **shape}
        for number, own in enumerate(objects.values())
        for category, shape in own
    ]
    for number, annotation in enumerate(annotations):
        annotation["id"] = number
    return {"images": images, "categories": list(categories), "annotations": annotations, **more}


def square(x0, y0, x1, y1):
    return {"segmentation": [[x0, y0, x1, y0, x1, y1, x0, y1]]}


CAT, DOG = (1, square(1, 1, 5, 4)), (2, square(3, 2, 11, 9))
BOXED_DOG = (2, {"bbox": [6, 5, 4, 3], "segmentation": []})


@pytest.fixture
def pets(album):
    """Six photographs without labels: 0 to 2 with a cat, 3 to 5 with a dog."""

    def annotated(folder="", **more):
        for index in range(6):
            album.photograph(f"{folder}{index}.jpg")
        objects = {f"{index}.jpg": [CAT if index < 3 else DOG] for index in range(6)}
        return objects | more

    return annotated


def expected(mask_value, rows, columns, rest=0):
    mask = np.full((10, 12), rest, np.uint8)
    mask[rows, columns] = mask_value
    return mask


# Labels, masks and boxes


def test_labels_masks_and_boxes_come_from_the_file(album, pets):
    objects = pets() | {"0.jpg": [CAT, DOG], "4.jpg": []}
    data = album.write("annotations/instances.json", coco(objects)).load()
    assert list(data.class_names) == ["cat", "dog"]
    assert not data.single_label
    both = album.found(data, "0")
    assert both.labels == both.shows == {"cat", "dog"}
    mask = expected(2, slice(2, 9), slice(3, 11))
    mask[1:4, 1:5] = 1
    np.testing.assert_array_equal(both.mask, mask)
    assert both.boxes == [[1, 1, 4, 5], [2, 3, 9, 11]]
    assert both.names == ["cat", "dog"]
    empty = album.found(data, "4")
    assert empty.labels == empty.shows == set()
    assert empty.boxes == []


def test_an_outline_of_one_class_only_leaves_the_rest_unknown(album, pets):
    album.write("x.json", coco(pets()))
    album.csv(
        "file,label\n" + "".join(f"{i}.jpg,{'cat;dog' if i < 3 else 'dog'}\n" for i in range(6))
    )
    image = album.found(album.load(), "0")
    assert image.labels == {"cat", "dog"}
    assert image.shows == {"cat"}
    np.testing.assert_array_equal(image.mask, expected(1, slice(1, 4), slice(1, 5), 255))


def test_a_class_with_a_box_is_unknown_in_its_box_alone(album, pets):
    data = album.write("x.json", coco(pets() | {"0.jpg": [CAT, BOXED_DOG]})).load()
    image = album.found(data, "0")
    assert image.shows == {"cat"}
    mask = expected(1, slice(1, 4), slice(1, 5))
    mask[5:8, 6:10] = 255
    np.testing.assert_array_equal(image.mask, mask)
    assert image.names == ["cat", "dog"]


def test_boxes_alone_are_no_mask(album, pets):
    image = album.found(album.write("x.json", coco(pets() | {"0.jpg": [BOXED_DOG]})).load(), "0")
    assert image.labels == {"dog"}
    assert image.shows == set()
    assert image.boxes == [[5, 6, 8, 10]]


@pytest.mark.parametrize(("crowd", "value"), [("unknown", 255), ("object", 2)])
def test_crowds(album, pets, crowd, value):
    runs = {"segmentation": {"size": [10, 12], "counts": [80, 20, 20]}, "iscrowd": 1}
    album.write("x.json", coco(pets() | {"0.jpg": [CAT, (2, runs)]}))
    data = album.load(crowd=crowd)
    mask = expected(value, slice(0, 10), slice(8, 10))
    mask[1:4, 1:5] = 1
    np.testing.assert_array_equal(album.found(data, "0").mask, mask)
    assert album.found(data, "0").boxes == [[1, 1, 4, 5], [0, 8, 10, 10]]
    assert ("crowds" in data.about) == (crowd == "unknown")


def test_voc_files_beside_the_images(album):
    for index in range(6):
        name = "cat" if index < 3 else "dog"
        album.photograph(f"JPEGImages/{index}.jpg")
        box = "<bndbox><xmin>2</xmin><ymin>3</ymin><xmax>4</xmax><ymax>5</ymax></bndbox>"
        album.write(
            f"Annotations/{index}.xml",
            f"<annotation><filename>{index}.jpg</filename><object><name>{name}</name>"
            f"<difficult>{index % 2}</difficult>{box}</object></annotation>",
        )
    data = album.load()
    image = album.found(data, "JPEGImages/1")
    assert image.labels == {"cat"}
    assert image.boxes == [[2, 1, 5, 4]]
    assert image.flags == [[True, False]]
    assert "6 objects (3 difficult) in 6 files: Annotations/0.xml" in data.about["annotation"]


def test_labelme_files_in_class_folders(album):
    album.classes("cat", "empty")
    shape = {"label": "cat", "points": [[1, 1], [5, 1], [5, 4], [1, 4]], "shape_type": "polygon"}
    for index in range(2):
        file = {"shapes": [shape], "imagePath": f"{index}.jpg", "imageHeight": 10, "imageWidth": 12}
        album.write(f"cat/{index}.json", file)
    data = album.load(unguided_classes=["empty"])
    assert list(data.class_names) == ["cat", "empty"]
    image = album.found(data, "cat/1")
    np.testing.assert_array_equal(image.mask, expected(1, slice(1, 4), slice(1, 5)))
    assert album.found(data, "cat/2").shows == set()
    assert album.found(data, "empty/0").labels == {"empty"}


def test_images_that_nobody_labelled_are_told(album, pets):
    album.photograph("new.jpg")
    album.write("notes.json", {"my": "notes"})
    album.write("x.json", coco(pets()))
    data = album.load()
    assert sum(map(len, data.splits.values())) == 6
    assert data.about["images without a label, left out"] == "1 file: new.jpg"
    assert data.about["no annotation files, left out"] == "1 file: notes.json"


# PNG masks


def test_a_file_a_class(album, spot):
    album.classes("a", "b")
    album.csv("file,label\na/0.jpg,a;b\na/1.jpg,a;b\na/2.jpg,a;b\n" + "b/0.jpg,b\nb/1.jpg,b\n")
    shifted = np.roll(spot, 1, axis=0)
    album.mask("masks/a/0_a.png", spot)
    album.mask("masks/a/0_b.png", shifted // 255)
    album.mask("masks/a/a/1.png", spot)
    album.mask("a/2_a.png", spot)
    album.mask("a/2_b.png", spot * 0)
    data = album.load()
    both = album.found(data, "a/0")
    assert both.shows == {"a", "b"}
    assert (both.mask[2, 3], both.mask[5, 3], both.mask[0, 0]) == (1, 2, 0)
    one = album.found(data, "a/1")
    assert one.shows == {"a"}
    np.testing.assert_array_equal(one.mask, np.where(spot > 0, 1, 255))
    # An empty file says that the class is nowhere to be seen.
    np.testing.assert_array_equal(album.found(data, "a/2").mask, spot // 255)


def test_masks_of_a_class_beside_photographs_are_no_photographs(album, spot):
    album.classes("a", "b").mask("a/0_a.png", spot)
    data = album.load()
    assert sum(map(len, data.splits.values())) == 10
    assert album.found(data, "a/0").shows == {"a"}


def test_a_palette_that_shows_one_of_two_classes(album, spot):
    album.classes("a", "b")
    album.csv("file,label\n" + "".join(f"{c}/{i}.jpg,a;b\n" for c in "ab" for i in range(5)))
    picture = Image.fromarray(np.where(spot > 0, 2, 0).astype(np.uint8)).convert("P")
    picture.putpalette([0, 0, 0, 200, 0, 0, 0, 200, 0])
    album.save("masks/a/0.png", picture)
    image = album.found(album.load(), "a/0")
    assert image.shows == {"b"}
    np.testing.assert_array_equal(image.mask, np.where(spot > 0, 2, 255))


# Exports as they come


def test_cvat_nests_and_counts_from_one(album, pets):
    """CVAT: annotations/instances_SUBSET.json, images/SUBSET/..., attributes in each object."""
    objects = {
        name: [(c, {**shape, "attributes": {"occluded": False}}) for c, shape in own]
        for name, own in pets("images/default/line 1/").items()
    }
    file = coco(objects, prefix="line 1/", licenses=[{"name": "", "id": 0, "url": ""}], info={})
    data = album.write("annotations/instances_default.json", file).load()
    assert album.found(data, "images/default/line 1/0").labels == {"cat"}


def test_cvat_s_subsets_are_splits(album, pets):
    for part in ("Train", "Validation"):
        objects = pets(f"images/{part}/")
        album.write(f"annotations/instances_{part}.json", coco(objects))
    data = album.load()
    assert {name: len(split) for name, split in data.splits.items()} == {
        "train": 6,
        "validation": 6,
    }


@pytest.mark.parametrize(
    "prefix",
    [
        "images/",
        "images\\",
        "..\\..\\label-studio\\media\\upload\\4\\",
        "/data/upload/4/",
        "s3://bucket/parts/",
    ],
)
@pytest.mark.parametrize("folder", ["images/3fa2b0c1-", ""])
def test_label_studio_puts_letters_before_names_and_counts_from_zero(album, pets, prefix, folder):
    categories = [{"id": 0, "name": "cat"}, {"id": 1, "name": "dog"}]
    objects = {
        name: [(c - 1, {**shape, "ignore": 0, "iscrowd": 0}) for c, shape in own]
        for name, own in pets(folder).items()
    }
    file = coco(objects, categories, prefix=f"{prefix}3fa2b0c1-", info={"version": "1.0"})
    image = album.found(album.write("result.json", file).load(), f"{folder}0")
    assert image.labels == {"cat"}


def test_coco_s_own_folders(album, pets):
    album.write("annotations/instances_train2017.json", coco(pets("train2017/")))
    data = album.load(validation=0.5)
    assert [len(split) for split in data.splits.values()] == [3, 3]


# What is refused


def test_every_problem_at_once(album, pets):
    objects = pets() | {"0.jpg": [(1, {"bbox": [5, 5, 9, 3]})], "7.jpg": [CAT]}
    file = coco(objects)
    file["images"][1]["width"] = 13
    file["annotations"][2]["category_id"] = 3
    file["annotations"][3]["bbox"] = [1, 1, -1, 2]
    album.write("x.json", file)
    album.write("broken.json", '{"images": [')
    album.write("broken.xml", "<annotation>")
    album.write("latin.json", '{"shapes": [], "imagePath": "ö.jpg"}'.encode("latin-1"))
    expected = [
        "broken.json: is not JSON: Expecting value: line 1 column 13 (char 12)",
        "broken.xml: is not XML: no element found: line 1, column 12",
        "latin.json: is not a text file in UTF-8",
        "x.json, annotation 2: unknown category with the id 3",
        "x.json, annotation 3: bbox: width and height must be greater than 0, not [1, 1, -1, 2]",
        "x.json, image 6: there is no image '7.jpg'",
        "x.json, annotation 0: x0, y0, x1, y1 = 5, 5, 14, 8 lies outside of the image, 12 x 10",
        "x.json, image 1: says that 1.jpg is 13 x 10, but it is 12 x 10",
    ]
    assert album.problems() == expected


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (square(1, 1, 14, 4), "x0, y0, x1, y1 = 1, 1, 14, 4 lies outside of the image, 12 x 10"),
        ({"bbox": [-2, 0, 5, 5]}, "x0, y0, x1, y1 = -2, 0, 3, 5 lies outside of the image"),
        ({"bbox": [1e300, 0, 5, 5]}, "x0, y0, x1, y1 = 1e+300, 0, 1e+300, 5 lies outside"),
        ({"segmentation": {"size": [2, 3], "counts": [6]}}, "the mask is 3 x 2, its image 12 x 10"),
    ],
)
def test_what_lies_outside(album, pets, shape, said):
    (problem,) = album.write("x.json", coco(pets() | {"0.jpg": [(1, shape)]})).problems()
    assert problem.startswith(f"x.json, annotation 0: {said}")


@pytest.mark.parametrize(("rim", "lies"), [([-0.9, 5.5], "outside"), ([2.1, 5], "across")])
def test_a_circle_whose_centre_is_beside_the_image(album, rim, lies):
    """It has pixels where it is large enough."""
    album.classes("cat", "dog")
    circle = {"label": "cat", "points": [[-0.9, 5], rim], "shape_type": "circle"}
    file = {"shapes": [circle], "imagePath": "0.jpg", "imageHeight": 10, "imageWidth": 12}
    album.write("cat/0.json", file)
    if lies == "across":
        (box,) = album.found(album.load(), "cat/0").boxes
        np.testing.assert_allclose(box, [2, 0, 8, 2.1], atol=0.01)
    else:
        (problem,) = album.problems()
        assert "x0, y0, x1, y1 = -0.9, 5, -0.9, 5 lies outside of the image, 12 x 10" in problem


def test_an_overhang_of_a_pixel_is_rounding(album, pets):
    album.write("x.json", coco(pets() | {"0.jpg": [(1, {"bbox": [-1, 0, 13.5, 11]})]}))
    assert album.found(album.load(), "0").boxes == [[0, 0, 10, 12]]


@pytest.mark.parametrize("name", ["../../secret.jpg", "/etc/passwd", "link.jpg", "", "a\0.jpg"])
def test_a_name_cannot_leave_the_root(album, pets, tmp_path, name):
    Image.new("RGB", (12, 10)).save(tmp_path / "secret.jpg")
    (album.root / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (problem,) = album.write("x.json", coco({**pets(), name: [CAT]})).problems()
    assert problem.startswith("x.json, image 6: ")
    assert "no image" in problem or "is not below" in problem or "file_name" in problem


def test_a_name_that_may_mean_several_images(album, pets):
    album.write("x.json", coco(pets("one/")))
    album.photograph("two/0.jpg")
    (problem,) = album.problems()
    assert problem.startswith("x.json, image 0: '0.jpg' may be any of 2 images below")
    assert problem.endswith("one/0.jpg, two/0.jpg")


def test_an_image_annotated_twice(album, pets):
    album.write("x.json", coco(pets()))
    album.write("0.json", {"shapes": [], "imagePath": "0.jpg"})
    (problem,) = album.problems()
    assert problem == "x.json, image 0: 0.jpg is annotated by 0.json already"
    # Named, only the one is read.
    assert album.found(album.load(annotations="x.json"), "0").labels == {"cat"}
    assert album.found(album.load(annotations=["x.json"]), "0").labels == {"cat"}


def test_a_class_that_the_folders_do_not_know(album):
    album.classes("cat", "dog")
    shapes = [
        {"label": name, "points": [[1, 1], [5, 1], [5, 4]], "shape_type": "polygon"}
        for name in ("cat", "cst")
    ]
    album.write("cat/0.json", {"shapes": shapes, "imagePath": "0.jpg"})
    album.write("dog/0.json", {"shapes": shapes[:1], "imagePath": "0.jpg"})
    assert album.problems() == [
        "cat/0.json, shape 2: unknown category 'cst'; did you mean 'cat'?",
        "dog/0.json: shows cat and its image is labelled dog",
    ]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"annotations": "y.json"}, "y.json: cannot be read: No such file or directory"),
        ({"annotations": "notes.json"}, "notes.json: is no annotation file; COCO JSON, LabelMe"),
        ({"labels": "annotations", "annotations": "none"}, "data.folder.labels: no image below"),
        ({"labels": "folders"}, "album: has neither labels.csv nor folders of images"),
        ({"classes": ["cat"]}, "x.json, annotation 3: unknown category 'dog'; known are cat"),
    ],
)
def test_settings_that_do_not_fit(album, pets, settings, said):
    album.write("x.json", coco(pets())).write("notes.json", {})
    problems = [text.replace(str(album.root), "album") for text in album.problems(**settings)]
    assert any(problem.startswith(said) for problem in problems), problems


def test_an_unreadable_file_is_all_that_is_said_of_a_folder_that_needs_it(album, pets):
    pets()
    album.write("x.json", "{")
    (problem,) = album.problems()
    assert problem.startswith("x.json: is not JSON: Expecting property name")


def test_json_that_is_very_deep_or_long(album, pets):
    album.write("x.json", coco(pets()))
    album.write("deep.json", "[" * 100_000)
    album.write("long.json", "1" * 5000)
    assert album.problems() == [
        "deep.json: is not JSON: nested too deeply",
        "long.json: is not JSON: a number too long",
    ]


def test_utf_16_and_a_byte_order_mark_are_read(album, pets):
    album.write("x.json", json.dumps(coco(pets())).encode("utf-16"))
    assert album.found(album.load(), "0").labels == {"cat"}
    album.write("x.json", json.dumps(coco(pets())).encode("utf-8-sig"))
    assert album.found(album.load(), "0").labels == {"cat"}
