"""Who may use the monitor: people with an account, machines with a token, and what is kept of them."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from enum import StrEnum

from shared.messages import Record


class Rol(StrEnum):
    """Each may do all that the one before it may."""

    LECTURA = "lectura"
    OPERADOR = "operador"
    ADMINISTRADOR = "administrador"

    def includes(self, otro: Rol) -> bool:
        order = list(Rol)
        return order.index(self) >= order.index(otro)


class Usuario(Record):
    """One person's account."""

    nombre: str
    hash: str
    """Of the password: argon2id, in its own notation."""
    rol: Rol
    activo: bool = True
    version: int = 1
    """Goes up when password, role or state change; sessions of an earlier version are over."""
    creado: datetime
    debe_cambiar: bool = False
    """Somebody else knows the password: until it is changed the account may do nothing but that."""


class Sesion(Record):
    """One browser that somebody has logged in with. Its token is stored as a hash only."""

    hash: str
    usuario: str
    version: int
    """Of the account when it began."""
    csrf: str
    creada: datetime
    vista: datetime
    """The last time that a person did something with it."""
    vence: datetime
    """When it ends, however much it is used."""


class TokenApi(Record):
    """A machine's way into the API. What it is given is stored as a hash only."""

    id: str
    nombre: str
    rol: Rol
    hash: str
    creado: datetime
    creado_por: str
    vence: datetime
    usado: datetime | None = None
    revocado: bool = False


def create_secret() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """What is stored instead of one. No salt or stretching: nobody guesses 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
