"""Named values under headings: transport, customs, wood, programmed payments."""

from __future__ import annotations

from collections.abc import Iterator

from shared.dte.impresion import glosas
from shared.dte.impresion.cifras import format_fecha_corta, format_numero, format_pesos, format_rut
from shared.dte.impresion.encabezado import list_datos
from shared.dte.impresion.glosas import say
from shared.dte.impresion.paises import PAISES
from shared.dte.impresion.rama import Rama
from shared.dte.impresion.vista import Dato, Grupo


def list_grupos(encabezado: Rama, documento: Rama, tipo: int) -> Iterator[Grupo]:
    """Those that have anything to say."""
    transporte = encabezado.find("Transporte")
    aduana = transporte.find("Aduana")
    grupos = (
        ("Transporte", _list_transporte(transporte, encabezado.find("Emisor"), tipo)),
        ("Traslado para exportación", _list_exportacion(encabezado.find("Emisor/GuiaExport"))),
        ("Exportación", _list_venta(aduana)),
        ("Carga", _list_carga(aduana)),
        ("Origen y destino de la madera", _list_madera(documento.find("ManejoMadera"))),
        ("Pagos programados", _list_pagos(encabezado.find("IdDoc"))),
    )
    for titulo, datos in grupos:
        if lista := tuple(datos):
            yield Grupo(titulo, lista)


def _list_transporte(transporte: Rama, emisor: Rama, tipo: int) -> Iterator[Dato]:
    """Res. Ex. 154 of 2025: from where to where, who drives, in what, and when."""
    chofer = transporte.find("Chofer")
    conductor = ", ".join(filter(None, (chofer.get("NombreChofer"), format_rut(chofer.get("RUTChofer")))))
    salida = " ".join(filter(None, (format_fecha_corta(transporte.get("FchSalida")), transporte.get("HraSalida"))))
    destino = transporte.join("DirDest", "CmnaDest", "CiudadDest")
    viaja = bool(transporte.hijos.keys() - {"Aduana"})
    return list_datos(
        (
            ("Origen", emisor.join("DirOrigen", "CmnaOrigen", "CiudadOrigen") if viaja and tipo == 52 else ""),
            ("Destino", destino),
            ("Salida", salida),
            ("Llegada", format_fecha_corta(transporte.get("FchLlegada"))),
            ("Transportista", format_rut(transporte.get("RUTTrans"))),
            ("Chofer", conductor),
            ("Patente", transporte.get("Patente")),
            ("Patente carro", transporte.get("PatenteCarro")),
        )
    )


def _list_exportacion(guia: Rama) -> Iterator[Dato]:
    return list_datos(
        (
            ("Traslada", say(glosas.TRASLADOS_EXPORTACION, guia.get("CdgTraslado"))),
            ("Autorización", guia.get("FolioAut")),
            ("Fecha", format_fecha_corta(guia.get("FchAut"))),
        )
    )


def _list_venta(aduana: Rama) -> Iterator[Dato]:
    clausula = say(glosas.CLAUSULAS, aduana.get("CodClauVenta")), format_numero(aduana.get("TotClauVenta"), 2)
    naviera = ", ".join(filter(None, (aduana.get("NomCiaTransp"), format_rut(aduana.get("RUTCiaTransp")))))
    return list_datos(
        (
            ("Modalidad", say(glosas.MODALIDADES, aduana.get("CodModVenta"))),
            ("Cláusula", " ".join(filter(None, clausula if aduana.get("CodClauVenta") else clausula[1:]))),
            ("Vía", say(glosas.VIAS, aduana.get("CodViaTransp"))),
            ("Transporte", ", ".join(filter(None, (aduana.get("NombreTransp"), aduana.get("IdAdicTransp"))))),
            ("Compañía", naviera),
            ("Booking", aduana.get("Booking")),
            ("Operador", aduana.get("Operador")),
            ("Embarque", _port(aduana, "CodPtoEmbarque", "IdAdicPtoEmb")),
            ("Desembarque", _port(aduana, "CodPtoDesemb", "IdAdicPtoDesemb")),
            ("Recibe", say(PAISES, aduana.get("CodPaisRecep"))),
            ("Destino final", say(PAISES, aduana.get("CodPaisDestin"))),
            ("Flete", format_numero(aduana.get("MntFlete"), 2) if aduana.get("MntFlete") else ""),
            ("Seguro", format_numero(aduana.get("MntSeguro"), 2) if aduana.get("MntSeguro") else ""),
        )
    )


def _list_carga(aduana: Rama) -> Iterator[Dato]:
    pesos = (("Tara", "Tara"), ("Peso bruto", "PesoBruto"), ("Peso neto", "PesoNeto"))
    for nombre, campo in pesos:
        unidad = say(glosas.UNIDADES, aduana.get(f"CodUnid{campo if campo != 'Tara' else 'MedTara'}"))
        if aduana.get(campo):
            yield Dato(nombre, f"{format_numero(aduana.get(campo))} {unidad}".rstrip())
    yield from list_datos(
        (
            ("Ítems", format_numero(aduana.get("TotItems"))),
            ("Total de bultos", format_numero(aduana.get("TotBultos"))),
        )
    )
    for bulto in aduana.each("TipoBultos"):
        yield Dato("Bultos", _describe(bulto))


def _describe(bulto: Rama) -> str:
    partes = (
        f"{format_numero(bulto.get('CantBultos'))} del tipo {bulto.get('CodTpoBultos')}",
        bulto.get("Marcas"),
        _named("contenedor", bulto.get("IdContainer")),
        _named("sello", bulto.join("Sello", "EmisorSello")),
    )
    return ", ".join(filter(None, partes))


def _list_madera(madera: Rama) -> Iterator[Dato]:
    roles = (
        (f"Rol {lugar.lower()}", "-".join(filter(None, (madera.get(f"{parte}Rol{lugar}") for parte in _ROL))))
        for lugar in ("Origen", "Destino")
    )
    lugares = (
        (lugar, madera.join(f"Latitud{lugar}Madera", f"Longitud{lugar}Madera")) for lugar in ("Origen", "Destino")
    )
    return list_datos(
        (
            *roles,
            ("Plan CONAF", madera.get("CodPlanConaf")),
            ("Aviso de faena", madera.get("AvisoEjecucionFaena")),
            *lugares,
        )
    )


_ROL = "Comuna", "Mnz", "Prd"
"""Commune, block and plot of a property's roll."""


def _list_pagos(idoc: Rama) -> Iterator[Dato]:
    for pago in idoc.each("MntPagos"):
        valor = " - ".join(filter(None, (format_pesos(pago.get("MntPago")), pago.get("GlosaPagos"))))
        yield Dato(format_fecha_corta(pago.get("FchPago")), valor)


def _port(aduana: Rama, codigo: str, nombre: str) -> str:
    """What the issuer calls it, and its code: the customs service's table of ports has some 700 of them."""
    puerto = aduana.get(codigo)
    return ", ".join(filter(None, (aduana.get(nombre), f"código {puerto}" if puerto else "")))


def _named(nombre: str, valor: str) -> str:
    return f"{nombre}: {valor}" if valor else ""
