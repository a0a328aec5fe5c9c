"""From what came over the wire to what it means: an answer, and of a cut what it leaves known."""

from __future__ import annotations

from typing import TypeVar

from shared.adapters.transport import Answer, Cut
from shared.dte.causa import Causa
from shared.dte.respuesta import Dicho, Incierto, NoAhora
from shared.dte.veredicto import SinVeredicto

T = TypeVar("T")


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
