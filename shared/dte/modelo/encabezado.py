"""Who sells what to whom, and how it is paid: parts of `Encabezado` of DTE_v10.xsd.

A class with several bases has the fields of the last base first: `TerminosPago, InicioIdDoc` is the beginning and then
the terms.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.dte.modelo.campos import (
    Ciudad,
    Clave,
    Comuna,
    Correo,
    Entero,
    Fecha,
    FolioDte,
    Fono,
    Monto,
    Numero2,
    Numero3,
    Numero6,
    Numero9,
    Opcion,
    Rango,
    RazonSocial,
    Rut,
    Texto,
    Varios,
)
from shared.dte.modelo.nodo import Nodo
from shared.dte.tipos import TipoDte


class MontoPago(Nodo):
    """One instalment."""

    FchPago: Fecha = Field(description="Fecha de la cuota")
    MntPago: Monto = Field(description="Monto de la cuota, en pesos")
    GlosaPagos: Annotated[str, Texto(40)] | None = Field(None, description="Glosa de la cuota")


class InicioIdDoc(Nodo):
    """Identification of the document: what a factura says before the terms of payment."""

    TipoDTE: Annotated[TipoDte, Opcion(33, 34, 46, 52, 56, 61)] = Field(description="Tipo de documento")
    Folio: FolioDte | None = Field(None, description="Folio; lo asigna Posta")
    FchEmis: Fecha | None = Field(None, description="Fecha de emisión; si falta, hoy")
    IndNoRebaja: Annotated[Entero, Opcion(1)] | None = Field(
        None, description="1: nota de crédito sin derecho a rebajar"
    )
    TipoDespacho: Annotated[Entero, Opcion(1, 2, 3)] | None = Field(
        None, description="Despacho: 1 por cuenta del receptor, 2 del emisor al cliente, 3 del emisor a otro lugar"
    )
    IndTraslado: Annotated[Entero, Opcion(*range(1, 10))] | None = Field(
        None,
        description="Guías: 1 venta, 2 venta por efectuar, 3 consignación, 4 entrega gratuita, 5 traslado interno, "
        "6 otro que no es venta, 7 devolución, 8 traslado para exportar, 9 venta para exportar",
    )
    TpoImpresion: Annotated[str, Opcion("N", "T")] | None = Field(None, description="Impresión: N normal, T ticket")
    IndServicio: Annotated[Entero, Opcion(1, 2, 3)] | None = Field(
        None, description="Servicio: 1 periódico domiciliario, 2 otro periódico, 3 otro"
    )
    MntBruto: Annotated[Entero, Opcion(1)] | None = Field(None, description="1: los montos de las líneas incluyen IVA")
    TpoTranCompra: Annotated[Entero, Opcion(*range(1, 8))] | None = Field(
        None, description="Transacción, para quien compra"
    )
    TpoTranVenta: Annotated[Entero, Opcion(*range(1, 5))] | None = Field(
        None, description="Transacción, para quien vende"
    )
    FmaPago: Annotated[Entero, Opcion(1, 2, 3)] | None = Field(
        None, description="Forma de pago: 1 contado, 2 crédito, 3 sin costo"
    )
    FmaPagExp: Numero2 | None = Field(None, description="Forma de pago de exportación (Aduanas)")


class TerminosPago(Nodo):
    """When and how it is paid."""

    FchCancel: Fecha | None = Field(None, description="Fecha en que se pagó")
    MntCancel: Monto | None = Field(None, description="Monto pagado al emitir")
    SaldoInsol: Monto | None = Field(None, description="Saldo por pagar al emitir")
    MntPagos: Varios[MontoPago] = Field((), max_length=30, description="Cuotas")
    PeriodoDesde: Fecha | None = Field(None, description="Período facturado, desde")
    PeriodoHasta: Fecha | None = Field(None, description="Período facturado, hasta")
    MedioPago: Annotated[str, Opcion("CH", "LT", "EF", "PE", "TC", "CF", "OT")] | None = Field(
        None,
        description="CH cheque, CF cheque a fecha, LT letra, EF efectivo, PE cuenta corriente, TC tarjeta, OT otro",
    )
    TpoCtaPago: Annotated[str, Opcion("AHORRO", "CORRIENTE", "VISTA")] | None = Field(
        None, description="Tipo de cuenta"
    )
    NumCtaPago: Annotated[str, Clave(20)] | None = Field(None, description="Número de la cuenta")
    BcoPago: Annotated[str, Texto(40)] | None = Field(None, description="Banco")
    TermPagoCdg: Annotated[str, Clave(4)] | None = Field(None, description="Código del término de pago")
    TermPagoGlosa: Annotated[str, Texto(100)] | None = Field(None, description="Términos de pago")
    TermPagoDias: Numero3 | None = Field(None, description="Días de plazo")
    FchVenc: Fecha | None = Field(None, description="Fecha de vencimiento del pago")


class IdDocFactura(TerminosPago, InicioIdDoc):
    """Identification of the document and terms of payment."""

    TipoFactEsp: Annotated[Entero, Opcion(1)] | None = Field(None, description="1: factura de turista")


class GuiaExportacion(Nodo):
    """The issuer's authorisation for a guía of export."""

    CdgTraslado: Annotated[Entero, Opcion(1, 2, 3, 4)] | None = Field(None, description="Código del emisor de traslado")
    FolioAut: Annotated[int, Rango(0, 999_999)] | None = Field(None, description="Número de la resolución")
    FchAut: Fecha | None = Field(None, description="Fecha de la resolución")


