"""RSA with SHA-1, which the SII's stamps and CAFs use, often with keys of 512 bits.

Kept apart because libraries are giving both up: whoever replaces the calls here replaces them everywhere.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1

ALGORITMO = "SHA1withRSA"
_RELLENO, _HUELLA = PKCS1v15(), SHA1()  # noqa: S303 - the SII knows no other


def sign_sha1(llave: RSAPrivateKey, datos: bytes) -> bytes:
    """RSASSA-PKCS1-v1_5 over SHA-1."""
    return llave.sign(datos, _RELLENO, _HUELLA)


def verify_sha1(llave: RSAPublicKey, firma: bytes, datos: bytes) -> None:
    """Nothing when the signature is right; cryptography's InvalidSignature otherwise."""
    llave.verify(firma, datos, _RELLENO, _HUELLA)
