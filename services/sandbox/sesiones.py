"""Seeds and tokens: who may talk to the SII, on which channel, until when. In memory: a restart forgets them."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from shared.clock import Clock
from shared.dte.tipos import Canal

VIDA_SEMILLA = timedelta(minutes=2)
"""How long a seed may be signed (Manual de autenticación automática)."""

_ALFABETO = string.ascii_uppercase + string.digits


class Token(Enum):
    """Why a token is no good, as the SOAP queries tell it apart (QueryEstUp: 001, 002, 003)."""

    FALTA = "001"
    VENCIDO = "002"
    DESCONOCIDO = "003"


@dataclass(slots=True)
class Sesiones:
    """The seeds and tokens in force. Tokens of one channel mean nothing in the other."""

    clock: Clock
    _semillas: dict[str, datetime] = field(default_factory=dict)
    _tokens: dict[tuple[Canal, str], tuple[str, datetime]] = field(default_factory=dict)

    def new_semilla(self) -> str:
        """A seed of twelve digits that one login may use once, within two minutes."""
        ahora = self.clock()
        self._semillas = {s: vence for s, vence in self._semillas.items() if vence > ahora}
        semilla = f"{secrets.randbelow(10**12):012d}"
        self._semillas[semilla] = ahora + VIDA_SEMILLA
        return semilla

    def use_semilla(self, semilla: str) -> bool:
        """Whether the seed was in force; it is not any more."""
        vence = self._semillas.pop(semilla, None)
        return vence is not None and self.clock() < vence

    def new_token(self, canal: Canal, rut: str, vida: timedelta) -> str:
        """A token of thirteen letters and digits for the holder of the certificate `rut`."""
        token = "".join(secrets.choice(_ALFABETO) for _ in range(13))
        self._tokens[canal, token] = (rut, self.clock() + vida)
        return token

    def find_rut(self, canal: Canal, token: str | None) -> str | Token:
        """The holder of a token in force on this channel, or what is wrong with the token."""
        if not token:
            return Token.FALTA
        rut, vence = self._tokens.get((canal, token), ("", None))
        if vence is None:
            return Token.DESCONOCIDO
        return rut if self.clock() < vence else Token.VENCIDO

    def forget_tokens(self, canal: Canal) -> None:
        """Make every token of the channel unknown, as the SII does when it restarts its session server."""
        self._tokens = {clave: valor for clave, valor in self._tokens.items() if clave[0] is not canal}
