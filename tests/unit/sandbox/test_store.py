"""The SII's books: nothing twice, nothing forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.sandbox.informes import build_resumen, list_documentos
from services.sandbox.modelo import (
    Contador,
    DocumentoRevisado,
    Envio,
    EstadoEnvio,
    Objecion,
    Revision,
    Subida,
    Veredicto,
    estado_at,
)
from services.sandbox.store import Store
from shared.dte.tipos import Canal
from shared.errors import Conflict, Misconfigured
from tests.sandbox_data import AHORA

EMISOR = "77123456-9"
RECHAZO = Objecion("DTE", 3, 505, "Firma DTE Incorrecta")
REPARO = Objecion("TED", 2, 510, "Firma Timbre Electronico Incorrecta")
LEVE = Objecion("HED", 1, 844, "Falta GiroRecep")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "sii.sqlite3")) as store:
        yield store


def _documento(folio: int, *objeciones: Objecion, sha256: str = "", monto: int = 1190) -> DocumentoRevisado:
    return DocumentoRevisado(
        emisor=EMISOR,
        tipo=39,
        folio=folio,
        receptor="66666666-6",
        fecha=date(2026, 3, 2),
        monto=monto,
        sha256=sha256 or f"d{folio}",
        objeciones=objeciones,
    )


def _register(
    store: Store,
    *documentos: DocumentoRevisado,
    sha256: str = "s",
    canal: Canal = Canal.BOLETA,
    estado: EstadoEnvio = EstadoEnvio.EPR,
    demora: timedelta = timedelta(0),
    ahora: datetime = AHORA,
) -> Envio:
    subida = Subida(canal, "12345678-5", EMISOR, "envio.xml", b"<xml/>", sha256)
    return store.register(subida, Revision(estado, documentos), ahora=ahora, demora=demora)


def test_track_ids_have_the_length_of_their_channel_and_find_their_envelope(store: Store) -> None:
    boleta, factura = _register(store, canal=Canal.BOLETA), _register(store, canal=Canal.FACTURA)
    assert (len(boleta.trackid), len(factura.trackid)) == (15, 10)
    assert store.find_envio(Canal.BOLETA, boleta.trackid) == boleta
    assert store.find_envio(Canal.FACTURA, factura.trackid.lstrip("0")) == factura
    assert store.find_envio(Canal.FACTURA, boleta.trackid) is None
    assert store.find_envio(Canal.FACTURA, "abc") is None


def test_identical_bytes_are_told_on_the_old_channel_and_counted(store: Store) -> None:
    subida = Subida(Canal.FACTURA, "12345678-5", EMISOR, "envio.xml", b"<xml/>", "mismos")
    assert store.find_repeated(subida) is None
    envio = _register(store, sha256="mismos", canal=Canal.FACTURA)
    assert store.find_repeated(subida) == (envio.trackid, 1)
    assert store.find_repeated(subida) == (envio.trackid, 2)
    with pytest.raises(Conflict):
        _register(store, sha256="mismos", canal=Canal.FACTURA)
    assert build_resumen(store, AHORA)["bytes_repetidos"] == 2


def test_identical_bytes_are_a_new_upload_on_the_channel_of_boletas(store: Store) -> None:
    primera, segunda = (_register(store, _documento(1)) for _ in range(2))
    assert primera.trackid != segunda.trackid
    resumen = build_resumen(store, AHORA)
    assert (resumen["envios"], resumen["documentos"], resumen["aceptados"], resumen["repetidos"]) == (2, 2, 1, 1)


@pytest.mark.parametrize(("sha256", "codigo"), [("d1", 100), ("otro", 101)])
def test_a_document_that_was_received_is_rejected_when_it_comes_again(store: Store, sha256: str, codigo: int) -> None:
    _register(store, _documento(1))
    segunda = _register(store, _documento(1, LEVE, sha256=sha256))
    ((documento, veredicto),) = store.find_objetados(segunda)
    assert veredicto is Veredicto.RECHAZADO
    assert [objecion.codigo for objecion in documento.objeciones] == [codigo]
    assert documento.repetido


def test_a_document_twice_in_one_envelope_counts_once_and_is_no_repeat_of_an_upload(store: Store) -> None:
    _register(store, _documento(1), _documento(1))
    resumen = build_resumen(store, AHORA)
    assert (resumen["aceptados"], resumen["rechazados"], resumen["repetidos"]) == (1, 1, 0)


@pytest.mark.parametrize("estado", [EstadoEnvio.RSC, EstadoEnvio.RFR, EstadoEnvio.RCT])
def test_documents_of_a_refused_envelope_may_come_again(store: Store, estado: EstadoEnvio) -> None:
    _register(store, _documento(1), estado=estado)
    assert store.find_documento(EMISOR, 39, 1, AHORA) is None
    _register(store, _documento(1))
    assert store.find_documento(EMISOR, 39, 1, AHORA) == _documento(1)
    assert build_resumen(store, AHORA)["repetidos"] == 0


def test_a_rejected_document_is_not_received_and_may_come_again(store: Store) -> None:
    _register(store, _documento(1, RECHAZO))
    assert store.find_documento(EMISOR, 39, 1, AHORA) is None
    _register(store, _documento(1, sha256="corregido"))
    assert store.find_documento(EMISOR, 39, 1, AHORA) is not None


def test_a_document_in_process_has_not_been_received_and_yet_cannot_come_again(store: Store) -> None:
    _register(store, _documento(1), demora=timedelta(minutes=1))
    assert store.find_documento(EMISOR, 39, 1, AHORA) is None
    otra = _register(store, _documento(1, sha256="otro"))
    assert store.find_objetados(otra)[0][0].repetido
    assert build_resumen(store, AHORA)["en_proceso"] == 1
    assert store.find_documento(EMISOR, 39, 1, AHORA + timedelta(minutes=1)) is not None


def test_counters_add_up_by_type(store: Store) -> None:
    envio = _register(store, _documento(1), _documento(2, REPARO), _documento(3, LEVE), _documento(4, RECHAZO))
    assert store.count_envio(envio) == [Contador(39, informados=4, aceptados=1, rechazados=1, reparos=2)]
    assert [veredicto for _, veredicto in store.find_objetados(envio)] == ["RPR", "RLV", "RCH"]


def test_the_report_says_what_is_valid_and_how_much_it_is_worth(store: Store) -> None:
    _register(store, _documento(1), _documento(2, LEVE, monto=10), _documento(3, RECHAZO, monto=5))
    estados = {"aceptados": 1, "reparos": 1, "rechazados": 1, "en_proceso": 0}
    esperado = {"documentos": 3, **estados, "repetidos": 0, "monto_aceptado": 1200}
    resumen = build_resumen(store, AHORA)
    assert resumen == {"envios": 1, "bytes_repetidos": 0, **esperado, "por_tipo": {"39": esperado}}


def test_documents_can_be_listed_by_what_they_are(store: Store) -> None:
    envio = _register(store, _documento(1), _documento(2, RECHAZO))
    todos = list_documentos(store, AHORA, {"estado": None, "emisor": EMISOR})
    assert [(d["folio"], d["estado"], d["trackid"]) for d in todos] == [
        (1, "aceptado", envio.trackid),
        (2, "rechazado", envio.trackid),
    ]
    (malo,) = list_documentos(store, AHORA, {"estado": "rechazado"})
    assert (malo["sha256"], malo["objeciones"]) == ("d2", [str(RECHAZO)])
    assert list_documentos(store, AHORA, {"tipo": 33}) == []


def test_the_books_survive_a_restart(tmp_path: Path) -> None:
    archivo = tmp_path / "sii.sqlite3"
    with closing(Store(archivo)) as store:
        envio = _register(store, _documento(1), demora=timedelta(seconds=5))
        store.write_ajuste("clave", "valor")
    with closing(Store(archivo)) as store:
        assert store.find_envio(Canal.BOLETA, envio.trackid) == envio
        assert store.read_ajuste("clave") == "valor"
        assert store.read_ajuste("otra") is None
        _register(store, _documento(1))
        assert build_resumen(store, AHORA)["repetidos"] == 1
    assert archivo.stat().st_mode & 0o777 == 0o600


def test_of_uploads_at_one_moment_with_one_folio_the_sii_keeps_one(store: Store) -> None:
    with ThreadPoolExecutor(4) as hilos:
        list(hilos.map(lambda n: _register(store, _documento(1, sha256=f"otro{n}"), sha256=str(n)), range(8)))
    resumen = build_resumen(store, AHORA)
    assert (resumen["aceptados"], resumen["repetidos"]) == (1, 7)


@settings(max_examples=30)
@given(st.lists(st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=4), max_size=6))
def test_whatever_comes_no_folio_is_held_twice(sobres: list[list[tuple[int, bool]]]) -> None:
    with TemporaryDirectory() as carpeta, closing(Store(Path(carpeta) / "sii.sqlite3")) as store:
        for numero, sobre in enumerate(sobres):
            documentos = [_documento(folio, *(() if bueno else (RECHAZO,))) for folio, bueno in sobre]
            _register(store, *documentos, sha256=str(numero))
        aceptados = [d["folio"] for d in list_documentos(store, AHORA, {"estado": "aceptado"})]
        assert sorted(aceptados) == sorted({folio for sobre in sobres for folio, bueno in sobre if bueno})


def test_a_failed_write_leaves_nothing_behind(store: Store) -> None:
    store.add_caf(EMISOR, 39, 1, 10, b"caf")
    with pytest.raises(Conflict):
        store.add_caf(EMISOR, 39, 10, 20, b"otro")
    assert store.find_caf(EMISOR, 39, 15, 15) is None
    assert store.find_caf(EMISOR, 39, 10, 15) == (1, 10, b"caf")
    assert (store.next_folio(EMISOR, 39), store.next_folio(EMISOR, 33)) == (11, 1)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "archivo").touch()
    with pytest.raises(Misconfigured, match="POSTA_CARPETA"):
        Store(tmp_path / "archivo" / "sii.sqlite3")


def _at(estado: EstadoEnvio, segundos: float) -> EstadoEnvio:
    envio = Envio("1", Canal.BOLETA, EMISOR, "1-9", "f", AHORA, AHORA + timedelta(seconds=10), estado)
    return estado_at(envio, AHORA + timedelta(seconds=segundos))


def test_an_accepted_envelope_passes_through_all_the_states() -> None:
    camino = [_at(EstadoEnvio.EPR, segundos) for segundos in (-1, 0, 2, 4, 6, 8, 9.9, 10, 99)]
    assert camino == ["REC", "REC", "SOK", "CRT", "FOK", "PDR", "PDR", "EPR", "EPR"]


@pytest.mark.parametrize(
    ("estado", "ultimo"), [(EstadoEnvio.RSC, "REC"), (EstadoEnvio.RCT, "SOK"), (EstadoEnvio.RFR, "CRT")]
)
def test_a_refused_envelope_never_shows_the_step_that_it_failed(estado: EstadoEnvio, ultimo: str) -> None:
    assert (_at(estado, 0), _at(estado, 9.9), _at(estado, 10)) == ("REC", ultimo, estado)
