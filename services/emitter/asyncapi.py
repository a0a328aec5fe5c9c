"""The contract of the AMQP interface as an AsyncAPI 3.0 document, made of the models that are published.

Sales come in, answers and events go out. Schemas are those of the OpenAPI document.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from services.emitter.answers import Documento, Problema, VentaRechazada
from services.emitter.asyncapi_ejemplos import ESTADO, FIRMADO, RECHAZADA, VENTAS
from services.emitter.openapi import CUERPOS, REF, add_indicaciones
from shared.dte.estado import Estado
from shared.dte.tipos import Canal, Prioridad, TipoDte
from shared.messages import CambioEstado, Trabajo

Json = dict[str, Any]

_AMQP = "0.3.0"
"""Version of the AMQP binding (asyncapi/bindings)."""
_MODELOS: tuple[tuple[type[BaseModel], JsonSchemaMode], ...] = (
    *((modelo, "validation") for modelo in CUERPOS),
    *((modelo, "serialization") for modelo in (Documento, Problema, VentaRechazada, CambioEstado, Trabajo)),
)
_EN_ESPANOL = frozenset({"Documento", "Enlaces", "Problema", "FallaDada", "VentaRechazada"})


def build_asyncapi(version: str) -> Json:
    """The whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Posta: emisor",
            "version": version,
            "description": "Ventas por AMQP 0-9-1 y los eventos que producen. Todo evento de `posta.eventos` lleva "
            "atributos de CloudEvents 1.0 en sus cabeceras. Un evento puede llegar dos veces: por "
            "`cloudEvents:id` se reconoce.",
        },
        "defaultContentType": "application/json",
        "channels": _channels(),
        "operations": _operations(),
        "components": {"schemas": _schemas(), "messages": _messages()},
    }


def _channels() -> Json:
    emisor = {"description": "RUT de la empresa, sin puntos"}
    lugar = {
        "tienda": {"description": "Tienda del terminal; un punto se escribe «_», y vacía «-»"},
        "caja": {"description": "Caja del terminal, igual"},
    }
    tipo = _choice("Tipo de documento del SII", [f"{tipo:d}" for tipo in TipoDte])
    return {
        "ventas": _topic("posta.ventas", "{origen}", ["venta"], {"origen": {"description": "Libre: se toman todas"}}),
        "respuestas": {
            "address": None,
            "description": "La cola que la venta nombró en `reply_to`; ninguna de las de Posta",
            "messages": {nombre: _ref("messages", nombre) for nombre in ("documento", "problema")},
        },
        "firmados": _topic(
            "posta.eventos",
            "dte.firmado.{canal}.{prioridad}.{tipo}.{emisor}",
            ["firmado"],
            {"canal": _choice("Puerta del SII", Canal), "prioridad": _choice("Cola del envío", Prioridad)}
            | {"tipo": tipo, "emisor": emisor},
        ),
        "estados": _topic(
            "posta.eventos",
            "dte.estado.{estado}.{tipo}.{emisor}.{tienda}.{caja}",
            ["estado"],
            {"estado": _choice("Estado nuevo", Estado), "tipo": tipo, "emisor": emisor, **lugar},
        ),
        "rechazos": _topic(
            "posta.eventos", "venta.rechazada.{emisor}.{tienda}.{caja}", ["rechazada"], {"emisor": emisor, **lugar}
        ),
        "apartadas": {
            "address": "posta.ventas.dlq.v1",
            "description": "Ventas que no pudieron ser documento, tal como llegaron, para que una persona las vea",
            "messages": {"apartada": _ref("messages", "apartada")},
            "bindings": {
                "amqp": {"is": "queue", "queue": {"name": "posta.ventas.dlq.v1", "durable": True, "autoDelete": False}}
            },
        },
    }


def _operations() -> Json:
    receive = {
        "action": "receive",
        "channel": {"$ref": "#/channels/ventas"},
        "summary": "Emitir un documento, y sólo uno por cada clave de cada terminal",
        "messages": [{"$ref": "#/channels/ventas/messages/venta"}],
        "reply": {
            "address": {"location": "$message.header#/reply_to", "description": "La propiedad `reply_to` de AMQP"},
            "channel": {"$ref": "#/channels/respuestas"},
            "messages": [{"$ref": f"#/channels/respuestas/messages/{one}"} for one in ("documento", "problema")],
        },
        "bindings": {"amqp": {"ack": True, "bindingVersion": _AMQP}},
    }
    return {
        "emitir": receive,
        "publicarFirmado": _send("firmados", "firmado", "Un documento firmado, cuando puede ir al SII", mandatory=True),
        "publicarEstado": _send("estados", "estado", "Un cambio de estado, desde `generado`"),
        "publicarRechazo": _send("rechazos", "rechazada", "Una venta que no pudo ser documento"),
        "apartarVenta": _send("apartadas", "apartada", "La misma venta, para una persona", mandatory=True),
    }


