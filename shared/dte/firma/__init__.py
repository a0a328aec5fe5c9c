"""XML signatures as the SII wants them, made and checked with xmlsec.

xmldsignature_v10.xsd: RSA-SHA1, inclusive C14N, one Transform, KeyValue before one X509 certificate. The Signature is
the last child of the parent of what it signs. A document is signed standing alone, an envelope with its documents
inside; so a document is verified as the literal fragment that was cut out of its envelope.
"""

from shared.dte.firma.diagnostico import Diagnostico, diagnose, find_alteracion, restore_context
from shared.dte.firma.firmante import Firmante, load_firmante, sign_semilla, sign_texto
from shared.dte.firma.fragmentos import extract_dtes
from shared.dte.firma.verificacion import FirmaVerificada, verify_firma

__all__ = [
    "Diagnostico",
    "FirmaVerificada",
    "Firmante",
    "diagnose",
    "extract_dtes",
    "find_alteracion",
    "load_firmante",
    "restore_context",
    "sign_semilla",
    "sign_texto",
    "verify_firma",
]
