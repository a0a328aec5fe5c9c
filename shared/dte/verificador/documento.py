"""The checks of one document: its schema, its signature, its signer, its stamp, its CAF and its sums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from lxml import etree

from shared.dte.caf import check_caf_use, cut_elemento, read_caf, verify_caf
from shared.dte.codigos import Codigo
from shared.dte.esquema import Esquema, check_arbol
from shared.dte.firma import Diagnostico, diagnose, find_alteracion, restore_context, verify_firma
from shared.dte.hora import CHILE
from shared.dte.relectura import find_cuerpo
from shared.dte.ted import MAX_NOMBRE, DatosTed, cut_ted, verify_ted
from shared.dte.texto import strip_quotes
from shared.dte.tipos import TipoDte
from shared.dte.verificador.aritmetica import check_aritmetica
from shared.dte.verificador.resultado import Control, DocumentoVerificado, Identidad
from shared.dte.xml import NS, find_texto, parse_xml
from shared.errors import Falla, Invalid

AUTORIDADES: Mapping[int, str] = {100: "el SII, certificación", 300: "el SII, producción"}
_SIN_CADENA = "no se comprueba la cadena de su emisor"
_RESTAURADO = ", con los espacios de nombres de su sobre, que el archivo perdió"
_BOLETAS = frozenset({"39", "41"})


@dataclass(frozen=True, slots=True)
class Pieza:
    """A document of a file: its literal fragment, and the same where it stands in the file."""

    fragmento: bytes
    elemento: etree._Element
    suelta: bool
    """Whether it is the whole file, so that there is no context."""


def verify_documento(pieza: Pieza, llaves: Mapping[int, RSAPublicKey]) -> DocumentoVerificado:
    """Every check of one document; `llaves` are the keys whose CAFs count, by IDK. Never raises Invalid."""
    dte = _with_namespace(pieza.elemento)
    try:
        cuerpo = find_cuerpo(dte)
    except Invalid as error:
        control = Control.falla("esquema", error.fallas)
        return DocumentoVerificado(Identidad(*[None] * 6), (control,), (), None)
    identidad, momento = _identify(cuerpo), _moment(cuerpo)
    diagnostico, fallas = _diagnose_fragment(pieza.fragmento)
    restaurado = restore_context(pieza.fragmento) if pieza.suelta and not diagnostico.holds else None
    if restaurado is not None:
        diagnostico, fallas = _diagnose_fragment(restaurado)
    controles = (
        check_esquema(dte, Esquema.BOLETA if identidad.tipo in _BOLETAS else Esquema.DTE),
        *check_firma(diagnostico, fallas, momento, _RESTAURADO if restaurado is not None else "", pieza.fragmento),
        _check_timbre(pieza.fragmento, cuerpo, identidad),
        _check_caf(pieza.fragmento, identidad, momento, llaves),
        check_aritmetica(cuerpo),
    )
    contexto = () if pieza.suelta else tuple(check_contexto(diagnose(pieza.elemento)))
    return DocumentoVerificado(identidad, controles, contexto, signer_of(diagnostico))


def check_esquema(raiz: etree._Element, esquema: Esquema) -> Control:
    """The file against the SII's schema of 2026."""

    def check() -> str:
        check_arbol(raiz, esquema)
        return f"cumple {esquema.value}"

    return Control.run("esquema", check)


def check_firma(
    diagnostico: Diagnostico,
    fallas: tuple[Falla, ...],
    momento: datetime | None,
    observacion: str = "",
    fragmento: bytes = b"",
) -> Iterator[Control]:
    """Digest, signature and certificate; `fallas` are those that already kept xmlsec from accepting the whole."""
    if diagnostico.digest is None:
        yield Control.ok("digest", f"el contenido es el que se firmó{observacion}")
    else:
        indicio = find_alteracion(fragmento) if diagnostico.digest.codigo == Codigo.FIRMA_DIGEST.codigo else ""
        control = Control.falla("digest", (diagnostico.digest,))
        yield Control(control.nombre, control.valor, control.codigo, "; ".join(filter(None, (control.motivo, indicio))))
    if diagnostico.valor is not None:
        yield Control.falla("firma", (diagnostico.valor,))
    elif diagnostico.holds and diagnostico.llave is None and fallas:
        yield Control.falla("firma", fallas)
    else:
        yield Control.ok("firma", "SignatureValue corresponde a la llave de KeyValue")
    yield _check_certificado(diagnostico, momento)


def check_contexto(diagnostico: Diagnostico) -> Iterator[Control]:
    """Digest and signature as a standard verifier finds them that is given the whole file."""
    for nombre, falla in (("digest", diagnostico.digest), ("firma", diagnostico.valor)):
        yield Control.falla(nombre, (falla,)) if falla is not None else Control.ok(nombre)


def signer_of(diagnostico: Diagnostico) -> str | None:
    """RUT of the certificate's holder, when the signature holds and is by the certificate's key."""
    certificado = diagnostico.certificado
    return certificado.rut if diagnostico.holds and diagnostico.llave is None and certificado is not None else None


def parse_momento(texto: str | None) -> datetime | None:
    """A moment as documents write it, local Chilean time; None when it is none."""
    try:
        return datetime.fromisoformat(texto or "").replace(tzinfo=CHILE)
    except ValueError:
        return None


def _diagnose_fragment(fragmento: bytes) -> tuple[Diagnostico, tuple[Falla, ...]]:
    """What holds of the fragment's signature, and what xmlsec has against it."""
    try:
        raiz = parse_xml(fragmento, len(fragmento))
    except Invalid as error:  # such as a prefix that only the envelope declares
        falla = error.fallas[0]
        return Diagnostico(falla, falla, falla, None), tuple(error.fallas)
    diagnostico = diagnose(raiz)
    try:
        verify_firma(fragmento, len(fragmento))
    except Invalid as error:
        return diagnostico, tuple(error.fallas)
    return diagnostico, ()


