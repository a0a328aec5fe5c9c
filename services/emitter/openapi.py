"""The contract of the HTTP interface: its OpenAPI document, and the same as a page that loads nothing from anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from services.emitter.answers import ResultadoLinea
from services.emitter.ejemplos import EJEMPLOS
from services.emitter.openapi_problemas import tell_problems
from services.emitter.terminals import CLAVE_PATTERN
from shared.dte.modelo import MODELOS
from shared.dte.tipos import Prioridad, TipoDte

Json = dict[str, Any]

REF = "#/components/schemas/{model}"
CUERPOS = tuple(dict.fromkeys(MODELOS.values()))
"""Each model once: several documents share one."""

INDICACIONES: Json = {
    "prioridad": {
        "type": "string",
        "enum": [str(prioridad) for prioridad in Prioridad],
        "default": "normal",
        "description": "De Posta, no va en el documento: la cola en que espera su envío al SII",
    },
    "enviar_desde": {
        "type": "string",
        "format": "date-time",
        "description": "De Posta, no va en el documento: hora, con desfase y a 7 días o menos, hasta la que se retiene "
        "su envío al SII. El POS tiene su respuesta igual",
    },
}
"""What a sale may say beside the SII's fields, at its top."""

VENTA_BODY: Json = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": True,
            "description": "Distinta para cada venta; la misma cuando se repite la petición por no tener respuesta",
            "schema": {"type": "string", "pattern": CLAVE_PATTERN},
        }
    ],
    "requestBody": {
        "required": True,
        "description": "La venta con los nombres de campo del SII (Formato DTE v2.5, Formato Boletas v4.2)",
        "content": {
            "application/json": {
                "schema": {"oneOf": [{"$ref": REF.format(model=modelo.__name__)} for modelo in CUERPOS]},
                "examples": {
                    str(int(tipo)): {"summary": tipo.nombre, "value": venta} for tipo, venta in EJEMPLOS.items()
                },
            }
        },
    },
}

_VENTAS_EN_LINEAS = "".join(
    json.dumps({"clave": f"caja-7-{numero:06}", **EJEMPLOS[tipo]}, ensure_ascii=False) + "\n"
    for numero, tipo in enumerate((TipoDte.BOLETA, TipoDte.FACTURA), start=123)
)
_NDJSON = "application/x-ndjson"
LOTE_BODY: Json = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "La de las líneas sin `clave`, seguida de dos puntos y el número de la línea",
            "schema": {"type": "string", "pattern": CLAVE_PATTERN.replace("126", "115")},
        }
    ],
    "requestBody": {
        "required": True,
        "description": "Una venta por línea, cada una como en `POST /v1/dte`, con su `clave` además",
        "content": {
            _NDJSON: {
                "schema": {"type": "string"},
                "examples": {"boleta y factura": {"value": _VENTAS_EN_LINEAS}},
            }
        },
    },
    "responses": {
        "200": {
            "description": "Un resultado por cada línea que no está en blanco, en el orden de las líneas",
            "content": {_NDJSON: {"schema": {"type": "array", "items": {"$ref": REF.format(model="ResultadoLinea")}}}},
        }
    },
}


def build_openapi(app: FastAPI) -> Json:
    """The OpenAPI 3.1 document, with the models of every kind of sale and the terminal key as security scheme."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            summary="Ventas que se convierten en documentos tributarios electrónicos",
            routes=app.routes,
        )
        _, models = models_json_schema([(modelo, "validation") for modelo in CUERPOS], ref_template=REF)
        components = schema.setdefault("components", {})
        for model in models["$defs"].values():
            model.pop("description", None)  # the code's own words; what a field means is told with the field
        _, resultados = models_json_schema([(ResultadoLinea, "serialization")], ref_template=REF)
        components["schemas"] = resultados["$defs"] | components.get("schemas", {}) | models["$defs"]
        add_indicaciones(components["schemas"])
        components["securitySchemes"] = {
            "terminal": {"type": "http", "scheme": "bearer", "description": "La llave del terminal"},
            "administracion": {"type": "http", "scheme": "bearer", "description": "El token de administración"},
        }
        for path, operations in schema["paths"].items():
            if path.startswith("/v1/"):
                for operation in operations.values():
                    operation.setdefault("security", [{"terminal": []}])
        tell_problems(schema)
        app.openapi_schema = schema
    return app.openapi_schema


def add_indicaciones(schemas: Json) -> None:
    """Let the models of sales have what a sale may say beside the SII's fields."""
    for modelo in CUERPOS:
        schemas[modelo.__name__]["properties"] |= INDICACIONES


