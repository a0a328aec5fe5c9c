"""The sandbox's authority: the key that signs CAFs (IDK 666) and the CA that certifies people, kept in one folder.

The only module of the sandbox that touches private keys. Whatever it makes has the form of the real thing, so that the
rest of Posta needs no special case: a CAF has 512 bits with e = 3 and a FRMA, a certificate has its holder's RUT in the
subject and in the alternative name of the accredited Chilean authorities.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509.oid import NameOID, ObjectIdentifier

from shared.clock import Clock
from shared.dte.firma import Firmante, load_firmante
from shared.dte.rut import parse_rut
from shared.dte.tipos import TipoDte
from shared.errors import Invalid, Misconfigured

IDK = 666
"""Number of the key that signs the sandbox's CAFs; the SII's own are 100 and 300."""

OID_RUT = ObjectIdentifier("1.3.6.1.4.1.8321.1")
"""Alternative name that holds the RUT of a certificate's holder (Norma técnica de firma electrónica, DS 181/2002)."""

_FOLIO_MAX = 10**10 - 1  # SiiTypes_v10.xsd, FolioType
_CA = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "CL"), x509.NameAttribute(NameOID.COMMON_NAME, "CA Sandbox")])


@dataclass(frozen=True, slots=True)
class Authority:
    """The keys of one sandbox. `open_authority` makes or finds them; the representation never shows them."""

    carpeta: Path
    clock: Clock
    _ca_llave: rsa.RSAPrivateKey
    _ca: x509.Certificate
    _caf_llave: rsa.RSAPrivateKey

    def __repr__(self) -> str:
        return f"Authority({self.carpeta})"

    @property
    def llaves_file(self) -> Path:
        """The public key that signs CAFs, as JSON `{IDK: PEM}`: the value for the setting `caf_llaves_file`."""
        return self.carpeta / "caf_llaves.json"

    @property
    def llaves(self) -> dict[int, rsa.RSAPublicKey]:
        return {IDK: self._caf_llave.public_key()}

    def make_cert(
        self, rut: str, titular: str, password: str, *, desde: datetime | None = None, dias: int = 3 * 365
    ) -> bytes:
        """A PKCS#12 file: a new 2048-bit key and the certificate of `rut`. Invalid if RUT or password are wrong."""
        rut = canonical_rut("rut", rut)
        if not password:
            raise Invalid.one("password", "vacia", "la contraseña del certificado no puede estar vacía")
        llave = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        inicio = desde or self.clock() - timedelta(days=1)
        sujeto = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "CL"),
                x509.NameAttribute(NameOID.COMMON_NAME, titular),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, rut),
            ]
        )
        certificado = _certificate(sujeto, llave.public_key(), self._ca_llave, inicio=inicio, dias=dias, rut=rut)
        cifrado = serialization.BestAvailableEncryption(password.encode())
        return pkcs12.serialize_key_and_certificates(rut.encode(), llave, certificado, [self._ca], cifrado)

    def make_firmante(self, rut: str, titular: str) -> Firmante:
        """Somebody who signs inside the sandbox, with a new key and certificate."""
        p12 = self.make_cert(rut, titular, "efimera")
        llave, certificado, _ = pkcs12.load_key_and_certificates(p12, b"efimera")
        if not isinstance(llave, rsa.RSAPrivateKey) or certificado is None:
            raise Misconfigured("la autoridad hizo un certificado sin llave")
        pem = llave.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return load_firmante(pem, certificado.public_bytes(Encoding.DER))

    def check_certificado(self, der: bytes) -> None:
        """Guarantees that this authority issued the certificate and that it is in force now; Invalid if not."""
        certificado = x509.load_der_x509_certificate(der)
        try:
            certificado.verify_directly_issued_by(self._ca)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise Invalid.one("", "emisor", "el certificado no es de una autoridad acreditada") from error
        if not certificado.not_valid_before_utc <= self.clock() <= certificado.not_valid_after_utc:
            raise Invalid.one("", "vigencia", "el certificado está vencido o aún no rige")

    def make_caf(self, rut: str, razon_social: str, tipo: int, *, desde: int, hasta: int, fecha: date) -> bytes:
        """A CAF file, byte for byte in the form of the SII's: ISO-8859-1, no declared encoding, PKCS#1 PEM."""
        rut = canonical_rut("rut", rut)
        _check_rango(tipo, desde, hasta)
        llave = _small_key(3)
        publica = llave.public_key().public_numbers()
        da = (
            f"<DA>\n<RE>{rut}</RE>\n<RS>{escape(razon_social[:40])}</RS>\n<TD>{int(tipo)}</TD>\n"
            f"<RNG><D>{desde}</D><H>{hasta}</H></RNG>\n<FA>{fecha.isoformat()}</FA>\n"
            f"<RSAPK><M>{_base64(publica.n)}</M><E>{_base64(publica.e)}</E></RSAPK>\n<IDK>{IDK}</IDK>\n</DA>"
        )
        firmado = re.sub(r">\s+<", "><", da).encode("iso-8859-1", "replace")
        # SHA-1 is what the SII signs with and what every reader of a CAF expects.
        frma = base64.b64encode(self._caf_llave.sign(firmado, padding.PKCS1v15(), hashes.SHA1())).decode()  # noqa: S303
        privada = llave.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        ).decode()
        return (
            f'<?xml version="1.0"?>\n<AUTORIZACION>\n<CAF version="1.0">\n{da}\n'
            f'<FRMA algoritmo="SHA1withRSA">{frma}</FRMA>\n</CAF>\n'
            f"<RSASK>{privada}</RSASK>\n\n<RSAPUBK>{_public_pem(llave.public_key())}</RSAPUBK>\n</AUTORIZACION>\n"
        ).encode("iso-8859-1", "replace")


