"""Signed documents for people: on letter paper, on an 80 mm strip, on a screen; and the stamp alone.

The same bytes always give the same page. What must be on it:
Res. Ex. 11 of 2003 and the SII's "Manual de muestras impresas"; Formato Boletas Electrónicas v4.2; Ley 19.983.
"""

from shared.dte.impresion.formato import Formato, Resolucion
from shared.dte.impresion.representacion import render_html, render_pdf
from shared.dte.impresion.timbre import timbre_png, timbre_svg

__all__ = ["Formato", "Resolucion", "render_html", "render_pdf", "timbre_png", "timbre_svg"]
