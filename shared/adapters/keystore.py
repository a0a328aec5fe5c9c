"""Secrets: certificates opened, and everything that must not lie about in clear encrypted at rest."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

from shared.dte.caf import LLAVES_SII
from shared.dte.codigos import Codigo
from shared.dte.firma import Firmante, load_firmante
from shared.dte.tipos import Ambiente
from shared.errors import Misconfigured, explain

LARGO_LLAVE = 32
"""Bytes of the master key: AES-256."""
IDK_SII = {Ambiente.CERTIFICACION: 100, Ambiente.PRODUCCION: 300}
"""Which of the SII's keys signs the CAFs of which environment."""
_LARGO_NONCE = 12
_VERSION = b"\x01"
"""First byte of everything encrypted: which form it has."""


def open_certificado(p12: bytes, password: str, *, ahora: datetime | None = None) -> Firmante:
    """The signer in a PKCS#12 file, old ciphers (RC2, 3DES) included.

    Invalid: unreadable, wrong password, no RSA key, no RUT, or (when `ahora` is given) not valid at that moment.
    """
    try:
        llave, certificado, _ = load_key_and_certificates(p12, password.encode("utf-8"))
    except (ValueError, UnsupportedAlgorithm) as error:
        if "password" in str(error).lower():
            raise Codigo.CERT_CLAVE.invalid() from error
        raise Codigo.CERT_ILEGIBLE.invalid(motivo="no es un archivo .p12") from error
    if certificado is None or not isinstance(llave, RSAPrivateKey):
        raise Codigo.CERT_LLAVE.invalid(motivo="no trae una llave privada RSA")
    pem = llave.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    firmante = load_firmante(pem, certificado.public_bytes(Encoding.DER))
    if ahora is not None:
        firmante.check_vigente(ahora)
    return firmante


