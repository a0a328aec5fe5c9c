"""The totals that `posta dte totals` computed, as JSON with the SII's own names and exact numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.dte.modelo import Totales


def to_json(totales: Totales) -> str:
    """One JSON object, in the schema's order; what a document of this kind does not have is left out."""
    return _write(totales.model_dump(exclude_none=True))


def _write(valor: object) -> str:
    """JSON in which a decimal is written with all of its digits: through binary fractions some would change."""
    if isinstance(valor, Mapping):
        campos = (f"{json.dumps(campo)}: {_write(hijo)}" for campo, hijo in valor.items() if hijo not in ((), []))
        return "{" + ", ".join(campos) + "}"
    if isinstance(valor, Sequence) and not isinstance(valor, str):
        return "[" + ", ".join(map(_write, valor)) + "]"
    if isinstance(valor, Decimal):
        from shared.dte.escritura import format_decimal

        return format_decimal(valor)
    return json.dumps(valor.isoformat() if isinstance(valor, date) else valor, ensure_ascii=False)
