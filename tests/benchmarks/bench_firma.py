"""How fast the pure core makes a signed boleta of five lines, on one thread and on two, and against bare RSA.

Run: `python -m tests.benchmarks.bench_firma`. Prints figures; judges none.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from shared.dte.documento import complete_venta, sign_documento
from shared.dte.firma import verify_firma
from shared.dte.modelo import parse_venta
from shared.dte.rsa import sign_sha1
from tests import dte_data

VECES = 1000
LINEAS = [{"NmbItem": f"Ítem {numero}", "QtyItem": 2, "PrcItem": 1190} for numero in range(1, 6)]


def rate(work: Callable[[int], object], hilos: int = 1) -> float:
    """How many times a second `hilos` threads together do the work."""
    with ThreadPoolExecutor(hilos) as threads:
        list(threads.map(work, range(1, 20 * hilos)))  # schemas are compiled once in each thread
        start = time.perf_counter()
        list(threads.map(work, range(1, VECES + 1), chunksize=50))
        return VECES / (time.perf_counter() - start)


def main() -> None:
    """Print one JSON object of rates per second."""
    caf, firmante = dte_data.make_caf(hasta=VECES), dte_data.firmante()
    datos = dte_data.venta_boleta(Detalle=LINEAS)
    venta = complete_venta(parse_venta(datos), dte_data.EMISOR, fecha=dte_data.FECHA)

    def complete(_: int) -> object:
        return complete_venta(parse_venta(datos), dte_data.EMISOR, fecha=dte_data.FECHA)

    def sign(folio: int) -> bytes:
        return sign_documento(venta, folio=folio, caf=caf, firmante=firmante, ahora=dte_data.AHORA).xml

    xml = sign(1)
    cifras = {
        "leer_y_completar": rate(complete),
        "firmar_un_hilo": rate(sign),
        "firmar_dos_hilos": rate(sign, hilos=2),
        "verificar": rate(lambda _: verify_firma(xml)),
        "rsa_2048": rate(lambda _: sign_sha1(dte_data.person_key(), b"x")),
    }
    json.dump({nombre: round(cifra) for nombre, cifra in cifras.items()}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
