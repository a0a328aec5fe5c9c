"""Administration: companies, their certificates, their tills. All is checked before anything is stored."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from shared.administracion.alta import Alta
from shared.clock import Clock
from shared.dte.modelo import DatosEmisor
from shared.dte.rut import parse_rut
from shared.dte.tipos import Canal
from shared.errors import Conflict, Falla, Invalid
from shared.llaves import create_llave, create_terminal_id, hash_llave
from shared.messages import EmisorGuardado, Proveedor, Resolucion, TerminalGuardado

if TYPE_CHECKING:
    from shared.adapters.keystore import Boveda
    from shared.adapters.mongo import Companies
    from shared.adapters.mongo.auditoria import Registro
    from shared.administracion.cafs import CafAdmin
    from shared.administracion.correo import CorreoAdmin
    from shared.administracion.llave import LlaveAdmin
    from shared.dte.firma import Firmante

LIMITE_P12 = 100_000
"""Bytes; real files, with the chain of their authority, have a few thousand."""
_NOMBRE_MAX = 40
_POR_SEGUNDO_MAX = 100_000
_LLAVE_DTEBOX = re.compile(r"[\x21-\x7e]{8,200}")


@dataclass(frozen=True, slots=True)
class TerminalCreado:
    """A new till. Its key is here and nowhere else: whoever loses it makes another till."""

    terminal: TerminalGuardado
    llave: str = field(repr=False)


class Admin:
    """What an operator may do. Every method raises Invalid, naming field and remedy, before it has changed anything.

    Whatever changes something is in the audit, before and after; when that cannot be written (Unavailable), nothing
    is changed.
    """

    def __init__(
        self,
        companies: Companies,
        cafs: CafAdmin,
        llave: LlaveAdmin,
        correo: CorreoAdmin,
        registro: Registro,
        *,
        boveda: Boveda,
        open_certificado: Callable[[bytes, str], Firmante],
        clock: Clock,
    ) -> None:
        self._companies = companies
        self.cafs = cafs
        self.llave = llave
        self.correo = correo
        self.registro = registro
        self._boveda = boveda
        self._open_certificado = open_certificado
        self._clock = clock

    async def create_emisor(
        self,
        datos: DatosEmisor,
        resoluciones: Mapping[Canal, Resolucion],
        *,
        proveedor: Proveedor = Proveedor.SII,
        limite_por_minuto: int | None = None,
    ) -> EmisorGuardado:
        """A company, or new data of one that is there, which keeps its certificate.

        `resoluciones`: the SII's permission for each channel, as it will stand in the carátula of every envelope.
        `proveedor`: who delivers what is signed from now on; a DTEBox is told with `set_dtebox`.
        `limite_por_minuto`: documents of all its tills together, at each emitter; None is no limit.
        """
        emisor = _to_emisor(Alta(datos, dict(resoluciones), proveedor, limite_por_minuto))
        async with self.registro.act("emisor.create", emisor.rut, **_describe(emisor)):
            await self._companies.save_emisor(emisor)
        return emisor

    async def add_emisor(self, alta: Alta) -> EmisorGuardado:
        """A company that is not there yet; Conflict if it is."""
        emisor = _to_emisor(alta)
        async with self.registro.act("emisor.create", emisor.rut, **_describe(emisor)):
            try:
                await self._companies.add_emisor(emisor)
            except Conflict as error:
                raise Conflict(f"la empresa {emisor.rut} ya está registrada: cambie sus datos en su página") from error
        return emisor

    async def change_emisor(self, rut: str, alta: Alta) -> EmisorGuardado:
        """New data of a company that is there: its certificate and its folios stay. Invalid if they are of another."""
        conocido = (await find_emisor(self._companies, rut)).rut
        emisor = _to_emisor(alta)
        if emisor.rut != conocido:
            raise invalid("rut", "12", f"los datos son de {emisor.rut} y la empresa es {conocido}: el RUT no se cambia")
        async with self.registro.act("emisor.change", emisor.rut, **_describe(emisor)):
            await self._companies.save_emisor(emisor)
        return emisor

    async def list_emisores(self) -> list[EmisorGuardado]:
        return await self._companies.list_emisores()

    async def set_certificado(self, rut: str, p12: bytes, password: str) -> Firmante:
        """The certificate with which `rut` signs from now on, in running emitters within seconds; gives who it is.

        Invalid if the file does not open with this password, is not in force now, or is not what such files are.
        """
        emisor = await find_emisor(self._companies, rut)
        if len(p12) > LIMITE_P12:
            raise invalid("archivo", "13", f"tiene {len(p12)} bytes y un .p12 unos 5.000: elija el del certificado")
        firmante = await asyncio.to_thread(self._open_certificado, p12, password)
        firmante.check_vigente(self._clock())
        certificado, clave = self._boveda.encrypt(p12), self._boveda.encrypt(password.encode())
        async with self.registro.act("cert.set", emisor.rut, titular=firmante.rut, vence=f"{firmante.vence:%Y-%m-%d}"):
            await self._companies.set_certificado(emisor.rut, certificado, clave, firmante)
        return firmante

    async def retire_certificado(self, rut: str) -> None:
        """Forget the company's certificate: within seconds it signs nothing, and its sales wait for another one."""
        conocido = (await find_emisor(self._companies, rut)).rut
        async with self.registro.act("cert.retire", conocido):
            if not await self._companies.drop_certificado(conocido):
                raise invalid("certificado", "14", f"{conocido} no tiene certificado que retirar")

    async def set_dtebox(self, rut: str, url: str, llave: str) -> EmisorGuardado:
        """Where the company's DTEBox is and the AuthKey that it wants, in running senders within seconds.

        Invalid if `url` is no address of a service, or the key cannot be the value of a header.
        """
        emisor = await find_emisor(self._companies, rut)
        servicio = parse_servicio(url)
        if not _LLAVE_DTEBOX.fullmatch(llave):
            raise invalid("auth-key", "11", "la AuthKey debe tener de 8 a 200 caracteres ASCII, sin espacios")
        cifrada = self._boveda.encrypt(llave.encode("ascii"))
        async with self.registro.act("dtebox.set", emisor.rut, url=servicio):
            await self._companies.set_dtebox(emisor.rut, servicio, cifrada)
        return emisor

    async def create_terminal(
        self, emisor: str, tienda: str, caja: str, *, por_segundo: float | None = None
    ) -> TerminalCreado:
        """A till that may issue for `emisor`; its key is given this once. `por_segundo`: a limit of its own."""
        rut = (await find_emisor(self._companies, emisor)).rut
        for nombre, valor in (("tienda", tienda), ("caja", caja)):
            if not (0 < len(valor.strip()) <= _NOMBRE_MAX and valor.strip().isprintable()):
                raise invalid(nombre, "04", f"«{nombre}» debe tener de 1 a {_NOMBRE_MAX} caracteres, en una línea")
        if por_segundo is not None and not 0 < por_segundo <= _POR_SEGUNDO_MAX:
            raise invalid("por_segundo", "08", f"«por_segundo» debe ser mayor que 0 y hasta {_POR_SEGUNDO_MAX}")
        id_ = create_terminal_id()
        llave = create_llave(id_)
        terminal = TerminalGuardado(
            id=id_,
            emisor=rut,
            tienda=tienda.strip(),
            caja=caja.strip(),
            hash=hash_llave(llave),
            por_segundo=por_segundo,
        )
        async with self.registro.act("terminal.create", id_, **terminal.model_dump(exclude={"id", "hash", "revocado"})):
            await self._companies.add_terminal(terminal)
        return TerminalCreado(terminal, llave)

    async def list_terminales(self) -> list[TerminalGuardado]:
        return await self._companies.list_terminales()

    async def revoke_terminal(self, id_: str, emisor: str | None = None) -> None:
        """Make a till's key worthless, in running emitters within seconds. Its documents stay.

        Invalid if there is none, or if it is not of `emisor`, when that is given.
        """
        async with self.registro.act("terminal.revoke", id_):
            if not await self._companies.revoke_terminal(id_, emisor):
                raise invalid("id", "05", f"no hay un terminal «{id_}»: véalos con «posta terminal list»")


