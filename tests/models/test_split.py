"""Features and head that do not fit are refused, with all reasons at once."""

import keras
import pytest

import gain_tf
from gain_tf.models.audit import SecondOrderError
from gain_tf.models.split import check_pair

layers = keras.layers


def test_a_pair_that_fits_gives_its_classes(make_features, make_head):
    assert check_pair(make_features(), make_head(), None, audit=True) == 3
    assert check_pair(make_features(), make_head(), 3, audit=True) == 3


def test_channels_and_classes_are_reported_together(make_features, make_head):
    message = (
        "^head 'head' takes 6 channels, features model 'features' gives 4; "
        "head 'head' gives 3 logits, but classes is 5$"
    )
    with pytest.raises(ValueError, match=message):
        gain_tf.GAIN(make_features(), make_head(channels=6), classes=5)


def test_features_must_be_a_grid(make_features, make_head):
    flat = make_features(layers.GlobalAveragePooling2D())
    with pytest.raises(ValueError, match=r"'features' must give one output \(B, h, w, K\)"):
        gain_tf.GAIN(flat, make_head())


@pytest.mark.parametrize("dtype", ["uint8", "int32"])
def test_images_of_integers_are_refused(make_head, dtype):
    """A mask in (0, 1) would be rounded to nothing, and nothing erased."""
    entry = keras.Input((8, 8, 3), dtype=dtype)
    scaled = layers.Rescaling(1 / 255)(entry)
    whole = keras.Model(entry, layers.Conv2D(4, 3, 2, "same")(scaled), name="whole")
    with pytest.raises(ValueError, match=f"^features model 'whole' takes {dtype} images, which"):
        gain_tf.GAIN(whole, make_head())


def test_a_head_takes_a_grid_and_gives_a_row(make_features):
    dense = keras.Sequential([keras.Input((4,)), layers.Dense(3)], name="flat")
    with pytest.raises(ValueError, match=r"head 'flat' must take features \(B, h, w, K\)"):
        gain_tf.GAIN(make_features(), dense)
    grid = keras.Sequential([keras.Input((4, 4, 4)), layers.Conv2D(3, 1)], name="grid")
    with pytest.raises(ValueError, match=r"head 'grid' must give logits \(B, C\)"):
        gain_tf.GAIN(make_features(), grid)


@pytest.mark.parametrize(
    "last",
    [
        lambda: layers.Dense(3, "softmax", name="last"),
        lambda: layers.Dense(3, "sigmoid", name="last"),
        lambda: layers.Softmax(name="last"),
        lambda: layers.Activation("sigmoid", name="last"),
    ],
    ids=["dense softmax", "dense sigmoid", "softmax", "sigmoid"],
)
def test_a_head_with_a_final_activation_is_refused(make_features, last):
    parts = [keras.Input((4, 4, 4)), layers.Flatten(), layers.Dense(3), last()]
    with pytest.raises(ValueError, match="must end in logits: layer 'last' applies s"):
        gain_tf.GAIN(make_features(), keras.Sequential(parts))


def softmax_in_a_model(x):
    last = layers.Dense(3, "softmax", name="last")
    return keras.Sequential([keras.Input((64,)), last])(x)


def sigmoid_function(x):
    return keras.ops.sigmoid(layers.Dense(3)(x))


@pytest.mark.parametrize("end", [softmax_in_a_model, sigmoid_function])
def test_a_final_activation_is_found_wherever_it_is(make_features, end):
    entry = keras.Input((4, 4, 4))
    head = keras.Model(entry, end(layers.Flatten()(entry)))
    with pytest.raises(ValueError, match=r"must end in logits: layer '.+' applies s"):
        gain_tf.GAIN(make_features(), head)


def test_a_layer_in_both_parts_is_refused(make_features):
    """A saved file would hold its weights once, and could not be loaded."""
    both = layers.Conv2D(4, 3, padding="same", name="both")
    entry = keras.Input((4, 4, 4))
    head = keras.Model(entry, layers.Dense(3)(layers.Flatten()(both(entry))), name="upper")
    message = "'features' and head 'upper' share the layers both, which a saved model cannot hold"
    with pytest.raises(ValueError, match=message):
        gain_tf.GAIN(make_features(both), head)


def test_a_layer_without_weights_may_be_in_both_parts(make_features):
    relu = layers.ReLU()
    entry = keras.Input((4, 4, 4))
    head = keras.Model(entry, layers.Dense(3)(layers.Flatten()(relu(entry))))
    assert gain_tf.GAIN(make_features(relu), head).classes == 3


def test_parts_whose_layers_cannot_be_seen_are_refused_by_name(make_features, make_head):
    unbuilt = keras.Sequential([layers.Conv2D(4, 3)], name="unbuilt")
    message = "features model 'unbuilt' must be a functional or Sequential model that begins"
    with pytest.raises(ValueError, match=message):
        gain_tf.GAIN(unbuilt, make_head())
    unbuilt = keras.Sequential([layers.Flatten(), layers.Dense(3)], name="unbuilt")
    with pytest.raises(ValueError, match="head 'unbuilt' must be a functional or Sequential"):
        gain_tf.GAIN(make_features(), unbuilt)


def test_a_features_model_takes_images_alone(make_head):
    entries = [keras.Input((8, 8, 3)), keras.Input((8, 8, 1))]
    made = layers.Conv2D(4, 3, 2, "same")(layers.Concatenate()(entries))
    with pytest.raises(ValueError, match="features model 'two' must take one input, not 2"):
        gain_tf.GAIN(keras.Model(entries, made, name="two"), make_head())


@pytest.mark.parametrize("precision", ["float16", "bfloat16", "mixed_float16", "mixed_bfloat16"])
def test_a_head_in_half_precision_is_refused_by_name(make_features, precision):
    head = keras.Sequential(
        [
            keras.Input((4, 4, 4)),
            layers.Flatten(dtype="float32"),
            layers.Dense(5, dtype=precision, name="half"),
            layers.Dense(3, dtype="float32", name="whole"),
        ]
    )
    message = r"must stay in float32: build its layers half with dtype='float32'$"
    with pytest.raises(ValueError, match=message):
        gain_tf.GAIN(make_features(), head)


def test_the_audit_is_on_unless_switched_off(make_features, make_head):
    head = make_head(layers.Resizing(2, 2, name="smaller"), layers.Flatten())
    with pytest.raises(SecondOrderError, match="'smaller'"):
        gain_tf.GAIN(make_features(), head)
    assert gain_tf.GAIN(make_features(), head, audit=False).classes == 3


def test_names_and_models_do_not_mix(make_features, make_head):
    with pytest.raises(ValueError, match="'vgg16' needs classes=<number of classes>"):
        gain_tf.GAIN("vgg16")
    with pytest.raises(ValueError, match="head by name"):
        gain_tf.GAIN("vgg16", make_head(), classes=3)
    with pytest.raises(ValueError, match="a features model needs head="):
        gain_tf.GAIN(make_features(), classes=3)
