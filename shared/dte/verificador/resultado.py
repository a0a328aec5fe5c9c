"""What a verification found, as values: one `Control` for each thing that was looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import Falla, Invalid


class Valor(StrEnum):
    """How a check came out."""

    OK = "ok"
    FALLA = "falla"
    NO_APLICA = "no_aplica"


@dataclass(frozen=True, slots=True)
class Control:
    """One check: its outcome, the stable code of the broken rule ("" unless it failed), and the reason in Spanish."""

    nombre: str
    valor: Valor
    codigo: str
    motivo: str

    @classmethod
    def ok(cls, nombre: str, motivo: str = "") -> Control:
        return cls(nombre, Valor.OK, "", motivo)

    @classmethod
    def no_aplica(cls, nombre: str, motivo: str) -> Control:
        return cls(nombre, Valor.NO_APLICA, "", motivo)

    @classmethod
    def falla(cls, nombre: str, fallas: Sequence[Falla]) -> Control:
        """Failed for these reasons, of which the first gives the code."""
        return cls(nombre, Valor.FALLA, fallas[0].codigo, "; ".join(map(_tell, fallas)))

    @classmethod
    def run(cls, nombre: str, check: Callable[[], str]) -> Control:
        """The check's outcome: `check` gives the reason why it is good, or raises Invalid."""
        try:
            return cls.ok(nombre, check())
        except Invalid as error:
            return cls.falla(nombre, error.fallas)


@dataclass(frozen=True, slots=True)
class Identidad:
    """What a document calls itself, as written; None where it does not say."""

    emisor: str | None
    tipo: str | None
    folio: str | None
    receptor: str | None
    fecha: str | None
    monto: str | None


@dataclass(frozen=True, slots=True)
class DocumentoVerificado:
    """One document. `controles` judge the literal fragment, as the SII does; `contexto` its signature within the file.

    `firmante` is the RUT in the certificate of a signature that holds, else None.
    """

    identidad: Identidad
    controles: tuple[Control, ...]
    contexto: tuple[Control, ...]
    firmante: str | None

    @property
    def valido(self) -> bool:
        """Whether nothing failed in the fragment."""
        return _all_hold(self.controles)


@dataclass(frozen=True, slots=True)
class SobreVerificado:
    """The envelope around the documents. `firmante` as in a document."""

    raiz: str
    controles: tuple[Control, ...]
    firmante: str | None

    @property
    def valido(self) -> bool:
        return _all_hold(self.controles)


@dataclass(frozen=True, slots=True)
class Verificacion:
    """A whole file: its envelope, if it has one, its documents in order, and in what encoding it could be read."""

    sobre: SobreVerificado | None
    documentos: tuple[DocumentoVerificado, ...]
    codificacion: str
    observacion: str

    @property
    def valido(self) -> bool:
        """Whether every document, and the envelope, holds."""
        return (self.sobre is None or self.sobre.valido) and all(documento.valido for documento in self.documentos)


def _all_hold(controles: Sequence[Control]) -> bool:
    return all(control.valor is not Valor.FALLA for control in controles)


def _tell(falla: Falla) -> str:
    return f"{falla.ruta}: {falla.mensaje}" if falla.ruta else falla.mensaje
