"""What the search offers while it is being typed: its fields, and the words that some of them take."""

from __future__ import annotations

import json
from collections.abc import Mapping

from services.monitor.busqueda.campos import EJEMPLOS, Campo
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.tipos import TipoDte

_VALORES: Mapping[Campo, tuple[str, ...]] = {
    Campo.ESTADO: tuple(estado.value for estado in Estado),
    Campo.TIPO: tuple(f"{int(tipo)}" for tipo in TipoDte),
    Campo.CAUSA: tuple(causa.value for causa in Causa),
    Campo.FECHA: ("hoy", "ayer"),
    Campo.DESDE: ("30m", "2h", "7d"),
    Campo.ESPERA: ("persona",),
    Campo.PLAZO: ("por_vencer", "vencido"),
}
_EXPLICADOS: Mapping[str, str] = {f"{int(tipo)}": tipo.nombre for tipo in TipoDte}

SUGERENCIAS = json.dumps(
    [
        {
            "campo": campo.value,
            "que": que,
            "valores": [[valor, _EXPLICADOS.get(valor, "")] for valor in _VALORES.get(campo, ())],
        }
        for campo, (_, que) in EJEMPLOS.items()
    ],
    ensure_ascii=False,
)
"""For the page: a list of `{campo, que, valores: [[valor, explicación]]}`."""
