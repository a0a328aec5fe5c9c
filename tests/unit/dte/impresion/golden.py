"""Golden pages: what each type of document shows, as HTML without its styles and the bars of its stamp.

`python -m tests.unit.dte.impresion.golden --update` writes them again; the diff is the review.
"""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path

from shared.dte.impresion import Formato, Resolucion, render_html
from tests.unit.dte.impresion.muestras import MUESTRAS, to_dte

FOLDER = Path(__file__).parents[3] / "data" / "golden" / "impresion"
RESOLUCION = Resolucion(80, date(2014, 8, 22))


CASES = [(tipo, formato) for tipo in MUESTRAS for formato in Formato]
"""Every type on both papers."""


def write(tipo: int, formato: Formato) -> str:
    """The page of that type's sample, its assignable copy where there is one."""
    html = render_html(to_dte(MUESTRAS[tipo]), formato, resolucion=RESOLUCION, cedible=True)
    return re.sub(r"(?<=<style>).*?(?=</style>)|(?<= d=\")[^\"]*", "…", html, flags=re.DOTALL)


def path_of(tipo: int, formato: Formato) -> Path:
    """Where that golden page is kept."""
    return FOLDER / f"{tipo}-{formato}.html"


def main() -> None:
    """Check the golden pages, or write them with --update."""
    for caso in CASES:
        if "--update" in sys.argv[1:]:
            path_of(*caso).parent.mkdir(parents=True, exist_ok=True)
            path_of(*caso).write_text(write(*caso), encoding="utf-8")
        elif path_of(*caso).read_text(encoding="utf-8") != write(*caso):
            sys.exit(f"{path_of(*caso).name}: differs")


if __name__ == "__main__":
    main()
