"""The AsyncAPI document as a judge of messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from services.emitter.asyncapi import build_asyncapi

DOCUMENT = build_asyncapi("1")


def check_message(kind: str, headers: Mapping[str, Any], payload: object) -> None:
    """jsonschema.ValidationError if a message is not as the document says."""
    message = DOCUMENT["components"]["messages"][kind]
    for schema, value in ((message["headers"], dict(headers)), (message["payload"], payload)):
        whole = {**schema, "components": DOCUMENT["components"]}
        Draft202012Validator(whole, format_checker=FormatChecker()).validate(value)
