"""What schemathesis does not know of itself: bodies of one JSON value a line. Loaded by its configuration."""

from __future__ import annotations

import json
from typing import Any

import schemathesis
from schemathesis import DeserializationContext, SerializationContext
from schemathesis.core.transport import Response

NDJSON = "application/x-ndjson"


@schemathesis.serializer(NDJSON)
def write_lines(_ctx: SerializationContext, value: Any) -> bytes:
    """The body of a request: a text as it is, each element of a list a line, anything else one line."""
    if isinstance(value, str):
        return value.encode()
    return b"".join(json.dumps(line).encode() + b"\n" for line in (value if isinstance(value, list) else [value]))


@schemathesis.deserializer(NDJSON)
def read_lines(_ctx: DeserializationContext, response: Response) -> list[Any]:
    """All lines of an answer: to OpenAPI 3.1 they are an array."""
    return [json.loads(line) for line in response.content.splitlines()]
