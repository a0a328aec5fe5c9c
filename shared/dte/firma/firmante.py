"""Who signs, and the act of signing: the digest and the signature are put into text of which no other byte changes."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime

import xmlsec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree

from shared.dte.certificado import read_certificado
from shared.dte.codigos import Codigo
from shared.dte.esquema import Esquema, check_arbol
from shared.dte.firma.algoritmos import C14N, ENVUELTA, RSA_SHA1, SHA1
from shared.dte.firma.canonico import canonicalize_archivo, cut_firma, cut_hijo, cut_signed_info
from shared.dte.xml import NS_FIRMA
from shared.errors import Misconfigured

_FIRMA = f"""<Signature xmlns="{NS_FIRMA}">
<SignedInfo>
<CanonicalizationMethod Algorithm="{C14N}"/>
<SignatureMethod Algorithm="{RSA_SHA1}"/>
<Reference URI="{{uri}}">
<Transforms>
<Transform Algorithm="{{transform}}"/>
</Transforms>
<DigestMethod Algorithm="{SHA1}"/>
<DigestValue>{{digest}}</DigestValue>
</Reference>
</SignedInfo>
<SignatureValue>{{valor}}</SignatureValue>
{{key_info}}
</Signature>"""

_KEY_INFO = """<KeyInfo>
<KeyValue>
<RSAKeyValue>
<Modulus>
{modulo}
</Modulus>
<Exponent>{exponente}</Exponent>
</RSAKeyValue>
</KeyValue>
<X509Data>
<X509Certificate>
{certificado}
</X509Certificate>
</X509Data>
</KeyInfo>"""

_LECTOR = etree.XMLParser(encoding="utf-8", resolve_entities=False, huge_tree=True)
"""For text of our own. Threads may share it: lxml lets one in at a time."""


@dataclass(frozen=True, slots=True)
class Firmante:
    """A person who signs: what the certificate says, and the secret key, which no representation shows."""

    rut: str
    titular: str
    desde: datetime
    vence: datetime
    certificado_der: bytes = field(repr=False)
    llave: xmlsec.Key = field(repr=False, compare=False)
    key_info: str = field(repr=False)

    def check_vigente(self, ahora: datetime) -> None:
        """Nothing, when the certificate is valid at that moment; Invalid otherwise (the SII's DTE-3-700)."""
        if ahora > self.vence:
            raise Codigo.CERT_VENCIDO.invalid(titular=self.titular, esperado=self.vence.date())
        if ahora < self.desde:
            raise Codigo.CERT_FUTURO.invalid(titular=self.titular, esperado=self.desde.date())


def load_firmante(llave_pem: bytes, certificado_der: bytes) -> Firmante:
    """The signer with this private key (PEM, not encrypted) and certificate; Invalid when they are not a pair."""
    certificado = read_certificado(certificado_der)
    try:
        llave = xmlsec.Key.from_memory(llave_pem, xmlsec.constants.KeyDataFormatPem)
    except xmlsec.Error as error:
        raise Codigo.CERT_LLAVE.invalid(motivo="trae una llave que no se puede leer") from error
    if not _is_pair(llave_pem, certificado.llave):
        raise Codigo.CERT_LLAVE.invalid(motivo="no corresponde a su llave privada")
    numeros = certificado.llave.public_numbers()
    return Firmante(
        rut=certificado.rut,
        titular=certificado.titular,
        desde=certificado.desde,
        vence=certificado.vence,
        certificado_der=certificado_der,
        llave=llave,
        key_info=_KEY_INFO.format(
            modulo=_base64_int(numeros.n),
            exponente=_base64_int(numeros.e),
            certificado=_wrap(certificado_der),
        ),
    )


def sign_texto(cuerpo: str, cierre: str, identificador: str, firmante: Firmante, esquema: Esquema | None = None) -> str:
    """`cuerpo` + Signature + `cierre`, where the first child of the root has that ID and is what is signed.

    That child declares no namespaces itself. Not one byte of `cuerpo` changes. Invalid, and nothing is signed, when the
    whole does not obey the schema.
    """
    return _sign(cuerpo + "\n", "\n" + cierre, f"#{identificador}", C14N, firmante=firmante, esquema=esquema)


def sign_semilla(semilla: str, firmante: Firmante) -> bytes:
    """The getToken request that proves who we are (Manual de autenticación automática): UTF-8-safe ASCII, one file."""
    cuerpo = f"<getToken>\n<item>\n<Semilla>{semilla}</Semilla>\n</item>\n"
    firmado = _sign(cuerpo, "\n</getToken>", "", ENVUELTA, firmante=firmante)
    return f'<?xml version="1.0"?>\n{firmado}'.encode("ascii")


def _sign(
    antes: str, despues: str, uri: str, transform: str, *, firmante: Firmante, esquema: Esquema | None = None
) -> str:
    datos = {"uri": uri, "transform": transform, "key_info": firmante.key_info}
    plantilla = f"{antes}{_FIRMA.format(digest='', valor='', **datos)}{despues}"
    raiz = etree.fromstring(plantilla.encode("utf-8"), _LECTOR)
    if esquema is not None:
        check_arbol(raiz, esquema)  # whose two values are still empty, as it allows them to be
    archivo = canonicalize_archivo(raiz)
    cubierto = cut_hijo(archivo) if uri else cut_firma(archivo)
    digest = base64.b64encode(hashlib.sha1(cubierto).digest()).decode("ascii")  # noqa: S324 - the SII knows no other
    valor = _wrap(_sign_bytes(cut_signed_info(archivo, digest), firmante.llave))
    return f"{antes}{_FIRMA.format(digest=digest, valor=valor, **datos)}{despues}"


def _sign_bytes(datos: bytes, llave: xmlsec.Key) -> bytes:
    contexto = xmlsec.SignatureContext()
    contexto.key = llave
    try:
        return contexto.sign_binary(datos, xmlsec.constants.TransformRsaSha1)
    except xmlsec.Error as error:
        raise Misconfigured(f"xmlsec no puede firmar con RSA-SHA1 en este sistema: {error}") from error


def _is_pair(llave_pem: bytes, publica: RSAPublicKey) -> bool:
    # Only its public half is looked at: proving its arithmetic once more takes as long as a hundred signatures.
    llave = load_pem_private_key(llave_pem, password=None, unsafe_skip_rsa_key_validation=True)
    return isinstance(llave, RSAPrivateKey) and llave.public_key().public_numbers() == publica.public_numbers()


def _base64_int(numero: int) -> str:
    return _wrap(numero.to_bytes((numero.bit_length() + 7) // 8, "big"))


def _wrap(datos: bytes) -> str:
    texto = base64.b64encode(datos).decode("ascii")
    return "\n".join(texto[inicio : inicio + 64] for inicio in range(0, len(texto), 64))
