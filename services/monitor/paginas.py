"""The pages as HTML: whole, and in the fragments that are replaced while they are looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.monitor.acceso.permisos import Actor, Permiso
from services.monitor.caudal import draw_caudal
from services.monitor.colas import CANALES
from services.monitor.expediente.legajo import Legajo
from services.monitor.formato import (
    format_campo_hora,
    format_decimal,
    format_duracion,
    format_fecha,
    format_fecha_hora,
    format_hora_minuto,
    format_miles,
    format_momento,
    format_monto,
    format_reloj,
    format_rut,
)
from services.monitor.panel import Panel
from services.monitor.pausas import DETENIDOS_MAX
from services.monitor.replay import RITMO_MAX, Causa, Informe, Previa
from shared.adapters.mongo.operaciones import EstadoOperacion, Operacion, Suerte
from shared.clock import Clock
from shared.dte.estado import Estado
from shared.dte.tipos import Ambiente, Canal, TipoDte

if TYPE_CHECKING:
    from services.monitor.pedidos import Filtro, Seleccion

CARPETA = Path(__file__).parent

FRAGMENTOS = (
    "momento",
    "avisos",
    "alertas",
    "cifras",
    "cuadratura",
    "caudal",
    "sii",
    "colas",
    "provisiones",
    "procesos",
    "documentos",
    "fuentes",
)
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
    "pausado": ("aviso", "Pausado"),
    "probando": ("aviso", "Probando"),
    "abierto": ("mal", "Cortado"),
}
"""Position of a breaker, or that a person has paused its channel: its colour and its word."""

OPERACIONES: Mapping[EstadoOperacion, str] = {
    EstadoOperacion.EN_CURSO: "En curso",
    EstadoOperacion.DETENIENDO: "Deteniendo",
    EstadoOperacion.TERMINADA: "Terminado",
    EstadoOperacion.DETENIDA: "Detenido",
}

SUERTES: Mapping[Suerte, str] = {
    Suerte.ESPERA: "Espera su turno",
    Suerte.EN_CAMINO: "En camino",
    Suerte.ACEPTADO: "Aceptado",
    Suerte.REPARO: "Con reparo",
    Suerte.RECHAZADO: "Rechazado",
    Suerte.ESTACIONADO: "Pendiente de nuevo",
    Suerte.OMITIDO: "Ya no esperaba",
    Suerte.RETENIDO: "No se envió",
}
"""What became of a document of a replay."""


SECCIONES = (
    (Permiso.VER, "/alertas", "Alertas"),
    (Permiso.VER, "/pausas", "Pausas"),
    (Permiso.UMBRALES, "/umbrales", "Umbrales"),
    (Permiso.VER, "/empresas", "Empresas"),
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
            "campo_hora": format_campo_hora,
            "decimal": format_decimal,
            "duracion": format_duracion,
            "dibujo": draw_caudal,
            "fecha": format_fecha,
            "fecha_hora": format_fecha_hora,
            "hora_minuto": format_hora_minuto,
            "miles": format_miles,
            "filtro": _describe_filtro,
            "momento": lambda momento: format_momento(momento, clock()),
            "dinero": format_monto,
            "reloj": format_reloj,
            "rut": format_rut,
            "segundos": lambda segundos: format_duracion(timedelta(seconds=segundos)),
        }
        self._env.globals |= {
            "ambiente": ambiente,
            "canales": tuple(Canal),
            "consulta": _to_consulta,
            "cortes": CORTES,
            "Estado": Estado,
            "detenidos_max": DETENIDOS_MAX,
            "explicaciones": EXPLICACIONES,
            "nombres": NOMBRES,
            "nombres_canal": CANALES,
            "secciones": SECCIONES,
            "nombres_operacion": OPERACIONES,
            "nombres_suerte": SUERTES,
            "ritmo_max": RITMO_MAX,
            "tipos": tuple(TipoDte),
        }

    def render_fragmentos(self, panel: Panel) -> dict[str, str]:
        """Every fragment of the panel by its name."""
        return {nombre: self.render(f"_{nombre}.html", None, panel=panel) for nombre in FRAGMENTOS}

    def render_panel(self, panel: Panel, actor: Actor | None = None) -> str:
        return self.render("panel.html", actor, panel=panel, fragmentos=FRAGMENTOS)

    def render_ficha(self, legajo: Legajo, actor: Actor | None = None) -> str:
        return self.render("documento.html", actor, legajo=legajo)

    def render_pendientes(
        self, filtro: Filtro, causas: Sequence[Causa], operaciones: Sequence[Operacion], actor: Actor
    ) -> str:
        """The cards of what waits for a person, and the replays of before."""
        return self.render("pendientes.html", actor, filtro=filtro, causas=causas, operaciones=operaciones)

    def render_previa(self, seleccion: Seleccion, previa: Previa, actor: Actor) -> str:
        """What a replay would take, and the form that starts it with just that."""
        fixed = seleccion.model_copy(update={"hasta": previa.hasta})
        return self.render("reenviar.html", actor, previa=previa, campos=_to_campos(fixed))

    def render_reenvio(self, informe: Informe, actor: Actor) -> str:
        """A replay, under way or over."""
        return self.render("reenvio.html", actor, informe=informe)

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


def _to_campos(pedido: Filtro) -> list[tuple[str, str]]:
    """What was asked for, as the fields of a form or a query; those that nobody filled in are left out."""
    given = pedido.model_dump(mode="json", exclude_defaults=True)
    lists = {name: value if isinstance(value, list) else [value] for name, value in given.items()}
    return [(name, str(one)) for name, values in lists.items() for one in values]


def _to_consulta(filtro: Filtro, **more: str) -> str:
    """A filter as the query of an address, with more fields."""
    return urlencode([*_to_campos(filtro.model_copy(update=more))])


def _describe_filtro(filtro: Mapping[str, str]) -> str:
    """What an operation was asked for, in one line; its times are those of Chile."""
    hora = {"desde", "hasta"}.intersection(filtro)
    words = {**filtro, **{name: format_fecha_hora(datetime.fromisoformat(filtro[name])) for name in hora}}
    todo = [] if set(words) - hora else ["todo lo pendiente"]
    return ", ".join([*todo, *(f"{name} {value}" for name, value in words.items())])
