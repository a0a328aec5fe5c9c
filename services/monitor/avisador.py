"""Hands alerts in where they are wanted: by signed webhook and by mail, again until they are taken, or given up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

from services.monitor.destinos import CORREO
from shared.adapters.webhook import Despues, Negado, Tomado
from shared.backoff import paso_for
from shared.clock import Clock, chile
from shared.correo import Entregado, Incierto, Mensaje, NoAhora, Rechazado, ServidorCorreo
from shared.log import get_logger
from shared.messages import Aviso, Gravedad, Motivo

if TYPE_CHECKING:
    from shared.adapters.mongo import Store
    from shared.adapters.smtp import Smtp
from shared.adapters.webhook import Webhook

log = get_logger("posta.monitor")

MAX_INTENTOS = 12
"""Half a day of the ladder's last step: whoever receives alerts may be down for a night."""
_LEASE = timedelta(minutes=2)
"""Longer than any attempt takes; a telling whose process died goes again after it, under the same id."""
MOTIVOS: Mapping[Motivo, str] = {
    Motivo.NUEVA: "Alerta",
    Motivo.SIGUE: "Sigue",
    Motivo.RESUELTA: "Resuelta",
    Motivo.PRUEBA: "Prueba",
}


@dataclass(frozen=True, slots=True)
class Correo:
    """The mail that alerts go by."""

    smtp: Smtp
    servidor: ServidorCorreo
    remitente: str


class Avisador:
    """One process's hand in all tellings that wait."""

    def __init__(self, store: Store, clock: Clock, webhook: Webhook | None, correo: Correo) -> None:
        self._store = store
        self._clock = clock
        self._webhook = webhook
        self._correo = correo

    async def step(self) -> bool:
        """Deliver one telling whose time has come; True if there may be more."""
        aviso = await self._store.alertas.take_due(_LEASE)
        if aviso is None:
            return False
        resultado = await self._hand_in(aviso)
        match resultado:
            case Tomado() | Entregado():
                await self._store.alertas.mark_entregado(aviso)
            case Despues(texto=texto) | NoAhora(texto=texto) | Incierto(texto=texto):
                await self._fail(aviso, texto, last=aviso.intentos + 1 >= MAX_INTENTOS)
            case Negado(texto=texto) | Rechazado(texto=texto):
                await self._fail(aviso, texto, last=True)
            case _:
                assert_never(resultado)
        return True

    async def close(self) -> None:
        if self._webhook is not None:
            await self._webhook.close()

    async def _hand_in(self, aviso: Aviso) -> Tomado | Despues | Negado | Entregado | NoAhora | Rechazado | Incierto:
        if aviso.destino.startswith(CORREO):
            mensaje = build_mensaje(aviso, self._correo.remitente)
            return await self._correo.smtp.send(self._correo.servidor, mensaje)
        if self._webhook is None:
            return Negado("no hay POSTA_ALERTAS_WEBHOOK_URL")
        return await self._webhook.post(aviso.id, self._clock(), build_cuerpo(aviso))

    async def _fail(self, aviso: Aviso, texto: str, *, last: bool) -> None:
        proximo = None if last else self._clock() + paso_for(aviso.intentos + 1).espera
        await self._store.alertas.mark_fallido(aviso, texto, proximo)
        log.warning("aviso_apartado" if last else "aviso_fallido", aviso=aviso.id, intento=aviso.intentos + 1)


def build_cuerpo(aviso: Aviso) -> bytes:
    """What is posted: `{type, timestamp, data}`, as Standard Webhooks asks for."""
    alerta = aviso.alerta.model_dump(mode="json")
    cuerpo = {"type": f"posta.alerta.{aviso.motivo}", "timestamp": aviso.creado.isoformat(), "data": alerta}
    return json.dumps(cuerpo, ensure_ascii=False, separators=(",", ":")).encode()


def build_mensaje(aviso: Aviso, remitente: str) -> Mensaje:
    """What is mailed. The subject says all that a telephone shows of it."""
    alerta = aviso.alerta
    marca = "GRAVE · " if alerta.gravedad is Gravedad.GRAVE and aviso.motivo is not Motivo.RESUELTA else ""
    texto = (
        f"{MOTIVOS[aviso.motivo]}: {alerta.titulo}\n\n{alerta.detalle}\n\nQué hacer: {alerta.remedio}\n\n"
        f"Posta, {chile(aviso.creado):%d-%m-%Y %H:%M:%S} (hora de Chile). Véalo en el monitor: {alerta.enlace}\n"
    )
    return Mensaje(
        id=f"{hashlib.sha256(aviso.id.encode()).hexdigest()[:32]}@{remitente.partition('@')[2]}",
        fecha=aviso.creado,
        remitente=remitente,
        nombre="Posta",
        destino=aviso.destino.removeprefix(CORREO),
        asunto=f"[Posta] {marca}{MOTIVOS[aviso.motivo]}: {alerta.titulo}",
        texto=texto,
    )
