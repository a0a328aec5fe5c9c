"""What travels between the parts: companies and tills, the record of a document, its events and their routing keys."""

from shared.messages.alerta import Alerta, AlertaVigente, Aviso, ClaseAlerta, EstadoAviso, Gravedad, Motivo
from shared.messages.documento import (
    ClaseEvento,
    Dte,
    DteConXml,
    ErrorEnvio,
    Evento,
    Hito,
    Referencia,
    dte_id,
    first_events,
    referred_id,
)
from shared.messages.empresa import EmisorGuardado, Proveedor, Resolucion, TerminalGuardado
from shared.messages.envio import Envio, EstadoEnvio, Respuesta
from shared.messages.evento import Atributos, CambioEstado, Trabajo, atributos_of, cambio_of, routing_word, trabajo_of
from shared.messages.intercambio import CorreoEmisor, EstadoIntercambio, Intercambio
from shared.messages.latido import Latido
from shared.messages.pausa import ClasePausa, Pausa
from shared.messages.record import Record

__all__ = [
    "Alerta",
    "AlertaVigente",
    "Atributos",
    "Aviso",
    "CambioEstado",
    "ClaseAlerta",
    "ClaseEvento",
    "ClasePausa",
    "CorreoEmisor",
    "Dte",
    "DteConXml",
    "EmisorGuardado",
    "Envio",
    "ErrorEnvio",
    "EstadoAviso",
    "EstadoEnvio",
    "EstadoIntercambio",
    "Evento",
    "Gravedad",
    "Hito",
    "Intercambio",
    "Latido",
    "Motivo",
    "Pausa",
    "Proveedor",
    "Record",
    "Referencia",
    "Resolucion",
    "Respuesta",
    "TerminalGuardado",
    "Trabajo",
    "atributos_of",
    "cambio_of",
    "dte_id",
    "first_events",
    "referred_id",
    "routing_word",
    "trabajo_of",
]
