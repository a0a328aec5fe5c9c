"""Who sells, who buys, and on what terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shared.dte.impresion import glosas
from shared.dte.impresion.cifras import format_fecha, format_fecha_corta, format_pesos, format_rut
from shared.dte.impresion.glosas import BOLETAS, say
from shared.dte.impresion.paises import PAISES
from shared.dte.impresion.rama import Rama
from shared.dte.impresion.vista import Dato
from shared.dte.rut import RUT_CONSUMIDOR_FINAL

_EXPORTACION = frozenset({110, 111, 112})


def list_datos(pares: Iterable[tuple[str, str]]) -> Iterator[Dato]:
    """Those that have a value."""
    return (Dato(nombre, valor) for nombre, valor in pares if valor)


def list_emisor(emisor: Rama) -> Iterator[str]:
    """What stands under the issuer's name."""
    sucursal = " ".join(filter(None, (emisor.get("Sucursal"), _in_parens("código", emisor.get("CdgSIISucur")))))
    telefonos = [telefono.texto for telefono in emisor.each("Telefono")]
    lineas = (
        emisor.first("GiroEmis", "GiroEmisor"),
        emisor.join("DirOrigen", "CmnaOrigen", "CiudadOrigen"),
        f"Sucursal: {sucursal}" if sucursal else "",
        " - ".join(filter(None, (*telefonos, emisor.get("CorreoEmisor")))),
        _person("Proveedor", emisor, "RznSocProveedor", "RUTProveedor"),
        emisor.get("IdAdicEmisor"),
    )
    return filter(None, lineas)


def list_receptor(encabezado: Rama) -> Iterator[Dato]:
    """The buyer (of a factura de compra, the seller)."""
    receptor = encabezado.find("Receptor")
    extranjero = receptor.find("Extranjero")
    return list_datos(
        (
            ("Señor(es)", _name_receptor(receptor)),
            ("R.U.T.", format_rut(receptor.get("RUTRecep"))),
            ("Giro", receptor.get("GiroRecep")),
            ("Dirección", receptor.get("DirRecep")),
            ("Comuna", receptor.get("CmnaRecep")),
            ("Ciudad", receptor.get("CiudadRecep")),
            ("Contacto", receptor.get("Contacto")),
            ("Teléfono", receptor.get("TelefonoRecep")),
            ("Correo", receptor.get("CorreoRecep")),
            ("Código", receptor.get("CdgIntRecep")),
            ("Dir. postal", receptor.join("DirPostal", "CmnaPostal", "CiudadPostal")),
            (say(glosas.IDENTIFICACIONES, extranjero.get("TipoDocID")) or "Identificación", extranjero.get("NumId")),
            ("Nacionalidad", say(PAISES, extranjero.get("Nacionalidad"))),
            ("Id. adicional", extranjero.get("IdAdicRecep")),
            ("Mandante", format_rut(encabezado.get("RUTMandante"))),
            ("Solicita", format_rut(encabezado.get("RUTSolicita"))),
        )
    )


def _name_receptor(receptor: Rama) -> str:
    anonimo = receptor.get("RUTRecep") == RUT_CONSUMIDOR_FINAL
    return receptor.get("RznSocRecep") or ("Consumidor final" if anonimo else "")


def list_condiciones(encabezado: Rama, tipo: int) -> Iterator[Dato]:
    """When, and how it is paid and delivered."""
    idoc = encabezado.find("IdDoc")
    return list_datos(
        (
            ("Fecha de emisión", format_fecha(idoc.get("FchEmis"))),
            ("Forma de pago", say(glosas.FORMAS_PAGO, idoc.get("FmaPago"))),
            ("Pago exportación", say(glosas.FORMAS_PAGO_EXPORTACION, idoc.get("FmaPagExp"))),
            ("Medio de pago", _medio_pago(idoc, tipo)),
            ("Condiciones", _terms(idoc)),
            ("Cuenta", _account(idoc)),
            ("Vencimiento", format_fecha_corta(idoc.get("FchVenc"))),
            ("Período", _period(idoc)),
            ("Cancelado", format_fecha_corta(idoc.get("FchCancel"))),
            ("Monto cancelado", format_pesos(idoc.get("MntCancel"))),
            ("Saldo insoluto", format_pesos(idoc.get("SaldoInsol"))),
            ("Servicio", _service(idoc, tipo)),
            ("Traslado", say(glosas.TRASLADOS, idoc.get("IndTraslado"))),
            ("Despacho", say(glosas.DESPACHOS, idoc.get("TipoDespacho"))),
            ("Vendedor", encabezado.get("Emisor/CdgVendedor")),
        )
    )


def _medio_pago(idoc: Rama, tipo: int) -> str:
    """Obligatory on a boleta above 135 UF (Ley 21.713); printed whenever it is said."""
    return say(glosas.MEDIOS_PAGO_BOLETA if tipo in BOLETAS else glosas.MEDIOS_PAGO, idoc.get("MedioPago"))


def _service(idoc: Rama, tipo: int) -> str:
    indicador = idoc.get("IndServicio")
    if tipo in BOLETAS:
        return glosas.SERVICIOS_BOLETA.get(indicador, "")
    return say(glosas.SERVICIOS_EXPORTACION if tipo in _EXPORTACION else glosas.SERVICIOS, indicador)


def _terms(idoc: Rama) -> str:
    dias = idoc.get("TermPagoDias")
    glosa = idoc.first("TermPagoGlosa", "TermPagoCdg")
    return " - ".join(filter(None, (glosa, f"{dias} días" if dias else "")))


def _account(idoc: Rama) -> str:
    cuenta = say(glosas.CUENTAS, idoc.get("TpoCtaPago")), idoc.get("NumCtaPago"), idoc.get("BcoPago")
    return " ".join(filter(None, cuenta))


def _period(idoc: Rama) -> str:
    desde, hasta = (format_fecha_corta(idoc.get(campo)) for campo in ("PeriodoDesde", "PeriodoHasta"))
    return f"{desde} al {hasta}" if desde and hasta else desde or hasta


def _person(nombre: str, rama: Rama, razon_social: str, rut: str) -> str:
    quien = ", ".join(filter(None, (rama.get(razon_social), format_rut(rama.get(rut)))))
    return f"{nombre}: {quien}" if quien else ""


def _in_parens(nombre: str, valor: str) -> str:
    return f"({nombre} {valor})" if valor else ""
