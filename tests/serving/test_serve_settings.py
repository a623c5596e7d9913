"""Flag before file before environment; every mistake told, and where it is."""

import pytest
import yaml

from gain_serving.errors import UserError
from gain_serving.settings import Settings, load_settings, show_settings, split_address


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "box.yaml"
    path.write_text("max_batch: 3\nmax_queue: 4\nhttp: '[::]:80'\n")
    return path


def test_flag_before_file_before_environment(config, monkeypatch):
    monkeypatch.setenv("GAIN_SERVE_MAX_BATCH", "30")
    monkeypatch.setenv("GAIN_SERVE_MAX_QUEUE", "40")
    monkeypatch.setenv("GAIN_SERVE_MAX_PIXELS", "50")
    settings = load_settings({"max_batch": "2", "max_queue": None}, config)
    assert (settings.max_batch, settings.max_queue, settings.max_pixels) == (2, 4, 50)
    assert settings.max_connections == Settings.model_fields["max_connections"].default


def test_the_environment_may_name_the_file(config, monkeypatch):
    monkeypatch.setenv("GAIN_SERVE_CONFIG", str(config))
    assert load_settings({}, None).max_batch == 3


def test_names_are_a_list_in_the_file_and_joined_elsewhere(tmp_path, monkeypatch):
    path = tmp_path / "box.yaml"
    path.write_text("crf: [streets, rooms]\n")
    assert load_settings({}, path).crf == ("streets", "rooms")
    assert load_settings({"crf": "streets"}, path).crf == ("streets",)
    monkeypatch.setenv("GAIN_SERVE_CRF", "rooms, streets")
    assert load_settings({}, None).crf == ("rooms", "streets")
    with pytest.raises(UserError, match=r"^--crf: .* at least 1 character"):
        load_settings({"crf": "rooms,"}, None)


def test_nothing_listens_to_the_world_unless_told():
    settings = load_settings({}, None)
    assert split_address(settings.http) == ("127.0.0.1", 8000)
    assert split_address(settings.grpc) == ("127.0.0.1", 8001)


def test_every_mistake_is_told_at_once(tmp_path, monkeypatch):
    path = tmp_path / "box.yaml"
    path.write_text("max_bath: 3\nmax_queue: many\n")
    monkeypatch.setenv("GAIN_SERVE_TOKN", "secret")
    monkeypatch.setenv("GAIN_SERVE_BODY_TIMEOUT", "-1")
    with pytest.raises(UserError) as caught:
        load_settings({"grpc": "somewhere"}, path)
    problems = str(caught.value).split("; ")
    assert f"{path}: there is no setting 'max_bath'" in problems
    assert "did you mean 'max_batch'?" in problems
    assert "GAIN_SERVE_TOKN: there is no setting 'tokn'" in problems
    assert any(
        p.startswith(f"{path}: max_queue: Input should be a valid integer") for p in problems
    )
    assert any(p.startswith("GAIN_SERVE_BODY_TIMEOUT: Input should be greater") for p in problems)
    assert "--grpc: 'somewhere' is not HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000" in problems


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"tls_key": "k.pem"}, "^tls_certificate and tls_key must be given together$"),
        ({"audit_overlays": "o"}, "^audit_overlays needs audit_log$"),
        ({"token": "short"}, "^--token: .* at least 8"),
        ({"replica": 2}, "^--replica: there is no setting 'replica'; did you mean 'replicas'"),
    ],
)
def test_settings_that_do_not_go_together(flags, said):
    with pytest.raises(UserError, match=said):
        load_settings(flags, None)


@pytest.mark.parametrize(
    ("content", "said"),
    [("a: [", "is no YAML"), ("- 3", "must be keys and values"), (None, "No such file")],
)
def test_a_file_that_is_none(tmp_path, content, said):
    path = tmp_path / "box.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError, match=said):
        load_settings({}, path)


@pytest.mark.parametrize("address", ["8000", ":8000", "::1:8000", "host:", "host:x", "h:70000"])
def test_what_is_no_address(address):
    with pytest.raises(ValueError, match=r"HOST:PORT|larger than 65535"):
        split_address(address)


def test_what_is_shown_can_be_read_back_and_keeps_the_token(tmp_path):
    flags = {"token": "very secret", "repository": "/models", "crf": "streets"}
    settings = load_settings(flags, None)
    text = show_settings(settings)
    assert "very secret" not in text
    assert set(yaml.safe_load(text)) == set(Settings.model_fields) - {"token"}
    path = tmp_path / "box.yaml"
    path.write_text(text)
    assert load_settings({"token": "very secret"}, path) == settings
