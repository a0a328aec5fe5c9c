"""Administration of folios: CAFs come in here, are kept for stores and tills, and lose folios that must not be issued.

All is checked before anything is stored, and on record in the audit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from shared.administracion.admin import falla, find_emisor, invalid
from shared.administracion.huecos import Huecos, Revision
from shared.clock import Clock, chile
from shared.dte.caf import Caf, parse_caf, verify_caf
from shared.dte.existencias import Destino, Existencia, compute_existencias
from shared.dte.rut import parse_rut
from shared.dte.tipos import TipoDte
from shared.errors import Falla, Invalid

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from shared.adapters.keystore import Boveda
    from shared.adapters.mongo import Companies, Folios, Usados
    from shared.adapters.mongo.auditoria import Registro
    from shared.adapters.mongo.folio_records import CafGuardado
    from shared.administracion.umbrales import ReadUmbrales

_RANGO = re.compile(r"([0-9.]+-[0-9kK])-(\d{2,3})(?:-(\d{1,10}))?")
_MOTIVO_MAX = 200


class CafAdmin:
    """What an operator may do with folios. Every method raises Invalid or Conflict before it has changed anything."""

    def __init__(
        self,
        companies: Companies,
        folios: Folios,
        usados: Usados,
        registro: Registro,
        *,
        boveda: Boveda,
        llaves: Mapping[int, RSAPublicKey],
        umbrales: ReadUmbrales,
        clock: Clock,
    ) -> None:
        """`llaves`: the authority's keys by IDK that count in this environment."""
        self._companies = companies
        self._folios = folios
        self._huecos = Huecos(folios, usados)
        self._registro = registro
        self._boveda = boveda
        self._llaves = llaves
        self._umbrales = umbrales
        self._clock = clock

    async def import_caf(
        self, archivo: bytes, *, emisor: str | None = None, tienda: str | None = None, terminal: str | None = None
    ) -> CafGuardado:
        """Make the folios of a CAF file available to its company, or to one store or till of it.

        Invalid, with every reason at once, if the file is damaged, is not signed by the authority of this environment,
        has expired, is not of `emisor` (when that is given), or its company, store or till is not known here; Conflict
        if some of its folios are there already.
        """
        caf = parse_caf(archivo).caf
        destino = Destino(caf.emisor, caf.tipo, tienda, terminal)
        fallas = [*_check_firma(caf, self._llaves), *_check_emisor(caf, emisor), *self._check_vence(caf)]
        try:
            await find_emisor(self._companies, caf.emisor)
            destino = await self._find_destino(caf.emisor, caf.tipo, tienda, terminal)
        except Invalid as error:
            fallas += error.fallas
        if fallas:
            raise Invalid(*fallas)
        rango = f"{caf.emisor}-{caf.tipo:d}-{caf.desde}"
        kept = {"tienda": destino.tienda, "terminal": destino.terminal}
        async with self._registro.act("caf.import", rango, hasta=caf.hasta, **kept):
            return await self._folios.add(
                destino,
                desde=caf.desde,
                hasta=caf.hasta,
                fecha=caf.fecha,
                vence=caf.vence,
                archivo=self._boveda.encrypt(archivo),
            )

    async def assign(self, rango: str, *, tienda: str | None = None, terminal: str | None = None) -> CafGuardado:
        """Keep what is left of a range for a store or a till, or for nobody if none is named; gives it as it is then.

        In running emitters within seconds. What was reserved before is not called back.
        """
        caf = await self._find_rango(rango)
        destino = await self._find_destino(caf.emisor, caf.tipo, tienda, terminal)
        async with self._registro.act("caf.assign", caf.id, tienda=destino.tienda, terminal=destino.terminal):
            return await self._folios.assign(caf.id, destino)

    async def void(self, rango: str, desde: int, hasta: int, motivo: str) -> CafGuardado:
        """See to it that these folios of a range are never issued; gives the range as it was before.

        Only folios that no document has and no emitter has reserved: Conflict, with nothing changed, otherwise.
        """
        emisor, tipo, _ = _read_rango(rango)
        if not 1 <= desde <= hasta:
            raise invalid("folio", "24", f"«{desde}-{hasta}» no es un tramo de folios: escriba el menor primero")
        if not 0 < len(motivo.strip()) <= _MOTIVO_MAX:
            raise invalid("motivo", "25", f"diga en «motivo» por qué, en 1 a {_MOTIVO_MAX} caracteres")
        async with self._registro.act("caf.void", rango, desde=desde, hasta=hasta):
            return await self._huecos.void(emisor, tipo, desde, hasta, motivo.strip())

    async def review(self) -> list[Revision]:
        """What became of every folio of every range."""
        return await self._huecos.review(chile(self._clock()).date())

    async def list_cafs(self) -> list[CafGuardado]:
        return await self._folios.list()

    async def list_existencias(self) -> list[Existencia]:
        """What each destination has left, and for how long."""
        return compute_existencias(await self._folios.count(), await self._umbrales(), self._clock())

    async def list_stranded(self) -> list[CafGuardado]:
        """Ranges with folios that nobody can use any more: those of a till whose key was revoked."""
        revoked = {till.id for till in await self._companies.list_terminales() if till.revocado}
        return [caf for caf in await self._folios.list() if caf.destino.terminal in revoked and caf.disponibles]

    def _check_vence(self, caf: Caf) -> Iterator[Falla]:
        if caf.vence is not None and caf.vence < chile(self._clock()).date():
            yield falla("FA", "03", f"el CAF venció el {caf.vence}: pida folios nuevos en el sitio del SII")

    async def _find_rango(self, rango: str) -> CafGuardado:
        emisor, tipo, desde = _read_rango(rango)
        caf = await self._folios.find(emisor, tipo, desde)
        if caf is None or caf.desde != desde:
            raise invalid("rango", "21", f"no hay un rango «{rango}»: véalos con «posta caf list»")
        return caf

    async def _find_destino(self, emisor: str, tipo: TipoDte, tienda: str | None, terminal: str | None) -> Destino:
        """Only stores and tills that exist: folios kept for a name that is mistyped would never be used."""
        tills = [till for till in await self._companies.list_terminales(emisor) if not till.revocado]
        if terminal is not None:
            found = next((till for till in tills if till.id == terminal), None)
            if found is None or tienda not in {None, found.tienda}:
                raise invalid(
                    "terminal",
                    "22",
                    f"{emisor} no tiene ahí un terminal «{terminal}»: véalos con «posta terminal list»",
                )
            return Destino(emisor, tipo, found.tienda, found.id)
        if tienda is not None and tienda not in {till.tienda for till in tills}:
            raise invalid(
                "tienda",
                "23",
                f"ningún terminal de {emisor} es de la tienda «{tienda}»: créelo antes con «posta terminal create»",
            )
        return Destino(emisor, tipo, tienda)


def _check_firma(caf: Caf, llaves: Mapping[int, RSAPublicKey]) -> Sequence[Falla]:
    try:
        verify_caf(caf, llaves)
    except Invalid as error:
        return error.fallas
    return ()


def _check_emisor(caf: Caf, emisor: str | None) -> Iterator[Falla]:
    if emisor is not None and caf.emisor != emisor:
        yield falla("RE", "28", f"el CAF es de {caf.emisor} y aquí se importan los de {emisor}: llévelo a su empresa")


def _read_rango(rango: str) -> tuple[str, TipoDte, int]:
    """Company, type and first folio (0 if it is not said) of `RUT-TIPO[-DESDE]`; Invalid if it is something else."""
    found = _RANGO.fullmatch(rango.strip())
    if found is None:
        raise _not_a_rango(rango)
    try:
        return parse_rut(found[1]), TipoDte(int(found[2])), int(found[3] or 0)
    except ValueError as error:
        raise _not_a_rango(rango) from error


def _not_a_rango(rango: str) -> Invalid:
    return invalid("rango", "20", f"«{rango}» no es un rango: escriba RUT-TIPO-DESDE, como en «posta caf list»")
