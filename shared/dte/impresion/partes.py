"""Parts that sheets and strips have in common: the frame, named values, the stamp, the acknowledgement of receipt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from shared.dte.impresion.formato import TRAZOS, Formato
from shared.dte.impresion.glosas import ACUSE, ACUSE_CAMPOS
from shared.dte.impresion.letra import Color, Estilo, Fuente, wrap
from shared.dte.impresion.piezas import MM, Barras, Bloque, Caja, Columna, Lado, Pieza, Texto
from shared.dte.impresion.timbre import encode_ted
from shared.dte.impresion.vista import Dato, Vista

MAX_ANCHO_TIMBRE, MAX_ALTO_TIMBRE = 90 * MM, 40 * MM
GROSOR_MARCO = 0.6 * MM
"""The SII asks for a frame of 1.5 × 5.5 to 4 × 8 cm, its line of 0.5 to 1 mm, its capitals of 10 points at least."""
_LEYENDA = Estilo(7.5)
_ACUSE = Estilo(8)
_LETRA_CHICA = Estilo(6.5, color=Color.GRIS)


def stack(bloques: Iterable[Bloque]) -> Bloque:
    """One block of those, one below the other."""
    piezas: list[Pieza] = []
    alto = 0.0
    for bloque in bloques:
        piezas += (replace(pieza, y=pieza.y + alto) for pieza in bloque.piezas)
        alto += bloque.alto
    return Bloque(alto, piezas)


def beside(*bloques: Bloque) -> Bloque:
    """One block of those, which stand in columns of their own."""
    return Bloque(max(bloque.alto for bloque in bloques), [pieza for bloque in bloques for pieza in bloque.piezas])


def space(alto: float) -> Bloque:
    return Bloque(alto)


def write_lines(textos: Iterable[str], columna: Columna, estilo: Estilo) -> Iterator[Bloque]:
    """Text in a column, a block for each of its lines."""
    for texto in textos:
        for linea in wrap(texto, columna.ancho, estilo):
            yield Bloque(estilo.interlinea, tuple(columna.write([linea], estilo)))


def draw_rule(columna: Columna, grosor: float = 0.5, color: Color = Color.CLARO, alto: float = 4) -> Bloque:
    """A line across a column, with white above and below."""
    return Bloque(alto, (Caja(columna.x, alto / 2, columna.ancho, 0, grosor, color),))


@dataclass(frozen=True, slots=True)
class Pares:
    """A column of named values: names to the left, values in what is left of the column."""

    columna: Columna
    ancho_nombre: float
    nombre: Estilo
    valor: Estilo

    def write(self, datos: Iterable[Dato]) -> Iterator[Bloque]:
        """A block for each line."""
        nombres = Columna(self.columna.x, self.ancho_nombre - 4)
        valores = Columna(self.columna.x + self.ancho_nombre, self.columna.ancho - self.ancho_nombre, self.columna.lado)
        for dato in datos:
            lineas = zip_longest(
                wrap(dato.nombre, nombres.ancho, self.nombre), wrap(dato.valor, valores.ancho, self.valor), fillvalue=""
            )
            for nombre, valor in lineas:
                alto = max(self.nombre.interlinea, self.valor.interlinea)
                bajar = self.valor.base - self.nombre.base
                piezas = (*nombres.write([nombre], self.nombre, bajar), *valores.write([valor], self.valor))
                yield Bloque(alto, [pieza for pieza in piezas if pieza.texto])


def pair_up(izquierda: Iterable[Bloque], derecha: Iterable[Bloque]) -> Iterator[Bloque]:
    """Two columns of lines as one column of blocks, so that pages can break between any of them."""
    return (beside(*par) for par in zip_longest(izquierda, derecha, fillvalue=Bloque(0)))


def draw_marco(vista: Vista, columna: Columna, letra: Color) -> Bloque:
    """The red frame: R.U.T., kind of document and folio, and under it the SII's office."""
    grande = Estilo(12.5, Fuente.NEGRITA, letra)
    dentro = Columna(columna.x + 8, columna.ancho - 16, Lado.CENTRO)
    renglones = [
        *wrap(f"R.U.T.: {vista.rut}", dentro.ancho, grande)[:2],
        *wrap(vista.titulo, dentro.ancho, grande),
        *wrap(f"N° {vista.folio}", dentro.ancho, grande)[:2],
    ]
    texto = stack(Bloque(19, tuple(dentro.write([renglon], grande, 3))) for renglon in renglones)
    alto = max(texto.alto + 10, 16 * MM)
    arriba = (alto - texto.alto) / 2
    marco = Caja(columna.x, GROSOR_MARCO / 2, columna.ancho, alto - GROSOR_MARCO, GROSOR_MARCO, Color.ROJO)
    oficina = Estilo(9.5, Fuente.NEGRITA, letra)
    pie = write_lines([vista.oficina], Columna(columna.x, columna.ancho, Lado.CENTRO), oficina)
    return stack((Bloque(alto, (marco, *stack([space(arriba), texto]).piezas)), space(4), *list(pie)[:2]))


def draw_timbre(vista: Vista, columna: Columna, formato: Formato) -> Bloque:
    """The stamp in the middle of a column, never smaller than its reader needs, with its legends."""
    trazo = TRAZOS[formato]
    simbolo = encode_ted(vista.ted, formato)
    maximo = min(MAX_ANCHO_TIMBRE, columna.ancho) / simbolo.modulos
    modulo = min(trazo.modulo * MM, maximo, MAX_ALTO_TIMBRE / (len(simbolo.filas) * trazo.fila))
    barras = Barras(0, 0, simbolo, modulo, modulo * trazo.fila)
    centradas = replace(barras, x=columna.x + (columna.ancho - barras.ancho) / 2)
    leyendas = write_lines(vista.leyendas, replace(columna, lado=Lado.CENTRO), _LEYENDA)
    return stack((Bloque(barras.alto, (centradas,)), space(3), *leyendas))


def draw_acuse(columna: Columna, campos_por_fila: int) -> Bloque:
    """Where the buyer acknowledges receipt (Ley 19.983, art. 4 and 5), with lines to write on."""
    dentro = Columna(columna.x + 6, columna.ancho - 12)
    filas = [ACUSE_CAMPOS[i : i + campos_por_fila] for i in range(0, len(ACUSE_CAMPOS), campos_por_fila)]
    contenido = stack(
        (
            space(8),
            *(beside(*_draw_campos(fila, dentro, campos_por_fila)) for fila in filas),
            space(2),
            *write_lines([ACUSE], dentro, _LETRA_CHICA),
            space(4),
        )
    )
    return Bloque(contenido.alto, (Caja(columna.x, 0, columna.ancho, contenido.alto, 0.7), *contenido.piezas))


def _draw_campos(nombres: Sequence[str], columna: Columna, cuantos: int) -> Iterator[Bloque]:
    ancho = columna.ancho / cuantos
    for numero, nombre in enumerate(nombres):
        x = columna.x + numero * ancho
        inicio = x + 38
        raya = Caja(inicio, _ACUSE.base + 2, ancho - 38 - (8 if numero < cuantos - 1 else 0), 0, 0.5)
        yield Bloque(18, (Texto(x, _ACUSE.base, f"{nombre}:", _ACUSE), raya))
