from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from deploy.local.environment import child_environment
from shared.dte.tipos import Ambiente
from shared.settings import LogFormat, load_settings

BOOTSTRAP = {"carpeta": Path("datos"), "log_format": LogFormat.TEXTO, "sobre_espera": timedelta(milliseconds=30)}


def test_a_child_reads_exactly_the_settings_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTA_MAX_WORKERS", "7")
    monkeypatch.setenv("POSTA_AMBIENTE", "produccion")
    settings = load_settings().model_copy(update=BOOTSTRAP | {"ambiente": Ambiente.CERTIFICACION})

    env = child_environment(settings)
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    assert load_settings() == settings.model_copy(update={"carpeta": Path("datos").resolve()})


def test_what_is_not_a_setting_is_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTA_RABBIT_PORT", "1234")
    monkeypatch.setenv("OTRA_COSA", "sí")
    settings = load_settings().model_copy(update={"rabbit_port": 4321})

    env = child_environment(settings)

    assert env["OTRA_COSA"] == "sí"
    assert env["POSTA_RABBIT_PORT"] == "4321"
    assert "POSTA_SII_URL" not in env
