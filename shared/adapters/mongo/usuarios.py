"""`usuarios` and `tokens`: who may use the monitor. Passwords and tokens are hashed before they come here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from shared.adapters.mongo.client import Json, Mongo, translated
from shared.cuentas import Rol, TokenApi, Usuario


class Usuarios:
    """Accounts by name, tokens by id."""

    def __init__(self, mongo: Mongo) -> None:
        self._usuarios = mongo.database.usuarios
        self._tokens = mongo.database.tokens

    async def create_indexes(self) -> None:
        with translated():
            await self._tokens.create_index("hash", unique=True)

    async def add(self, usuario: Usuario) -> None:
        """Store a new account; Conflict if the name is taken."""
        with translated():
            await self._usuarios.insert_one({"_id": usuario.nombre, **usuario.model_dump(exclude={"nombre"})})

    async def get(self, nombre: str) -> Usuario | None:
        with translated():
            record = await self._usuarios.find_one({"_id": nombre})
        return _to_usuario(record) if record else None

    async def get_all(self, nombres: Collection[str]) -> dict[str, Usuario]:
        """Those of these accounts that there are, by name."""
        with translated():
            found = self._usuarios.find({"_id": {"$in": list(nombres)}})
            return {record["_id"]: _to_usuario(record) async for record in found}

    async def all(self) -> list[Usuario]:
        with translated():
            records = await self._usuarios.find({}, sort=[("_id", 1)]).to_list(None)
        return [_to_usuario(record) for record in records]

    async def any(self) -> bool:
        with translated():
            return await self._usuarios.find_one({}, {"_id": 1}) is not None

    async def set_hash(self, nombre: str, hash_: str, *, debe_cambiar: bool) -> bool:
        """A new password; every session ends. False if there is no such account."""
        return await self._change(nombre, {"hash": hash_, "debe_cambiar": debe_cambiar})

    async def rehash(self, usuario: Usuario, hash_: str) -> None:
        """The same password with other parameters, unless it was changed meanwhile."""
        with translated():
            await self._usuarios.update_one(
                {"_id": usuario.nombre, "version": usuario.version}, {"$set": {"hash": hash_}}
            )

    async def set_rol(self, nombre: str, rol: Rol) -> bool:
        return await self._change(nombre, {"rol": rol})

    async def set_activo(self, nombre: str, *, activo: bool) -> bool:
        return await self._change(nombre, {"activo": activo})

    async def end_sessions(self, nombre: str) -> bool:
        return await self._change(nombre, {})

    async def count_administradores(self) -> int:
        """Accounts that can still do everything."""
        with translated():
            return await self._usuarios.count_documents({"rol": Rol.ADMINISTRADOR, "activo": True})

    async def add_token(self, token: TokenApi) -> None:
        with translated():
            await self._tokens.insert_one({"_id": token.id, **token.model_dump(exclude={"id"})})

    async def find_tokens(self, hashes: Collection[str]) -> dict[str, TokenApi]:
        """The tokens with these hashes, by hash, whatever has become of them."""
        with translated():
            found = self._tokens.find({"hash": {"$in": list(hashes)}})
            return {record["hash"]: _to_token(record) async for record in found}

    async def note_use(self, id_: str, momento: datetime) -> None:
        with translated():
            await self._tokens.update_one({"_id": id_}, {"$set": {"usado": momento}})

    async def revoke_token(self, id_: str) -> bool:
        with translated():
            return (await self._tokens.update_one({"_id": id_}, {"$set": {"revocado": True}})).matched_count == 1

    async def list_tokens(self) -> list[TokenApi]:
        with translated():
            return [_to_token(r) for r in await self._tokens.find({}, sort=[("creado", 1)]).to_list(None)]

    async def _change(self, nombre: str, fields: Json) -> bool:
        update = {"$inc": {"version": 1}} | ({"$set": fields} if fields else {})
        with translated():
            return (await self._usuarios.update_one({"_id": nombre}, update)).matched_count == 1


def _to_usuario(record: Json) -> Usuario:
    return Usuario(**record, nombre=record["_id"])


def _to_token(record: Json) -> TokenApi:
    return TokenApi(**record, id=record["_id"])
