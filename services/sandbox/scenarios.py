"""How the sandbox misbehaves: a scenario is data, validated and seeded, and can be changed while it runs.

To add a fault that is one plain answer: a class here with its `pagina`, and its name in `Averia`. One that does more
also needs a case in `faults.py`; the type checker asks for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.sandbox.averias_correo import AveriaCorreo
from services.sandbox.sentencias import Sentencia, Tribunal
from shared.dte.tipos import Canal

Segundos = Annotated[float, Field(ge=0, le=30 * 86400)]


class Operacion(StrEnum):
    """What a client can ask of the SII."""

    SEMILLA = "semilla"
    TOKEN = "token"  # noqa: S105 - an operation, not a secret
    ENVIO = "envio"
    CONSULTA = "consulta"


class Momento(StrEnum):
    """When a fault strikes: before anything is taken, or after all was done and registered."""

    ANTES = "antes"
    SUBIENDO = "subiendo"
    """In the middle of the request's body: nothing is taken."""
    RESPONDIENDO = "respondiendo"
    """In the middle of the answer: all was done."""
    DESPUES = "despues"


AntesDespues = Literal[Momento.ANTES, Momento.DESPUES]


class _Modelo(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rango(_Modelo):
    """Seconds, drawn evenly between the two ends."""

    min: Segundos = 0
    max: Segundos = 0

    @model_validator(mode="after")
    def _in_order(self) -> Rango:
        if self.min > self.max:
            raise ValueError(f"min ({self.min}) no puede ser mayor que max ({self.max})")
        return self


class _Averia(_Modelo):
    """Who it strikes, how often (`tasa` of the requests) and how many times at most (`veces`; null: no end)."""

    canal: Canal | None = None
    operacion: Operacion | None = Operacion.ENVIO
    tasa: float = Field(default=1, ge=0, le=1)
    veces: int | None = Field(default=None, ge=1)

    @property
    def cuando(self) -> Momento:
        return Momento.ANTES


@dataclass(frozen=True, slots=True)
class Pagina:
    """A plain HTTP answer."""

    status: int
    texto: str
    tipo: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)


_HTML = (
    "<!DOCTYPE html>\n<html><head><title>Servicio de Impuestos Internos</title></head>\n"
    "<body><h1>{}</h1><p>En este momento no podemos atenderle. Int&eacute;ntelo m&aacute;s tarde.</p></body></html>\n"
)


class Caida(_Averia):
    """Out of order: 503 with an HTML page, before a byte of the body is read."""

    clase: Literal["caida"]

    @property
    def pagina(self) -> Pagina:
        return Pagina(503, _HTML.format("Servicio no disponible"), "text/html")


class Html(_Averia):
    """An HTML page with status 200."""

    clase: Literal["html"]
    momento: AntesDespues = Momento.ANTES

    @property
    def cuando(self) -> Momento:
        return self.momento

    @property
    def pagina(self) -> Pagina:
        return Pagina(200, _HTML.format("Sitio en mantenci&oacute;n"), "text/html")


class Vacio(_Averia):
    """Status 200 and nothing in it."""

    clase: Literal["vacio"]
    momento: AntesDespues = Momento.ANTES

    @property
    def cuando(self) -> Momento:
        return self.momento

    @property
    def pagina(self) -> Pagina:
        return Pagina(200, "")


class Corte(_Averia):
    """The connection is reset: before or while the body is read, or after all of it was taken and registered."""

    clase: Literal["corte"]
    momento: Momento = Momento.DESPUES

    @property
    def cuando(self) -> Momento:
        taken = self.momento in (Momento.RESPONDIENDO, Momento.DESPUES)
        return Momento.DESPUES if taken else Momento.ANTES


class Goteo(_Averia):
    """Everything is taken, and the answer comes a few bytes at a time until `segundos` are over."""

    clase: Literal["goteo"]
    segundos: float = Field(default=120, gt=0, le=3600)

    @property
    def cuando(self) -> Momento:
        return Momento.DESPUES


class Status(_Averia):
    """A STATUS of DTEUpload. 0 and 99 come after the file was registered, as they say; the others before."""

    clase: Literal["status"]
    codigo: int = Field(ge=0, le=999)
    canal: Literal[Canal.FACTURA] = Canal.FACTURA
    operacion: Literal[Operacion.ENVIO] = Operacion.ENVIO

    @property
    def cuando(self) -> Momento:
        return Momento.DESPUES if self.codigo in (0, 99) else Momento.ANTES


class Http(_Averia):
    """A plain-text error with this HTTP status."""

    clase: Literal["http"]
    codigo: int = Field(ge=400, le=599)
    texto: str = "Error"

    @property
    def pagina(self) -> Pagina:
        return Pagina(self.codigo, self.texto)


