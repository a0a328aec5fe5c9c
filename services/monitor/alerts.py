"""Alerts: looks at what is wrong, keeps it on record, and tells it: once, again while it lasts, and when it is over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from services.monitor.destinos import read_destinos
from services.monitor.pausas import companies_of
from services.monitor.provisiones import build_provisiones, find_por_vencer
from services.monitor.sintomas import Lectura, find_sintomas
from shared.administracion.umbrales import apply_to_folios, apply_to_lapso
from shared.clock import Clock, chile
from shared.dte.existencias import Umbrales, compute_existencias
from shared.errors import Invalid
from shared.log import get_logger
from shared.messages import Alerta, AlertaVigente, Aviso, ClaseAlerta, EstadoAviso, Gravedad, Motivo
from shared.messages.umbral import Umbral
from shared.settings import Settings

if TYPE_CHECKING:
    from services.monitor.app import Monitor
    from shared.adapters.mongo import Store
    from shared.adapters.mongo.auditoria import Registro

log = get_logger("posta.monitor")

_RECHAZOS = "rechazos"
_OBJETO_MAX = 500
"""Characters of the ids that the audit keeps."""
_DIA = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reglas:
    """When somebody is told."""

    umbrales: Umbrales
    """Of folios."""
    dias_vencimiento: int
    """Days before the end of a CAF or a certificate."""
    resumen: timedelta
    """Rejections of so long a time are told together."""
    recordatorio: timedelta
    """What lasts is told again after this."""
    destinos: tuple[str, ...]
    """`webhook`, `correo:DIRECCIÓN`; without any, alerts are shown and sent to nobody."""


def build_reglas(settings: Settings) -> Reglas:
    """The rules of this installation. Misconfigured names the setting that is wrong."""
    return Reglas(
        umbrales=Umbrales(settings.folios_dias_aviso, settings.folios_dias_critico, settings.folios_minimo),
        dias_vencimiento=settings.alertas_dias_vencimiento,
        resumen=settings.alertas_resumen,
        recordatorio=settings.alertas_recordatorio,
        destinos=read_destinos(settings),
    )


def with_umbrales(reglas: Reglas, fijados: Mapping[Umbral, int]) -> Reglas:
    """The rules with what an administrator has set."""
    return Reglas(
        umbrales=apply_to_folios(reglas.umbrales, fijados),
        dias_vencimiento=fijados.get(Umbral.DIAS_VENCIMIENTO, reglas.dias_vencimiento),
        resumen=apply_to_lapso(Umbral.RESUMEN, reglas.resumen, fijados),
        recordatorio=apply_to_lapso(Umbral.RECORDATORIO, reglas.recordatorio, fijados),
        destinos=reglas.destinos,
    )


class Alerts:
    """One of each monitor. Several look at the same, and what they tell is told once."""

    def __init__(self, store: Store, monitor: Monitor, reglas: Reglas, clock: Clock) -> None:
        self._store = store
        self._monitor = monitor
        self._defecto = self._reglas = reglas
        self._clock = clock

    async def review(self) -> bool:
        """One look; gives False, for there is no more to do until the next. Unavailable when MongoDB is away."""
        if not self._monitor.ready:
            return False
        self._reglas = with_umbrales(self._defecto, await self._store.umbrales.valores())
        lectura = await self._read()
        alertas = find_sintomas(lectura)
        vigentes = await self._store.alertas.note(alertas)
        wrong = {alerta.clave for alerta in alertas}
        for vigente in vigentes:
            if vigente.clave not in wrong:
                await self._end(vigente)
            elif motivo := self._due(vigente):
                avisos = self._avisos(vigente, motivo)
                if await self._store.alertas.tell(vigente, avisos, lectura.ahora):
                    log.warning("alerta", clave=vigente.clave, gravedad=vigente.gravedad, motivo=motivo)
        return False

    @property
    def destinos(self) -> tuple[str, ...]:
        """Where tellings go."""
        return self._reglas.destinos

    async def list_vigentes(self) -> list[AlertaVigente]:
        """What is wrong now, the oldest first."""
        return await self._store.alertas.vigentes()

    async def list_resueltas(self, limite: int = 50) -> list[AlertaVigente]:
        """What is over, the last first."""
        return await self._store.alertas.resueltas(limite)

    async def list_avisos(self, estado: EstadoAviso | None = None, limite: int = 50) -> list[Aviso]:
        """What was told, the newest first; `estado` APARTADO for what could not be delivered."""
        return await self._store.alertas.latest(estado, limite)

    async def replay(self, ids: Collection[str] | None, registro: Registro) -> int:
        """Send again what could not be delivered: these, or all of it; gives how many."""
        async with registro.act("alertas.replay", "todos" if ids is None else ", ".join(sorted(ids))[:_OBJETO_MAX]):
            return await self._store.alertas.replay(ids)

    async def test(self, registro: Registro) -> list[Aviso]:
        """Put a telling of nothing in the way out to each destination; gives them. Invalid if there is none."""
        if not self._reglas.destinos:
            remedio = "ponga POSTA_ALERTAS_WEBHOOK_URL o POSTA_ALERTAS_CORREO"
            raise Invalid.one("destinos", "POSTA-MON-05", f"las alertas no tienen adónde ir: {remedio}")
        alerta = Alerta(
            clave=f"prueba:{uuid4().hex[:10]}",
            clase=ClaseAlerta.PRUEBA,
            gravedad=Gravedad.AVISO,
            titulo="Prueba de alertas",
            detalle=f"Pedida a las {chile(self._clock()):%H:%M:%S}. No pasa nada malo.",
            remedio="Si la recibió, las alertas llegan.",
        )
        avisos = self._avisos(AlertaVigente(**alerta.model_dump(), desde=self._clock()), Motivo.PRUEBA)
        async with registro.act("alertas.prueba", ", ".join(self._reglas.destinos)):
            await self._store.alertas.put(avisos)
        return avisos

    async def _end(self, vigente: AlertaVigente) -> None:
        """What was told is taken back; rejections stay what they are, and on the screen until the next digest."""
        if vigente.clase is ClaseAlerta.RECHAZOS:
            if not self._digest_is_due(vigente):
                return
        elif vigente.avisos:
            await self._store.alertas.put(self._avisos(vigente, Motivo.RESUELTA))
        if await self._store.alertas.resolve(vigente.clave):
            log.info("alerta_resuelta", clave=vigente.clave)

    def _due(self, vigente: AlertaVigente) -> Motivo | None:
        """Why this has to be told now, if it has."""
        ahora = self._clock()
        if vigente.clase is ClaseAlerta.RECHAZOS:
            return Motivo.NUEVA if self._digest_is_due(vigente) else None
        if vigente.avisada is None:
            return Motivo.NUEVA if ahora - vigente.desde >= vigente.clase.paciencia else None
        return Motivo.SIGUE if ahora - vigente.avisada >= self._reglas.recordatorio else None

    def _digest_is_due(self, rechazos: AlertaVigente) -> bool:
        return rechazos.contada is None or self._clock() - rechazos.contada >= self._reglas.resumen

    def _avisos(self, vigente: AlertaVigente, motivo: Motivo) -> list[Aviso]:
        """One for each destination. Their names follow from what is told, so that it is told once."""
        ahora = self._clock()
        alerta = Alerta(**vigente.model_dump(include=set(Alerta.model_fields)))
        veces = f"{vigente.desde:%Y%m%dT%H%M%S}.{vigente.avisos}.{motivo}"
        return [
            Aviso(
                id=f"{vigente.clave}/{veces}/{destino}",
                destino=destino,
                motivo=motivo,
                alerta=alerta,
                creado=ahora,
                proximo=ahora,
            )
            for destino in self._reglas.destinos
        ]

    async def _read(self) -> Lectura:
        ahora, reglas, panel = self._clock(), self._reglas, self._monitor.panel()
        paused = list(companies_of(panel.pausas))
        cuentas = await self._store.folios.count()
        emisores = await self._store.companies.list_emisores()
        certificados = {emisor.rut: emisor.certificado_vence for emisor in emisores}
        provisiones = build_provisiones(cuentas, certificados, reglas.umbrales, reglas.dias_vencimiento, ahora)
        self._monitor.note_provisiones(provisiones)
        hasta = ahora + timedelta(days=reglas.dias_vencimiento)
        since = await self._store.alertas.last_told(_RECHAZOS) or ahora - _DIA
        return Lectura(
            ahora=ahora,
            panel=panel,
            existencias=compute_existencias(cuentas, reglas.umbrales, ahora),
            cafs=find_por_vencer(cuentas, chile(hasta).date()),
            certificados={rut: vence for rut, vence in certificados.items() if vence is not None and vence <= hasta},
            plazos=await self._store.plazos.count(),
            plazos_en_pausa=await self._store.plazos.count(paused) if paused else {},
            desconocidos=await self._store.envios.count_desconocidos(),
            rechazos=await self._store.alertas.count_rejected(since),
        )
