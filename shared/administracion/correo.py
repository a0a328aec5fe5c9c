"""Administration of a company's mail: whether its customers get their copies, and through which server."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.correo import Seguridad, parse_direccion
from shared.dte.rut import parse_rut
from shared.errors import Invalid
from shared.messages import CorreoEmisor

if TYPE_CHECKING:
    from shared.adapters.keystore import Boveda
    from shared.adapters.mongo import Companies, Correos
    from shared.adapters.mongo.auditoria import Registro

_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_PUERTOS = {Seguridad.STARTTLS: 587, Seguridad.SSL: 465, Seguridad.NINGUNA: 25}


@dataclass(frozen=True, slots=True)
class CambioCorreo:
    """What is to change; None leaves it as it is."""

    activo: bool | None = None
    host: str | None = None
    puerto: int | None = None
    seguridad: Seguridad | None = None
    usuario: str | None = None
    clave: str | None = field(default=None, repr=False)
    remitente: str | None = None
    pdf: bool | None = None


class CorreoAdmin:
    """Invalid names the option and the remedy, before anything has changed."""

    def __init__(self, companies: Companies, correos: Correos, boveda: Boveda, registro: Registro) -> None:
        self._companies = companies
        self._correos = correos
        self._boveda = boveda
        self._registro = registro

    async def get(self, rut: str) -> CorreoEmisor | None:
        """How this company sends mail, if it does. Invalid if it is not registered."""
        return await self._correos.get(await self._known(rut))

    async def change(self, rut: str, cambio: CambioCorreo) -> CorreoEmisor:
        """The company's mail as it is from now on, in running senders at once."""
        conocido = await self._known(rut)
        correo = self._merge(conocido, await self._correos.get(conocido), cambio)
        given = correo.model_dump(mode="json", exclude={"rut", "clave"})
        async with self._registro.act("emisor.correo", conocido, **given, clave_nueva=cambio.clave is not None):
            await self._correos.save(correo)
        return correo

    def _merge(self, rut: str, antes: CorreoEmisor | None, cambio: CambioCorreo) -> CorreoEmisor:
        host = cambio.host or (antes and antes.host)
        remitente = cambio.remitente or (antes and antes.remitente)
        if not host:
            raise _invalid("servidor", "21", f"falta «--servidor»: el host por el que {rut} envía correo")
        if not remitente:
            raise _invalid("remitente", "22", f"falta «--remitente»: la dirección desde la que escribe {rut}")
        seguridad = cambio.seguridad or (antes.seguridad if antes else Seguridad.STARTTLS)
        same = antes is not None and antes.seguridad is seguridad
        puerto = cambio.puerto or (antes.puerto if antes is not None and same else _PUERTOS[seguridad])
        usuario = cambio.usuario or (antes.usuario if antes else None)
        conservada = antes.clave if antes else None
        clave = self._boveda.encrypt(cambio.clave.encode()) if cambio.clave else conservada
        _check(host, puerto, seguridad, usuario, clave)
        return CorreoEmisor(
            rut=rut,
            activo=_given(cambio.activo, antes.activo if antes else True),
            host=host,
            puerto=puerto,
            seguridad=seguridad,
            usuario=usuario,
            clave=clave,
            remitente=_direccion(remitente),
            pdf=_given(cambio.pdf, antes.pdf if antes else True),
        )

    async def _known(self, rut: str) -> str:
        try:
            conocido = parse_rut(rut)
        except ValueError as error:
            raise _invalid("rut", "06", str(error)) from error
        if await self._companies.get_emisor(conocido) is None:
            raise _invalid("rut", "02", f"la empresa {rut} no está registrada: créela con «posta emisor create»")
        return conocido


def _given(nuevo: bool | None, antes: bool) -> bool:
    return antes if nuevo is None else nuevo


def _check(host: str, puerto: int, seguridad: Seguridad, usuario: str | None, clave: bytes | None) -> None:
    if _HOST.fullmatch(host) is None:
        raise _invalid("servidor", "23", f"«--servidor {host}» no es el nombre de un servidor, como smtp.empresa.cl")
    if not 1 <= puerto <= 65_535:
        raise _invalid("puerto", "24", f"«--puerto {puerto}»: debe ser de 1 a 65535; lo usual es 587")
    if seguridad is Seguridad.NINGUNA and not _is_loopback(host):
        raise _invalid(
            "seguridad", "25", f"«--seguridad ninguna» sólo vale para esta máquina: use starttls o ssl con {host}"
        )
    if (usuario is None) != (clave is None):
        raise _invalid("usuario", "26", "«--usuario» y «--clave-file» van juntos: falta uno de los dos")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _direccion(remitente: str) -> str:
    try:
        return parse_direccion(remitente)
    except ValueError as error:
        raise _invalid("remitente", "27", f"«--remitente {remitente}» {error}") from error


def _invalid(ruta: str, numero: str, mensaje: str) -> Invalid:
    return Invalid.one(ruta, f"POSTA-ADM-{numero}", mensaje)