class Limite(_Averia):
    """Too many requests: 429 with Retry-After and the gateway's own X- headers."""

    clase: Literal["limite"]
    retry_after: int = Field(default=1, ge=0, le=86400)

    @property
    def pagina(self) -> Pagina:
        espera = str(self.retry_after)
        headers = {"Retry-After": espera, "X-Retry-After": espera, "X-RateLimit-Reset": espera}
        limites = {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "0"}
        return Pagina(429, "Too Many Requests", headers=headers | limites)


class ErrorDtebox(_Averia):
    """`Result` 1 of a DTEBox, before the document is taken or after."""

    clase: Literal["error_dtebox"]
    momento: AntesDespues = Momento.ANTES
    canal: Literal[Canal.DTEBOX] = Canal.DTEBOX
    operacion: Literal[Operacion.ENVIO] = Operacion.ENVIO

    @property
    def cuando(self) -> Momento:
        return self.momento

    @property
    def pagina(self) -> Pagina:
        texto = (
            '<SendDocumentAsXMLResult xmlns="http://gdexpress.cl/api"><Description>Error simulado</Description>'
            "<Result>1</Result></SendDocumentAsXMLResult>"
        )
        return Pagina(200, texto, "application/xml")


class TokenVencido(_Averia):
    """The SII forgets every token of the channel and goes on with the request: which then is not authenticated."""

    clase: Literal["token_vencido"]


Averia = Annotated[
    Caida | Html | Vacio | Corte | Goteo | Status | Http | Limite | ErrorDtebox | TokenVencido,
    Field(discriminator="clase"),
]


class Escenario(_Modelo):
    """Everything adjustable about the sandbox. Times in seconds; what is left out has the real SII's usual value."""

    semilla: int = 2026
    latencia: dict[Operacion, Rango] = {Operacion.ENVIO: Rango(min=2, max=5)}
    demora_veredicto: Segundos = 2
    vida_token: Segundos = 3600
    averias: tuple[Averia, ...] = ()
    sentencias: tuple[Sentencia, ...] = ()
    correo: tuple[AveriaCorreo, ...] = ()
    """Of the customers' mail server."""
    adelanto: float = Field(default=0, ge=0, le=366 * 86400)
    """The SII's clock is so far ahead of this machine's: verdicts come due, tokens and CAFs expire."""


class Escena:
    """A scenario being played: which fault strikes now. The same seed and order of requests give the same faults.

    Each draw depends on the seed, the row, and how many requests of its kind came before, and on nothing else: what
    happens on one channel or operation does not change the luck of another.
    """

    def __init__(self, escenario: Escenario) -> None:
        self.escenario = escenario
        self.ocurridas: Counter[int] = Counter()
        """How often each row of `averias` has struck."""
        self.tribunal = Tribunal(escenario.semilla, escenario.sentencias)
        self._pedidos: Counter[tuple[Canal, Operacion]] = Counter()
        self._correos = 0
        self._correos_averiados: Counter[int] = Counter()

    def draw(self, canal: Canal, operacion: Operacion) -> tuple[Averia | None, float]:
        """The fault that strikes this request, if any, and the seconds that its answer takes."""
        numero = self._pedidos[canal, operacion]
        self._pedidos[canal, operacion] += 1
        rango = self.escenario.latencia.get(operacion, Rango())
        latencia = self._random("latencia", canal, operacion, numero).uniform(rango.min, rango.max)
        for fila, averia in enumerate(self.escenario.averias):
            if self._strikes(fila, averia, canal, operacion, numero):
                self.ocurridas[fila] += 1
                return averia, latencia
        return None, latencia

    def draw_correo(self) -> AveriaCorreo | None:
        """The fault that strikes the next mail, if any."""
        numero, self._correos = self._correos, self._correos + 1
        for fila, averia in enumerate(self.escenario.correo):
            spent = averia.veces is not None and self._correos_averiados[fila] >= averia.veces
            luck = Random(f"{self.escenario.semilla}/correo/{fila}/{numero}").random()  # noqa: S311 - as in _random
            if not spent and luck < averia.tasa:
                self._correos_averiados[fila] += 1
                return averia
        return None

    def _strikes(self, fila: int, averia: Averia, canal: Canal, operacion: Operacion, numero: int) -> bool:
        if averia.canal not in (None, canal) or averia.operacion not in (None, operacion):
            return False
        if averia.veces is not None and self.ocurridas[fila] >= averia.veces:
            return False
        return self._random(str(fila), canal, operacion, numero).random() < averia.tasa

    def _random(self, que: str, canal: Canal, operacion: Operacion, numero: int) -> Random:
        # Luck for a rehearsal, not for secrets.
        return Random(f"{self.escenario.semilla}/{que}/{canal}/{operacion}/{numero}")  # noqa: S311
