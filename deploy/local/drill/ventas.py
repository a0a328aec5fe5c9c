"""Invariants 3, 4 and 7: whoever was answered finds that document, once, in the same bytes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from deploy.local.drill.invariantes import Hallazgo, Invariante, Libros, Respuestas, broken, id_at_sii
from shared.messages import Dte


def judge_answers(
    answers: Respuestas, claves: Iterable[tuple[str, str]], dtes: Mapping[str, Dte]
) -> Iterator[Hallazgo]:
    """Sales lost or doubled: `claves` are terminal and key of every stored document, `dtes` those answered with."""
    times = Counter(claves)
    yield from broken(
        Invariante.VENTA_DUPLICADA, (f"la venta {clave} tiene {n} documentos" for clave, n in times.items() if n > 1)
    )
    for clave, answer in answers.items():
        dte = dtes.get(answer["id"])
        if dte is None:
            yield Hallazgo(Invariante.VENTA_PERDIDA, f"la venta {clave} recibió {answer['id']}, que ya no está")
        elif (dte.terminal, dte.clave) != clave:
            yield Hallazgo(Invariante.VENTA_PERDIDA, f"la venta {clave} recibió {dte.id}, que es de otra")
        elif (dte.sha256, dte.folio, dte.ted) != (answer["sha256"], answer["folio"], answer["ted"]):
            yield Hallazgo(Invariante.VENTA_PERDIDA, f"{dte.id} no es lo que recibió la venta {clave}")


def judge_sales(libros: Libros) -> Iterator[Hallazgo]:
    """The answers, and that no document is without one: after the faults every till has asked until it was told."""
    claves = [(dte.terminal, dte.clave) for dte in libros.dtes]
    yield from judge_answers(libros.answers, claves, {dte.id: dte for dte in libros.dtes})
    yield from broken(
        Invariante.VENTA_DUPLICADA,
        (f"{dte.id} no es de ninguna venta" for dte in libros.dtes if (dte.terminal, dte.clave) not in libros.answers),
    )


def judge_bytes(libros: Libros) -> Iterator[Hallazgo]:
    """The signed bytes are the same in the record and wherever the SII received them."""
    stored = {dte.id: dte.sha256 for dte in libros.dtes}
    changed = [dte.id for dte in libros.dtes if hashlib.sha256(dte.xml).hexdigest() != dte.sha256]
    others = [id_ for one in libros.at_sii if stored.get(id_ := id_at_sii(one)) not in (None, one["sha256"])]
    yield from broken(Invariante.BYTES_CAMBIADOS, (f"{id_}: no son los bytes que se firmaron" for id_ in changed))
    yield from broken(Invariante.BYTES_CAMBIADOS, (f"{id_}: al SII fueron otros bytes" for id_ in others))
