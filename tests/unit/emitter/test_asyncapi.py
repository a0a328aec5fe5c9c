"""The contract of the AMQP interface: an AsyncAPI 3.0 document that agrees with what is published."""

from __future__ import annotations

import json
import re
import warnings
from typing import Any

import pytest
from jsonschema import ValidationError

from shared.adapters.rabbit import VENTAS, VENTAS_DLQ
from shared.adapters.rabbit.topology import EVENTOS
from shared.dte.tipos import TipoDte
from shared.messages import CambioEstado, Trabajo
from tests.asyncapi import DOCUMENT, check_message

MESSAGES: dict[str, dict[str, Any]] = DOCUMENT["components"]["messages"]


def test_the_document_is_asyncapi() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own models shadow attributes of pydantic's
        from asyncapi3.models.asyncapi import AsyncAPI3  # noqa: PLC0415
    AsyncAPI3.model_validate(DOCUMENT)


def test_every_reference_leads_somewhere() -> None:
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(DOCUMENT)):
        target: Any = DOCUMENT
        for step in reference.split("/"):
            target = target[step]


@pytest.mark.parametrize("kind", [kind for kind, message in MESSAGES.items() if "examples" in message])
def test_every_example_is_as_the_document_says(kind: str) -> None:
    for example in MESSAGES[kind]["examples"]:
        check_message(kind, example["headers"], example["payload"])


def test_there_is_an_example_of_every_document() -> None:
    assert {example["name"] for example in MESSAGES["venta"]["examples"]} == {tipo.nombre for tipo in TipoDte}


def test_what_is_not_as_it_says_is_told() -> None:
    example = MESSAGES["estado"]["examples"][0]
    with pytest.raises(ValidationError):
        check_message("estado", {**example["headers"], "cloudEvents:type": "otro"}, example["payload"])
    with pytest.raises(ValidationError):
        check_message("estado", example["headers"], {**example["payload"], "estado": "perdido"})


def test_exchanges_and_keys_are_those_of_the_broker() -> None:
    channels = DOCUMENT["channels"]
    exchanges = {name: channels[name]["bindings"]["amqp"]["exchange"]["name"] for name in channels if "{" in _at(name)}
    assert exchanges == {"ventas": VENTAS, "firmados": EVENTOS, "estados": EVENTOS, "rechazos": EVENTOS}
    assert _at("apartadas") == VENTAS_DLQ
    firmado, estado = (MESSAGES[kind]["examples"][0] for kind in ("firmado", "estado"))
    assert _matches("firmados", Trabajo.model_validate(firmado["headers"]).routing_key)
    assert _matches("estados", CambioEstado.model_validate(estado["payload"]).routing_key)


def _at(channel: str) -> str:
    return DOCUMENT["channels"][channel]["address"] or ""


def _matches(channel: str, key: str) -> bool:
    return bool(re.fullmatch(re.sub(r"\\{\w+\\}", r"[^.]+", re.escape(_at(channel))), key))