def open_authority(carpeta: Path, clock: Clock) -> Authority:
    """The authority whose keys lie in `carpeta`; they are made (0600) the first time, by whoever comes first.

    Misconfigured when the folder cannot be made or read.
    """
    try:
        if not carpeta.exists():
            _create(carpeta, clock)
        return Authority(
            carpeta,
            clock,
            _load_key(carpeta / "ca.llave.pem"),
            x509.load_pem_x509_certificate((carpeta / "ca.pem").read_bytes()),
            _load_key(carpeta / "caf.llave.pem"),
        )
    except (OSError, ValueError) as error:
        raise Misconfigured(f"POSTA_CARPETA: las llaves en {carpeta} no se pueden leer o crear: {error}") from error


def _create(carpeta: Path, clock: Clock) -> None:
    """Make all keys aside and move the folder into place in one step: two processes may start at the same moment."""
    carpeta.parent.mkdir(parents=True, exist_ok=True)
    nueva = Path(tempfile.mkdtemp(dir=carpeta.parent, prefix=".autoridad-"))
    ca = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    # 512 bits as the SII's own: a longer FRMA would make the printed stamp overflow its PDF417.
    caf = _small_key(65537)
    certificado = _certificate(_CA, ca.public_key(), ca, inicio=clock() - timedelta(days=30), dias=20 * 365, rut=None)
    _write_private(nueva / "ca.llave.pem", ca)
    _write_private(nueva / "caf.llave.pem", caf)
    (nueva / "ca.pem").write_bytes(certificado.public_bytes(serialization.Encoding.PEM))
    (nueva / "caf_llaves.json").write_text(json.dumps({str(IDK): _public_pem(caf.public_key())}), encoding="ascii")
    try:
        nueva.rename(carpeta)
    except OSError:
        shutil.rmtree(nueva)
        if not (carpeta / "ca.pem").exists():
            raise


def _certificate(
    sujeto: x509.Name,
    llave: rsa.RSAPublicKey,
    firma: rsa.RSAPrivateKey,
    *,
    inicio: datetime,
    dias: int,
    rut: str | None,
) -> x509.Certificate:
    """A certificate signed by the CA: of a person when there is a RUT, else of the CA itself."""
    builder = (
        x509.CertificateBuilder(subject_name=sujeto, issuer_name=_CA, public_key=llave)
        .serial_number(x509.random_serial_number())
        .not_valid_before(inicio)
        .not_valid_after(inicio + timedelta(days=dias))
        .add_extension(x509.BasicConstraints(ca=rut is None, path_length=None), critical=True)
    )
    if rut is not None:
        ia5 = bytes([0x16, len(rut)]) + rut.encode("ascii")  # DER of IA5String
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.OtherName(OID_RUT, ia5)]), critical=False)
    return builder.sign(firma, hashes.SHA256())


def _small_key(exponente: int) -> rsa.RSAPrivateKey:
    """A 512-bit RSA key as the SII uses for folios.

    `cryptography` refuses to generate fewer than 1024 bits but accepts the numbers, so the primes are found here.
    """
    p, q = _prime(256, exponente), _prime(256, exponente)
    d = pow(exponente, -1, (p - 1) * (q - 1))
    publica = rsa.RSAPublicNumbers(exponente, p * q)
    return rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), publica
    ).private_key()


def _prime(bits: int, exponente: int) -> int:
    """A random prime with its two top bits set (so that a product of two has full length) and `exponente` usable."""
    while True:
        candidato = secrets.randbits(bits) | 3 << (bits - 2) | 1
        if (candidato - 1) % exponente and _is_prime(candidato):
            return candidato


def _is_prime(n: int) -> bool:
    """Miller–Rabin with 40 random bases: wrong less than once in 2**80."""
    if any(n % primo == 0 for primo in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)):
        return False
    doses = ((n - 1) & -(n - 1)).bit_length() - 1
    return all(_passes(n, secrets.randbelow(n - 3) + 2, doses) for _ in range(40))


def _passes(n: int, base: int, doses: int) -> bool:
    x = pow(base, (n - 1) >> doses, n)
    return x == 1 or any(pow(x, 1 << i, n) == n - 1 for i in range(doses))


def _check_rango(tipo: int, desde: int, hasta: int) -> None:
    if tipo not in set(TipoDte):
        conocidos = ", ".join(str(int(t)) for t in TipoDte)
        raise Invalid.one("tipo", "desconocido", f"el tipo {tipo} no se conoce; use uno de {conocidos}")
    if not 1 <= desde <= hasta <= _FOLIO_MAX:
        raise Invalid.one("desde", "rango", f"el rango {desde}-{hasta} no sirve: se espera 1 <= desde <= hasta")


def canonical_rut(ruta: str, rut: str) -> str:
    """The RUT in its canonical form; Invalid at `ruta` when it is none."""
    try:
        return parse_rut(rut)
    except ValueError as error:
        raise Invalid.one(ruta, "rut", str(error)) from error


def _write_private(archivo: Path, llave: rsa.RSAPrivateKey) -> None:
    archivo.touch(mode=0o600)
    archivo.write_bytes(
        llave.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )


def _load_key(archivo: Path) -> rsa.RSAPrivateKey:
    # Our own file: proving the primes again would take longer than everything else at the start.
    llave = serialization.load_pem_private_key(archivo.read_bytes(), password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(llave, rsa.RSAPrivateKey):
        raise ValueError(f"{archivo} no es RSA; borre la carpeta para rehacerlas")  # noqa: TRY004 - what it holds
    return llave


def _public_pem(llave: rsa.RSAPublicKey) -> str:
    return llave.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def _base64(n: int) -> str:
    return base64.b64encode(n.to_bytes((n.bit_length() + 7) // 8, "big")).decode()
