"""What the emitter answers, the same over HTTP and AMQP: a document, or a problem (RFC 9457)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from shared.dte.estado import Estado
from shared.dte.json import MalformedJson
from shared.dte.tipos import Prioridad, TipoDte
from shared.errors import Conflict, FoliosExhausted, Invalid, PostaError, Unavailable
from shared.messages import Dte, routing_word


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Enlaces(Answer):
    """Where the rest of the document is, relative to this service."""

    documento: str = Field(examples=["/v1/dte/76192083-9-39-1201"])
    xml: str = Field(examples=["/v1/dte/76192083-9-39-1201/xml"])
    timbre_png: str = Field(examples=["/v1/dte/76192083-9-39-1201/timbre.png"])
    timbre_svg: str = Field(examples=["/v1/dte/76192083-9-39-1201/timbre.svg"])
    pdf: str = Field(examples=["/v1/dte/76192083-9-39-1201/pdf"])


class Documento(Answer):
    """Un documento tributario emitido."""

    id: str = Field(description="`emisor-tipo-folio`: la identidad del documento ante el SII")
    emisor: str = Field(description="RUT de la empresa que emite")
    tipo: TipoDte = Field(description="Tipo de documento, con el número del SII")
    folio: int
    estado: Estado = Field(description="Dónde va el documento; `aceptado`, `reparo` y `rechazado` son definitivos")
    fecha: date = Field(description="Fecha de emisión (FchEmis)")
    monto: int = Field(description="Monto total (MntTotal), en pesos; en una exportación, en su moneda, redondeado")
    moneda: str | None = Field(None, description="Moneda de una exportación, como la llama el SII; si falta, pesos")
    receptor: str = Field(description="RUT del receptor")
    ted: str = Field(description="Timbre electrónico, listo para imprimir como PDF417 (ISO-8859-1, nivel 5)")
    sha256: str = Field(description="Del XML firmado, que nunca cambia")
    creado: datetime
    clave: str = Field(description="La clave de idempotencia con que se pidió")
    prioridad: Prioridad = Field(Prioridad.NORMAL, description="La cola en que espera su envío al SII")
    enviar_desde: datetime | None = Field(None, description="Retenido hasta entonces; nulo si ya puede ir al SII")
    espera_a: tuple[str, ...] = Field((), description="Retenido hasta que el SII acepte estos documentos, que corrige")
    advertencias: tuple[str, ...] = Field((), description="Lo que se ajustó en la venta para que el SII la acepte")
    enlaces: Enlaces


class Documentos(Answer):
    """Los documentos que cumplen lo pedido."""

    documentos: tuple[Documento, ...]
    siguiente: str | None = Field(None, description="El `cursor` de la página que sigue; nulo si ésta es la última")


class FallaDada(Answer):
    """Una cosa que está mal en lo que se envió."""

    ruta: str = Field(description="Dónde: `Detalle[0].PrcItem`; vacía si es el documento entero")
    codigo: str = Field(description="Código estable de la regla")
    mensaje: str = Field(description="Qué pasa y qué hacer")


class Problema(Answer):
    """Por qué no se pudo (RFC 9457, `application/problem+json`)."""

    type: str = Field(description="Clase de problema, estable", examples=["urn:posta:problema:documento-invalido"])
    title: str
    status: int
    detail: str
    instance: str = Field("", description="La petición a que se refiere")
    reintentar_en: int | None = Field(None, description="Segundos hasta repetir lo mismo, con la misma clave")
    errores: tuple[FallaDada, ...] = ()


class ResultadoLinea(Answer):
    """Lo que resultó de una línea de un lote: su documento, o por qué no lo hay."""

    linea: int = Field(description="Número de la línea, desde 1; las líneas en blanco se cuentan")
    clave: str | None = Field(None, description="La clave de idempotencia con que se pidió, si la hay")
    status: int = Field(description="El estado HTTP que habría tenido la venta por sí sola: 201 nueva, 200 repetida, …")
    documento: Documento | None = Field(None, description="El documento, si se emitió")
    problema: Problema | None = Field(None, description="El problema, si no se emitió")


class VentaRechazada(Answer):
    """Una venta recibida por AMQP que no llegó a ser documento."""

    momento: datetime
    emisor: str = Field("", description="RUT de la empresa del terminal; vacío si la llave no es de ninguno")
    tienda: str = ""
    caja: str = ""
    terminal: str = ""
    clave: str = Field(description="La clave de idempotencia con que llegó")
    correlacion: str | None = Field(None, description="El `correlation_id` con que llegó")
    problema: Problema

    @property
    def routing_key(self) -> str:
        return f"venta.rechazada.{'.'.join(map(routing_word, (self.emisor, self.tienda, self.caja)))}"


class ProblemError(PostaError):
    """What is wrong with a request itself, found before it reaches the use case."""

    def __init__(self, status: int, clase: str, title: str, detail: str) -> None:
        self.problema = Problema(type=f"{_URN}{clase}", title=title, status=status, detail=detail)
        super().__init__(detail)

    @classmethod
    def of_parametros(cls, mensajes: Mapping[str, str]) -> ProblemError:
        """400: what is wrong with each parameter of a request, and what to do."""
        detail = "; ".join(f"«{parametro}» {mensaje}" for parametro, mensaje in mensajes.items())
        problem = cls(400, "peticion", "Parámetros inválidos", detail)
        fallas = tuple(FallaDada(ruta=p, codigo="POSTA-POS-21", mensaje=mensaje) for p, mensaje in mensajes.items())
        problem.problema = problem.problema.model_copy(update={"errores": fallas})
        return problem


class LimitError(ProblemError):
    """A till or its company sells faster than it may; the same sale, with the same key, is welcome after `espera`."""

    def __init__(self, espera: timedelta) -> None:
        segundos = max(1, math.ceil(espera.total_seconds()))
        super().__init__(
            429, "limite", "Demasiadas ventas por segundo", f"repita la venta en {segundos} s con la misma clave"
        )
        self.problema = self.problema.model_copy(update={"reintentar_en": segundos})


_URN = "urn:posta:problema:"

_REINTENTAR_EN = {"no-disponible": 2, "sin-folios": 30}
"""Seconds until the same request, with the same key, may well succeed."""


def to_documento(dte: Dte, advertencias: tuple[str, ...] = ()) -> Documento:
    """What a till gets to see of a document."""
    lugar = f"/v1/dte/{dte.id}"
    return Documento(
        **dte.model_dump(include=set(Documento.model_fields)),
        advertencias=advertencias,
        enlaces=Enlaces(
            documento=lugar,
            xml=f"{lugar}/xml",
            timbre_png=f"{lugar}/timbre.png",
            timbre_svg=f"{lugar}/timbre.svg",
            pdf=f"{lugar}/pdf",
        ),
    )


def to_problema(error: BaseException, instance: str = "") -> Problema:
    """The problem behind an exception. What was not raised on purpose gives no detail away."""
    match error:
        case ProblemError():
            return error.problema.model_copy(update={"instance": instance})
        case Invalid():
            return _invalid(error, instance)
        case Conflict():
            kind = 409, "clave-repetida", "La clave ya se usó para otra venta"
        case FoliosExhausted():
            kind = 503, "sin-folios", "No quedan folios"
        case Unavailable():
            kind = 503, "no-disponible", "Servicio no disponible por ahora"
        case _:
            kind = 500, "error-interno", "Error interno"
    status, clase, title = kind
    detail = str(error) if status != 500 else "ocurrió un error que quedó registrado; repita con la misma clave"
    return Problema(
        type=f"{_URN}{clase}",
        title=title,
        status=status,
        detail=detail,
        instance=instance,
        reintentar_en=_REINTENTAR_EN.get(clase),
    )


def _invalid(error: Invalid, instance: str) -> Problema:
    malformed = isinstance(error, MalformedJson)
    return Problema(
        type=f"{_URN}{'json-invalido' if malformed else 'documento-invalido'}",
        title="El cuerpo no es JSON" if malformed else "La venta tiene errores",
        status=400 if malformed else 422,
        detail="; ".join(falla.mensaje for falla in error.fallas[:3]) + ("; …" if len(error.fallas) > 3 else ""),
        instance=instance,
        errores=tuple(FallaDada(ruta=falla.ruta, codigo=falla.codigo, mensaje=falla.mensaje) for falla in error.fallas),
    )
