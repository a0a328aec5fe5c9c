"""The page as HTML: whole, and in the fragments that are replaced while it is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.monitor.acceso.permisos import Actor, Permiso
from services.monitor.expediente.legajo import Legajo
from services.monitor.formato import (
    format_duracion,
    format_fecha_hora,
    format_miles,
    format_momento,
    format_monto,
    format_reloj,
    format_rut,
)
from services.monitor.panel import Panel
from shared.clock import Clock
from shared.dte.estado import Estado
from shared.dte.tipos import Ambiente

CARPETA = Path(__file__).parent

FRAGMENTOS = ("momento", "avisos", "alertas", "cifras", "cuadratura", "colas", "procesos", "documentos", "fuentes")
"""Each is a template `_<name>.html` and an element with this id."""

NOMBRES: Mapping[Estado, str] = {
    Estado.GENERADO: "Generado",
    Estado.ENVIANDO: "Enviando",
    Estado.ENVIADO: "Enviado",
    Estado.INCIERTO: "Incierto",
    Estado.PENDIENTE: "Pendiente",
    Estado.ACEPTADO: "Aceptado",
    Estado.REPARO: "Con reparo",
    Estado.RECHAZADO: "Rechazado",
}

EXPLICACIONES: Mapping[Estado, str] = {
    Estado.GENERADO: "Con folio, timbrado, firmado y guardado.",
    Estado.ENVIANDO: "En un sobre firmado, camino al SII.",
    Estado.ENVIADO: "El SII lo recibió; falta su veredicto.",
    Estado.INCIERTO: "Se envió y no hubo respuesta: se le pregunta al SII antes de hacer nada más.",
    Estado.PENDIENTE: "Espera su próximo intento.",
    Estado.ACEPTADO: "Aceptado por el SII.",
    Estado.REPARO: "Aceptado por el SII con reparos: es válido.",
    Estado.RECHAZADO: "Rechazado por el SII: estos datos no entrarán nunca.",
}

CORTES: Mapping[str, tuple[str, str]] = {
    "cerrado": ("bien", "Responde"),
    "probando": ("aviso", "Probando"),
    "abierto": ("mal", "Cortado"),
}
"""Position of a breaker: its colour and its word."""


SECCIONES = (
    (Permiso.CUENTAS, "/cuentas", "Cuentas"),
    (Permiso.TOKENS, "/tokens", "Tokens"),
    (Permiso.AUDITORIA, "/auditoria", "Auditoría"),
)
"""Of the header, for those who may see them."""


class Paginas:
    """Renders; escapes everything that came from outside."""

    def __init__(self, ambiente: Ambiente, clock: Clock) -> None:
        self._clock = clock
        self._env = Environment(
            loader=FileSystemLoader(CARPETA / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._env.filters |= {
            "duracion": format_duracion,
            "fecha_hora": format_fecha_hora,
            "miles": format_miles,
            "momento": lambda momento: format_momento(momento, clock()),
            "dinero": format_monto,
            "reloj": format_reloj,
            "rut": format_rut,
        }
        self._env.globals |= {
            "ambiente": ambiente,
            "cortes": CORTES,
            "Estado": Estado,
            "explicaciones": EXPLICACIONES,
            "nombres": NOMBRES,
            "secciones": SECCIONES,
        }

    def render_fragmentos(self, panel: Panel) -> dict[str, str]:
        """Every fragment of the panel by its name."""
        return {nombre: self.render(f"_{nombre}.html", None, panel=panel) for nombre in FRAGMENTOS}

    def render_panel(self, panel: Panel, actor: Actor | None = None) -> str:
        return self.render("panel.html", actor, panel=panel, fragmentos=FRAGMENTOS)

    def render_ficha(self, legajo: Legajo, actor: Actor | None = None) -> str:
        return self.render("documento.html", actor, legajo=legajo)

    def render_aviso(self, titulo: str, detalle: str, actor: Actor | None = None) -> str:
        """A page that only says what happened and where to go from here."""
        return self.render("aviso.html", actor, titulo=titulo, detalle=detalle)

    def render_api(self, esquema: Mapping[str, Any], actor: Actor | None = None) -> str:
        """The operations of the OpenAPI document as a plain page."""
        return self.render("api.html", actor, esquema=esquema)

    def render_entrar(self, *, siguiente: str, nombre: str = "", falla: str = "", sin_cuentas: bool = False) -> str:
        """The login; `siguiente` is the page that was asked for."""
        return self.render(
            "entrar.html", None, siguiente=siguiente, nombre=nombre, falla=falla, sin_cuentas=sin_cuentas
        )

    def render(self, template: str, actor: Actor | None = None, **values: object) -> str:
        """Any page of `templates/`. `actor`: who looks at it; None where nobody has logged in."""
        return self._env.get_template(template).render(values, actor=actor)
