"""What is wrong, told from readings: pure. Each finding names what to do and where to look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from services.monitor.colas import CANALES, Cola
from services.monitor.cortes import Corte
from services.monitor.formato import format_miles, format_rut
from services.monitor.panel import Panel
from services.monitor.pausas import channels_of
from services.monitor.provisiones import CafPorVencer
from shared.adapters.mongo.envios import Desconocido
from shared.adapters.mongo.plazos import Aviso as AvisoPlazo
from shared.clock import chile
from shared.dte.existencias import Existencia, Nivel
from shared.dte.tipos import Canal
from shared.messages import Alerta, ClaseAlerta, Gravedad


@dataclass(frozen=True, slots=True)
class Lectura:
    """Everything that alerts are told from, read within one look."""

    ahora: datetime
    panel: Panel
    existencias: Sequence[Existencia]
    cafs: Sequence[CafPorVencer]
    """Those whose last day is near or has passed."""
    certificados: Mapping[str, datetime]
    """By company, those whose end is near or has passed."""
    plazos: Mapping[tuple[Canal, AvisoPlazo], int]
    """Documents that are not at the SII although their deadline is near, or has passed."""
    rechazos: Mapping[str, int]
    """By cause, since the last digest."""
    desconocidos: Mapping[tuple[Canal, str], Desconocido] = field(default_factory=dict)
    """By channel and code, what hangs on an answer that nobody has published."""
    plazos_en_pausa: Mapping[tuple[Canal, AvisoPlazo], int] = field(default_factory=dict)
    """Those of `plazos` whose company is paused."""


def find_sintomas(lectura: Lectura) -> list[Alerta]:
    """Everything that is wrong now."""
    return [
        *_folios(lectura.existencias),
        *_cafs(lectura.cafs, chile(lectura.ahora).date()),
        *_certificados(lectura.certificados, lectura.ahora),
        *_cortes(lectura.panel),
        *_desconocidos(lectura.desconocidos),
        *_plazos(lectura),
        *_cuadratura(lectura.panel),
        *_consumidores(lectura.panel),
        *_servidores(lectura.panel),
        *_rechazos(lectura.rechazos),
    ]


def _folios(existencias: Sequence[Existencia]) -> Iterator[Alerta]:
    for existencia in existencias:
        if existencia.nivel is Nivel.OK:
            continue
        destino = existencia.destino
        quien = destino.terminal or destino.tienda
        dias = "" if existencia.dias is None else f", para {_count_dias(existencia.dias)}"
        agotado = existencia.nivel is Nivel.AGOTADO
        yield Alerta(
            clave=f"folios:{destino.emisor}:{int(destino.tipo)}:{quien or ''}",
            clase=ClaseAlerta.FOLIOS,
            gravedad=Gravedad.AVISO if existencia.nivel is Nivel.AVISO else Gravedad.GRAVE,
            titulo=f"{'Sin folios' if agotado else 'Pocos folios'} de {destino.tipo.nombre.lower()}",
            detalle=f"{format_rut(destino.emisor)}{f', {quien}' if quien else ''}: "
            f"quedan {format_miles(existencia.disponibles)}{dias}.",
            remedio="Pida un CAF en el SII e impórtelo con «posta caf import».",
        )


def _count_dias(dias: float) -> str:
    """Whole days: a day that they do not last to the end of is none."""
    return "1 día" if int(dias) == 1 else f"{int(dias)} días"


def _cafs(cafs: Sequence[CafPorVencer], hoy: date) -> Iterator[Alerta]:
    for caf in cafs:
        vencido = caf.vence < hoy
        yield Alerta(
            clave=f"caf:{caf.id}",
            clase=ClaseAlerta.CAF_VENCE,
            gravedad=Gravedad.GRAVE if vencido else Gravedad.AVISO,
            titulo=f"Un CAF de {caf.tipo.nombre.lower()} {'venció' if vencido else 'está por vencer'}",
            detalle=f"{format_rut(caf.emisor)}, {caf.id}: {format_miles(caf.disponibles)} folios sin usar, "
            f"hasta el {caf.vence:%d-%m-%Y}.",
            remedio="Pida un CAF nuevo, y anule en el SII los folios vencidos y aquí con «posta caf void».",
        )


def _certificados(certificados: Mapping[str, datetime], ahora: datetime) -> Iterator[Alerta]:
    for rut, vence in certificados.items():
        vencido = vence <= ahora
        yield Alerta(
            clave=f"certificado:{rut}",
            clase=ClaseAlerta.CERTIFICADO_VENCE,
            gravedad=Gravedad.GRAVE if vencido or vence - ahora < timedelta(days=7) else Gravedad.AVISO,
            titulo=f"El certificado de {format_rut(rut)} {'venció' if vencido else 'está por vencer'}",
            detalle=f"{'Desde' if vencido else 'Hasta'} el {chile(vence):%d-%m-%Y %H:%M}.",
            remedio="Compre uno nuevo y póngalo con «posta cert set»; no hay que detener nada.",
        )


def _cortes(panel: Panel) -> Iterator[Alerta]:
    abiertos = [corte for corte in panel.cortes if corte.estado == "abierto"]
    for canal in sorted({corte.canal for corte in abiertos}):
        cortes = [corte for corte in abiertos if corte.canal == canal]
        desde = min((corte.desde for corte in cortes if corte.desde is not None), default=None)
        error = next((corte.error for corte in cortes if corte.error), "")
        detalle = f"{f'Desde las {chile(desde):%H:%M}. ' if desde else ''}{error}".strip() or "Cortado."
        servidor = cortes[0].servidor
        yield _correo(servidor, detalle) if servidor else _sii(cortes[0], detalle)


def _sii(corte: Corte, detalle: str) -> Alerta:
    return Alerta(
        clave=f"sii:{corte.canal}",
        clase=ClaseAlerta.SII_CAIDO,
        gravedad=Gravedad.GRAVE,
        titulo=f"Un DTEBox no responde: {corte.caja}"
        if corte.caja
        else f"El SII no responde: {_in_words(corte.canal)}",
        detalle=detalle,
        remedio="Nada se pierde ni gasta intentos: se prueba cada tanto y se reanuda solo.",
    )


def _correo(servidor: str, detalle: str) -> Alerta:
    return Alerta(
        clave=f"correo:{servidor}",
        clase=ClaseAlerta.CORREO_CAIDO,
        gravedad=Gravedad.AVISO,
        titulo=f"Un servidor de correo no responde: {servidor}",
        detalle=detalle,
        remedio="Las copias para clientes esperan sin gastar intentos y salen solas. Si cambió de servidor, "
        "póngalo con «posta emisor correo».",
    )


def _desconocidos(desconocidos: Mapping[tuple[Canal, str], Desconocido]) -> Iterator[Alerta]:
    for (canal, dicho), cuantos in desconocidos.items():
        codigo = " ".join(dicho.split())
        sobres = f"{format_miles(cuantos.sobres)} {'sobre' if cuantos.sobres == 1 else 'sobres'}"
        yield Alerta(
            clave=f"codigo:{canal}:{codigo}",
            clase=ClaseAlerta.CODIGO_DESCONOCIDO,
            gravedad=Gravedad.GRAVE,
            titulo=f"El SII responde un código que Posta no conoce: {codigo}",
            detalle=f"Por el canal {canal}, de {sobres} con {format_miles(cuantos.documentos)} documentos, "
            "que siguen en proceso.",
            remedio="No se da por aceptado ni por rechazado: se vuelve a preguntar solo. Vea en el SII cómo están, "
            "y avise a quien mantiene el sistema.",
        )


def _in_words(corte: str) -> str:
    """`factura.subida` → `Facturas, subida`."""
    canal, _, operacion = corte.partition(".")
    return f"{CANALES.get(canal, canal)}, {operacion}"


def _plazos(lectura: Lectura) -> Iterator[Alerta]:
    for (canal, aviso), cuantos in lectura.plazos.items():
        pausa = _describe_pausa(lectura, canal, aviso)
        vencido = aviso is AvisoPlazo.VENCIDO
        yield Alerta(
            clave=f"plazo:{canal}:{aviso}",
            clase=ClaseAlerta.PLAZO,
            gravedad=Gravedad.GRAVE,
            titulo=f"Plazo {'vencido' if vencido else 'por vencer'}: {format_miles(cuantos)} por el canal {canal}",
            detalle=f"Documentos que el SII todavía no tiene.{pausa}",
            remedio="Quite la pausa, o asuma el atraso: los documentos no salen solos."
            if pausa
            else "Van primero en la cola. Vea si el SII responde y si hay pendientes que esperan a una persona.",
            enlace="/pausas" if pausa else "/",
        )


def _describe_pausa(lectura: Lectura, canal: Canal, aviso: AvisoPlazo) -> str:
    """What holds late documents back because somebody said so, as a sentence; empty when nothing does."""
    pausa = channels_of(lectura.panel.pausas).get(canal)
    if pausa is not None:
        desde = f"{chile(pausa.desde):%H:%M del %d-%m}"
        return f" Canal pausado por {pausa.quien} desde las {desde}: {pausa.motivo}."
    cuantos = lectura.plazos_en_pausa.get((canal, aviso), 0)
    return f" De ellos, {format_miles(cuantos)} son de empresas en pausa." if cuantos else ""


def _cuadratura(panel: Panel) -> Iterator[Alerta]:
    cuadratura = panel.cuadratura
    if cuadratura is not None and not cuadratura.cuadra:
        wrong = [
            (cuadratura.faltan, "folios usados sin documento"),
            (cuadratura.sobran, "documentos con un folio que nadie entregó"),
            (cuadratura.broker.faltan if cuadratura.broker else 0, "documentos por enviar sin mensaje en las colas"),
            (cuadratura.sii.faltan if cuadratura.sii else 0, "documentos recibidos o aceptados sin respaldo del SII"),
        ]
        yield Alerta(
            clave="cuadratura",
            clase=ClaseAlerta.CUADRATURA,
            gravedad=Gravedad.GRAVE,
            titulo="La cuadratura no da cero",
            detalle=f"{'; '.join(f'{format_miles(n)} {what}' for n, what in wrong if n)}.",
            remedio="Vea los folios en la página de la cuadratura y avise a quien mantiene el sistema.",
            enlace="/cuadratura",
        )


def _consumidores(panel: Panel) -> Iterator[Alerta]:
    """One for each service that takes nothing: when it has stopped, all of its queues are without consumers."""
    por_servicio = defaultdict[str, list[Cola]](list)
    for cola in panel.colas.values():
        if cola.sin_consumidores:
            por_servicio[cola.servicio].append(cola)
    for servicio, colas in por_servicio.items():
        yield Alerta(
            clave=f"consumidores:{servicio}",
            clase=ClaseAlerta.SIN_CONSUMIDORES,
            gravedad=Gravedad.GRAVE,
            titulo=f"Sin consumidores: {_cuantas(colas)} del {servicio}",
            detalle=f"Esperan {format_miles(sum(cola.mensajes for cola in colas))}. "
            f"{'; '.join(cola.titulo for cola in colas)}.",
            remedio=f"Vea si el servicio está en marcha: «posta run {servicio}».",
        )


def _cuantas(colas: Sequence[Cola]) -> str:
    return "1 cola" if len(colas) == 1 else f"{len(colas)} colas"


def _servidores(panel: Panel) -> Iterator[Alerta]:
    for problema in panel.problemas:
        yield Alerta(
            clave=f"servidor:{problema.fuente}",
            clase=ClaseAlerta.SERVIDOR_AUSENTE,
            gravedad=Gravedad.GRAVE,
            titulo=f"{problema.fuente} no responde",
            detalle=f"Desde las {chile(problema.desde):%H:%M:%S}.",
            remedio="Vea el servidor y la red. Las ventas se siguen guardando mientras MongoDB responda.",
        )


def _rechazos(rechazos: Mapping[str, int]) -> Iterator[Alerta]:
    cuantos = sum(rechazos.values())
    if cuantos:
        causas = ", ".join(f"{causa or 'sin causa'} {format_miles(n)}" for causa, n in rechazos.items())
        yield Alerta(
            clave="rechazos",
            clase=ClaseAlerta.RECHAZOS,
            gravedad=Gravedad.GRAVE,
            titulo=f"{format_miles(cuantos)} {'documento rechazado' if cuantos == 1 else 'documentos rechazados'}",
            detalle=f"Por causa: {causas}.",
            remedio="Un rechazado no entra nunca con ese folio: corrija la causa y emita de nuevo.",
        )