def _with_namespace(elemento: etree._Element) -> etree._Element:
    """The document as a tree of its own, in the SII's namespace also when it was cut out of where that is declared."""
    texto = etree.tostring(elemento, encoding="utf-8", with_tail=False)
    if not str(elemento.tag).startswith("{"):
        texto = texto.replace(b"<DTE", f'<DTE xmlns="{NS}"'.encode(), 1)
    return etree.fromstring(texto, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True))


def _identify(cuerpo: etree._Element) -> Identidad:
    return Identidad(
        emisor=find_texto(cuerpo, "Encabezado/Emisor/RUTEmisor"),
        tipo=find_texto(cuerpo, "Encabezado/IdDoc/TipoDTE"),
        folio=find_texto(cuerpo, "Encabezado/IdDoc/Folio"),
        receptor=find_texto(cuerpo, "Encabezado/Receptor/RUTRecep"),
        fecha=find_texto(cuerpo, "Encabezado/IdDoc/FchEmis"),
        monto=find_texto(cuerpo, "Encabezado/Totales/MntTotal"),
    )


def _moment(cuerpo: etree._Element) -> datetime | None:
    return parse_momento(find_texto(cuerpo, "TmstFirma"))


def _check_certificado(diagnostico: Diagnostico, momento: datetime | None) -> Control:
    certificado = diagnostico.certificado
    if diagnostico.llave is not None or certificado is None:
        fallas = [diagnostico.llave] if diagnostico.llave is not None else []
        return Control.falla("certificado", fallas or [Codigo.CERT_ILEGIBLE.falla("", motivo="falta")])
    quien = f"{certificado.rut} {certificado.titular}".strip()
    desde, hasta = certificado.desde.astimezone(CHILE), certificado.vence.astimezone(CHILE)
    if momento is None:
        return Control.ok("certificado", f"{quien}; no se sabe cuándo firmó; {_SIN_CADENA}")
    if not certificado.desde <= momento.astimezone(UTC) <= certificado.vence:
        falla = Codigo.CERT_FUERA.falla("", titular=quien, desde=desde.date(), hasta=hasta.date(), dado=momento.date())
        return Control.falla("certificado", [falla])
    return Control.ok("certificado", f"{quien}, vigente al firmar ({momento.date()}); {_SIN_CADENA}")


def _check_timbre(fragmento: bytes, cuerpo: etree._Element, identidad: Identidad) -> Control:
    def check() -> str:
        datos, _ = verify_ted(cut_ted(fragmento))
        distintos = list(_find_distintos(datos, cuerpo, identidad))
        if distintos:
            raise Codigo.TED.invalid("TED", motivo=f"no dice lo mismo que el documento en {', '.join(distintos)}")
        return "firmado con la llave del CAF; dice lo mismo que el documento"

    return Control.run("timbre", check)


def _find_distintos(datos: DatosTed, cuerpo: etree._Element, identidad: Identidad) -> Iterator[str]:
    """The tags of the stamp that do not say what the document says."""
    pares = {
        "RE": (datos.emisor, identidad.emisor),
        "TD": (str(int(datos.tipo)), identidad.tipo),
        "F": (str(datos.folio), (identidad.folio or "").lstrip("0")),
        "FE": (str(datos.fecha), identidad.fecha),
        "RR": (datos.receptor, identidad.receptor),
    }
    yield from (campo for campo, (timbre, documento) in pares.items() if timbre != documento)
    if Decimal(datos.monto) != _decimal(identidad.monto):
        yield "MNT"
    textos = {
        "RSR": (datos.nombre, find_texto(cuerpo, "Encabezado/Receptor/RznSocRecep")),
        "IT1": (datos.item, find_texto(cuerpo, "Detalle/NmbItem")),
    }
    yield from (campo for campo, (timbre, documento) in textos.items() if documento and not _fits(timbre, documento))


def _fits(timbre: str, documento: str) -> bool:
    """Whether the stamp's text is the beginning of the document's, but for quotes, which some strip and some do not."""
    corto, largo = strip_quotes(timbre), strip_quotes(documento)
    return largo.startswith(corto) and (bool(corto) or not largo) and len(timbre) <= MAX_NOMBRE


def _decimal(texto: str | None) -> Decimal | None:
    try:
        return Decimal(texto or "")
    except InvalidOperation:
        return None


def _check_caf(
    fragmento: bytes, identidad: Identidad, momento: datetime | None, llaves: Mapping[int, RSAPublicKey]
) -> Control:
    def check() -> str:
        caf = read_caf(cut_elemento("CAF", cut_ted(fragmento)) or "")
        verify_caf(caf, llaves)
        tipo, folio, fecha = _use_of(identidad)
        hoy = momento.date() if momento is not None else None
        check_caf_use(caf, emisor=identidad.emisor or "", tipo=tipo, folio=folio, fecha=fecha, hoy=hoy)
        autoridad = AUTORIDADES.get(caf.idk, "una llave dada aparte, no el SII")
        return f"folios {caf.desde} a {caf.hasta}, autorizados por {autoridad} (IDK {caf.idk})"

    return Control.run("caf", check)


def _use_of(identidad: Identidad) -> tuple[TipoDte, int, date]:
    """Type, folio and date that the document claims of its CAF."""
    try:
        tipo, folio = TipoDte(int(identidad.tipo or "")), int(identidad.folio or "")
        return tipo, folio, date.fromisoformat(identidad.fecha or "")
    except ValueError as error:
        raise Codigo.DTE_ILEGIBLE.invalid(motivo="su tipo, folio o fecha no es uno que el SII admita") from error
