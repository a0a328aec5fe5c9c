"""The form of a company: its fields as a browser sends them, and as they are shown again when something is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.administracion.alta import Alta, read_alta
from shared.dte.tipos import CANALES_SII

if TYPE_CHECKING:
    from services.monitor.administracion.fichas import Ficha

_SIMPLES = ("rut", "razon_social", "giro", "direccion", "comuna", "ciudad", "proveedor", "limite_por_minuto")
CAMPOS = (*_SIMPLES, "acteco", *(f"{canal}_{dato}" for canal in CANALES_SII for dato in ("fecha", "numero")))
"""Names of the form's fields."""


def read_formulario(dado: Mapping[str, str]) -> Alta:
    """The company that somebody typed in. Invalid names each field that is wrong."""
    datos: dict[str, Any] = {campo: dado[campo] for campo in _SIMPLES if dado.get(campo, "").strip()}
    datos["acteco"] = dado.get("acteco", "").replace(",", " ").split()
    resoluciones = {canal.value: _read_resolucion(dado, canal.value) for canal in CANALES_SII}
    datos["resoluciones"] = {canal: resolucion for canal, resolucion in resoluciones.items() if resolucion}
    return read_alta(datos)


def write_formulario(ficha: Ficha) -> dict[str, str]:
    """The fields of a company that is there."""
    datos = {campo: str(valor) for campo, valor in ficha.datos.items() if valor is not None and campo in _SIMPLES}
    resoluciones = {
        f"{canal}_{dato}": str(getattr(resolucion, dato))
        for canal, resolucion in ficha.resoluciones.items()
        for dato in ("fecha", "numero")
    }
    return {
        **dict.fromkeys(CAMPOS, ""),
        **datos,
        **resoluciones,
        "acteco": ", ".join(str(codigo) for codigo in ficha.datos["acteco"]),
        "proveedor": ficha.proveedor,
        "limite_por_minuto": str(ficha.limite_por_minuto or ""),
    }


def _read_resolucion(dado: Mapping[str, str], canal: str) -> dict[str, str]:
    """What was said of one of them; nothing if nothing was."""
    given = {dato: dado.get(f"{canal}_{dato}", "").strip() for dato in ("fecha", "numero")}
    return {dato: valor for dato, valor in given.items() if valor}
