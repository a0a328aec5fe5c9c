"""`emisores` and `terminales`: who issues, and which tills speak for them. Secrets are stored encrypted or hashed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.adapters.mongo.client import Json, Mongo, translated
from shared.messages import EmisorGuardado, TerminalGuardado

if TYPE_CHECKING:
    from shared.dte.firma import Firmante

_BINARY = frozenset({"certificado", "certificado_password", "certificado_vence", "dtebox_llave"})
"""Not as JSON would have them."""


class Companies:
    """Companies by RUT, terminals by the hash of their key."""

    def __init__(self, mongo: Mongo) -> None:
        self._emisores = mongo.database.emisores
        self._terminales = mongo.database.terminales

    async def create_indexes(self) -> None:
        with translated():
            await self._terminales.create_index("hash", unique=True)

    async def save_emisor(self, emisor: EmisorGuardado) -> None:
        """Store what is given of a company (`model_fields_set`); what is stored of it besides stays as it is."""
        with translated():
            await self._emisores.update_one({"_id": emisor.rut}, {"$set": _to_record(emisor)}, upsert=True)

    async def add_emisor(self, emisor: EmisorGuardado) -> None:
        """Store a company that is not there yet; Conflict if it is."""
        with translated():
            await self._emisores.insert_one({"_id": emisor.rut, **_to_record(emisor)})

    async def set_certificado(self, rut: str, certificado: bytes, password: bytes, de: Firmante) -> None:
        """Replace the encrypted certificate of a company by this one, which is what `de` says."""
        update = {"certificado": certificado, "certificado_password": password}
        clear = {"certificado_vence": de.vence, "certificado_rut": de.rut, "certificado_titular": de.titular}
        with translated():
            await self._emisores.update_one({"_id": rut}, {"$set": update | clear})

    async def drop_certificado(self, rut: str) -> bool:
        """Forget the certificate of a company; False if it has none."""
        fields = ("certificado", "certificado_password", "certificado_vence", "certificado_rut", "certificado_titular")
        with translated():
            result = await self._emisores.update_one(
                {"_id": rut, "certificado": {"$type": "binData"}}, {"$unset": dict.fromkeys(fields, "")}
            )
        return result.matched_count == 1

    async def set_dtebox(self, rut: str, url: str, llave: bytes) -> None:
        """Replace address and encrypted key of a company's DTEBox."""
        with translated():
            await self._emisores.update_one({"_id": rut}, {"$set": {"dtebox_url": url, "dtebox_llave": llave}})

    async def get_emisor(self, rut: str) -> EmisorGuardado | None:
        with translated():
            record = await self._emisores.find_one({"_id": rut})
        return _to_emisor(record) if record else None

    async def list_emisores(self) -> list[EmisorGuardado]:
        with translated():
            return [_to_emisor(record) for record in await self._emisores.find({}, sort=[("_id", 1)]).to_list(None)]

    async def add_terminal(self, terminal: TerminalGuardado) -> None:
        """Store a new terminal; Conflict if its id is taken."""
        with translated():
            await self._terminales.insert_one({"_id": terminal.id, **terminal.model_dump(exclude={"id"})})

    async def find_terminal(self, hash_: str) -> TerminalGuardado | None:
        """The terminal whose key has this hash, unless it was revoked."""
        with translated():
            record = await self._terminales.find_one({"hash": hash_, "revocado": False})
        return TerminalGuardado(**record, id=record["_id"]) if record else None

    async def revoke_terminal(self, id_: str, emisor: str | None = None) -> bool:
        """Make a till's key worthless; False if there is none, or none of this company when one is named."""
        condition = {"_id": id_} | ({} if emisor is None else {"emisor": emisor})
        with translated():
            return (await self._terminales.update_one(condition, {"$set": {"revocado": True}})).matched_count == 1

    async def list_terminales(self, emisor: str | None = None) -> list[TerminalGuardado]:
        """All of them, or those of one company."""
        with translated():
            condition = {} if emisor is None else {"emisor": emisor}
            records = await self._terminales.find(condition, sort=[("_id", 1)]).to_list(None)
        return [TerminalGuardado(**record, id=record["_id"]) for record in records]


def _to_record(emisor: EmisorGuardado) -> Json:
    """What is given of it, without its RUT."""
    given = emisor.model_fields_set - {"rut"}
    return emisor.model_dump(mode="json", include=given - _BINARY) | emisor.model_dump(include=given & _BINARY)


def _to_emisor(record: Json) -> EmisorGuardado:
    return EmisorGuardado(**record, rut=record["_id"])
