"""What an operator may do with exchange copies: see those that wait, one of them, and send them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.correo import parse_direccion
from shared.errors import Invalid
from shared.messages import Intercambio

if TYPE_CHECKING:
    from shared.adapters.mongo import Intercambios
    from shared.adapters.mongo.auditoria import Registro
    from shared.adapters.mongo.intercambios import FiltroCopias

_LISTED = 1_000


class AdminCopias:
    """Invalid names what is wrong before anything has changed; what changes something is in the audit."""

    def __init__(self, intercambios: Intercambios, registro: Registro) -> None:
        self._intercambios = intercambios
        self._registro = registro

    async def group(self, filtro: FiltroCopias) -> list[tuple[str, str, int]]:
        """State, cause and how many."""
        return await self._intercambios.group(filtro)

    async def find(self, filtro: FiltroCopias) -> list[Intercambio]:
        """The copies that match, a thousand at most."""
        return await self._intercambios.find(filtro, _LISTED)

    async def show(self, id_: str) -> Intercambio:
        """One copy. Invalid if the document has none."""
        copia = await self._intercambios.get(id_)
        if copia is None:
            raise _invalid("id", "01", f"el documento «{id_}» no tiene copia: véalas con «posta intercambio list»")
        return copia

    async def replay(self, filtro: FiltroCopias, correo: str | None = None) -> int:
        """Send parked copies again, to another address if one is given, which is then of one document."""
        if correo is not None:
            if filtro.ids is None or len(filtro.ids) != 1:
                raise _invalid("correo", "02", "«--correo» es para una sola copia: nombre su documento")
            await self.show(next(iter(filtro.ids)))
            try:
                correo = parse_direccion(correo)
            except ValueError as error:
                raise _invalid("correo", "03", str(error)) from error
        detalle = {"causa": filtro.causa, "emisor": filtro.emisor, "otra_direccion": correo is not None}
        objeto = ", ".join(filtro.ids) if filtro.ids else "copias apartadas"
        async with self._registro.act("intercambio.replay", objeto, **detalle):
            return await self._intercambios.resend(filtro, correo)


def _invalid(ruta: str, numero: str, mensaje: str) -> Invalid:
    return Invalid.one(ruta, f"POSTA-INT-{numero}", mensaje)