def render_docs(schema: Json) -> str:
    """The OpenAPI document as one page of plain HTML."""
    ejemplos = "".join(_ejemplo(tipo.nombre, venta) for tipo, venta in EJEMPLOS.items())
    parts = [
        *_operations(schema),
        "<h2>Ejemplos</h2>",
        ejemplos,
        "<h2>Modelos</h2>",
        *_models(schema["components"]["schemas"]),
    ]
    return _PAGE.format(title=escape(schema["info"]["title"]), body="\n".join(parts))


def _operations(schema: Json) -> Iterator[str]:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            yield f"<h2><code>{method.upper()} {escape(path)}</code> {escape(operation.get('summary', ''))}</h2>"
            yield f"<p>{escape(operation.get('description', ''))}</p>"
            yield _table(
                "Parámetros",
                {
                    p["name"]: p.get("schema", {}) | {"description": p.get("description", "")}
                    for p in operation.get("parameters", [])
                },
            )
            body = operation.get("requestBody", {})
            for formato, content in body.get("content", {}).items():
                yield f"<p>Cuerpo <code>{escape(formato)}</code>: {_kind(content['schema'])}. "
                yield f"{escape(body.get('description', ''))}</p>"
            rows = (
                f"<tr><td>{status}</td><td>{escape(response.get('description', ''))}</td></tr>"
                for status, response in operation["responses"].items()
            )
            yield f"<table><caption>Respuestas</caption>{''.join(rows)}</table>"


def _ejemplo(nombre: str, venta: Json) -> str:
    texto = json.dumps(venta, ensure_ascii=False, indent=2)
    return f"<details><summary>{escape(nombre)}</summary><pre>{escape(texto)}</pre></details>"


def _models(schemas: Mapping[str, Json]) -> Iterator[str]:
    for name, model in sorted(schemas.items()):
        yield f'<h3 id="{escape(name)}">{escape(name)}</h3><p>{escape(model.get("description", ""))}</p>'
        yield _table("Campos", model.get("properties", {}), frozenset(model.get("required", ())))


def _table(caption: str, fields: Mapping[str, Json], required: frozenset[str] = frozenset()) -> str:
    if not fields:
        return ""
    rows = (
        f"<tr><td><code>{escape(name)}</code>{' *' if name in required else ''}</td>"
        f"<td>{_kind(field)}</td><td>{escape(field.get('description', ''))}</td></tr>"
        for name, field in fields.items()
    )
    return f"<table><caption>{caption}</caption>{''.join(rows)}</table>"


def _kind(field: Json) -> str:
    """A type in a few words, with a link to the model that it names."""
    if "enum" in field:
        return escape(" | ".join(map(str, field["enum"])))
    if "$ref" in field:
        name = escape(field["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    options = field.get("anyOf") or field.get("oneOf")
    if options:
        return " o ".join(_kind(option) for option in options if option.get("type") != "null")
    if field.get("type") == "array":
        return f"lista de {_kind(field.get('items', {}))}"
    return escape(str(field.get("format") or field.get("type") or "cualquiera"))


_PAGE = """<!doctype html>
<html lang="es"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem }}
td {{ border-top: 1px solid #ccc; padding: .25rem .75rem .25rem 0; vertical-align: top }}
caption {{ text-align: left; font-weight: 600 }} h2 {{ margin-top: 2.5rem }}
</style></head><body><h1>{title}</h1>
<p>El mismo contrato en OpenAPI: <a href="/openapi.json">/openapi.json</a>. Las ventas por
AMQP y los eventos, en AsyncAPI: <a href="/asyncapi.json">/asyncapi.json</a>. Los errores son
<code>application/problem+json</code> (RFC 9457), con una lista <code>errores</code> de <code>ruta, codigo,
mensaje</code>.</p>
{body}
</body></html>
"""
