"""The form with which a file is uploaded, the same on both channels, and DTEUpload's answer RECEPCIONDTE."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from xml.sax.saxutils import escape

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from shared.clock import chile
from shared.dte.rut import parse_rut

CAMPOS = ["rutSender", "dvSender", "rutCompany", "dvCompany", "archivo"]
"""The fields of the form, in the order that the SII wants (Manual DTEUpload)."""

MAX_PEDIDO = 6_000_000
"""Bytes of a request that are read at all."""

TIPO_RECEPCION = "text/xml; charset=ISO-8859-1"
"""Content-Type of RECEPCIONDTE."""

_AGENTE = re.compile(r"Mozilla/[45]\.0 \( ?compatible; PROG 1\.0; ?[^)]+\)")


@dataclass(frozen=True, slots=True)
class Formulario:
    """An upload as it was sent. The RUTs are as written: a wrong check digit is for the SII to notice."""

    sender: str
    company: str
    archivo: str
    contenido: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Recepcion:
    """What DTEUpload answers: a STATUS, and a track id or reasons."""

    status: int
    trackid: str = ""
    errores: tuple[str, ...] = ()


def is_programa(request: Request) -> bool:
    """Whether the client says in User-Agent that it is a program, in the form of the manual (`PROG 1.0`)."""
    return _AGENTE.fullmatch(request.headers.get("user-agent", "")) is not None


async def read_formulario(request: Request) -> Formulario:
    """The uploaded form. HTTPException 400 or 413 says in which way it is not the form that the manual asks for."""
    leido: Formulario | None = getattr(request.state, "formulario", None)
    if leido is not None:  # a fault has the same request answered once more
        return leido
    if "transfer-encoding" in request.headers or "content-length" not in request.headers:
        raise HTTPException(400, "Content-Length requerido: no se admite Transfer-Encoding: chunked")
    if int(request.headers["content-length"]) > MAX_PEDIDO:
        raise HTTPException(413, "Request Entity Too Large")
    async with request.form(max_files=1, max_fields=4) as form:
        request.state.formulario = formulario = await _to_formulario(form)
    return formulario


async def _to_formulario(form: FormData) -> Formulario:
    if [nombre for nombre, _ in form.multi_items()] != CAMPOS or not isinstance(form["archivo"], UploadFile):
        raise HTTPException(400, f"se esperan los campos {', '.join(CAMPOS)}, en ese orden")
    archivo = form["archivo"]
    if not re.fullmatch(r"[\x20-\x7e]{1,100}", archivo.filename or ""):
        raise HTTPException(400, "archivo sin nombre, o con un nombre que no es ASCII")
    return Formulario(
        sender=_join(form, "rutSender", "dvSender"),
        company=_join(form, "rutCompany", "dvCompany"),
        archivo=archivo.filename or "",
        contenido=await archivo.read(),
    )


def checked_rut(rut: str) -> str | None:
    """The RUT itself, or None when its form or check digit is wrong: the SII forgives nothing here."""
    try:
        return rut if parse_rut(rut) == rut else None
    except ValueError:
        return None


def build_recepcion(formulario: Formulario | None, recepcion: Recepcion, ahora: datetime) -> bytes:
    """The XML of an answer of DTEUpload; without a form when it was never read."""
    sender, company, archivo = (
        ("", "", "") if formulario is None else (formulario.sender, formulario.company, formulario.archivo)
    )
    partes = [
        f"<RUTSENDER>{escape(sender)}</RUTSENDER>",
        f"<RUTCOMPANY>{escape(company)}</RUTCOMPANY>",
        f"<FILE>{escape(archivo)}</FILE>",
        f"<TIMESTAMP>{chile(ahora):%Y-%m-%d %H:%M:%S}</TIMESTAMP>",
        f"<STATUS>{recepcion.status}</STATUS>",
    ]
    if recepcion.trackid:
        partes.append(f"<TRACKID>{recepcion.trackid}</TRACKID>")
    if recepcion.errores:
        errores = "".join(f"<ERROR>{escape(error)}</ERROR>\n" for error in recepcion.errores)
        partes.append(f"<DETAIL>\n{errores}</DETAIL>")
    lineas = "\n".join(partes)
    return f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<RECEPCIONDTE>\n{lineas}\n</RECEPCIONDTE>\n'.encode(
        "iso-8859-1", "xmlcharrefreplace"
    )


def _join(form: FormData, cuerpo: str, dv: str) -> str:
    return f"{cast('str', form[cuerpo]).strip()}-{cast('str', form[dv]).strip()}"
