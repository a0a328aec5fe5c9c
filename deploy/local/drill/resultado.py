"""What came of a drill: by fault for people, as one object for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deploy.local.drill.invariantes import Hallazgo
from deploy.local.drill.jugada import Saldo


@dataclass(frozen=True, slots=True)
class Resultado:
    """How the documents of one fault fared."""

    nombre: str
    que: str
    saldo: Saldo | None
    """None if the fault could not be played to its end."""
    recuperado_en: float | None
    """Seconds from the fault's end until everything had its verdict or waited for a person; None if that never came."""
    segundos: float
    hallazgos: Sequence[Hallazgo]
    """Invariants that do not hold now, and did before."""
    inesperado: Sequence[str]
    """What else went otherwise than it has to."""

    @property
    def ok(self) -> bool:
        return not self.hallazgos and not self.inesperado

    def to_json(self) -> dict[str, Any]:
        saldo = self.saldo
        return {
            "nombre": self.nombre,
            "que": self.que,
            "documentos": saldo and saldo.documentos,
            "perdidos": saldo and saldo.perdidos,
            "duplicados_sii": saldo and saldo.duplicados_sii,
            "folios_repetidos": saldo and saldo.folios_repetidos,
            "sin_terminar": saldo and saldo.sin_terminar,
            "recuperado_en": self.recuperado_en,
            "segundos": self.segundos,
            "ok": self.ok,
            "invariantes": [_to_json(hallazgo) for hallazgo in self.hallazgos],
            "inesperado": list(self.inesperado),
        }


@dataclass(frozen=True, slots=True)
class Balance:
    """All of them."""

    resultados: Sequence[Resultado]
    segundos: float

    @property
    def ok(self) -> bool:
        return all(resultado.ok for resultado in self.resultados)

    def to_json(self) -> dict[str, Any]:
        """Sums, the invariants that are broken, and each fault."""
        saldos = [resultado.saldo for resultado in self.resultados if resultado.saldo is not None]
        return {
            "ok": self.ok,
            "documentos": sum(saldo.documentos for saldo in saldos),
            "perdidos": sum(saldo.perdidos for saldo in saldos),
            "duplicados_sii": sum(saldo.duplicados_sii for saldo in saldos),
            "folios_repetidos": sum(saldo.folios_repetidos for saldo in saldos),
            "sin_terminar": sum(saldo.sin_terminar for saldo in saldos),
            "invariantes_rotos": sorted({int(h.invariante) for one in self.resultados for h in one.hallazgos}),
            "segundos_total": self.segundos,
            "fallas": [resultado.to_json() for resultado in self.resultados],
        }


def _to_json(hallazgo: Hallazgo) -> dict[str, Any]:
    return {"invariante": int(hallazgo.invariante), "nombre": hallazgo.invariante.nombre, "que": hallazgo.que}
