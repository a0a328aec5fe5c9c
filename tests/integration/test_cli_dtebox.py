"""A company whose documents go through a DTEBox, from its file to the SII's verdict, as a person types it."""

from __future__ import annotations

from functools import partial

from services.sandbox.main import sandbox_folder
from shared.dte.tipos import Canal
from tests.conditions import eventually
from tests.emitter_world import World, open_store, running_emitter
from tests.integration.test_cli import EMPRESA, VENTA, Posta, posta
from tests.sandbox_server import sandbox_server
from tests.sender_stage import sending

__all__ = ["posta"]

LLAVE = "llave-de-la-caja"


async def test_a_company_with_a_dtebox_sells_and_its_document_is_accepted(posta: Posta) -> None:
    async with sandbox_server(sandbox_folder(posta.carpeta)) as sandbox:
        clave, empresa = posta.write("clave.txt", "secreta\n"), EMPRESA | {"proveedor": "dtebox"}
        p12, caf = str(posta.carpeta / "p.p12"), str(posta.carpeta / "caf.xml")
        key = posta.write("auth_key.txt", f"{LLAVE}\n")
        for command in (
            ("sandbox", "cert", "--rut", "11.111.111-1", "--password-file", clave, "-o", p12),
            ("sandbox", "caf", "--rut", "76192083-9", "--tipo", "39", "--desde", "5", "--hasta", "9", "-o", caf),
            ("emisor", "create", posta.write("empresa.json", empresa)),
            ("emisor", "dtebox", "76192083-9", "--url", sandbox.url, "--auth-key-file", key),
            ("cert", "set", "76192083-9", p12, "--password-file", clave),
            ("caf", "import", caf),
        ):
            said = await posta(*command)
            assert said.status == 0, said.error
            assert LLAVE not in said.salida + said.error
        [emisor] = (await posta("emisor", "list", "--json")).json
        assert (emisor["proveedor"], emisor["dtebox"]) == ("dtebox", f"{sandbox.url}/api/Core.svc/core")
        till = (await posta("terminal", "create", "76192083-9", "Centro", "1", "--json")).json
        llave = posta.write("llave.txt", till["llave"])
        async with running_emitter(World(posta.settings, till["llave"], till["id"])), sending(posta.settings):
            sold = await posta("emit", posta.write("venta.json", VENTA), "--llave-file", llave)
            assert sold.json["folio"] == 5
            await eventually(partial(_is_accepted, posta), 60)
        async with open_store(posta.settings) as store:
            dte = await store.documents.get("76192083-9-39-5")
        assert dte is not None
        assert (dte.canal, dte.track_id is not None) == (Canal.DTEBOX, True)
        assert [(d["folio"], d["estado"]) for d in sandbox.documentos()] == [(5, "aceptado")]


async def _is_accepted(posta: Posta) -> bool:
    estado: str = (await posta("dte", "show", "76192083-9-39-5")).json["estado"]
    return estado == "aceptado"