class EmpresaEmisora(Nodo):
    """What every company that issues says about itself."""

    RUTEmisor: Rut | None = Field(None, description="RUT de la empresa que emite")
    RznSoc: RazonSocial | None = Field(None, description="Razón social")
    GiroEmis: Annotated[str, Texto(80)] | None = Field(None, description="Giro")
    Telefono: Varios[Fono] = Field((), max_length=2, description="Teléfonos")
    CorreoEmisor: Correo | None = Field(None, description="Correo")
    Acteco: Varios[Numero6] = Field((), max_length=4, description="Códigos de actividad económica")


class EmisorFactura(EmpresaEmisora):
    """The company that sells; whatever is left out is filled in from its record."""

    GuiaExport: GuiaExportacion | None = Field(None, description="Guía de exportación")
    Sucursal: Annotated[str, Texto(20)] | None = Field(None, description="Sucursal")
    CdgSIISucur: Numero9 | None = Field(None, description="Código de la sucursal en el SII")
    DirOrigen: Annotated[str, Texto(70)] | None = Field(None, description="Dirección")
    CmnaOrigen: Comuna | None = Field(None, description="Comuna")
    CiudadOrigen: Ciudad | None = Field(None, description="Ciudad")
    CdgVendedor: Annotated[str, Texto(60)] | None = Field(None, description="Vendedor")
    IdAdicEmisor: Annotated[str, Clave(20)] | None = Field(None, description="Identificador adicional")
    RUTProveedor: Rut | None = Field(None, description="RUT del proveedor de la madera")
    RznSocProveedor: RazonSocial | None = Field(None, description="Razón social del proveedor de la madera")


class IdentidadReceptor(Nodo):
    """Who buys."""

    RUTRecep: Rut = Field(description="RUT del receptor")
    CdgIntRecep: Annotated[str, Clave(20)] | None = Field(None, description="Código interno del receptor")
    RznSocRecep: RazonSocial = Field(description="Razón social del receptor")


class PersonaExtranjera(Nodo):
    """Somebody without a Chilean RUT."""

    NumId: Annotated[str, Clave(20)] | None = Field(None, description="Número de identificación")
    Nacionalidad: Annotated[str, Clave(3)] | None = Field(None, description="Nacionalidad (tabla de Aduanas)")


class ReceptorExtranjero(PersonaExtranjera):
    """A buyer from abroad."""

    TipoDocID: Annotated[Entero, Opcion(1, 2)] | None = Field(None, description="Documento: 1 pasaporte, 2 cédula")


class IdentidadNacional(IdentidadReceptor):
    """Who buys, from abroad or not."""

    Extranjero: ReceptorExtranjero | None = Field(None, description="Receptor extranjero")


class ContactoReceptor(Nodo):
    """What the buyer does, and where. Giro, address and commune are the SII's demand, not its schema's."""

    GiroRecep: Annotated[str, Texto(40)] | None = Field(None, description="Giro del receptor")
    Contacto: Annotated[str, Texto(80)] | None = Field(None, description="Contacto")
    CorreoRecep: Correo | None = Field(None, description="Correo del receptor")
    DirRecep: Annotated[str, Texto(70)] | None = Field(None, description="Dirección del receptor")
    CmnaRecep: Comuna | None = Field(None, description="Comuna del receptor")
    CiudadRecep: Ciudad | None = Field(None, description="Ciudad del receptor")
    DirPostal: Annotated[str, Texto(70)] | None = Field(None, description="Dirección postal")
    CmnaPostal: Comuna | None = Field(None, description="Comuna postal")
    CiudadPostal: Ciudad | None = Field(None, description="Ciudad postal")


class ReceptorFactura(ContactoReceptor, IdentidadNacional):
    """The buyer."""
