"""The shape of the SII's SOAP services: rpc calls that answer with a string of escaped XML, as its Axis 1.x does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from shared.dte.xml import NS_XSI, local_name, parse_xml
from shared.errors import Invalid

NS_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_NS_XSD = "http://www.w3.org/2001/XMLSchema"
_CODIFICACION = "http://schemas.xmlsoap.org/soap/encoding/"
_NS_SII = "http://www.sii.cl/XMLSchema"
_LIMITE = 200_000

Campo = tuple[str, str]
"""Name and value of one element of a RESPUESTA."""


@dataclass(frozen=True, slots=True)
class Servicio:
    """One `.jws` service and its only operation, with the parameters in the order of the WSDL."""

    nombre: str
    operacion: str
    parametros: tuple[str, ...]


SERVICIOS: Mapping[str, Servicio] = {
    servicio.nombre: servicio
    for servicio in (
        Servicio("CrSeed", "getSeed", ()),
        Servicio("GetTokenFromSeed", "getToken", ("pszXml",)),
        Servicio("QueryEstUp", "getEstUp", ("RutCompania", "DvCompania", "TrackId", "Token")),
        Servicio(
            "QueryEstDte",
            "getEstDte",
            (
                *("RutConsultante", "DvConsultante", "RutCompania", "DvCompania", "RutReceptor", "DvReceptor"),
                *("TipoDte", "FolioDte", "FechaEmisionDte", "MontoDte", "Token"),
            ),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class SoapFault:
    """The call cannot be understood; the answer is a fault with this code."""

    codigo: str
    texto: str


def parse_llamada(body: bytes, servicio: Servicio) -> dict[str, str] | SoapFault:
    """The parameters of a call by name. As at the SII, their order counts and the names that were sent do not."""
    try:
        raiz = parse_xml(body, _LIMITE)
    except Invalid as error:
        return SoapFault("Server.userException", f"org.xml.sax.SAXParseException: {error}")
    sobre = next((hijo for hijo in raiz if local_name(hijo) == "Body"), None)
    if local_name(raiz) != "Envelope" or not str(raiz.tag).startswith(f"{{{NS_SOAP}}}") or sobre is None:
        return SoapFault("VersionMismatch", "Version Mismatch")
    llamada = next(iter(sobre), None)
    if llamada is None or local_name(llamada) != servicio.operacion:
        nombre = "" if llamada is None else local_name(llamada)
        return SoapFault("Client", f"No such operation '{nombre}'")
    valores = [(hijo.text or "").strip() for hijo in llamada if local_name(hijo)]
    if len(valores) != len(servicio.parametros):
        return SoapFault(
            "Server.userException", f"No such operation '{servicio.operacion}' with {len(valores)} arguments"
        )
    return dict(zip(servicio.parametros, valores, strict=True))


def build_respuesta(hdr: Iterable[Campo], body: Iterable[Campo] = ()) -> str:
    """The SII's own envelope inside SOAP's, `RESPUESTA`: a header and, when it has something to say, a body."""
    cuerpo = _elements(body)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<SII:RESPUESTA xmlns:SII="{_NS_SII}">'
        + (f"<SII:RESP_BODY>{cuerpo}</SII:RESP_BODY>" if cuerpo else "")
        + f"<SII:RESP_HDR>{_elements(hdr)}</SII:RESP_HDR></SII:RESPUESTA>"
    )


def build_soap(servicio: Servicio, url: str, respuesta: str) -> bytes:
    """The SOAP answer: `<op>Response/<op>Return`, a string that holds the escaped RESPUESTA."""
    op = servicio.operacion
    return _envelope(
        f'<ns1:{op}Response soapenv:encodingStyle="{_CODIFICACION}" xmlns:ns1={quoteattr(url)}>'
        f'<ns1:{op}Return xsi:type="xsd:string">{escape(respuesta)}</ns1:{op}Return></ns1:{op}Response>'
    )


def build_fault(fault: SoapFault) -> bytes:
    """A SOAP 1.1 fault, which travels with HTTP 500."""
    return _envelope(
        f"<soapenv:Fault><faultcode>soapenv:{fault.codigo}</faultcode>"
        f"<faultstring>{escape(fault.texto)}</faultstring><detail/></soapenv:Fault>"
    )


def _envelope(contenido: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{NS_SOAP}" xmlns:xsd="{_NS_XSD}" xmlns:xsi="{NS_XSI}">'
        f"<soapenv:Body>{contenido}</soapenv:Body></soapenv:Envelope>"
    ).encode()


def _elements(campos: Iterable[Campo]) -> str:
    return "".join(f"<{nombre}>{escape(valor)}</{nombre}>" for nombre, valor in campos)


def build_wsdl(servicio: Servicio, url: str) -> bytes:
    """A WSDL 1.1 description of one service: rpc style, encoded use, all parameters strings."""
    op, lugar = servicio.operacion, quoteattr(url)
    partes = "".join(f'<wsdl:part name="{parametro}" type="xsd:string"/>' for parametro in servicio.parametros)
    orden = f' parameterOrder="{" ".join(servicio.parametros)}"' if servicio.parametros else ""
    cuerpo = f'<wsdlsoap:body use="encoded" encodingStyle="{_CODIFICACION}" namespace={lugar}/>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<wsdl:definitions targetNamespace={lugar} xmlns:impl={lugar} xmlns:xsd="{_NS_XSD}"'
        ' xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:wsdlsoap="http://schemas.xmlsoap.org/wsdl/soap/">\n'
        f'<wsdl:message name="{op}Request">{partes}</wsdl:message>\n'
        f'<wsdl:message name="{op}Response"><wsdl:part name="{op}Return" type="xsd:string"/></wsdl:message>\n'
        f'<wsdl:portType name="{servicio.nombre}"><wsdl:operation name="{op}"{orden}>'
        f'<wsdl:input message="impl:{op}Request" name="{op}Request"/>'
        f'<wsdl:output message="impl:{op}Response" name="{op}Response"/></wsdl:operation></wsdl:portType>\n'
        f'<wsdl:binding name="{servicio.nombre}SoapBinding" type="impl:{servicio.nombre}">'
        '<wsdlsoap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>'
        f'<wsdl:operation name="{op}"><wsdlsoap:operation soapAction=""/>'
        f'<wsdl:input name="{op}Request">{cuerpo}</wsdl:input>'
        f'<wsdl:output name="{op}Response">{cuerpo}</wsdl:output></wsdl:operation></wsdl:binding>\n'
        f'<wsdl:service name="{servicio.nombre}Service">'
        f'<wsdl:port binding="impl:{servicio.nombre}SoapBinding" name="{servicio.nombre}">'
        f"<wsdlsoap:address location={lugar}/></wsdl:port></wsdl:service>\n</wsdl:definitions>\n"
    ).encode()
