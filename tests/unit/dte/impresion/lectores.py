"""Readers of what was printed, none of them ours: pdfium for pages, zxing for bar codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

import pypdfium2
import zxingcpp
from PIL import Image

PPP = 300
"""Dots an inch of a plain office printer."""


def read_barcodes(imagen: Image.Image) -> list[zxingcpp.Barcode]:
    """Every PDF417 in an image."""
    return zxingcpp.read_barcodes(imagen.convert("L"), zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.PDF417))


def read_barcode(imagen: Image.Image) -> zxingcpp.Barcode:
    """The only one."""
    (barras,) = read_barcodes(imagen)
    return barras


def read_png(png: bytes) -> bytes:
    """The bytes in a bar code's PNG."""
    return bytes(read_barcode(Image.open(BytesIO(png))).bytes)


def draw_svg(svg: str) -> Image.Image:
    """The stamp's SVG as a browser would paint it, three dots for each unit."""
    ancho, alto = map(float, re.findall(r'viewBox="0 0 (\S+) (\S+)"', svg)[0])
    grosor = float(re.findall(r'stroke-width="([0-9.]+)"', svg)[0])
    imagen = Image.new("L", (round(3 * ancho), round(3 * alto)), 255)
    for inicio, y, trazos in re.findall(r"M([0-9.]+) ([0-9.]+)((?:h[0-9]+|m[0-9]+ 0)+)", svg):
        x = float(inicio)
        for orden, largo in re.findall(r"([hm])([0-9]+)", trazos):
            arriba, abajo = (round(3 * (float(y) + lado * grosor / 2)) for lado in (-1, 1))
            if orden == "h":
                imagen.paste(0, (round(3 * x), arriba, round(3 * (x + int(largo))), abajo))
            x += int(largo)
    return imagen


def draw_pages(pdf: bytes, ppp: float = PPP) -> Iterator[Image.Image]:
    """Every page as it leaves a printer."""
    documento = pypdfium2.PdfDocument(pdf)
    try:
        for pagina in documento:
            yield pagina.render(scale=ppp / 72).to_pil()
    finally:
        documento.close()


def read_pages(pdf: bytes) -> list[str]:
    """The text of every page."""
    documento = pypdfium2.PdfDocument(pdf)
    try:
        return [pagina.get_textpage().get_text_bounded() for pagina in documento]
    finally:
        documento.close()
