"""What a sale refers to: other documents of its company, for its record."""

from __future__ import annotations

from shared.dte.modelo import Venta
from shared.messages import Referencia, referred_id


def find_referencias(venta: Venta, emisor: str) -> tuple[Referencia, ...]:
    """The documents of `emisor` that a complete sale refers to, whether or not they are ours, each with its code once.

    A boleta's `CodRef` is a word of the shop's own, and no code of the SII.
    """
    found = []
    for dada in venta.Referencia:
        otro = getattr(dada, "RUTOtr", None) or ""
        id_ = referred_id(emisor, dada.TpoDocRef or "", dada.FolioRef or "", otro)
        if id_ is not None:
            found.append(Referencia(dte=id_, codigo=dada.CodRef if isinstance(dada.CodRef, int) else None))
    return tuple(dict.fromkeys(found))
