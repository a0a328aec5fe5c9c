"""The dashboard and the alert rules, held against what the services expose. No Grafana and no Prometheus needed."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.comandos import missing_commands
from tests.unit.deploy.promql import registered, survey

CARPETA = Path(__file__).parents[3] / "deploy" / "grafana"
TEXTO = (CARPETA / "posta.json").read_text(encoding="utf-8")
TABLERO: dict[str, Any] = json.loads(TEXTO)
PANELES: list[dict[str, Any]] = [panel for panel in TABLERO["panels"] if panel["type"] != "row"]
ALERTAS: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((CARPETA / "alertas.yaml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
FUENTE = {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}


def title_of(panel: dict[str, Any]) -> str:
    return str(panel["title"])


@pytest.mark.parametrize("panel", PANELES, ids=title_of)
def test_a_panel_asks_for_metrics_and_labels_that_there_are(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        labels, problems = survey(target["expr"])
        assert problems == [], target["expr"]
        shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        assert shown == labels if shown else not labels, f"{target['expr']}: {sorted(labels)}"


@pytest.mark.parametrize("alerta", ALERTAS, ids=lambda alerta: alerta["alert"])
def test_an_alert_asks_for_what_there_is_and_says_what_to_do(alerta: dict[str, Any]) -> None:
    labels, problems = survey(alerta["expr"])
    assert problems == []
    assert set(alerta["annotations"]) == {"summary", "description"}
    texto = " ".join(alerta["annotations"].values())
    assert set(re.findall(r"\$labels\.(\w+)", texto)) <= labels
    assert missing_commands(texto) == []
    assert alerta["labels"]["severity"] in ("warning", "critical")


def test_every_alert_has_its_own_name() -> None:
    names = [alerta["alert"] for alerta in ALERTAS]
    assert len(set(names)) == len(names) > 10


@pytest.mark.parametrize(
    ("expr", "problem"),
    [
        ("posta_emitidos", "no hay una métrica posta_emitidos"),
        ("sum by (canal) (posta_documentos)", "sum no tiene ['canal']"),
        ('posta_documentos{canal="boleta"}', "posta_documentos no tiene ['canal']"),
        ('posta_documentos{estado="aceptados"}', "posta_documentos: nada tiene estado aceptados"),
        ("histogram_quantile(0.5, sum(rate(posta_subida_segundos_bucket[5m])))", "histogram_quantile no tiene ['le']"),
        ("posta_apartados - on (cola) posta_cola_mensajes", "- no tiene ['cola']"),
        (
            "sum by (canal) (posta_reintentos_total) - sum by (causa) (posta_apartados)",
            "-: ['canal'] nunca se encuentra con ['causa']",
        ),
    ],
)
def test_an_expression_that_would_show_nothing_is_found(expr: str, problem: str) -> None:
    assert survey(expr)[1] == [problem]


def test_the_metrics_are_those_of_the_text_that_prometheus_reads() -> None:
    known = registered()
    assert known["posta_subida_segundos_bucket"] == {"canal", "le"}
    assert known["posta_subidas_total"] == {"canal", "resultado"}
    assert known["process_open_fds"] == frozenset()


def test_the_dashboard_takes_whatever_prometheus_it_is_given() -> None:
    (variable,) = TABLERO["templating"]["list"]
    assert (variable["name"], variable["type"], variable["query"]) == ("DS_PROMETHEUS", "datasource", "prometheus")
    for panel in PANELES:
        assert panel["datasource"] == FUENTE
        assert all(target["datasource"] == FUENTE for target in panel["targets"])


def test_the_dashboard_loads_nothing_from_anywhere() -> None:
    assert "//" not in TEXTO
    assert TABLERO["links"] == []
    assert {panel["type"] for panel in TABLERO["panels"]} <= {"row", "stat", "timeseries", "bargauge"}


def test_every_panel_is_told_in_words() -> None:
    assert all(len(panel["description"]) > 10 and panel["description"].endswith(".") for panel in PANELES)
    assert len({panel["id"] for panel in TABLERO["panels"]}) == len(TABLERO["panels"])


def test_no_panel_lies_on_another() -> None:
    places = [panel["gridPos"] for panel in TABLERO["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for a, b in itertools.combinations(places, 2):
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        assert beside or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
