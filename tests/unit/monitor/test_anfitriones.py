"""The names of the monitor, as the setting gives them."""

from __future__ import annotations

import pytest

from services.monitor.anfitriones import parse_anfitriones
from shared.errors import Misconfigured


def test_names_come_with_commas_and_in_any_case() -> None:
    assert parse_anfitriones(" Monitor.Empresa.cl,,*.tiendas.cl ") == {"monitor.empresa.cl", "*.tiendas.cl"}
    assert parse_anfitriones("") == frozenset()


@pytest.mark.parametrize("texto", ["https://monitor.cl", "monitor.cl:8002", "*", "a b", "a..b", "*.*.cl"])
def test_what_is_no_name_is_told_with_its_setting(texto: str) -> None:
    with pytest.raises(Misconfigured, match=r"POSTA_MONITOR_HOSTS: «.*» no es un nombre"):
        parse_anfitriones(f"bueno.cl,{texto}")
