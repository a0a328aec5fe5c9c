"""The simple types of the SII's schemas (SiiTypes_v10.xsd, EnvioBOLETA_v11.xsd) as annotated Python types.

Two kinds of text: `Texto`, which a person reads and which is cut to its length, and `Clave`, which a machine compares
and which is refused when too long. Numbers come as numbers or as strings.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from shared.dte.rut import parse_rut
from shared.dte.texto import truncate

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Texto:
    """Marks free text that is cut to `maximo` characters."""

    maximo: int

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.cut, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(schema) | {"minLength": 1, "maxLength": self.maximo}

    def cut(self, texto: str) -> str:
        if not texto:  # what says nothing never comes here: this was in a script that ISO-8859-1 lacks
            raise PydanticCustomError("ilegible", "un texto en letras latinas")
        return truncate(texto, self.maximo)


def Clave(maximo: int) -> StringConstraints:  # noqa: N802 - reads as a type in the models
    """Marks an identifier of at most `maximo` characters."""
    return StringConstraints(min_length=1, max_length=maximo)


@dataclass(frozen=True, slots=True, init=False)
class Opcion:
    """Marks a closed set of values: `Annotated[int, Opcion(1, 2, 6)]`."""

    valores: tuple[int | str, ...]

    def __init__(self, *valores: int | str) -> None:
        object.__setattr__(self, "valores", valores)

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(schema) | {"enum": list(self.valores)}

    def check(self, valor: int | str) -> int | str:
        if valor not in self.valores:
            raise PydanticCustomError("opcion", "uno de {valores}", {"valores": ", ".join(map(str, self.valores))})
        return valor


@dataclass(frozen=True, slots=True)
class Rango:
    """Marks a whole number from `minimo` to `maximo`, given as a number or as a string of digits."""

    minimo: int
    maximo: int

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(
            _whole, core_schema.int_schema(ge=self.minimo, le=self.maximo)
        )


@dataclass(frozen=True, slots=True)
class Cifra:
    """Marks an exact number of `digitos` digits in all, of which `decimales` behind the point at most.

    Its limits are inclusive; `positivo` excludes 0.
    """

    digitos: int
    decimales: int
    minimo: int | None = 0
    maximo: int | None = None
    positivo: bool = False

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        numero = core_schema.decimal_schema(
            max_digits=self.digitos,
            decimal_places=self.decimales,
            ge=None if self.positivo or self.minimo is None else Decimal(self.minimo),
            gt=Decimal(0) if self.positivo else None,
            le=None if self.maximo is None else Decimal(self.maximo),
        )
        return core_schema.no_info_before_validator_function(_without_noise(self.decimales), numero)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A number within its limits, or the same as a string: through binary fractions long ones lose digits."""
        enteros, signo = self.digitos - self.decimales, "-?" if self.minimo is None else ""
        numero: dict[str, object] = {"type": "number", "exclusiveMaximum": 10**enteros}
        if self.maximo is not None:
            numero = {"type": "number", "maximum": self.maximo}
        numero |= {"exclusiveMinimum": 0} if self.positivo else {} if self.minimo is None else {"minimum": self.minimo}
        texto = {"type": "string", "pattern": rf"^{signo}[0-9]{{1,{enteros}}}(\.[0-9]{{1,{self.decimales}}})?$"}
        return {"anyOf": [numero, texto]}


_ENTERO = re.compile("-?[0-9]+")


def _whole(valor: object) -> object:
    """Refuses what pydantic would take for an integer and a person would not: `true`, or `"1.000"` for a thousand."""
    if isinstance(valor, bool) or (isinstance(valor, str) and not _ENTERO.fullmatch(valor)):
        raise PydanticCustomError("entero", "un número entero, sin puntos ni decimales")
    return valor


_NUMERO = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[Ee][+-]?[0-9]+)?")
"""As people and programs write it: Python would also read `1_000`, and the digits of other scripts."""


def _without_noise(decimales: int) -> Callable[[object], object]:
    """Rounds floats only: binary fractions are not exact, and 3.3000000000000003 from a POS means 3.3."""
    paso = Decimal(1).scaleb(-decimales)

    def clean(valor: object) -> object:
        if isinstance(valor, bool) or (isinstance(valor, str) and not _NUMERO.fullmatch(valor)):
            raise PydanticCustomError("decimal", "un número")
        if isinstance(valor, float) and abs(valor) < 1e18:
            return Decimal(repr(valor)).quantize(paso, ROUND_HALF_UP)
        return valor

    return clean


def _iso(forma: str) -> Callable[[object], object]:
    """Only the SII's own form: pydantic would also take numbers for seconds since 1970."""
    patron = re.compile(re.sub("[AMDHS]", "[0-9]", forma))

    def check(valor: object) -> object:
        if (isinstance(valor, str) and not patron.fullmatch(valor)) or isinstance(valor, int | float):
            raise PydanticCustomError("fecha", "{forma}", {"forma": forma})
        return valor

    return check


def _rut(texto: str) -> str:
    try:
        return parse_rut(texto)
    except ValueError as error:
        raise PydanticCustomError("rut", "{motivo}", {"motivo": str(error)}) from error


def _as_tuple(valor: Any) -> Any:
    """A single object where a list is meant is a list of one."""
    return valor if isinstance(valor, list | tuple) else [valor]


_CERO = re.compile(r"0+(\.0+)?")


def _zero_is_nothing(valor: object) -> object:
    cero = (
        valor == 0
        if isinstance(valor, int | float | Decimal)
        else isinstance(valor, str) and bool(_CERO.fullmatch(valor))
    )
    return None if cero else valor


