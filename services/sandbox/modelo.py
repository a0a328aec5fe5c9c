"""What the SII knows of an envelope and of a document, and the codes with which it objects to them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from shared.dte.tipos import Canal


@dataclass(frozen=True, slots=True)
class Objecion:
    """One thing the SII objects to, `SECCION-NIVEL-CODIGO`: level 3 rejects, 2 objects, 1 remarks."""

    seccion: str
    nivel: int
    codigo: int
    glosa: str
    detalle: str = ""

    def __str__(self) -> str:
        return f"({self.seccion}-{self.nivel}-{self.codigo}) {self.glosa}"


class Veredicto(StrEnum):
    """What became of one document, by the API's names for it."""

    ACEPTADO = "DOK"
    REPARO = "RPR"
    REPARO_LEVE = "RLV"
    RECHAZADO = "RCH"
    SOBRE = "SOBRE"
    """Not looked at: its envelope was refused as a whole."""

    @property
    def registrado(self) -> bool:
        """True when the SII counts the document as received for ever."""
        return self in (Veredicto.ACEPTADO, Veredicto.REPARO, Veredicto.REPARO_LEVE)


class EstadoEnvio(StrEnum):
    """States of an envelope on its way to a verdict, and the verdicts (Manual Consulta Estado de Envío)."""

    REC = "REC"
    SOK = "SOK"
    CRT = "CRT"
    FOK = "FOK"
    PDR = "PDR"
    EPR = "EPR"
    RSC = "RSC"
    RFR = "RFR"
    RCT = "RCT"

    @property
    def glosa(self) -> str:
        return _GLOSAS[self]


_GLOSAS = {
    EstadoEnvio.REC: "Envio Recibido",
    EstadoEnvio.SOK: "Esquema Validado",
    EstadoEnvio.CRT: "Caratula OK",
    EstadoEnvio.FOK: "Firma de Envio Validada",
    EstadoEnvio.PDR: "Envio en Proceso",
    EstadoEnvio.EPR: "Envio Procesado",
    EstadoEnvio.RSC: "Rechazado por Error en Schema",
    EstadoEnvio.RFR: "Rechazado por Error en Firma",
    EstadoEnvio.RCT: "Rechazado por Error en Caratula",
}


@dataclass(frozen=True, slots=True)
class Correccion:
    """A document that a note corrects, and how (`CodRef`: 1 annuls it, 2 corrects its text, 3 its amounts)."""

    emisor: str
    tipo: int
    folio: int
    codigo: int


@dataclass(frozen=True, slots=True)
class DocumentoRevisado:
    """One document of an upload and what the SII objects to in it. `sha256` is of its literal `<DTE>` fragment."""

    emisor: str
    tipo: int
    folio: int
    receptor: str
    fecha: date
    monto: int
    sha256: str
    objeciones: tuple[Objecion, ...] = ()
    repetido: bool = False
    corrige: tuple[Correccion, ...] = ()

    @property
    def veredicto(self) -> Veredicto:
        peor = max((objecion.nivel for objecion in self.objeciones), default=0)
        return (Veredicto.ACEPTADO, Veredicto.REPARO_LEVE, Veredicto.REPARO, Veredicto.RECHAZADO)[peor]

    def repeated(self, original_sha256: str, *, otro_envio: bool) -> DocumentoRevisado:
        """The same document found to be at the SII already: that is the first thing the SII looks at, and the last."""
        identico = original_sha256 == self.sha256
        objecion = (
            Objecion("DTE", 3, 100, "DTE Repetido")
            if identico
            else Objecion("DTE", 3, 101, "Folio para este Tipo de documento ya fue recibido en el SII")
        )
        return replace(self, objeciones=(objecion,), repetido=otro_envio)


@dataclass(frozen=True, slots=True)
class Revision:
    """The outcome of looking at an envelope: EPR and its documents, or the step at which it was refused as a whole."""

    estado: EstadoEnvio
    documentos: tuple[DocumentoRevisado, ...] = ()
    objeciones: tuple[Objecion, ...] = ()


@dataclass(frozen=True, slots=True)
class Subida:
    """An upload as it came through the door."""

    canal: Canal
    envia: str
    emisor: str
    archivo: str
    contenido: bytes = field(repr=False)
    sha256: str


@dataclass(frozen=True, slots=True)
class Contador:
    """Documents of one type in an envelope, by verdict."""

    tipo: int
    informados: int
    aceptados: int
    rechazados: int
    reparos: int


@dataclass(frozen=True, slots=True)
class Envio:
    """A registered upload. The verdict is known to the SII's clients from `listo` on."""

    trackid: str
    canal: Canal
    emisor: str
    envia: str
    archivo: str
    recibido: datetime
    listo: datetime
    estado: EstadoEnvio
    objeciones: tuple[Objecion, ...] = ()


@dataclass(frozen=True, slots=True)
class EnCaja:
    """A document that a DTEBox has: the upload in which the box brought it to the SII, and what became of it there."""

    envio: Envio
    documento: DocumentoRevisado
    veredicto: Veredicto


def estado_at(envio: Envio, ahora: datetime) -> EstadoEnvio:
    """The state that a question gets at the moment `ahora`: the steps are spread evenly until the verdict is due."""
    if ahora >= envio.listo:
        return envio.estado
    camino = _CAMINO[: _CAMINO.index(_ULTIMO.get(envio.estado, EstadoEnvio.PDR)) + 1]
    hecho = (ahora - envio.recibido) / (envio.listo - envio.recibido)
    return camino[max(0, min(int(hecho * len(camino)), len(camino) - 1))]


_CAMINO = (EstadoEnvio.REC, EstadoEnvio.SOK, EstadoEnvio.CRT, EstadoEnvio.FOK, EstadoEnvio.PDR)
_ULTIMO = {EstadoEnvio.RSC: EstadoEnvio.REC, EstadoEnvio.RCT: EstadoEnvio.SOK, EstadoEnvio.RFR: EstadoEnvio.CRT}
"""The last state that an envelope shows before it is refused at the next step."""