async def find_emisor(companies: Companies, rut: str) -> EmisorGuardado:
    """The company with this RUT, however it is written; Invalid if it is none, or of nobody registered here."""
    try:
        emisor = await companies.get_emisor(parse_rut(rut))
    except ValueError as error:
        raise invalid("rut", "06", str(error)) from error
    if emisor is None:
        raise invalid("rut", "02", f"la empresa {rut} no está registrada: créela con «posta emisor create»")
    return emisor


def _to_emisor(alta: Alta) -> EmisorGuardado:
    """Only what an `Alta` says: what is stored of the company besides stays."""
    if not alta.resoluciones:
        raise invalid("resoluciones", "01", f"{alta.datos.rut} necesita la resolución del SII de al menos un canal")
    return EmisorGuardado(
        rut=alta.datos.rut,
        datos=alta.datos.model_dump(mode="json"),
        resoluciones=alta.resoluciones,
        proveedor=alta.proveedor,
        limite_por_minuto=alta.limite_por_minuto,
    )


def _describe(emisor: EmisorGuardado) -> dict[str, Any]:
    """For the audit."""
    return emisor.model_dump(mode="json", include={"datos", "resoluciones", "proveedor", "limite_por_minuto"})


def parse_servicio(url: str) -> str:
    """The address of a box's service, from that of its host or of the service itself. Invalid if it is neither."""
    try:
        partes = urlsplit(url.strip())
        propia = bool(partes.hostname) and partes.port != 0
    except ValueError:
        propia = False
    if not propia or partes.scheme not in ("http", "https") or "@" in partes.netloc or partes.query or partes.fragment:
        ejemplo = "https://box.ejemplo.cl/api/Core.svc/core"
        raise invalid("url", "10", f"«url» debe ser la dirección del DTEBox, sin usuario ni «?», como {ejemplo}")
    camino = partes.path.rstrip("/") or "/api/Core.svc/core"
    return urlunsplit((partes.scheme, partes.netloc, camino, "", ""))


def invalid(ruta: str, numero: str, mensaje: str) -> Invalid:
    return Invalid(falla(ruta, numero, mensaje))


def falla(ruta: str, numero: str, mensaje: str) -> Falla:
    return Falla(ruta, f"POSTA-ADM-{numero}", mensaje)
