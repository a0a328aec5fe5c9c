"""Administration of folios: CAFs come in here. All is checked before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from services.emitter.admin import find_emisor, invalid
from shared.clock import Clock, chile
from shared.dte.caf import Caf, parse_caf, verify_caf
from shared.dte.existencias import Destino

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from shared.adapters.keystore import Boveda
    from shared.adapters.mongo import Companies, Folios
    from shared.adapters.mongo.auditoria import Registro
    from shared.adapters.mongo.folio_records import CafGuardado


class CafAdmin:
    """What an operator may do with folios. Every method raises Invalid before it has changed anything."""

    def __init__(
        self,
        companies: Companies,
        folios: Folios,
        registro: Registro,
        *,
        boveda: Boveda,
        llaves: Mapping[int, RSAPublicKey],
        clock: Clock,
    ) -> None:
        """`llaves`: the authority's keys by IDK that count in this environment."""
        self._companies = companies
        self._folios = folios
        self._registro = registro
        self._boveda = boveda
        self._llaves = llaves
        self._clock = clock

    async def import_caf(self, archivo: bytes) -> Caf:
        """Make the folios of a CAF file available to its company.

        Invalid if the file is damaged, is not signed by the authority of this environment, has expired, or its
        company is not known here; Conflict if some of its folios are there already.
        """
        caf = parse_caf(archivo).caf
        verify_caf(caf, self._llaves)
        await find_emisor(self._companies, caf.emisor)
        if caf.vence is not None and caf.vence < chile(self._clock()).date():
            raise invalid("FA", "03", f"el CAF venció el {caf.vence}: pida folios nuevos en el sitio del SII")
        async with self._registro.act("caf.import", f"{caf.emisor}-{caf.tipo:d}-{caf.desde}-{caf.hasta}"):
            await self._folios.add(
                Destino(caf.emisor, caf.tipo),
                desde=caf.desde,
                hasta=caf.hasta,
                fecha=caf.fecha,
                vence=caf.vence,
                archivo=self._boveda.encrypt(archivo),
            )
        return caf

    async def list_cafs(self) -> list[CafGuardado]:
        return await self._folios.list()
