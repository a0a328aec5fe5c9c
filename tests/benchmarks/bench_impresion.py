"""How fast stamps and pages are drawn from signed documents, on one thread.

Run: `python -m tests.benchmarks.bench_impresion`. Prints figures; judges none.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from shared.dte.impresion import Formato, render_html, render_pdf, timbre_png, timbre_svg
from tests.unit.dte.impresion.muestras import LINEAS, MUESTRAS, boleta, factura, to_dte

SEGUNDOS = 1.0


def rate(work: Callable[[], object]) -> float:
    """How many times a second of this thread's own time the work is done."""
    work()
    veces = 0
    inicio = time.thread_time()
    while (pasado := time.thread_time() - inicio) < SEGUNDOS:
        work()
        veces += 1
    return veces / pasado


def main() -> None:
    """Print one JSON object of rates per second."""
    corta, larga = to_dte(MUESTRAS[33]), to_dte(factura(Detalle=LINEAS * 20))
    ticket, rollo = to_dte(MUESTRAS[39]), to_dte(boleta(Detalle=boleta()["Detalle"] * 500))
    cifras = {
        "timbre_png": rate(lambda: timbre_png(corta)),
        "timbre_png_80mm": rate(lambda: timbre_png(corta, Formato.ROLLO)),
        "timbre_svg": rate(lambda: timbre_svg(corta)),
        "pdf_carta": rate(lambda: render_pdf(corta, Formato.CARTA)),
        "pdf_carta_60_lineas": rate(lambda: render_pdf(larga, Formato.CARTA)),
        "pdf_80mm": rate(lambda: render_pdf(ticket, Formato.ROLLO)),
        "pdf_80mm_1000_lineas": rate(lambda: render_pdf(rollo, Formato.ROLLO)),
        "html_carta": rate(lambda: render_html(corta, Formato.CARTA)),
        "html_80mm": rate(lambda: render_html(ticket, Formato.ROLLO)),
    }
    json.dump({nombre: round(cifra, 1) for nombre, cifra in cifras.items()}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