class Boveda:
    """Encrypts with the installation's master key (AES-256-GCM, a fresh nonce each time).

    The key's file may hold older keys behind it: while a new one is introduced, what they encrypted is still read. The
    file is read again before anything is encrypted, and when something cannot be read: nobody has to be restarted.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._llaves = _read_llaves_maestras(path)

    @classmethod
    def from_file(cls, path: Path) -> Boveda:
        """The vault of the master key in that file; Misconfigured when it is missing, unfit, or readable by others."""
        return cls(path)

    def __repr__(self) -> str:
        return "Boveda()"

    def encrypt(self, datos: bytes) -> bytes:
        """Version byte, nonce, ciphertext and tag."""
        self._llaves = _read_llaves_maestras(self._path)
        nonce = secrets.token_bytes(_LARGO_NONCE)
        return _VERSION + nonce + AESGCM(self._llaves[0]).encrypt(nonce, datos, _VERSION)

    def decrypt(self, cifrado: bytes) -> bytes:
        """What `encrypt` was given; Misconfigured when it was altered or belongs to another master key."""
        datos = _decrypt(cifrado, self._llaves)
        if datos is None:
            self._llaves = _read_llaves_maestras(self._path)
            datos = _decrypt(cifrado, self._llaves)
        if datos is None:
            raise Misconfigured("un secreto guardado no se puede descifrar: la llave maestra es otra")
        return datos

    def is_current(self, cifrado: bytes) -> bool:
        """Whether the newest key encrypted this."""
        return _decrypt(cifrado, self._llaves[:1]) is not None

    def add_llave(self) -> None:
        """Put a new key before the one in the file, unless an earlier change of keys is still under way."""
        self._llaves = _read_llaves_maestras(self._path)
        if len(self._llaves) == 1:
            self._write([secrets.token_bytes(LARGO_LLAVE), *self._llaves])

    def drop_old(self) -> None:
        """Leave only the newest key in the file. Whatever another one encrypted is lost after this."""
        self._write(self._llaves[:1])

    def _write(self, llaves: Sequence[bytes]) -> None:
        """Replace the file as a whole: whoever reads it finds the keys of before or these, never a part."""
        path = self._path.resolve()
        nuevo = path.with_name(f"{path.name}.nueva")
        try:
            nuevo.unlink(missing_ok=True)
            _write_private(nuevo, b"".join(llaves))
            os.chown(nuevo, path.stat().st_uid, path.stat().st_gid)  # the services read it, whoever changes it
            nuevo.replace(path)
        except OSError as error:
            raise Misconfigured(
                f"no se puede escribir la llave maestra {self._path}: {explain(error)}; escriba usted el archivo, "
                "con la llave nueva delante de la anterior, y use «posta llave reencrypt»"
            ) from error
        self._llaves = tuple(llaves)


def _decrypt(cifrado: bytes, llaves: Sequence[bytes]) -> bytes | None:
    nonce, resto = cifrado[1 : 1 + _LARGO_NONCE], cifrado[1 + _LARGO_NONCE :]
    for llave in llaves:
        with contextlib.suppress(InvalidTag, ValueError):
            return AESGCM(llave).decrypt(nonce, resto, cifrado[:1])
    return None


def _read_llaves_maestras(path: Path) -> tuple[bytes, ...]:
    """The keys in a file, the newest first."""
    try:
        estado = path.stat()
        if is_exposed(estado.st_mode, estado.st_uid, os.geteuid()):
            raise Misconfigured(f"otros usuarios pueden leer la llave maestra {path}: ejecute «chmod 600 {path}»")
        todas = path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"no se puede leer la llave maestra {path}: {explain(error)}") from error
    if not todas or len(todas) % LARGO_LLAVE:
        raise Misconfigured(f"la llave maestra {path} debe tener {LARGO_LLAVE} bytes y tiene {len(todas)}")
    return tuple(todas[at : at + LARGO_LLAVE] for at in range(0, len(todas), LARGO_LLAVE))


def is_exposed(mode: int, uid: int, own: int) -> bool:
    """Whether a secret's file is open to more than who has to read it: `own` is this process's user.

    Its owner alone reads it; or root owns it, and lets a group read it that was made for this process. So Kubernetes
    mounts secrets for who is not root (fsGroup), and so PostgreSQL takes its server's key.
    """
    return bool(mode & (0o037 if uid == 0 and own != 0 else 0o077))


def create_llave_maestra(path: Path) -> None:
    """A new random master key in a file that only its owner can read. An existing one is never overwritten."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_private(path, secrets.token_bytes(LARGO_LLAVE))


def _write_private(path: Path, datos: bytes) -> None:
    """A new file that only its owner can read, from its first byte on, and on the disk before this returns."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as archivo:
        archivo.write(datos)
        archivo.flush()
        os.fsync(archivo.fileno())


def load_llaves_caf(ambiente: Ambiente, archivo: Path | None) -> dict[int, RSAPublicKey]:
    """The keys whose CAFs count in this environment, by IDK; `archivo` (JSON `{IDK: PEM}`) adds some in certificación.

    Misconfigured if there is such a file in producción, where the SII alone authorises folios, or it is unfit.
    """
    if archivo is None:
        return {IDK_SII[ambiente]: LLAVES_SII[IDK_SII[ambiente]]}
    if ambiente is Ambiente.PRODUCCION:
        raise Misconfigured("POSTA_CAF_LLAVES_FILE no se admite en producción: sólo el SII autoriza folios; quítela")
    return {IDK_SII[ambiente]: LLAVES_SII[IDK_SII[ambiente]], **read_llaves(archivo, "POSTA_CAF_LLAVES_FILE")}


def read_llaves(archivo: Path, nombre: str) -> dict[int, RSAPublicKey]:
    """The RSA keys in a JSON file `{IDK: PEM}`; Misconfigured, naming the setting `nombre`, when it is unfit."""
    try:
        dadas = json.loads(archivo.read_text(encoding="ascii"))
        llaves = {int(idk): load_pem_public_key(pem.encode("ascii")) for idk, pem in dadas.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise Misconfigured(f"{nombre}: no se puede leer {archivo}: {error}") from error
    return {idk: llave for idk, llave in llaves.items() if isinstance(llave, RSAPublicKey)}
