from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from gain_tf.data.synthetic import CLASS_NAMES, DESK_NAMES, plan, render_workpiece
from gain_tf.data.synthetic.domains import SETTINGS
from gain_tf.data.synthetic.picture import render_all

# Chi-square with 4 * (5 - 1) - 4 = 12 degrees of freedom: exceeded once in a thousand splits.
CHI_SQUARE_12_AT_001 = 32.91


def render_split(count, *, size, workers=1, **planned):
    """Images, masks and boxes of a split, one an image each."""
    renderings = render_all(plan(count, **planned), size, workers)
    columns = ("image", "mask", "box")
    images, masks, boxes = (
        np.array([getattr(rendering, column) for rendering in renderings]) for column in columns
    )
    return SimpleNamespace(images=images, masks=masks, boxes=boxes)


@pytest.fixture(scope="module")
def office():
    return render_split(40, domain="office", bias=0.0, size=96, seed=11)


@pytest.fixture(scope="module")
def machine():
    return render_split(40, domain="machine", bias=0.0, size=96, seed=11)


@pytest.fixture(params=["office", "machine"])
def split(request):
    return request.getfixturevalue(request.param)


def counts(scenes):
    table = np.zeros((len(CLASS_NAMES), len(DESK_NAMES)))
    for scene in scenes:
        table[scene.orientation, scene.desk] += 1
    return table


def assert_the_same(split, other, count):
    """The first so many images of both."""
    for column, values in vars(split).items():
        np.testing.assert_array_equal(values[:count], getattr(other, column)[:count])


def test_shapes_and_dtypes(split):
    assert split.images.shape == (40, 96, 96, 3)
    assert split.images.dtype == np.uint8
    assert split.masks.shape == (40, 96, 96)
    assert split.masks.dtype == np.uint8
    assert set(np.unique(split.masks)) == {0, 1}
    assert split.boxes.shape == (40, 4)


@pytest.mark.parametrize(("domain", "desk"), [("office", 2), ("machine", None)])
def test_same_seed_same_bytes_and_other_seed_other_image(domain, desk):
    def image(seed):
        return render_workpiece(
            3, orientation=1, domain=domain, desk=desk, size=64, seed=seed
        ).image

    np.testing.assert_array_equal(image(5), image(5))
    assert np.abs(image(5).astype(int) - image(6)).mean() > 5.0


def test_images_of_a_split_differ(split):
    assert len({image.tobytes() for image in split.images}) == len(split.images)


@pytest.mark.parametrize("domain", ["office", "machine"])
def test_shorter_split_is_a_prefix(domain):
    long = render_split(7, domain=domain, bias=0.5, size=48, seed=3)
    short = render_split(3, domain=domain, bias=0.5, size=48, seed=3)
    assert_the_same(short, long, 3)


def test_order_of_rendering_does_not_matter():
    scenes = plan(4, domain="office", bias=0.5, seed=9)
    forwards = [scene.render(48).image for scene in scenes]
    backwards = [scene.render(48).image for scene in reversed(scenes)]
    np.testing.assert_array_equal(forwards, backwards[::-1])


@pytest.mark.parametrize("domain", ["office", "machine"])
def test_any_number_of_workers_gives_the_same_split(domain):
    one = render_split(8, domain=domain, bias=0.5, size=48, seed=3, workers=1)
    two = render_split(8, domain=domain, bias=0.5, size=48, seed=3, workers=2)
    assert_the_same(one, two, 8)


@pytest.mark.parametrize("domain", ["office", "machine"])
@pytest.mark.parametrize("count", [0, 3, 400])
def test_orientations_are_balanced(domain, count):
    labels = [scene.orientation for scene in plan(count, domain=domain, bias=0.7, seed=1)]
    frequency = np.bincount(labels, minlength=4)
    assert frequency.max() - frequency.min() <= 1


def test_order_of_orientations_has_no_period():
    labels = np.array([scene.orientation for scene in plan(400, domain="office", bias=0, seed=1)])
    assert len(np.unique(labels.reshape(-1, 4), axis=0)) > 15


def test_full_bias_ties_every_desk_to_its_orientation():
    scenes = plan(400, domain="office", bias=1.0, seed=2)
    assert all(scene.desk == scene.orientation for scene in scenes)


def test_no_bias_leaves_desk_and_orientation_independent():
    table = counts(plan(4000, domain="office", bias=0.0, seed=2))
    expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / table.sum()
    assert ((table - expected) ** 2 / expected).sum() < CHI_SQUARE_12_AT_001
    assert table.sum(0).min() > 700


def test_bias_is_the_probability_of_the_own_desk():
    table = counts(plan(4000, domain="office", bias=0.9, seed=2))
    own = np.trace(table) / table.sum()
    # Own by the bias, or by chance with one in five; four standard deviations of 0.0043.
    assert own == pytest.approx(0.9 + 0.1 / 5, abs=0.0172)


