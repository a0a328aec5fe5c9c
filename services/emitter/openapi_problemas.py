"""The outcomes of the OpenAPI document as they are answered: what FastAPI writes by itself is not quite that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

_PROBLEMA = "#/components/schemas/Problema"
_MEDIA = "application/problem+json"
_DE_FASTAPI = ("HTTPValidationError", "ValidationError")
"""What FastAPI would answer to a wrong parameter; ours is a problem with status 400."""


def tell_problems(schema: Json) -> None:
    """Give every problem its media type, and wrong parameters their status."""
    for operation in _operations(schema):
        responses = operation["responses"]
        if _DE_FASTAPI[0] in str(responses.get("422")):
            del responses["422"]
            content = {"application/json": {"schema": {"$ref": _PROBLEMA}}}
            description = "Un parámetro no sirve: cuál y por qué, en `errores`"
            responses.setdefault("400", {"description": description, "content": content})
        for response in responses.values():
            content = response.get("content", {})
            if content.get("application/json", {}).get("schema", {}).get("$ref") == _PROBLEMA:
                response["content"] = {_MEDIA: content["application/json"]}
    for name in _DE_FASTAPI:
        schema["components"]["schemas"].pop(name, None)


def _operations(schema: Json) -> Iterator[Json]:
    for operations in schema["paths"].values():
        yield from operations.values()
