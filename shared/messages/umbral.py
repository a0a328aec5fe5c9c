"""From when on somebody is told: thresholds that an administrator may set in the place of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.messages.record import Record


class Umbral(StrEnum):
    """Each is called like the setting that gives its default."""

    FOLIOS_DIAS_AVISO = "folios_dias_aviso"
    FOLIOS_DIAS_CRITICO = "folios_dias_critico"
    FOLIOS_MINIMO = "folios_minimo"
    DIAS_VENCIMIENTO = "alertas_dias_vencimiento"
    PLAZO_BOLETA_AVISO = "plazo_boleta_aviso"
    PLAZO_FACTURA_AVISO = "plazo_factura_aviso"
    RESUMEN = "alertas_resumen"
    RECORDATORIO = "alertas_recordatorio"

    @property
    def definicion(self) -> Definicion:
        """What it means and which values it may have."""
        return _DEFINICIONES[self]


class Unidad(StrEnum):
    DIAS = "días"
    FOLIOS = "folios"
    MINUTOS = "minutos"
    HORAS = "horas"


@dataclass(frozen=True, slots=True)
class Definicion:
    """A threshold in words, and its bounds, both included."""

    nombre: str
    ayuda: str
    unidad: Unidad
    minimo: int
    maximo: int


_DEFINICIONES = {
    Umbral.FOLIOS_DIAS_AVISO: Definicion(
        "Folios: aviso", "Avisa cuando los folios alcanzan para estos días, o menos.", Unidad.DIAS, 0, 365
    ),
    Umbral.FOLIOS_DIAS_CRITICO: Definicion(
        "Folios: grave", "Es grave cuando alcanzan para estos días, o menos.", Unidad.DIAS, 0, 365
    ),
    Umbral.FOLIOS_MINIMO: Definicion(
        "Folios: mínimo", "Avisa cuando quedan estos folios, aunque se usen despacio.", Unidad.FOLIOS, 0, 1_000_000
    ),
    Umbral.DIAS_VENCIMIENTO: Definicion(
        "CAF y certificado", "Avisa estos días antes de que venza un CAF o un certificado.", Unidad.DIAS, 1, 365
    ),
    Umbral.PLAZO_BOLETA_AVISO: Definicion(
        "Plazo de boletas", "Avisa, y apura el envío, tanto antes de que se cumpla la hora.", Unidad.MINUTOS, 1, 59
    ),
    Umbral.PLAZO_FACTURA_AVISO: Definicion(
        "Plazo de facturas", "Avisa, y apura el envío, tanto antes de la medianoche.", Unidad.MINUTOS, 1, 1_439
    ),
    Umbral.RESUMEN: Definicion(
        "Rechazos: resumen", "Los rechazos de este tiempo se avisan juntos.", Unidad.MINUTOS, 1, 1_440
    ),
    Umbral.RECORDATORIO: Definicion(
        "Recordatorio", "Lo que sigue mal se avisa de nuevo después de este tiempo.", Unidad.HORAS, 1, 720
    ),
}


class UmbralFijado(Record):
    """What an administrator has set, in the threshold's unit."""

    umbral: Umbral
    valor: int
    quien: str
    momento: datetime