def test_machine_has_no_desk():
    assert all(scene.desk is None for scene in plan(8, domain="machine", bias=1.0, seed=2))


def test_box_is_tight_around_the_mask(split):
    for mask, box in zip(split.masks, split.boxes, strict=True):
        y0, x0, y1, x1 = np.rint(box * 96).astype(int)
        np.testing.assert_allclose(np.array([y0, x0, y1, x1]) / 96, box, atol=1e-6)
        inside = mask[y0:y1, x0:x1]
        assert inside.sum() == mask.sum()
        assert all(edge.any() for edge in (inside[0], inside[-1], inside[:, 0], inside[:, -1]))


@pytest.mark.parametrize("domain", ["office", "machine"])
def test_a_box_is_found_without_rendering(domain):
    for scene in plan(20, domain=domain, bias=0.5, seed=7):
        assert scene.locate(64) == scene.render(64).box


def test_part_lies_fully_inside(split):
    assert split.boxes[:, :2].min() > 0.0
    assert split.boxes[:, 2:].max() < 1.0


def test_area_of_the_part(office, machine):
    office_area, machine_area = (split.masks.mean((1, 2)) for split in (office, machine))
    assert office_area.min() > 0.12
    assert office_area.max() < 0.25
    # 0.6 to 1.4 of the length is 0.36 to 1.96 of the area, and perspective adds to it.
    assert machine_area.min() > 0.04
    assert machine_area.max() < 0.42
    assert machine_area.std() > 2.0 * office_area.std()


def test_mask_leaves_out_the_bore(office):
    for mask in office.masks:
        # The bore is the largest hole; a part without holes would have none at all.
        outside = np.zeros((98, 98), np.uint8)
        outside[1:-1, 1:-1] = mask
        cv2.floodFill(outside, None, (0, 0), 2)
        assert (outside == 0).sum() > 0.01 * mask.size


def test_part_is_not_given_away_by_brightness(office):
    ratios = []
    for image, mask in zip(office.images, office.masks, strict=True):
        grey = image.mean(-1)
        ratios.append(grey[mask == 1].mean() / grey[mask == 0].mean())
    assert min(ratios) < 0.9
    assert max(ratios) > 1.1


def test_light_of_the_domains():
    assert SETTINGS["office"].level == (0.85, 1.15)
    assert SETTINGS["machine"].level == (0.5, 0.9)
    assert SETTINGS["machine"].scale == (0.6, 1.4)


def test_machine_is_darker_than_the_office(office, machine):
    assert machine.images.mean() < 0.85 * office.images.mean()
    assert machine.images.mean() > 0.15 * 255
    assert office.images.mean() < 0.65 * 255


def test_another_desk_leaves_the_part_where_it_is():
    renderings = [
        render_workpiece(0, orientation=2, domain="office", desk=desk, size=64, seed=4)
        for desk in range(len(DESK_NAMES))
    ]
    assert len({rendering.mask.tobytes() for rendering in renderings}) == 1
    assert len({rendering.image.tobytes() for rendering in renderings}) == len(DESK_NAMES)


def test_orientation_turns_the_part():
    def centred(orientation):
        mask = render_workpiece(
            1, orientation=orientation, domain="office", desk=0, size=128, seed=4
        ).mask
        rows, columns = np.nonzero(mask)
        # Third moments tell an outline from its half turn.
        x, y = columns - columns.mean(), rows - rows.mean()
        return np.array([(x**3).mean(), (y**3).mean()])

    first, quarter, half = centred(0), centred(1), centred(2)
    assert first @ half < 0.0
    assert abs(first[0]) > abs(first[1])
    assert abs(quarter[1]) > abs(quarter[0])


@pytest.mark.parametrize("size", [96, 256])
def test_size_does_not_change_the_scene(size):
    small = render_workpiece(0, orientation=1, domain="office", desk=1, size=64, seed=4)
    large = render_workpiece(0, orientation=1, domain="office", desk=1, size=size, seed=4)
    np.testing.assert_allclose(small.box, large.box, atol=1.5 / 64)


@pytest.mark.parametrize(
    ("orientation", "domain", "desk"),
    [(0, "office", None), (0, "machine", 1), (4, "office", 0), (0, "office", 5), (-1, "office", 0)],
)
def test_impossible_scenes_are_refused(orientation, domain, desk):
    with pytest.raises(ValueError, match=r"does not go with|no such"):
        render_workpiece(0, orientation=orientation, domain=domain, desk=desk, size=32, seed=0)


@pytest.mark.parametrize("bias", [-0.1, 1.1])
def test_impossible_bias_is_refused(bias):
    with pytest.raises(ValueError, match="bias"):
        plan(4, domain="office", bias=bias, seed=0)