CeroEsNada = BeforeValidator(_zero_is_nothing)
"""For optional amounts whose schema has no zero: a POS that says 0 means that there is none."""


@dataclass(frozen=True, slots=True)
class _Varios:
    """Marks a list for which a single element may stand."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_as_tuple, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        lista = handler(schema)
        return {"anyOf": [lista, lista["items"]]}


Varios = Annotated[tuple[T, ...], _Varios()]

_MAX = 10**18 - 1
Positivo = Annotated[int, Rango(1, _MAX)]
Numero2 = Annotated[int, Rango(1, 99)]
Numero3 = Annotated[int, Rango(1, 999)]
Numero4 = Annotated[int, Rango(1, 9_999)]
Numero6 = Annotated[int, Rango(1, 999_999)]
Numero9 = Annotated[int, Rango(1, 999_999_999)]
FolioDte = Annotated[int, Rango(1, 10**10 - 1)]
Monto = Annotated[int, Rango(0, _MAX)]
"""Pesos, never negative (MontoType)."""
MontoPositivo = Annotated[int, Rango(1, _MAX)]
"""Pesos, more than zero (MntImpType)."""
Valor = Annotated[int, Rango(-_MAX, _MAX)]
"""Pesos, of either sign (ValorType)."""
Entero = Annotated[int, BeforeValidator(_whole)]
"""For `Opcion`, which sets the limits."""

Dec12_6 = Annotated[Decimal, Cifra(18, 6, positivo=True)]
Dec16_2 = Annotated[Decimal, Cifra(18, 2, positivo=True)]
Dec14_4 = Annotated[Decimal, Cifra(18, 4, positivo=True)]
Divisa = Annotated[Decimal, Cifra(18, 4)]
"""Foreign currency, never negative (the amounts of Exportaciones; Dec14_4-0Type)."""
Dec6_4 = Annotated[Decimal, Cifra(10, 4, positivo=True)]
Dec8_2 = Annotated[Decimal, Cifra(10, 2, minimo=None)]
Precio = Annotated[Decimal, Cifra(18, 6)]
"""Pesos with decimals; 0 means a gift, whose price is then left out (Dec12_6Type has no zero)."""
Pct = Annotated[Decimal, Cifra(5, 2, positivo=True)]
PctLinea = Annotated[Decimal, Cifra(5, 2)]
"""Per cent; 0 means none, and is left out (PctType has no zero)."""
Pct100 = Annotated[Decimal, Cifra(5, 2, maximo=100)]
Pct100Positivo = Annotated[Decimal, Cifra(5, 2, maximo=100, positivo=True)]

Rut = Annotated[
    str, AfterValidator(_rut), Field(json_schema_extra={"pattern": r"^[0-9]+-[0-9K]$", "example": "76987654-5"})
]


def Dia(desde: date) -> Any:  # noqa: N802 - reads as a type in the models
    """Marks a date from `desde` on, as far as the schemas go."""
    return Field(ge=desde, le=date(2050, 12, 31))


_AAAA_MM_DD = BeforeValidator(_iso("AAAA-MM-DD"))
Fecha = Annotated[date, Dia(date(2000, 1, 1)), _AAAA_MM_DD]
FechaAntigua = Annotated[date, Dia(date(1950, 1, 1)), _AAAA_MM_DD]
FechaViaje = Annotated[date, Dia(date(2003, 4, 1)), _AAAA_MM_DD]
FechaHora = Annotated[
    datetime,
    Field(ge=datetime.fromisoformat("2010-03-10"), le=datetime.fromisoformat("2050-12-31T23:59:59")),
    BeforeValidator(_iso("AAAA-MM-DDTHH:MM:SS")),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$"}),
]
"""Local time without a zone, as the SII writes it: not the `date-time` of JSON Schema, which has one."""
Hora = Annotated[
    time,
    BeforeValidator(_iso("HH:MM:SS")),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}:[0-9]{2}$"}),
]

Comuna = Annotated[str, Texto(20)]
Ciudad = Annotated[str, Texto(20)]
RazonSocial = Annotated[str, Texto(100)]
Correo = Annotated[str, Clave(80)]
Fono = Annotated[str, Clave(20)]
Impuesto = Annotated[
    str,
    Opcion(
        *map(str, (14, 15, 16, 17, 18, 19, 23, 24, 25, 26, 27, 28, *range(30, 42), *range(44, 56))),
        *map(str, (271, 301, 321, 331, 341, 361, 371, 481)),
    ),
]
TipoMoneda = Annotated[
    str,
    Opcion(
        *("BOLIVAR", "BOLIVIANO", "CHELIN", "CORONA DIN", "CORONA NOR", "CORONA SC", "CRUZEIRO REAL", "DIRHAM"),
        *("DOLAR AUST", "DOLAR CAN", "DOLAR HK", "DOLAR NZ", "DOLAR SIN", "DOLAR TAI", "DOLAR USA", "DRACMA"),
        *("ESCUDO", "EURO", "FLORIN", "FRANCO BEL", "FRANCO FR", "FRANCO SZ", "GUARANI", "LIBRA EST", "LIRA"),
        *("MARCO AL", "MARCO FIN", "NUEVO SOL", "OTRAS MONEDAS", "PESETA", "PESO", "PESO CL", "PESO COL"),
        *("PESO MEX", "PESO URUG", "RAND", "RENMINBI", "RUPIA", "SUCRE", "YEN"),
    ),
]
DineroPorcentaje = Annotated[str, Opcion("%", "$")]
