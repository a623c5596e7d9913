"""What the files in serving/deploy name exists in the software: they cannot fall behind it."""

import importlib
import json
import re
import shutil
import subprocess

import pytest
import yaml
from conftest import SERVING
from google.protobuf import text_format
from models import write_model
from tritonclient.grpc.model_config_pb2 import ModelConfig

from gain_export.repository import add_version
from gain_serving.cli import gain_serve
from gain_serving.settings import PREFIX, Settings, load_settings, split_address

DEPLOY = SERVING / "deploy"
PAGES = [SERVING / "README.md", *sorted(DEPLOY.rglob("README.md"))]
HEALTH = {"/v2/health/live", "/v2/health/ready"}
UNIT = DEPLOY / "systemd" / "gain-serving.service"
EXAMPLE = DEPLOY / "systemd" / "environment"


def accepted(environment, monkeypatch):
    """The settings that these variables make; an unknown or wrong one is an error."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return load_settings({}, None)


def assignments(text):
    """Lines NAME=VALUE, also those that are commented out."""
    return dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", text, re.MULTILINE))


@pytest.fixture
def dockerfile():
    """Instruction -> its arguments, of the last stage; continued lines joined."""
    stage = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ").split("\nFROM ")[-1]
    return dict(line.split(maxsplit=1) for line in stage.splitlines() if line[:1].isupper())


@pytest.fixture
def container():
    [manifest] = yaml.safe_load_all((DEPLOY / "kserve" / "gain-serving.yaml").read_text())
    return manifest["spec"]["predictor"]["containers"][0]


@pytest.fixture
def exported(tmp_path):
    """The folder of a model in a repository that the exporter wrote."""
    model = write_model(tmp_path / "model.onnx").read_bytes()
    return add_version(tmp_path / "models", "part", model, ["a", "b", "c"]).parent


def model_config(path):
    return text_format.Parse(path.read_text(), ModelConfig())


def signature(tensors):
    return {tensor.name: (tensor.data_type, len(tensor.dims)) for tensor in tensors}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_pages_name_settings_and_files_that_there_are(page):
    text = page.read_text()
    variables = set(re.findall(rf"{PREFIX}([A-Z_]*[A-Z])", text))
    assert {name.lower() for name in variables} <= Settings.model_fields.keys()
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_pages_give_commands_that_there_are(page):
    for name, arguments in re.findall(r"gain-serve (\w+) (.*)", page.read_text()):
        if name in gain_serve.commands:
            known = {flag for one in gain_serve.commands[name].params for flag in one.opts}
            given = re.findall(r"(?<!\S)--[a-z-]+", arguments.partition("`")[0])
            assert set(given) <= known, name


def test_the_exporters_configuration_is_tritons(exported):
    config = model_config(exported / "config.pbtxt")
    assert (config.name, config.platform, config.max_batch_size) == ("part", "onnxruntime_onnx", 0)
    assert list(config.input[0].dims) == [-1, -1, -1, 3]
    assert signature(config.output).keys() == {"scores", "attention", "attention_class"}


def test_the_batched_configuration_has_the_exporters_tensors(exported):
    plain = model_config(exported / "config.pbtxt")
    batched = model_config(DEPLOY / "triton" / "batched.pbtxt")
    assert batched.max_batch_size > 0
    assert batched.platform == plain.platform
    assert batched.version_policy == plain.version_policy
    for of_batch, of_request in [(batched.input, plain.input), (batched.output, plain.output)]:
        expected = {name: (kind, n - 1) for name, (kind, n) in signature(of_request).items()}
        assert signature(of_batch) == expected
    assert batched.output[0].label_filename == plain.output[0].label_filename


def test_openvinos_configuration_names_a_folder_of_the_repository(exported):
    [entry] = json.loads((DEPLOY / "openvino-model-server" / "config.json").read_text())[
        "model_config_list"
    ]
    model = entry["config"]
    assert model["base_path"] == f"/models/{model['name']}"
    assert model["name"] == exported.name
    assert (exported / "1" / "model.onnx").is_file()


def test_the_unit_is_one(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze")
    unit = tmp_path / UNIT.name
    # The command is not installed on the machine of the test.
    unit.write_text(UNIT.read_text().replace("/opt/gain-serving/bin/gain-serve", "/bin/true"))
    verify = ["systemd-analyze", "verify", "--man=no", unit]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_and_its_settings(monkeypatch):
    unit = dict(re.findall(r"^([A-Za-z]+)=(.*)$", UNIT.read_text(), re.MULTILINE))
    environment = assignments(EXAMPLE.read_text())
    named = {name.removeprefix(PREFIX).lower() for name in environment}
    assert named <= Settings.model_fields.keys()
    settings = accepted({key: value for key, value in environment.items() if value}, monkeypatch)
    assert unit["ExecStart"].endswith("/gain-serve serve")
    assert float(unit["TimeoutStopSec"]) > settings.drain_timeout
    assert int(unit["LimitNOFILE"]) > 2 * settings.max_connections
    state = f"/var/lib/{unit['StateDirectory']}/"
    assert str(settings.audit_log).startswith(state)
    assert str(settings.audit_overlays).startswith(state)


def test_the_image(dockerfile, monkeypatch):
    values = dict(pair.split("=", 1) for pair in dockerfile["ENV"].split())
    ours = {name: value for name, value in values.items() if name.startswith(PREFIX)}
    settings = accepted(ours, monkeypatch)
    ports = [split_address(address)[1] for address in (settings.http, settings.grpc)]
    assert dockerfile["EXPOSE"].split() == [str(port) for port in ports]
    assert int(dockerfile["USER"].split(":")[0]) > 0
    [asked] = re.findall(r"http://[^']+", dockerfile["HEALTHCHECK"])
    assert asked == f"http://127.0.0.1:{ports[0]}/v2/health/ready"
    assert json.loads(dockerfile["ENTRYPOINT"]) == ["gain-serve"]
    assert json.loads(dockerfile["CMD"])[0] in gain_serve.commands


def test_the_image_takes_what_the_distribution_needs():
    copied = re.findall(r"^COPY ([^-].*) \S+$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    sources = {source for line in copied for source in line.split()}
    assert sources == {"pyproject.toml", "README.md", "gain_serving"}
    assert all((SERVING / source).exists() for source in sources)


def test_kserve_starts_our_server_with_settings_that_there_are(container, monkeypatch):
    environment = {row["name"]: row["value"] for row in container["env"]}
    settings = accepted(environment, monkeypatch)
    assert container["args"][0] in gain_serve.commands
    port = split_address(settings.http)[1]
    assert [row["containerPort"] for row in container["ports"]] == [port]
    probes = [container[probe]["httpGet"] for probe in ("readinessProbe", "livenessProbe")]
    assert {probe["path"] for probe in probes} == HEALTH
    assert {probe["port"] for probe in probes} == {port}
    assert container["volumeMounts"][0]["mountPath"] == str(settings.repository)
    assert container["resources"]["limits"]["cpu"] == str(settings.threads)


def test_ray_builds_our_application_of_settings_that_there_are():
    config = yaml.safe_load((DEPLOY / "ray" / "serve.yaml").read_text())
    [application] = config["applications"]
    module, _, name = application["import_path"].partition(":")
    assert callable(getattr(importlib.import_module(module), name))
    assert load_settings(application["args"], None).replicas == application["args"]["replicas"]
    # As gain-serve does: the world is let in by a setting only.
    assert config["http_options"]["host"] == "127.0.0.1"


def test_kserves_grace_is_longer_than_ours():
    manifest = yaml.safe_load((DEPLOY / "kserve" / "gain-serving.yaml").read_text())
    predictor = manifest["spec"]["predictor"]
    drain = Settings.model_fields["drain_timeout"].default
    assert predictor["terminationGracePeriodSeconds"] > drain


def test_kserve_gives_triton_the_repository():
    manifest = yaml.safe_load((DEPLOY / "kserve" / "triton.yaml").read_text())
    assert manifest["apiVersion"] == "serving.kserve.io/v1beta1"
    model = manifest["spec"]["predictor"]["model"]
    assert model["modelFormat"] == {"name": "triton"}
    assert model["protocolVersion"] == "v2"
