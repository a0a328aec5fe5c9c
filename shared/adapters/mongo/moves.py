"""Every legal change of a document's state, one function each.

Each is a conditional update on the old state (and on the envelope that the caller believes the document is in), and
writes the history row and the outbox entry in the same breath: a change that nobody hears of, or news of a change that
was not made, cannot be. Each gives the number of documents moved; a smaller number than asked for means that somebody
else moved first, and is never an error by itself.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from shared.adapters.mongo.client import Json, Mongo, translated
from shared.adapters.mongo.documents import new_event, to_dte
from shared.clock import Clock
from shared.dte.estado import Estado, sources
from shared.dte.tipos import Prioridad
from shared.messages import ClaseEvento, DteConXml, ErrorEnvio


class Moves:
    """The state machine of `shared.dte.estado` in the database."""

    def __init__(self, mongo: Mongo, clock: Clock) -> None:
        self._dtes = mongo.database.dtes
        self._clock = clock

    async def claim(self, ids: Collection[str], envio: str, grupo: str | None = None) -> list[DteConXml]:
        """generado, pendiente → enviando: documents enter envelope `envio`; gives those that were to be sent now.

        Not those that wait for a later time, that are parked for a person, or that belong to another half than `grupo`.
        """
        due = [{"estado": Estado.GENERADO}, {"estado": Estado.PENDIENTE, "proximo_intento": {"$lte": self._clock()}}]
        condition = {"_id": {"$in": list(ids)}, "grupo": grupo, "$or": due}
        await self._move(condition, Estado.ENVIANDO, {"envio": envio}, unset=("proximo_intento", "pausado"))
        with translated():
            records = await self._dtes.find({"envio": envio, "estado": Estado.ENVIANDO}).to_list(None)
        return [to_dte(record) for record in records]

    async def mark_enviado(self, envio: str, ids: Collection[str], *, track_id: str | None) -> int:
        """enviando, incierto → enviado: the SII has it. No track id when only the folio could be asked for."""
        return await self._move_in(
            envio, ids, Estado.ENVIADO, {"track_id": track_id}, unset=("error_envio", "grupo"), intento=True
        )

    async def mark_incierto(self, envio: str, ids: Collection[str], error: ErrorEnvio) -> int:
        """enviando → incierto: bytes left and no answer came."""
        return await self._move_in(envio, ids, Estado.INCIERTO, {}, error=error)

    async def mark_pendiente(
        self,
        envio: str,
        ids: Collection[str],
        *,
        desde: Estado,
        proximo_intento: datetime | None,
        error: ErrorEnvio,
        intento: bool,
        grupo: str | None = None,
        reenvio: bool = False,
    ) -> int:
        """enviando, incierto, enviado → pendiente: sent again at `proximo_intento`, or parked for a person when None.

        `desde` is the state that the caller's knowledge is about: that an upload took nothing says nothing about a
        document that somebody else has found at the SII meanwhile. `intento` says whether this counts as a real
        attempt; `grupo` names the half of a refused envelope; `reenvio` puts the work into the outbox, for callers
        that hold no message to send through a wait queue.
        """
        return await self._move_in(
            envio,
            ids,
            Estado.PENDIENTE,
            {"proximo_intento": proximo_intento, "grupo": grupo},
            error=error,
            intento=intento,
            reenvio=reenvio,
            desde=(desde,),
        )

    async def park_waiting(self, id_: str, error: ErrorEnvio) -> int:
        """generado → pendiente, parked: a note that was held for a document which the SII has rejected."""
        held = {"_id": id_, "espera_a": {"$exists": True}}
        unset, desde = ("espera_a", "enviar_desde"), (Estado.GENERADO,)
        return await self._move(
            held, Estado.PENDIENTE, {"proximo_intento": None}, unset=unset, error=error, desde=desde
        )

    async def mark_rechazado(self, envio: str, ids: Collection[str], error: ErrorEnvio, *, desde: Estado) -> int:
        """enviando, enviado → rechazado: the SII will never take these bytes. `desde` as for pendiente."""
        return await self._move_in(envio, ids, Estado.RECHAZADO, {}, error=error, desde=(desde,))

    async def mark_aceptado(self, envio: str, ids: Collection[str]) -> int:
        """enviado → aceptado."""
        return await self._move_in(envio, ids, Estado.ACEPTADO, {})

    async def mark_reparo(self, envio: str, ids: Collection[str], error: ErrorEnvio) -> int:
        """enviado → reparo: accepted, with the objection in `error`."""
        return await self._move_in(envio, ids, Estado.REPARO, {}, error=error)

    async def adopt_track_id(self, envio: str, track_id: str) -> int:
        """Documents in `enviado` are asked about under another track id from now on: their file was sent again."""
        condition = {"envio": envio, "estado": Estado.ENVIADO}
        with translated():
            return (await self._dtes.update_many(condition, {"$set": {"track_id": track_id}})).modified_count

    async def requeue(self, ids: Collection[str]) -> int:
        """Put documents that wait (pendiente) or were never taken (generado) to work again now, through the outbox."""
        momento = self._clock()
        condition = {"_id": {"$in": list(ids)}, "estado": {"$in": list(sources(Estado.ENVIANDO))}}
        changed = {"proximo_intento": momento, "cambiado": momento, "historia": _with_return(momento)}
        update = [{"$set": {**changed, "salida": appended_reenvio(momento)}}]
        with translated():
            return (await self._dtes.update_many(condition, update)).modified_count

    async def resend(self, ids: Collection[str], operacion: str) -> set[str]:
        """Put parked documents to work again, each once for an operation; gives those that it has sent, now or before.

        The error is past from now on; the history keeps it. A person has acted, so the ladder of attempts begins anew.
        """
        momento = self._clock()
        parked = {"_id": {"$in": list(ids)}, "estado": Estado.PENDIENTE, "proximo_intento": None}
        row = {"estado": Estado.PENDIENTE, "momento": momento, "operacion": operacion}
        changed = {
            "proximo_intento": momento,
            "cambiado": momento,
            "intentos_previos": "$intentos",
            "historia": {"$concatArrays": ["$historia", [row]]},
            "salida": appended_reenvio(momento),
        }
        update: list[Json] = [{"$set": changed}, {"$unset": "error_envio"}]
        with translated():
            await self._dtes.update_many({**parked, "historia.operacion": {"$ne": operacion}}, update)
            sent = self._dtes.find({"_id": {"$in": list(ids)}, "historia.operacion": operacion}, {"_id": 1})
            return {record["_id"] async for record in sent}

    async def raise_prioridad(self, ids: Collection[str]) -> int:
        """Documents that wait, but not for a person, are urgent from now on; their work is published again, for now."""
        momento = self._clock()
        waits = [{"estado": Estado.GENERADO}, {"estado": Estado.PENDIENTE, "proximo_intento": {"$ne": None}}]
        condition: Json = {"_id": {"$in": list(ids)}, "prioridad": Prioridad.NORMAL, "$or": waits}
        changed = {"prioridad": Prioridad.ALTA, "proximo_intento": momento, "cambiado": momento}
        update = [{"$set": {**changed, "salida": appended_reenvio(momento)}}]
        with translated():
            return (await self._dtes.update_many(condition, update)).modified_count

    async def _move_in(
        self,
        envio: str,
        ids: Collection[str],
        destino: Estado,
        fields: Json,
        *,
        unset: Collection[str] = (),
        error: ErrorEnvio | None = None,
        intento: bool = False,
        reenvio: bool = False,
        desde: Collection[Estado] = tuple(Estado),
    ) -> int:
        condition = {"_id": {"$in": list(ids)}, "envio": envio}
        return await self._move(
            condition,
            destino,
            {"envio": envio, **fields},
            unset=unset,
            error=error,
            intento=intento,
            reenvio=reenvio,
            desde=desde,
        )

    async def _move(
        self,
        condition: Json,
        destino: Estado,
        fields: Json,
        *,
        unset: Collection[str] = (),
        error: ErrorEnvio | None = None,
        intento: bool = False,
        reenvio: bool = False,
        desde: Collection[Estado] = tuple(Estado),
    ) -> int:
        """The conditional update itself: state, history and outbox together, or nothing."""
        momento = self._clock()
        row = {"estado": destino, "momento": momento} | {
            name: fields[name] for name in ("envio", "track_id") if fields.get(name)
        }
        eventos = [new_event(ClaseEvento.ESTADO, destino, momento)]
        if reenvio:
            eventos.append(new_event(ClaseEvento.REENVIO, destino, momento))
        changed = {"estado": destino, "cambiado": momento, **fields}
        if "proximo_intento" in fields and fields["proximo_intento"] is None:
            row["apartado"] = True
        if error is not None:
            row["error"] = changed["error_envio"] = error.model_dump()
        update: Json = {"$set": changed, "$push": {"historia": row, "salida": {"$each": eventos}}}
        if unset:
            update["$unset"] = dict.fromkeys(unset, "")
        if intento:
            update["$inc"] = {"intentos": 1}
        with translated():
            estados = sources(destino).intersection(desde)
            moved = await self._dtes.update_many({"$and": [condition, {"estado": {"$in": list(estados)}}]}, update)
        return moved.modified_count


def _with_return(momento: datetime) -> Json:
    """The history, and that a document which was parked is not parked any more."""
    parked = {"$and": [{"$eq": ["$estado", Estado.PENDIENTE]}, {"$eq": ["$proximo_intento", None]}]}
    row = {"estado": "$estado", "momento": momento}
    return {"$cond": [parked, {"$concatArrays": ["$historia", [row]]}, "$historia"]}


def appended_reenvio(momento: datetime) -> Json:
    """An outbox with one more piece of work, whether or not the record has an outbox at the moment."""
    evento = {**new_event(ClaseEvento.REENVIO, Estado.PENDIENTE, momento), "estado": "$estado"}
    return {"$concatArrays": [{"$ifNull": ["$salida", []]}, [evento]]}
