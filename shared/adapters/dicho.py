"""What a service said: what it means, and the literal answer for the record. Of a cut, what it leaves known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.adapters.transport import Answer, Cut
from shared.dte.causa import Causa
from shared.dte.respuesta import Incierto, NoAhora
from shared.dte.veredicto import SinVeredicto

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Dicho(Generic[T]):
    """What an answer means, and the answer itself: HTTP status (None if none came) and the text."""

    valor: T
    http: int | None = None
    cuerpo: str = ""


def said(valor: T, answer: Answer) -> Dicho[T]:
    """The meaning of an answer together with the answer."""
    return Dicho(valor, answer.status, answer.body.decode("iso-8859-1"))


def as_cut_upload(cut: Cut) -> Incierto | NoAhora:
    """Uncertain as soon as one byte had left: whether the rest did cannot be told from this side."""
    if cut.sent:
        return Incierto(Causa.SIN_RESPUESTA, "", cut.detail)
    return NoAhora(Causa.SIN_CONEXION, "", cut.detail)


def as_sin_veredicto(cut: Cut) -> SinVeredicto:
    """A question whose answer was cut off has no answer."""
    return SinVeredicto(Causa.SIN_RESPUESTA if cut.sent else Causa.SIN_CONEXION, "", cut.detail)
