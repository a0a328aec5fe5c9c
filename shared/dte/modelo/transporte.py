"""How the goods travel, and what customs wants to know: `Transporte` of DTE_v10.xsd."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.dte.modelo.campos import (
    CeroEsNada,
    Ciudad,
    Clave,
    Comuna,
    Dec8_2,
    Dec14_4,
    Dec16_2,
    FechaViaje,
    Hora,
    Numero2,
    Numero3,
    Numero4,
    Positivo,
    Rango,
    Rut,
    Texto,
    Varios,
)
from shared.dte.modelo.nodo import Nodo


class Conductor(Nodo):
    """Who drives."""

    RUTChofer: Rut = Field(description="RUT del chofer")
    NombreChofer: Annotated[str, Texto(30)] = Field(description="Nombre del chofer")


class Bulto(Nodo):
    """One kind of package."""

    CodTpoBultos: Numero3 | None = Field(None, description="Tipo de bulto (Aduanas)")
    CantBultos: Annotated[int, Rango(1, 10**10 - 1)] | None = Field(None, description="Cantidad de bultos")
    Marcas: Annotated[str, Texto(255)] | None = Field(None, description="Marcas")
    IdContainer: Annotated[str, Clave(25)] | None = Field(None, description="Contenedor")
    Sello: Annotated[str, Clave(20)] | None = Field(None, description="Sello, con dígito verificador")
    EmisorSello: Annotated[str, Texto(70)] | None = Field(None, description="Emisor del sello")


class DatosAduana(Nodo):
    """Customs data of exports and of guías for export; codes are those of Aduanas."""

    CodModVenta: Numero2 | None = Field(None, description="Modalidad de venta")
    CodClauVenta: Numero2 | None = Field(None, description="Cláusula de compraventa")
    TotClauVenta: Dec16_2 | None = Field(None, description="Total de la cláusula de venta")
    CodViaTransp: Numero2 | None = Field(None, description="Vía de transporte")
    NombreTransp: Annotated[str, Texto(40)] | None = Field(None, description="Nombre del medio de transporte")
    RUTCiaTransp: Rut | None = Field(None, description="RUT de la compañía transportadora")
    NomCiaTransp: Annotated[str, Texto(40)] | None = Field(None, description="Nombre de la compañía transportadora")
    IdAdicTransp: Annotated[str, Clave(20)] | None = Field(None, description="Identificador adicional de la compañía")
    Booking: Annotated[str, Clave(20)] | None = Field(None, description="Número de reserva")
    Operador: Annotated[str, Clave(20)] | None = Field(None, description="Código del operador")
    CodPtoEmbarque: Numero4 | None = Field(None, description="Puerto de embarque")
    IdAdicPtoEmb: Annotated[str, Clave(20)] | None = Field(None, description="Identificador adicional del embarque")
    CodPtoDesemb: Numero4 | None = Field(None, description="Puerto de desembarque")
    IdAdicPtoDesemb: Annotated[str, Clave(20)] | None = Field(
        None, description="Identificador adicional del desembarque"
    )
    Tara: Annotated[int, Rango(1, 10**7 - 1)] | None = Field(None, description="Tara")
    CodUnidMedTara: Numero2 | None = Field(None, description="Unidad de la tara")
    PesoBruto: Dec8_2 | None = Field(None, description="Peso bruto")
    CodUnidPesoBruto: Numero2 | None = Field(None, description="Unidad del peso bruto")
    PesoNeto: Dec8_2 | None = Field(None, description="Peso neto")
    CodUnidPesoNeto: Numero2 | None = Field(None, description="Unidad del peso neto")
    TotItems: Positivo | None = Field(None, description="Total de ítems")
    TotBultos: Positivo | None = Field(None, description="Total de bultos")
    TipoBultos: Varios[Bulto] = Field((), max_length=10, description="Bultos por tipo")
    MntFlete: Annotated[Dec14_4 | None, CeroEsNada] = Field(None, description="Flete, en la moneda de venta")
    MntSeguro: Annotated[Dec14_4 | None, CeroEsNada] = Field(None, description="Seguro, en la moneda de venta")
    CodPaisRecep: Numero3 | None = Field(None, description="País del receptor")
    CodPaisDestin: Numero3 | None = Field(None, description="País de destino")


class Vehiculo(Nodo):
    """What the goods travel in."""

    Patente: Annotated[str, Clave(8)] | None = Field(None, description="Patente del vehículo")


class VehiculoConCarro(Vehiculo):
    """The same, with what it pulls."""

    PatenteCarro: Annotated[str, Clave(8)] | None = Field(None, description="Patente del carro o remolque")


class Destino(Nodo):
    """Who carries the goods, and where to."""

    RUTTrans: Rut | None = Field(None, description="RUT del transportista")
    Chofer: Conductor | None = Field(None, description="Chofer")
    DirDest: Annotated[str, Texto(70)] | None = Field(None, description="Dirección de destino")
    CmnaDest: Comuna | None = Field(None, description="Comuna de destino")
    CiudadDest: Ciudad | None = Field(None, description="Ciudad de destino")
    Aduana: DatosAduana | None = Field(None, description="Datos de Aduanas")


class TransporteExportacion(Destino, Vehiculo):
    """Vehicle, driver, destination and customs data of an export."""


class DatosTransporte(Destino, VehiculoConCarro):
    """Vehicle, driver, destination and times."""

    FchSalida: FechaViaje | None = Field(None, description="Fecha de salida")
    HraSalida: Hora | None = Field(None, description="Hora de salida (HH:MM:SS)")
    FchLlegada: FechaViaje | None = Field(None, description="Fecha de llegada")
