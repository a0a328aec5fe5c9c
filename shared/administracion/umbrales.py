"""The thresholds of alerts in the hands of one person: checked, audited, and shown beside their defaults."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from shared.clock import Clock
from shared.dte.existencias import Umbrales
from shared.dte.plazo import Plazos
from shared.errors import Invalid
from shared.messages.umbral import Umbral, UmbralFijado, Unidad
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.adapters.mongo import UmbralesFijados
    from shared.adapters.mongo.auditoria import Registro

ReadUmbrales = Callable[[], Awaitable[Umbrales]]
"""The thresholds of folios at this moment: an administrator changes them while everything runs."""
_LAPSOS = {Unidad.MINUTOS: timedelta(minutes=1), Unidad.HORAS: timedelta(hours=1)}


class UmbralVista(BaseModel):
    """One threshold as it counts now."""

    model_config = ConfigDict(frozen=True)

    umbral: Umbral
    nombre: str
    ayuda: str
    unidad: Unidad
    minimo: int
    maximo: int
    valor: float
    defecto: float
    """What the settings say; counts while nobody has set another value."""
    quien: str | None = None
    """Who has set it; null while the default counts."""
    momento: datetime | None = None


class UmbralAdmin:
    """Invalid names the threshold and the remedy; nothing has changed then."""

    def __init__(self, umbrales: UmbralesFijados, settings: Settings, registro: Registro, clock: Clock) -> None:
        self._umbrales = umbrales
        self._defectos = read_defectos(settings)
        self._registro = registro
        self._clock = clock

    async def list(self) -> list[UmbralVista]:
        """All, with their defaults."""
        fijados = await self._umbrales.all()
        return [self._describe(umbral, fijados.get(umbral)) for umbral in Umbral]

    async def change(self, umbral: Umbral, valor: int) -> UmbralVista:
        """It counts from the next look of each process on, seconds later."""
        before = await self._umbrales.valores()
        self._check(umbral, valor, before)
        quien = self._registro.quien
        fijado = UmbralFijado(umbral=umbral, valor=valor, quien=quien, momento=self._clock())
        antes = before.get(umbral, self._defectos[umbral])
        async with self._registro.act("umbral.set", umbral, antes=antes, valor=valor):
            await self._umbrales.save(fijado)
        return self._describe(umbral, fijado)

    async def reset(self, umbral: Umbral) -> UmbralVista:
        """Back to the default of the settings; harmless where it counts already."""
        before = await self._umbrales.valores()
        if umbral in before:
            self._check_order(umbral, self._defectos[umbral], before)
            async with self._registro.act("umbral.reset", umbral, antes=before[umbral], valor=self._defectos[umbral]):
                await self._umbrales.remove(umbral)
        return self._describe(umbral, None)

    def _describe(self, umbral: Umbral, fijado: UmbralFijado | None) -> UmbralVista:
        definicion, defecto = umbral.definicion, self._defectos[umbral]
        return UmbralVista(
            umbral=umbral,
            nombre=definicion.nombre,
            ayuda=definicion.ayuda,
            unidad=definicion.unidad,
            minimo=definicion.minimo,
            maximo=definicion.maximo,
            valor=fijado.valor if fijado else defecto,
            defecto=defecto,
            quien=fijado.quien if fijado else None,
            momento=fijado.momento if fijado else None,
        )

    def _check(self, umbral: Umbral, valor: int, valores: Mapping[Umbral, int]) -> None:
        definicion = umbral.definicion
        if not definicion.minimo <= valor <= definicion.maximo:
            remedio = f"debe estar entre {definicion.minimo} y {definicion.maximo} {definicion.unidad}"
            raise Invalid.one(umbral, "POSTA-UMB-01", f"{remedio}, y se pidió {valor}")
        self._check_order(umbral, valor, valores)

    def _check_order(self, umbral: Umbral, valor: float, valores: Mapping[Umbral, int]) -> None:
        """Of folios: what is grave begins no sooner than the warning."""
        aviso, critico = Umbral.FOLIOS_DIAS_AVISO, Umbral.FOLIOS_DIAS_CRITICO
        todos = {**self._defectos, **valores, umbral: valor}
        if umbral in (aviso, critico) and todos[critico] > todos[aviso]:
            remedio = "cambie primero el otro" if umbral is aviso else "baje éste, o suba primero el del aviso"
            detalle = f"grave ({todos[critico]:g} días) no puede ser más que aviso ({todos[aviso]:g} días)"
            raise Invalid.one(umbral, "POSTA-UMB-02", f"{detalle}: {remedio}")


def read_defectos(settings: Settings) -> dict[Umbral, float]:
    """The thresholds of the settings, each in its unit."""
    found: dict[Umbral, float] = {}
    for umbral in Umbral:
        valor = getattr(settings, umbral)
        found[umbral] = valor / _LAPSOS[umbral.definicion.unidad] if isinstance(valor, timedelta) else valor
    return found


def apply_to_folios(umbrales: Umbrales, fijados: Mapping[Umbral, int]) -> Umbrales:
    """The thresholds of folios, with what an administrator has set."""
    return Umbrales(
        dias_aviso=fijados.get(Umbral.FOLIOS_DIAS_AVISO, umbrales.dias_aviso),
        dias_critico=fijados.get(Umbral.FOLIOS_DIAS_CRITICO, umbrales.dias_critico),
        minimo=fijados.get(Umbral.FOLIOS_MINIMO, umbrales.minimo),
    )


def apply_to_plazos(plazos: Plazos, fijados: Mapping[Umbral, int]) -> Plazos:
    """The margins of deadlines, with what an administrator has set."""
    return Plazos(
        boleta=plazos.boleta,
        aviso_boleta=apply_to_lapso(Umbral.PLAZO_BOLETA_AVISO, plazos.aviso_boleta, fijados),
        aviso_factura=apply_to_lapso(Umbral.PLAZO_FACTURA_AVISO, plazos.aviso_factura, fijados),
    )


def apply_to_lapso(umbral: Umbral, lapso: timedelta, fijados: Mapping[Umbral, int]) -> timedelta:
    """A duration, or the one that an administrator has set in its place."""
    valor = fijados.get(umbral)
    return lapso if valor is None else valor * _LAPSOS[umbral.definicion.unidad]
