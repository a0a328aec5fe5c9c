"""Pausing a channel or a company, and ending that, in the hands of one person: checked, with a reason, audited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.clock import Clock
from shared.dte.rut import parse_rut
from shared.dte.tipos import Canal
from shared.errors import Conflict, Invalid
from shared.messages import ClasePausa, Pausa

if TYPE_CHECKING:
    from shared.adapters.mongo import Companies, Pausas
    from shared.adapters.mongo.auditoria import Registro

MOTIVO_MAX = 200


class PausaAdmin:
    """Invalid names field and remedy; Conflict says who was first. Nothing has changed then."""

    def __init__(self, pausas: Pausas, companies: Companies, registro: Registro, clock: Clock) -> None:
        self._pausas = pausas
        self._companies = companies
        self._registro = registro
        self._clock = clock

    async def list(self) -> list[Pausa]:
        """The pauses in force, the oldest first."""
        return await self._pausas.all()

    async def list_emisores(self) -> dict[str, str]:
        """The companies that can be paused: RUT and name."""
        return {emisor.rut: str(emisor.datos["razon_social"]) for emisor in await self._companies.list_emisores()}

    async def pause(self, clase: ClasePausa, objeto: str) -> Pausa:
        """From now on nothing of this channel or company is uploaded; every sender knows within two seconds."""
        motivo = _check_motivo(self._registro.motivo)
        if not motivo:
            raise Invalid.one("motivo", "POSTA-PAU-01", "diga por qué: quien encuentre la pausa tiene que saberlo")
        pausa = Pausa(
            clase=clase,
            objeto=await self._find(clase, objeto),
            motivo=motivo,
            quien=self._registro.quien,
            desde=self._clock(),
        )
        before = await self._pausas.get(clase, pausa.objeto)
        if before is not None:
            raise Conflict(f"{pausa.nombre} ya está en pausa: la puso {before.quien}, por «{before.motivo}»")
        async with self._registro.act("pausa.poner", pausa.id):
            await self._add(pausa)
        return pausa

    async def resume(self, clase: ClasePausa, objeto: str) -> Pausa:
        """End a pause; gives what it was. What has gathered goes out by itself."""
        _check_motivo(self._registro.motivo)
        pausa = await self._pausas.get(clase, _normalize(clase, objeto))
        if pausa is None:
            raise Invalid.one(clase, "POSTA-PAU-03", f"«{objeto}» no está en pausa: vea cuáles con «posta pausa list»")
        async with self._registro.act("pausa.quitar", pausa.id, desde=f"{pausa.desde:%Y-%m-%dT%H:%M:%SZ}"):
            if not await self._pausas.remove(clase, pausa.objeto):
                raise Conflict(f"{pausa.nombre} ya no está en pausa: otro la quitó recién")
        return pausa

    async def _add(self, pausa: Pausa) -> None:
        try:
            await self._pausas.add(pausa)
        except Conflict as error:
            raise Conflict(f"{pausa.nombre} ya está en pausa: otro la puso recién") from error

    async def _find(self, clase: ClasePausa, objeto: str) -> str:
        conocido = _normalize(clase, objeto)
        if clase is ClasePausa.EMISOR and await self._companies.get_emisor(conocido) is None:
            remedio = "vea las empresas con «posta emisor list»"
            raise Invalid.one("emisor", "POSTA-PAU-02", f"no hay una empresa {conocido}: {remedio}")
        return conocido


def _normalize(clase: ClasePausa, objeto: str) -> str:
    """A channel's word, or a RUT as it is stored. Invalid if it is neither."""
    match clase:
        case ClasePausa.EMISOR:
            try:
                return parse_rut(objeto)
            except ValueError as error:
                raise Invalid.one("emisor", "POSTA-PAU-02", str(error)) from error
        case ClasePausa.CANAL if objeto in tuple(Canal):
            return objeto
        case _:
            conocidos = ", ".join(Canal)
            raise Invalid.one("canal", "POSTA-PAU-02", f"no hay un canal «{objeto}»: los que hay son {conocidos}")


def _check_motivo(motivo: str) -> str:
    """The reason without needless space; empty if none was given."""
    texto = " ".join(motivo.split())
    if len(texto) > MOTIVO_MAX:
        raise Invalid.one("motivo", "POSTA-PAU-01", f"resúmalo en {MOTIVO_MAX} caracteres: tiene {len(texto)}")
    return texto
