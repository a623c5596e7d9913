"""Which terms the settings switch on, and which settings are refused."""

import pytest

from gain_tf.models.settings import GuidanceSettings


@pytest.mark.parametrize(
    ("settings", "weights"),
    [
        ({}, {"attention_mining": 1.0, "pixel_attention": 10.0, "box_attention": 10.0}),
        ({"alpha": 0.5, "kind": "none"}, {"attention_mining": 0.5}),
        ({"omega": 0}, {"attention_mining": 1.0}),
        ({"alpha": 0, "omega": 2, "kind": "pixel"}, {"pixel_attention": 2}),
        ({"alpha": 0, "omega": 2, "kind": "box"}, {"box_attention": 2}),
        ({"alpha": 0, "omega": 0}, {}),
        ({"alpha": 0, "kind": "none"}, {}),
        (
            {"losses": {"pixel": 3, "box": None}},
            {"attention_mining": 1, "pixel_attention": 3, "box_attention": 10},
        ),
    ],
)
def test_terms_and_their_weights(settings, weights):
    guidance = GuidanceSettings(**settings)
    assert guidance.weights == {"classification": 1.0, **weights}
    assert guidance.attends == bool(weights)
    assert guidance.mines == ("attention_mining" in weights)
    assert guidance.uses_masks == ("pixel_attention" in weights)
    assert guidance.uses_boxes == ("box_attention" in weights)


def test_other_losses_take_the_place_of_the_paper_s():
    guidance = GuidanceSettings(omega=4, kind="box", losses={"energy": None, "rrr": 0.5})
    assert guidance.guides == {"energy": 4, "rrr": 0.5}
    assert guidance.uses_boxes
    assert not guidance.uses_masks
    off = GuidanceSettings(omega=0, kind="box", losses={"energy": 1.0})
    assert off.weights == {"classification": 1.0, "attention_mining": 1.0}


def test_the_defaults_are_those_of_the_paper():
    guidance = GuidanceSettings()
    assert (guidance.alpha, guidance.omega, guidance.sigma, guidance.slope) == (1, 10, 0.5, 10)
    assert guidance.weight_gradient
    assert guidance.normalise == "max"
    assert guidance.erase_to == "mean"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"alpha": -1}, "alpha must be at least 0, not -1"),
        ({"omega": float("nan")}, "omega must be at least 0, not nan"),
        ({"slope": 0}, "slope must be above 0, not 0"),
        ({"kind": "masks"}, "kind must be one of pixel, box, both, none, not 'masks'"),
        ({"normalise": "sum"}, "normalise must be one of max, none, not 'sum'"),
        ({"erase_to": "red"}, "erase_to must be one of mean, black, blur, not 'red'"),
        ({"box_prior": "x"}, "box_prior must be one of fill, free, not 'x'"),
        ({"losses": {}}, "losses lists none: leave it out for the paper's own, or set omega to 0"),
        (
            {"losses": {"rrrr": 1}},
            "losses knows pixel, box, energy, rrr, evidence, revive, not 'rrrr'",
        ),
        ({"losses": {"rrr": 0}}, "the weight of rrr must be above 0, not 0"),
        (
            {"losses": {"pixel": 1}, "kind": "box"},
            "losses lists pixel, which kind 'box' leaves without annotation",
        ),
    ],
)
def test_a_wrong_setting_is_named(settings, message):
    with pytest.raises(ValueError, match="^" + message + "$"):
        GuidanceSettings(**settings)


def test_all_wrong_settings_are_named_together():
    with pytest.raises(ValueError, match=r"kind must.*; alpha must.*; slope must"):
        GuidanceSettings(kind="x", alpha=-1, slope=-1)
