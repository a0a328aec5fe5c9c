"""Made-up companies, certificates, CAFs and sales for tests. RUTs, keys and names are invented."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID

from shared.adapters.keystore import open_certificado
from shared.dte.caf import CafAbierto, parse_caf
from shared.dte.firma import Firmante
from shared.dte.modelo import DatosEmisor
from shared.dte.rsa import sign_sha1
from shared.dte.tipos import TipoDte
from shared.dte.xml import CODIFICACION

EMISOR_RUT = "77123456-9"
RECEPTOR_RUT = "76987654-5"
FIRMANTE_RUT = "12345678-5"
PASSWORD = "clave de prueba"
IDK = 666
FECHA = date(2026, 2, 3)
AHORA = datetime(2026, 2, 3, 13, 15, 30, tzinfo=UTC)
"""10:15:30 in Chile."""

EMISOR = DatosEmisor(
    rut=EMISOR_RUT,
    razon_social="Comercial Ñuñoa SpA",
    giro="Venta al por menor",
    acteco=(471990,),
    direccion="Calle Uno 123",
    comuna="Santiago",
    ciudad="Santiago",
)

_P = 0xFC4D1C6B4EED13BEBEE4524E08C58AE84295BC4B19808D934108CA39A3FC1A0F
_Q = 0xEC117A5992FC6CCE4BD6508F58B0EC0B6FBC012579DD6C45A511925D07436145


@cache
def folios_key() -> RSAPrivateKey:
    """A CAF key of the kind that the SII gives out: 512 bits, exponent 3. Libraries read such keys and make none."""
    d = pow(3, -1, (_P - 1) * (_Q - 1))
    publicos = RSAPublicNumbers(3, _P * _Q)
    dmp1, dmq1, iqmp = rsa.rsa_crt_dmp1(d, _P), rsa.rsa_crt_dmq1(d, _Q), rsa.rsa_crt_iqmp(_P, _Q)
    return rsa.RSAPrivateNumbers(_P, _Q, d, dmp1, dmq1, iqmp, publicos).private_key()


@cache
def authority_key() -> RSAPrivateKey:
    """Stands for the SII where CAFs are signed (IDK 666)."""
    return rsa.generate_private_key(65537, 1024)  # noqa: S505 - the SII's own has 512 bits


def llaves_autoridad() -> Mapping[int, RSAPublicKey]:
    """What `verify_caf` needs to believe the CAFs of `make_caf_xml`."""
    return {IDK: authority_key().public_key()}


def make_caf_xml(
    tipo: TipoDte = TipoDte.BOLETA,
    *,
    emisor: str = EMISOR_RUT,
    razon_social: str = "COMERCIAL ÑUÑOA &amp; CIA LTDA",
    desde: int = 1,
    hasta: int = 100,
    fecha: date = date(2026, 1, 5),
    idk: int = IDK,
) -> bytes:
    """A CAF file as the SII's portal gives it out, laid out over many lines. `razon_social` is already escaped."""
    publica = folios_key().public_key().public_numbers()
    modulo, exponente = (
        base64.b64encode(n.to_bytes((n.bit_length() + 7) // 8, "big")).decode() for n in (publica.n, publica.e)
    )
    da = (
        f"<DA><RE>{emisor}</RE><RS>{razon_social}</RS><TD>{tipo:d}</TD><RNG><D>{desde}</D><H>{hasta}</H></RNG>"
        f"<FA>{fecha}</FA><RSAPK><M>{modulo}</M><E>{exponente}</E></RSAPK><IDK>{idk}</IDK></DA>"
    )
    frma = base64.b64encode(sign_sha1(authority_key(), da.encode(CODIFICACION))).decode()
    privada = folios_key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    en_lineas = da.replace("><", ">\n<")
    texto = (
        f'<?xml version="1.0"?>\n<AUTORIZACION>\n<CAF version="1.0">\n{en_lineas}\n'
        f'<FRMA algoritmo="SHA1withRSA">{frma}</FRMA>\n</CAF>\n<RSASK>{privada}</RSASK>\n</AUTORIZACION>\n'
    )
    return texto.encode(CODIFICACION)


def make_caf(tipo: TipoDte = TipoDte.BOLETA, **datos: Any) -> CafAbierto:
    """`make_caf_xml`, read."""
    return parse_caf(make_caf_xml(tipo, **datos))


@cache
def person_key() -> RSAPrivateKey:
    """The key of the one person who signs in tests; making one takes a tenth of a second."""
    return rsa.generate_private_key(65537, 2048)


def make_certificate(
    rut: str = FIRMANTE_RUT,
    *,
    titular: str = "María Peña",
    in_subject: bool = True,
    desde: datetime = datetime(2025, 1, 1, tzinfo=UTC),
    vigencia: timedelta = timedelta(days=3650),
    key: RSAPrivateKey | None = None,
) -> x509.Certificate:
    """A certificate of a person, with the RUT in the subject or else only in the subjectAltName."""
    key = key or person_key()
    atributos = [x509.NameAttribute(NameOID.COMMON_NAME, titular)]
    if in_subject:
        atributos.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, rut))
    nombre = x509.Name(atributos)
    rut_der = bytes((22, len(rut))) + rut.encode("ascii")
    alternativo = x509.SubjectAlternativeName([x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.8321.1"), rut_der)])
    builder = x509.CertificateBuilder().subject_name(nombre).issuer_name(nombre).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(desde).not_valid_after(desde + vigencia)
    return builder.add_extension(alternativo, critical=False).sign(key, SHA256())


def make_p12(certificate: x509.Certificate | None = None, password: str = PASSWORD) -> bytes:
    """That certificate and the test person's key as a .p12 file."""
    cifra = BestAvailableEncryption(password.encode())
    return serialize_key_and_certificates(b"posta", person_key(), certificate or make_certificate(), None, cifra)


@cache
def firmante() -> Firmante:
    """The test person, ready to sign."""
    return open_certificado(make_p12(), PASSWORD)


def venta_boleta(**cambios: Any) -> dict[str, Any]:
    """JSON of a plain boleta of 1,190 pesos; `cambios` replace or add parts at the top (`Detalle=…`)."""
    return {
        "Encabezado": {"IdDoc": {"TipoDTE": 39}},
        "Detalle": [{"NmbItem": "Té", "QtyItem": 1, "PrcItem": 1190}],
        **cambios,
    }


def venta_factura(**cambios: Any) -> dict[str, Any]:
    """JSON of a plain factura of 37,485 pesos; `cambios` replace or add parts at the top."""
    receptor = {
        "RUTRecep": RECEPTOR_RUT,
        "RznSocRecep": "Receptor de Prueba Ltda",
        "GiroRecep": "Servicios",
        "DirRecep": "Calle Dos 456",
        "CmnaRecep": "Santiago",
    }
    return {
        "Encabezado": {"IdDoc": {"TipoDTE": 33, "FmaPago": 1}, "Receptor": receptor},
        "Detalle": [{"NmbItem": "Conector", "QtyItem": 450, "PrcItem": 70}],
        **cambios,
    }
