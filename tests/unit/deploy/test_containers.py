"""compose.yaml and Dockerfile, checked without Docker: every name in them must exist in this repository."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.container_secrets import POSTA_UID, write_secrets
from services.sender.dispatch import GRACE
from shared.adapters.keystore import Boveda
from shared.settings import Settings

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service.get("command", [None])[:1] == ["run"]}


def settings_of(service: dict[str, Any]) -> dict[str, str]:
    given: dict[str, str] = service["environment"]
    return {name: value for name, value in given.items() if name.startswith("POSTA_")}


def test_compose_runs_every_service_of_posta() -> None:
    assert set(OURS) == {"emitter", "sender", "monitor", "sandbox"}
    assert all(service["command"] == ["run", name] for name, service in OURS.items())


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_a_setting_and_its_value_fits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = settings_of(OURS[name])
    assert {variable.removeprefix("POSTA_").lower() for variable in given} <= set(Settings.model_fields)
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    settings = Settings()
    assert settings.sii_url == "http://sandbox:8003"
    port: int = getattr(settings, f"{name}_port")
    assert all(published == f"127.0.0.1:{port}:{port}" for published in OURS[name].get("ports", []))
    assert str(port) in OURS[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "secretos"])
def test_everything_that_stays_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", OURS)
def test_services_run_without_privileges(name: str) -> None:
    service = OURS[name]
    assert service["user"] == str(POSTA_UID)
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"]


def test_a_service_waits_for_services_that_exist_and_can_be_waited_for() -> None:
    for service in SERVICES.values():
        for needed, condition in service.get("depends_on", {}).items():
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[needed]
            else:
                assert needed == "secretos"


def test_a_sender_is_given_time_for_its_uploads_and_its_questions() -> None:
    grace = float(SERVICES["sender"]["stop_grace_period"].removesuffix("s"))
    assert grace > GRACE.total_seconds()
    assert grace > Settings().sii_timeout.total_seconds()


def test_every_volume_and_network_is_declared() -> None:
    for service in SERVICES.values():
        assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= set(COMPOSE["volumes"])
        assert set(service.get("networks", [])) <= set(COMPOSE["networks"])


def test_the_secrets_that_compose_reads_are_the_ones_that_are_made(tmp_path: Path) -> None:
    write_secrets(tmp_path, posta_uid=os.getuid(), rabbitmq_uid=os.getuid())

    made = {f"/run/secretos/{archivo.name}" for archivo in tmp_path.iterdir()}
    values = [value for service in SERVICES.values() for value in service.get("environment", {}).values()]
    assert {value for value in values if value.startswith("/run/secretos/")} == made
    assert all(archivo.stat().st_mode & 0o077 == 0 for archivo in tmp_path.iterdir())
    Boveda.from_file(tmp_path / "llave_maestra")
    password = (tmp_path / "rabbitmq_clave").read_text(encoding="ascii")
    assert (tmp_path / "rabbitmq.conf").read_text(
        encoding="ascii"
    ) == f"default_user = posta\ndefault_pass = {password}\n"


def test_secrets_are_made_once(tmp_path: Path) -> None:
    def contents() -> dict[str, bytes]:
        return {archivo.name: archivo.read_bytes() for archivo in tmp_path.iterdir()}

    write_secrets(tmp_path, posta_uid=os.getuid(), rabbitmq_uid=os.getuid())
    first = contents()
    write_secrets(tmp_path, posta_uid=os.getuid(), rabbitmq_uid=os.getuid())
    assert contents() == first


def test_what_the_image_copies_exists() -> None:
    for sources in re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE):
        assert all((ROOT / source).exists() for source in sources.split())


def test_the_image_runs_as_its_own_user() -> None:
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == ["posta"]
    assert f"--uid {POSTA_UID} " in DOCKERFILE


def test_the_yaml_is_clean() -> None:
    rules = "{extends: default, rules: {line-length: {max: 120}}}"
    command = [sys.executable, "-m", "yamllint", "--strict", "-d", rules, str(ROOT / "deploy/compose.yaml")]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stdout == ""
