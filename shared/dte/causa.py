"""Why a document does not move, as a closed set, and for each cause what a person has to do about it."""

from __future__ import annotations

from enum import StrEnum


class Causa(StrEnum):
    """The cause that is stored in `error_envio`, grouped by on the screens and replayed by."""

    SIN_CONEXION = "sin_conexion"
    """The SII's host could not be reached: nothing left this machine."""
    SII_CAIDO = "sii_caido"
    """The SII answered that it is out of order."""
    SIN_RESPUESTA = "sin_respuesta"
    """The request left and no readable answer came."""
    INTERRUMPIDO = "interrumpido"
    """Our own process ended before anything left."""
    LIMITE = "limite"
    """Too many requests (HTTP 429)."""
    TOKEN = "token"  # noqa: S105 - a cause, not a secret
    """The login did not give a token, or the SII refused a new one."""
    SERVICIO = "servicio"
    """A service of the SII answered with an internal error code."""
    TRANSMISION = "transmision"
    """The file arrived cut short."""
    SIN_PERMISO = "sin_permiso"
    CERTIFICADO = "certificado"
    CAF = "caf"
    ESQUEMA = "esquema"
    FIRMA = "firma"
    CARATULA = "caratula"
    TAMANO = "tamano"
    REPETIDO = "repetido"
    DISTINTO = "distinto"
    """The SII holds other content under this folio."""
    CONTENIDO = "contenido"
    """The SII refused what the document says."""
    REFERENCIA = "referencia"
    """A note on a document that the SII has rejected."""
    DTEBOX = "dtebox"
    """The DTEBox does not know the company's key, or nothing of it is at the company's address."""
    DESCONOCIDO = "desconocido"

    @property
    def transitoria(self) -> bool:
        """True when nothing is wrong with the document or the company: it goes by itself once the SII is back."""
        return self in _TRANSITORIAS

    @property
    def remedio(self) -> str:
        """What a person has to do, in Spanish."""
        return _REMEDIOS[self]


_TRANSITORIAS = frozenset({Causa.SIN_CONEXION, Causa.SII_CAIDO, Causa.SIN_RESPUESTA, Causa.LIMITE, Causa.INTERRUMPIDO})

_REMEDIOS = {
    Causa.SIN_CONEXION: "No hay conexión con el SII. Se reintenta solo; si dura, revise la red y el DNS del servidor.",
    Causa.SII_CAIDO: "El SII está fuera de servicio. Se reintenta solo cuando vuelva.",
    Causa.SIN_RESPUESTA: "El SII no alcanzó a responder. Se le pregunta por cada folio antes de volver a enviar.",
    Causa.INTERRUMPIDO: "El proceso que enviaba se detuvo antes de enviar. Se reintenta solo.",
    Causa.LIMITE: "El SII pide ir más lento. Se reintenta solo; si se repite, baje POSTA_MAX_WORKERS.",
    Causa.TOKEN: "El SII no aceptó la autenticación. Revise que el certificado esté vigente y la hora del servidor.",
    Causa.SERVICIO: "Un servicio del SII respondió con un error interno. Reintente más tarde.",
    Causa.TRANSMISION: "El archivo llegó cortado al SII. Reintente; si se repite, revise proxies y cortafuegos.",
    Causa.SIN_PERMISO: "Autorice en el SII al dueño del certificado como usuario que firma y envía por esta empresa.",
    Causa.CERTIFICADO: "Cargue un certificado vigente de esta empresa con «posta cert set».",
    Causa.CAF: "El folio no está autorizado o su CAF no sirve. Revise el CAF importado y emita con un folio válido.",
    Causa.ESQUEMA: "El documento no cumple el formato del SII. Corrija el dato que indica la glosa y emita de nuevo.",
    Causa.FIRMA: "El SII no reconoce la firma. Revise que el certificado sea válido y emita de nuevo.",
    Causa.CARATULA: "Corrija la fecha y el número de resolución de la empresa con «posta emisor» y reintente.",
    Causa.TAMANO: "El SII no acepta el tamaño del envío. Reduzca el detalle del documento y emita de nuevo.",
    Causa.REPETIDO: "El SII dice que ya tiene este folio. Compárelo con el documento que muestra el portal del SII.",
    Causa.DISTINTO: "El SII tiene otro documento con este folio. Compare receptor, fecha y monto en el portal.",
    Causa.CONTENIDO: "El SII rechazó el contenido. Corrija lo que indica la glosa y emita un documento nuevo.",
    Causa.REFERENCIA: "El SII rechazó el documento que esta nota corrige. Si igual debe ir, reenvíela.",
    Causa.DTEBOX: "Revise la dirección y la AuthKey del DTEBox de la empresa: «posta emisor dtebox». Luego reenvíe.",
    Causa.DESCONOCIDO: "Respuesta del SII que Posta no conoce. Revise la glosa y el estado del folio en el portal.",
}

_POR_CODIGO = {
    "ENV-3-0": Causa.ESQUEMA,
    "ENV-3-6": Causa.SIN_PERMISO,
    "DTE-3-100": Causa.REPETIDO,
    "DTE-3-101": Causa.REPETIDO,
    "DTE-3-505": Causa.FIRMA,
    "DTE-3-601": Causa.CAF,
    "DTE-3-700": Causa.CERTIFICADO,
}

_POR_SECCION = {
    "CRT": Causa.CARATULA,
    "CHR": Causa.ESQUEMA,
    "SCH": Causa.ESQUEMA,
    "LPX": Causa.ESQUEMA,
    "CAF": Causa.CAF,
    "TED": Causa.CAF,
}


def causa_for(codigo: str) -> Causa:
    """The cause behind a validation code such as `CAF-3-517` (Manual Validaciones de DTE); CONTENIDO for the rest."""
    return _POR_CODIGO.get(codigo) or _POR_SECCION.get(codigo[:3], Causa.CONTENIDO)
