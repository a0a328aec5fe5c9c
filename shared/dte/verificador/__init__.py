"""Judges documents and envelopes that anybody made: what holds, what does not, and why.

open_archivo ─▶ each document, as the literal fragment cut out of the file and in its context ─▶ the envelope
"""

from shared.dte.verificador.resultado import Control, DocumentoVerificado, SobreVerificado, Valor, Verificacion
from shared.dte.verificador.verificar import LIMITE_ARCHIVO, verify_archivo

__all__ = [
    "LIMITE_ARCHIVO",
    "Control",
    "DocumentoVerificado",
    "SobreVerificado",
    "Valor",
    "Verificacion",
    "verify_archivo",
]
