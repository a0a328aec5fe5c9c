"""Values as they stand in a document's XML."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.dte.escritura import format_decimal, write_nodo
from shared.dte.modelo.boleta import ReceptorBoleta


def test_numbers_are_written_with_their_significant_digits() -> None:
    written = [format_decimal(Decimal(numero)) for numero in ("1.500000", "1E+3", "0.000001", "100", "19")]
    assert written == ["1.5", "1000", "0.000001", "100", "19"]


def test_only_known_kinds_of_values_are_written() -> None:
    with pytest.raises(TypeError, match="no XML form for object"):
        write_nodo("Receptor", ReceptorBoleta().model_copy(update={"RUTRecep": object()}))
