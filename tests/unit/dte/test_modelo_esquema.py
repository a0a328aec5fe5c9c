"""The models against the SII's schemas of 2026: nothing is missing, nothing is added, and the limits are the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from annotated_types import MaxLen
from pydantic import BaseModel

from shared.dte.documento import sign_documento
from shared.dte.modelo import MODELOS, Boleta, Exportacion, Factura, Liquidacion, parse_venta
from shared.dte.modelo.lectura import find_modelo
from shared.dte.relectura import read_venta
from shared.dte.tipos import TipoDte
from shared.dte.xml import CODIFICACION
from shared.errors import Invalid
from tests import dte_data
from tests.unit.dte import xsd
from tests.unit.dte.xsd import Element, Facets

_CUERPOS: dict[type[BaseModel], Element] = {
    Factura: xsd.factura(),
    Liquidacion: xsd.liquidacion(),
    Exportacion: xsd.exportacion(),
    Boleta: xsd.boleta(),
}
BODIES = [pytest.param(model, _CUERPOS[model], tipo, id=str(int(tipo))) for tipo, model in MODELOS.items()]
NUMBERS = {"integer", "positiveInteger", "nonNegativeInteger", "decimal"}
ZERO_MEANS_NONE = {
    *("PrcItem", "DescuentoPct", "DescuentoMonto", "RecargoPct", "RecargoMonto"),
    *("IVANoRet", "MntFlete", "MntSeguro"),
}
"""A POS sends 0 where the schema wants nothing; `complete_venta` leaves it out."""
DERIVED = {
    *("Folio", "FchEmis", "IndServicio", "Emisor", "RUTEmisor", "RznSoc", "GiroEmis", "Acteco", "Totales", "MntTotal"),
    *("NroLinDet", "MontoItem", "NroSTI", "NroLinDR", "NroLinRef", "NroLinCom", "Receptor", "RUTRecep"),
    *("FchRef", "MntExe", "MntTotOtrMnda", "DirOrigen"),
}
"""Obligatory in the schema, and left to Posta in what a POS sends."""


@pytest.mark.parametrize(("model", "element", "tipo"), BODIES)
def test_every_element_has_its_field_in_the_schemas_order(
    model: type[BaseModel], element: Element, tipo: TipoDte
) -> None:
    pairs = list(_pairs(model, element))
    assert len(pairs) > 12, tipo
    for modelo, elemento in pairs:
        assert list(modelo.model_fields) == [hijo.name for hijo in elemento.children], elemento.name


@pytest.mark.parametrize(("model", "element", "tipo"), BODIES)
def test_every_field_may_be_missing_or_repeated_as_the_schema_says(
    model: type[BaseModel], element: Element, tipo: TipoDte
) -> None:
    for modelo, elemento in _pairs(model, element):
        for hijo in elemento.children:
            campo = modelo.model_fields[hijo.name]
            if campo.is_required():
                assert hijo.minimum > 0 or hijo.name == "Detalle", (tipo, hijo.name)
            else:
                assert hijo.minimum == 0 or hijo.name in DERIVED, (tipo, hijo.name)
            repeats = [marca.max_length for marca in campo.metadata if isinstance(marca, MaxLen)]
            if hijo.maximum > 1:
                assert repeats == [hijo.maximum], (tipo, hijo.name)


@pytest.mark.parametrize(("model", "element", "tipo"), BODIES)
def test_every_field_says_what_it_means(model: type[BaseModel], element: Element, tipo: TipoDte) -> None:
    for modelo, _ in _pairs(model, element):
        assert all(campo.description for campo in modelo.model_fields.values()), (tipo, modelo)


@pytest.mark.parametrize(("model", "element", "tipo"), BODIES)
def test_every_closed_set_is_the_schemas(model: type[BaseModel], element: Element, tipo: TipoDte) -> None:
    for modelo, elemento in _pairs(model, element):
        documented = modelo.model_json_schema()["properties"]
        for hijo in elemento.children:
            if hijo.facets.enums and hijo.name != "TipoDTE":
                options = re.search(r'"enum": \[(.*?)\]', json.dumps(documented[hijo.name]))
                assert options is not None, (tipo, hijo.name)
                assert set(json.loads(f"[{options[1]}]")) == {_option(enum, options[1]) for enum in hijo.facets.enums}


def _option(enum: str, documented: str) -> int | str:
    return enum if documented.startswith('"') else int(enum)


@pytest.mark.parametrize("longest", [False, True], ids=["least", "most"])
@pytest.mark.parametrize(("model", "element", "tipo"), BODIES)
def test_the_extremes_of_every_element_are_taken_written_and_valid(
    model: type[BaseModel], element: Element, tipo: TipoDte, longest: bool
) -> None:
    venta = parse_venta(_fill(element, longest, tipo))
    assert isinstance(venta, model)
    signed = sign_documento(
        venta, folio=7, caf=dte_data.make_caf(tipo), firmante=dte_data.firmante(), ahora=dte_data.AHORA
    )
    text = signed.xml.decode(CODIFICACION)
    missing = [path for path, _ in element.leaves() if f"<{path[-1]}>" not in text]
    assert missing == []
    leida = read_venta(signed.xml)
    id_doc = leida.Encabezado.IdDoc.model_copy(update={"Folio": None})
    assert leida.model_copy(update={"Encabezado": leida.Encabezado.model_copy(update={"IdDoc": id_doc})}) == venta


@pytest.mark.parametrize(("model", "element", "tipo"), [BODIES[tipo] for tipo in (0, 2, 4, 9)])
def test_nothing_beyond_the_schema_is_taken(model: type[BaseModel], element: Element, tipo: TipoDte) -> None:
    taken = []
    for path, leaf in element.leaves():
        for value in _beyond(leaf.facets):
            datos = _fill(element, longest=False, tipo=tipo)
            _put(datos, path, [value] if leaf.maximum > 1 else value)
            means_none = path[-1] in ZERO_MEANS_NONE and str(value).strip("0.") == ""
            if path[-1] != "TipoDTE" and not means_none and _is_taken(datos, path):
                taken.append((path, value, model))
    assert taken == []


def _pairs(model: type[BaseModel], element: Element) -> Iterator[tuple[type[BaseModel], Element]]:
    """Each model with its element, from the body down."""
    yield model, element
    for hijo in element.children:
        if hijo.children:
            yield from _pairs(find_modelo(model.model_fields[hijo.name].annotation), hijo)


def _is_taken(datos: dict[str, Any], path: tuple[str, ...]) -> bool:
    """Whether the value comes out of the model as it went in: cut text does not."""
    try:
        venta = parse_venta(datos)
    except Invalid as error:
        return not all(path[-1] in falla.ruta for falla in error.fallas)
    given: Any = datos
    kept: Any = venta.model_dump(mode="json")
    for name in path:
        given, kept = given[name], kept[name]
        kept = kept[0] if isinstance(kept, list) else kept
        given = given[0] if isinstance(given, list) else given
    return str(given) == str(kept) or (_is_number(given) and Decimal(given) == Decimal(str(kept)))


def _is_number(value: object) -> bool:
    return isinstance(value, str) and value.removeprefix("-").replace(".", "", 1).isdecimal()


def _fill(element: Element, longest: bool, tipo: TipoDte) -> dict[str, Any]:
    """JSON with every element of the body, each at one end of what it allows."""
    datos = {hijo.name: _value(hijo, longest) for hijo in element.children}
    _put(datos, ("Encabezado", "IdDoc", "TipoDTE"), int(tipo))
    _put(datos, ("Encabezado", "IdDoc", "FchEmis"), str(dte_data.FECHA))
    _put(datos, ("Encabezado", "Emisor", "RUTEmisor"), dte_data.EMISOR_RUT)
    del datos["Encabezado"]["IdDoc"]["Folio"]
    return datos | {"Encabezado": datos["Encabezado"]}


def _value(element: Element, longest: bool) -> Any:
    if element.children:
        value: Any = {hijo.name: _value(hijo, longest) for hijo in element.children}
    else:
        value = _leaf(element.name, element.facets, longest)
    return [value] * (2 if longest else 1) if element.maximum > 1 else value


def _leaf(name: str, facets: Facets, longest: bool) -> Any:
    if facets.enums:
        return facets.enums[-1 if longest else 0]
    if "pattern" in facets.values:
        return dte_data.RECEPTOR_RUT
    if facets.base == "string":
        return "ñ" * int(facets.values["maxLength"]) if longest else "x"
    if facets.base in ("date", "dateTime", "time"):
        return facets.values.get("maxInclusive" if longest else "minInclusive", "2026-02-03")
    assert facets.base in NUMBERS, (name, facets)
    return str(_largest(facets) if longest else _smallest(facets))


def _largest(facets: Facets) -> Decimal:
    digits, decimals = int(facets.values.get("totalDigits", 18)), int(facets.values.get("fractionDigits", 0))
    most = (Decimal(10) ** digits - 1).scaleb(-decimals)
    return min(most, Decimal(facets.values.get("maxInclusive", "1E30")))


def _smallest(facets: Facets) -> Decimal:
    if "minInclusive" in facets.values:
        return Decimal(facets.values["minInclusive"])
    return {"positiveInteger": Decimal(1), "nonNegativeInteger": Decimal(0)}.get(facets.base, -_largest(facets))


def _beyond(facets: Facets) -> list[Any]:
    """Values that the schema refuses, one for each of its limits."""
    if facets.enums:
        return ["zz"]
    if "pattern" in facets.values:
        return ["76987654-4", "7698765k"]
    if facets.base == "string":
        return ["x" * (int(facets.values["maxLength"]) + 1)]
    if facets.base == "date":
        first = date.fromisoformat(facets.values.get("minInclusive", "2000-01-01"))
        return ["2051-01-01", str(first - timedelta(days=1)), "2026-02-30", "03-02-2026", 20260203]
    if facets.base in ("dateTime", "time"):
        return ["2051-01-01T00:00:00", "25:00:00", "2026-02-03T10:00:00Z", 1]
    step = Decimal(1).scaleb(-int(facets.values.get("fractionDigits", 0)))
    return [str(_largest(facets) + step), str(_smallest(facets) - step), str(step / 10), "uno", True, ["1", "2"]]


def _put(datos: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        datos = datos[name][0] if isinstance(datos[name], list) else datos[name]
    datos[path[-1]] = value


def test_the_api_documentation_tells_lengths_options_and_forms() -> None:
    partes = Boleta.model_json_schema()["$defs"]
    linea = partes["DetalleBoleta"]["properties"]
    assert linea["NmbItem"] == {
        "title": "NmbItem",
        "type": "string",
        "description": "Nombre del ítem",
        "minLength": 1,
        "maxLength": 80,
    }
    assert {"type": "integer", "enum": [1, 2, 6]} in linea["IndExe"]["anyOf"]
    assert partes["ReceptorBoleta"]["properties"]["RUTRecep"]["pattern"] == "^[0-9]+-[0-9K]$"
    lista, uno = linea["CdgItem"]["anyOf"]  # one code may stand for a list of one
    assert (lista["maxItems"], lista["items"], uno) == (5, uno, {"$ref": "#/$defs/CodigoItem"})
    assert linea["MontoItem"]["anyOf"][0] == {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
    numero, texto, _ = linea["PrcItem"]["anyOf"]
    assert numero == {"type": "number", "minimum": 0, "exclusiveMaximum": 10**12}
    assert texto == {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,6})?$"}
