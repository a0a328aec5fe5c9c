"""Administration of the master key: a new one for the old one, while everything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.adapters.keystore import Boveda
    from shared.adapters.mongo.auditoria import Registro
    from shared.adapters.mongo.secretos import Secretos


class LlaveAdmin:
    """Interrupted at any point and called again, each of these goes on: until the end, old and new key are there."""

    def __init__(self, boveda: Boveda, secretos: Secretos, registro: Registro) -> None:
        self._boveda = boveda
        self._secretos = secretos
        self._registro = registro

    async def rotate(self) -> int:
        """A new master key in its file, every secret encrypted with it, the old key gone; gives how many secrets.

        Misconfigured if the file cannot be written.
        """
        async with self._registro.act("llave.rotate", "llave maestra"):
            self._boveda.add_llave()
            replaced = await self._replace_all()
            self._boveda.drop_old()
        return replaced

    async def reencrypt(self) -> int:
        """Every secret encrypted with the first key of the file, which stays as it is; gives how many were not."""
        async with self._registro.act("llave.reencrypt", "llave maestra"):
            return await self._replace_all()

    async def _replace_all(self) -> int:
        total = 0
        while replaced := await self._secretos.replace(self._renew):  # what was stored meanwhile is found next time
            total += replaced
        return total

    def _renew(self, cifrado: bytes) -> bytes | None:
        datos = self._boveda.decrypt(cifrado)  # which also reads the keys again if these do not fit
        return None if self._boveda.is_current(cifrado) else self._boveda.encrypt(datos)
