"""The manifests, held against settings, image and applications. No cluster needed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi import FastAPI
from starlette.routing import Match

from deploy.container_secrets import POSTA_UID
from services.emitter import intake_http
from services.monitor import web as monitor_web
from services.sender import web as sender_web
from services.sender.dispatch import GRACE
from shared.settings import Settings

ROOT = Path(__file__).parents[3]
K8S = ROOT / "deploy" / "k8s"
Manifest = dict[str, Any]


def read(name: str) -> list[Manifest]:
    return list(yaml.safe_load_all((K8S / name).read_text(encoding="utf-8")))


KUSTOMIZATION: Manifest = read("kustomization.yaml")[0]
MANIFESTS = [manifest for name in KUSTOMIZATION["resources"] for manifest in read(name)]
COMPOSE: Manifest = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))


def of_kind(kind: str) -> dict[str, Manifest]:
    return {manifest["metadata"]["name"]: manifest for manifest in MANIFESTS if manifest["kind"] == kind}


DEPLOYMENTS = of_kind("Deployment")
(CONFIG,) = of_kind("ConfigMap").values()
SERVICIOS = ("emitter", "sender", "monitor")


def pod_of(name: str) -> Manifest:
    spec: Manifest = DEPLOYMENTS[name]["spec"]["template"]["spec"]
    return spec


def container_of(name: str) -> Manifest:
    (container,) = pod_of(name)["containers"]
    assert isinstance(container, dict)
    return container


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    for variable, value in CONFIG["data"].items():
        monkeypatch.setenv(variable, value)
    return Settings()


@pytest.fixture
def apps(monkeypatch: pytest.MonkeyPatch) -> dict[str, FastAPI]:
    """The services' applications with nothing behind them."""

    async def ready() -> None:
        return

    monkeypatch.setattr(monitor_web, "add_error_pages", lambda *_: None)
    code = monitor_web.create_app.__code__
    nothing: dict[str, Any] = dict.fromkeys(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    unused: Any = None
    return {
        "emitter": intake_http.create_app(intake_http.Pos(unused, unused, unused, ready)),
        "sender": sender_web.create_app(ready),
        "monitor": monitor_web.create_app(**nothing),
    }


def answers(app: FastAPI, path: str) -> bool:
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
    return any(route.matches(scope)[0] is Match.FULL for route in app.routes)


def test_every_service_but_the_sandbox_is_deployed() -> None:
    assert set(DEPLOYMENTS) == set(SERVICIOS)
    assert set(of_kind("Service")) == set(SERVICIOS)
    assert set(of_kind("PodDisruptionBudget")) == set(SERVICIOS)
    assert {path.name for path in K8S.glob("*.yaml")} - set(KUSTOMIZATION["resources"]) == {
        "kustomization.yaml",
        "secret.example.yaml",
    }


def test_every_variable_is_a_setting_and_its_value_fits(settings: Settings) -> None:
    names = {variable.removeprefix("POSTA_").lower() for variable in CONFIG["data"]}
    assert all(variable.startswith("POSTA_") for variable in CONFIG["data"])
    assert names <= set(Settings.model_fields)
    assert all(isinstance(value, str) for value in CONFIG["data"].values())
    assert settings.sii_url is None, "the SII itself, and no sandbox"


@pytest.mark.parametrize("name", SERVICIOS)
def test_a_pod_runs_its_service_with_these_settings_and_no_others(name: str) -> None:
    container = container_of(name)
    assert container["args"] == ["run", name]
    assert container["envFrom"] == [{"configMapRef": {"name": CONFIG["metadata"]["name"]}}]
    assert "env" not in container
    assert not pod_of(name)["enableServiceLinks"], "Kubernetes would set variables that look like settings"


@pytest.mark.parametrize("name", SERVICIOS)
def test_ports_and_addresses_agree(name: str, settings: Settings) -> None:
    port = getattr(settings, f"{name}_port")
    assert container_of(name)["ports"] == [{"name": "http", "containerPort": port}]
    assert of_kind("Service")[name]["spec"]["ports"] == [{"name": "http", "port": port, "targetPort": "http"}]
    assert getattr(settings, f"{name}_host") == "0.0.0.0"  # noqa: S104 - a pod has an address of its own


@pytest.mark.parametrize("name", SERVICIOS)
def test_probes_ask_for_what_the_application_answers(name: str, apps: dict[str, FastAPI]) -> None:
    asked = {
        probe: container_of(name)[probe]["httpGet"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    assert all(answers(apps[name], get["path"]) for get in asked.values())
    assert not answers(apps[name], "/health/nada")
    assert {get["port"] for get in asked.values()} == {"http"}
    assert asked["readinessProbe"]["path"] == "/health/ready"
    assert asked["livenessProbe"]["path"] == "/health/live", "servers that are away are no reason for a restart"


def test_the_image_is_the_one_of_compose() -> None:
    image = COMPOSE["x-posta"]["image"]
    assert {container_of(name)["image"] for name in SERVICIOS} == {image}
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert KUSTOMIZATION["images"] == [{"name": image, "newTag": version}]


@pytest.mark.parametrize("name", SERVICIOS)
def test_a_pod_runs_without_privileges(name: str) -> None:
    pod, container = pod_of(name), container_of(name)
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": POSTA_UID,
        "runAsGroup": POSTA_UID,
        "fsGroup": POSTA_UID,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False
    assert set(container["resources"]["requests"]) == {"cpu", "memory"}
    assert set(container["resources"]["limits"]) == {"memory"}, "a limit of processor would only make tills wait"


@pytest.mark.parametrize("name", SERVICIOS)
def test_secrets_are_files_that_the_settings_name(name: str) -> None:
    (example,) = read("secret.example.yaml")
    volumes = {volume["name"]: volume for volume in pod_of(name)["volumes"]}
    mounts = {mount["mountPath"]: mount for mount in container_of(name)["volumeMounts"]}
    mount = mounts["/run/secretos"]
    assert mount["readOnly"] is True
    assert volumes[mount["name"]]["secret"] == {"secretName": example["metadata"]["name"], "defaultMode": 0o440}
    named = {variable: value for variable, value in CONFIG["data"].items() if variable.endswith("_FILE")}
    assert {f"/run/secretos/{archivo}" for archivo in example["stringData"]} == set(named.values())
    assert len(named) == 3
    assert mounts["/tmp"]["name"] in volumes  # noqa: S108 - bulk answers are spooled there


def test_the_example_of_a_secret_has_no_values_and_is_not_applied() -> None:
    (example,) = read("secret.example.yaml")
    assert set(example["stringData"].values()) == {""}
    assert "data" not in example


def test_a_sender_is_given_time_for_its_uploads_and_its_questions(settings: Settings) -> None:
    grace = pod_of("sender")["terminationGracePeriodSeconds"]
    assert grace > GRACE.total_seconds()
    assert grace > settings.sii_timeout.total_seconds()


@pytest.mark.parametrize("kind", ["Service", "PodDisruptionBudget"])
@pytest.mark.parametrize("name", SERVICIOS)
def test_whatever_selects_pods_finds_them(kind: str, name: str) -> None:
    labels = DEPLOYMENTS[name]["spec"]["template"]["metadata"]["labels"]
    selector = of_kind(kind)[name]["spec"]["selector"]
    assert selector.get("matchLabels", selector) == labels
    assert DEPLOYMENTS[name]["spec"]["selector"]["matchLabels"] == labels


def test_what_is_not_allowed_is_forbidden() -> None:
    policies = of_kind("NetworkPolicy")
    nothing = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert nothing in [policy["spec"] for policy in policies.values()]
    known = {"emitter", "sender", "monitor"}
    for policy in policies.values():
        for expression in policy["spec"]["podSelector"].get("matchExpressions", []):
            assert set(expression["values"]) <= known


def test_only_who_speaks_to_the_world_gets_out(settings: Settings) -> None:
    policies = of_kind("NetworkPolicy")
    (outside,) = policies["outside"]["spec"]["podSelector"]["matchExpressions"]
    assert set(outside["values"]) == {"sender", "monitor"}
    servers = policies["servers"]["spec"]["egress"]
    ports = {port["port"] for rule in servers for port in rule["ports"]}
    assert ports == {53, settings.rabbit_port, 27017}


def test_no_pod_is_taken_away_while_it_is_the_last() -> None:
    for name in SERVICIOS:
        assert DEPLOYMENTS[name]["spec"]["replicas"] >= 2
        assert of_kind("PodDisruptionBudget")[name]["spec"]["maxUnavailable"] == 1
        assert DEPLOYMENTS[name]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