def _messages() -> Json:
    status = {"x-posta-status": {"type": "integer", "description": "El estado que HTTP habría dado"}}
    clave = {"x-idempotency-key": {"type": "string", "minLength": 1, "maxLength": 128}}
    llave = {"x-posta-terminal": {"type": "string", "description": "La llave del terminal"}}
    ventas = {"oneOf": [_ref("schemas", modelo.__name__) for modelo in CUERPOS]}
    firmado = {"type": "string", "description": "El XML firmado, byte por byte como va al SII"}
    causa = {"causa": {"type": "string"}, "detalle": {"type": "string"}, "terminal": {"type": "string"}}
    trabajo = {"allOf": [_ref("schemas", "Trabajo"), _headers(_cloud_events("posta.dte.firmado.v1"))]}
    estado = _cloud_events("posta.dte.estado.v1") | {
        "id": {"type": "string", "description": "El documento"},
        "estado": _ref("schemas", "Estado"),
    }
    return {
        "venta": _message("Venta", ventas, _headers(clave | llave), VENTAS),
        "documento": _message("Documento emitido", _ref("schemas", "Documento"), _headers(status)),
        "problema": _message("Problema (RFC 9457)", _ref("schemas", "Problema"), _headers(status)),
        "firmado": _message("Documento firmado", firmado, trabajo, [FIRMADO], xml=True),
        "estado": _message("Cambio de estado", _ref("schemas", "CambioEstado"), _headers(estado), [ESTADO]),
        "rechazada": _message(
            "Venta rechazada",
            _ref("schemas", "VentaRechazada"),
            _headers(_cloud_events("posta.venta.rechazada.v1") | status),
            [RECHAZADA],
        ),
        "apartada": _message(
            "Venta apartada", {"description": "Lo que llegó, tal cual"}, _headers(causa, required=("causa", "detalle"))
        ),
    }


def _schemas() -> Json:
    _, models = models_json_schema(_MODELOS, ref_template=REF)
    schemas: Json = models["$defs"]
    add_indicaciones(schemas)
    for nombre, schema in schemas.items():
        if nombre not in _EN_ESPANOL:
            schema.pop("description", None)  # the code's own words
    return schemas


def _cloud_events(tipo: str) -> Json:
    """CloudEvents 1.0, AMQP binding, binary mode; `datacontenttype` is the property `content_type`."""
    return {
        "cloudEvents:specversion": {"const": "1.0"},
        "cloudEvents:id": {"type": "string", "description": "El mismo si el evento se repite"},
        "cloudEvents:source": {"type": "string", "format": "uri-reference", "description": "`urn:posta:<ambiente>`"},
        "cloudEvents:type": {"const": tipo},
        "cloudEvents:time": {"type": "string", "format": "date-time"},
        "cloudEvents:subject": {"type": "string", "description": "El documento, o la clave de la venta"},
    }


def _topic(exchange: str, address: str, mensajes: list[str], parametros: Json) -> Json:
    amqp = {"name": exchange, "type": "topic", "durable": True, "autoDelete": False}
    return {
        "address": address,
        "messages": {nombre: _ref("messages", nombre) for nombre in mensajes},
        "parameters": parametros,
        "bindings": {"amqp": {"is": "routingKey", "exchange": amqp, "bindingVersion": _AMQP}},
    }


def _send(canal: str, mensaje: str, summary: str, *, mandatory: bool = False) -> Json:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{canal}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{canal}/messages/{mensaje}"}],
        "bindings": {"amqp": {"deliveryMode": 2, "mandatory": mandatory, "bindingVersion": _AMQP}},
    }


def _message(
    title: str, payload: Json, headers: Json, examples: list[Json] | None = None, *, xml: bool = False
) -> Json:
    return {
        "title": title,
        "contentType": "application/xml" if xml else "application/json",
        "headers": headers,
        "payload": payload,
        "bindings": {"amqp": {"contentEncoding": "ISO-8859-1" if xml else "UTF-8", "bindingVersion": _AMQP}},
        **({"examples": examples} if examples else {}),
    }


def _headers(properties: Json, *, required: tuple[str, ...] = ()) -> Json:
    return {"type": "object", "properties": properties, "required": list(required or properties)}


def _choice(description: str, values: list[str] | type[Canal | Prioridad | Estado]) -> Json:
    return {"description": description, "enum": [str(value) for value in values]}


def _ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}
