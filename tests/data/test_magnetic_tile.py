"""Photographs of magnetic tiles: the real ones where they lie, a few made-up ones everywhere."""

import numpy as np
import pytest

from gain_tf.config import parse_config
from gain_tf.data.files import DataError
from gain_tf.data.magnetic_tile import CLASS_NAMES
from gain_tf.data.registry import load_data


def load(root, **data):
    root = None if root is None else str(root)
    values = {"name": "magnetic_tile", "root": root, **data}
    return load_data(parse_config({"name": "x", "data": values}).data)


def problems_of(root):
    with pytest.raises(DataError) as caught:
        load(root)
    return [problem.replace(f"{root}/", "") for problem in caught.value.problems]


@pytest.fixture
def tiles(album, spot):
    lines = ["file,class,split,group"]
    for name in CLASS_NAMES:
        for index, split in enumerate(("train", "val", "test")):
            album.photograph(f"{name}/exp{index}.jpg")
            album.mask(f"{name}/exp{index}.png", spot if name != "free" else 0 * spot)
            lines.append(f"exp{index},{name},{split},{index}{name}")
    (album.root / "split.csv").write_text("\n".join(lines))
    return album


def test_the_layout_is_read(tiles, spot):
    data = load(tiles.root)
    assert list(data.splits) == ["train", "validation", "test"]
    assert data.single_label
    assert [CLASS_NAMES[index] for index in data.unguided_classes] == ["free"]
    train = data.splits["train"]
    np.testing.assert_array_equal(train.labels, np.eye(6))
    np.testing.assert_array_equal(train.has_mask, [True] * 5 + [False])
    np.testing.assert_array_equal(train.pictures.mask(4), np.where(spot > 0, 5, 0))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("exp0,crack,vla,1", "split.csv, line 20: unknown split 'vla'; known are train, val, test"),
        ("../../x,free,train,1", "split.csv, line 20: file '../../x' is not below"),
        ("x,../..,train,1", "split.csv, line 20: file 'x' is not below"),
        (",free,train,1", "split.csv, line 20: file '' is not below"),
        ("exp9,crack,train,1", "crack/exp9.jpg: does not exist"),
        ("exp0,crack,train,99", "crack/exp0: 2 images have this name: crack/exp0.jpg, crack/exp0"),
    ],
)
def test_a_wrong_line(tiles, line, said):
    listing = tiles.root / "split.csv"
    listing.write_text(f"{listing.read_text()}\n{line}\n")
    (problem,) = problems_of(tiles.root)
    assert problem.startswith(said)


def test_a_tile_on_both_sides(tiles):
    listing = tiles.root / "split.csv"
    listing.write_text(listing.read_text().replace("1crack", "0crack"))
    assert problems_of(tiles.root) == ["group '0crack' lies on several sides: train, validation"]


def test_missing_columns_and_files(tiles):
    (tiles.root / "split.csv").write_text("file,class\nexp0,free\n")
    (problem,) = problems_of(tiles.root)
    assert problem == "split.csv: has no column split, group; it has 'file', 'class'"
    (tiles.root / "split.csv").unlink()
    assert problems_of(tiles.root)[0].startswith("data.root: there is no split.csv")
    assert problems_of(None) == ["data.root: must name the folder of the images"]


@pytest.fixture(scope="module")
def real(shared_data):
    root = shared_data / "magnetic_tile"
    if not (root / "split.csv").is_file():
        pytest.skip(f"no photographs at {root}")
    return load(root)


@pytest.mark.slow
def test_no_tile_lies_on_both_sides(real):
    train, validation = (set(real.splits[name].groups) for name in ("train", "validation"))
    assert len(train) > 100
    assert len(validation) > 50
    assert not train & validation
    sides = [set(split.groups) for split in real.splits.values()]
    assert sum(map(len, sides)) == len(set.union(*sides))


@pytest.mark.slow
def test_the_photographs(real):
    assert sum(map(len, real.splits.values())) > 900
    for split in real.splits.values():
        assert (split.labels.sum(axis=1) == 1).all()
        assert (split.labels.sum(axis=0) > 0).all()
        # Tiles without a defect show none.
        assert not split.has_mask[split.labels[:, CLASS_NAMES.index("free")] > 0].any()
        assert not (split.mask_shows & (split.labels == 0)).any()
        np.testing.assert_array_equal(split.has_boxes, split.has_mask)
        boxes = np.concatenate(split.boxes)
        assert (boxes[:, :2] < boxes[:, 2:]).all()
        assert boxes.min() >= 0
        assert boxes.max() <= 1
    defects = real.splits["train"].labels[:, :-1].sum()
    assert real.splits["train"].has_mask.sum() > 0.9 * defects
