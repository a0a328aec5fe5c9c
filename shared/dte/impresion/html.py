"""Documents as an HTML page that needs nothing else: styles and stamps are inside of it, and text is always escaped."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from shared.dte.impresion.formato import TRAZOS, Formato
from shared.dte.impresion.glosas import ACUSE, ACUSE_CAMPOS
from shared.dte.impresion.timbre import SVG_NS, draw_svg, encode_ted
from shared.dte.impresion.vista import Vista


def write_html(vistas: Sequence[Vista], formato: Formato) -> str:
    """One page with the documents, each beginning a new sheet when it is printed."""
    return _template(formato).render(
        vistas=vistas,
        formato=formato,
        acuse=ACUSE,
        acuse_campos=ACUSE_CAMPOS,
        draw_timbre=lambda vista: _draw_timbre(vista, formato),
    )


def _draw_timbre(vista: Vista, formato: Formato) -> Markup:
    """Numbers and commands of a path; nothing of the document is in it as text. In HTML it needs no namespace."""
    return Markup(draw_svg(encode_ted(vista.ted, formato), TRAZOS[formato]).replace(SVG_NS, "", 1))  # noqa: S704


@cache
def _template(formato: Formato) -> Template:
    entorno = Environment(
        loader=PackageLoader("shared.dte.impresion", "plantillas"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return entorno.get_template(f"{formato}.html")
