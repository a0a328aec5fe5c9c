"""The lines: what was sold."""

from __future__ import annotations

from collections.abc import Iterator

from shared.dte.impresion.cifras import (
    format_fecha_corta,
    format_momento,
    format_numero,
    format_rut,
    format_tasa,
)
from shared.dte.impresion.glosas import DOCUMENTOS, INDICADORES, TODO_EXENTO, say
from shared.dte.impresion.rama import Rama
from shared.dte.impresion.vista import Linea
from shared.dte.impuestos import find_impuesto

_EXENTO = "1"


def list_lineas(documento: Rama, tipo: int) -> Iterator[Linea]:
    """The lines in their order."""
    moneda = documento.get("Encabezado/Totales/TpoMoneda")
    decimales = 2 if moneda and moneda != "PESO CL" else 0
    return (_read_linea(rama, tipo, decimales) for rama in documento.each("Detalle"))


def _read_linea(rama: Rama, tipo: int, decimales: int) -> Linea:
    codigos = rama.each("CdgItem")
    return Linea(
        codigo=codigos[0].get("VlrCodigo") if codigos else "",
        nombre=rama.get("NmbItem"),
        notas=tuple(filter(None, _list_notas(rama, tipo))),
        cantidad=format_numero(rama.get("QtyItem")),
        unidad=rama.get("UnmdItem"),
        precio=format_numero(rama.get("PrcItem"), decimales),
        ajustes=tuple(_list_ajustes(rama, decimales)),
        monto=format_numero(rama.get("MontoItem"), decimales),
    )


def _list_notas(rama: Rama, tipo: int) -> Iterator[str]:
    indicador = rama.get("IndExe")
    yield from rama.get("DscItem").split("\n")
    if indicador != _EXENTO or tipo not in TODO_EXENTO:
        yield say(INDICADORES, indicador)
    yield say(DOCUMENTOS, rama.get("TpoDocLiq"))
    for codigo in rama.each("CdgItem")[1:]:
        yield f"{codigo.get('TpoCodigo')} {codigo.get('VlrCodigo')}"
    for impuesto in rama.each("CodImpAdic"):
        yield f"Impuesto: {find_impuesto(impuesto.texto).nombre}"
    yield from _list_cantidades(rama)
    yield from _list_precios(rama)
    yield from _list_ticket(rama.find("InfoTicket"))
    yield _named("Por cuenta de", format_rut(rama.get("RUTMandante")))


def _list_cantidades(rama: Rama) -> Iterator[str]:
    yield _named("Elaboración", format_fecha_corta(rama.get("FchElabor")))
    yield _named("Vencimiento", format_fecha_corta(rama.get("FchVencim")))
    for parte in rama.each("Subcantidad"):
        yield f"{format_numero(parte.get('SubQty'))} de {parte.get('SubCod')}"
    referencia = format_numero(rama.get("QtyRef")), rama.get("UnmdRef")
    yield _named("Cantidad de referencia", " ".join(filter(None, referencia)))
    yield _named("Precio de referencia", format_numero(rama.get("PrcRef")))


def _list_precios(rama: Rama) -> Iterator[str]:
    otra = rama.find("OtrMnda")
    moneda = otra.get("Moneda")
    if otra.hijos:
        monto = format_numero(otra.get("MontoItemOtrMnda"), 2)
        yield f"Precio {format_numero(otra.get('PrcOtrMon'), 2)} {moneda}" + (f", monto {monto}" if monto else "")
    retenedor = rama.find("Retenedor")
    yield _named("Base faena", format_numero(retenedor.get("MntBaseFaena")))
    yield _named("Margen de comercialización", format_numero(retenedor.get("MntMargComer")))
    yield _named("Precio a consumidor final", format_numero(retenedor.get("PrcConsFinal")))


def _list_ticket(ticket: Rama) -> Iterator[str]:
    """A show ticket sold for its organiser (boleta, IndServicio 4)."""
    if ticket.hijos:
        yield f"Ticket {ticket.get('FolioTicket')} {ticket.get('TpoTicket')}".rstrip()
        yield f"{ticket.get('NmbEvento')}, {format_momento(ticket.get('FchEvento'))}"
        yield ticket.join("LugarEvento", "UbicEvento")
        lugar = _named("Fila", ticket.get("FilaUbicEvento")), _named("Asiento", ticket.get("AsntoUbicEvento"))
        yield ", ".join(filter(None, lugar))


def _named(nombre: str, valor: str) -> str:
    return f"{nombre}: {valor}" if valor else ""


def _list_ajustes(rama: Rama, decimales: int) -> Iterator[str]:
    """Discount and surcharge as amounts, each with its rate if it has one."""
    for signo, nombre in (("-", "Descuento"), ("+", "Recargo")):
        monto = format_numero(rama.get(f"{nombre}Monto"), decimales)
        tasa = format_tasa(rama.get(f"{nombre}Pct"))
        if monto and monto.strip("0,"):
            yield f"{signo}{monto}"
            if tasa:
                yield f"({tasa})"
        elif tasa:
            yield f"{signo}{tasa}"
