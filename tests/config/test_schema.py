"""The schema itself: complete by default, closed, unchangeable."""

import pytest
from pydantic import BaseModel, ValidationError

from gain_tf.config import (
    Budget,
    Config,
    ConfigError,
    Data,
    Evaluation,
    Guidance,
    Optimizer,
    parse_config,
)
from gain_tf.config.schema import TAKEN, Section


def sections(model=Config):
    yield model
    for field in model.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from sections(field.annotation)


def test_only_the_name_has_no_default():
    required = {
        (section.__name__, name)
        for section in sections()
        for name, field in section.model_fields.items()
        if field.is_required()
    }
    assert required == {("Config", "name")}


def test_every_section_is_closed_and_documented():
    for section in sections():
        assert issubclass(section, Section)
        assert section.model_config["extra"] == "forbid"
        assert section.__doc__


def test_every_default_is_valid():
    for section in sections():
        if section is not Config:
            assert section.model_validate(section().model_dump()) == section()


def test_nothing_is_changed_later():
    with pytest.raises(ValidationError, match="frozen"):
        Data().batch_size = 3


def test_counts_are_numbers_or_all():
    assert Budget(masks="all").masks == "all"
    assert Budget(masks="12").masks == 12
    for wrong in ("most", -1, True, None, 0.5):
        with pytest.raises(ValidationError):
            Budget(masks=wrong)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0, -1, True])
def test_a_learning_rate_is_a_positive_number(value):
    with pytest.raises(ValidationError):
        Optimizer(learning_rate=value)


@pytest.mark.parametrize(
    "name",
    [*TAKEN, "Guided", "../x", "a/b", "", ".x", "report.html", "Model.KERAS", "config.1.yaml"],
)
def test_a_row_cannot_overwrite_files_of_the_run(name):
    with pytest.raises(ValidationError):
        Evaluation(rows={name: {}})


def test_a_row_may_have_a_plus():
    assert "guided+swap" in Evaluation(rows={"guided+swap": {}}).rows


@pytest.mark.parametrize(
    ("guidance", "masks", "boxes"),
    [
        ({}, True, True),
        ({"omega": 0}, False, False),
        ({"kind": "none"}, False, False),
        ({"kind": "pixel"}, True, False),
        ({"kind": "box"}, False, True),
        ({"losses": [{"name": "box"}]}, False, True),
        ({"losses": [{"name": "pixel"}]}, True, False),
        ({"losses": [{"name": "box"}, {"name": "energy"}]}, True, True),
        ({"kind": "box", "losses": [{"name": "energy"}]}, False, True),
    ],
)
def test_which_annotation_guides(guidance, masks, boxes):
    found = Guidance.model_validate(guidance)
    assert (found.uses_masks, found.uses_boxes) == (masks, boxes)


def test_xla_wants_a_fixed_number_of_maps():
    config = {"name": "run", "training": {"jit": True}}
    with pytest.raises(
        ConfigError, match=r"^config: training\.jit: true needs guidance\.max_labels"
    ):
        parse_config(config)
    assert parse_config({**config, "guidance": {"max_labels": 1}}).training.jit is True
    assert parse_config({**config, "guidance": {"alpha": 0, "omega": 0}}).training.jit is True
    rows = {"fast": {"training.jit": True}}
    with pytest.raises(ConfigError, match=r"evaluation\.rows\.fast: training\.jit: true"):
        parse_config({"name": "run", "evaluation": {"rows": rows}})
