"""Where the SII's services are, by environment, or all on one address when `sii_url` says so (the sandbox)."""

from __future__ import annotations

from dataclasses import dataclass

from shared.dte.tipos import Ambiente


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Three bases: SOAP services and DTEUpload; REST for boletas; and the REST host that takes uploads only."""

    soap: str
    api: str
    envio: str

    @property
    def semilla(self) -> str:
        return f"{self.soap}/DTEWS/CrSeed.jws"

    @property
    def token(self) -> str:
        return f"{self.soap}/DTEWS/GetTokenFromSeed.jws"

    @property
    def estado_envio(self) -> str:
        return f"{self.soap}/DTEWS/QueryEstUp.jws"

    @property
    def estado_dte(self) -> str:
        return f"{self.soap}/DTEWS/QueryEstDte.jws"

    @property
    def dteupload(self) -> str:
        return f"{self.soap}/cgi_dte/UPL/DTEUpload"

    @property
    def boleta_semilla(self) -> str:
        return f"{self.api}/boleta.electronica.semilla"

    @property
    def boleta_token(self) -> str:
        return f"{self.api}/boleta.electronica.token"

    @property
    def boleta_envio(self) -> str:
        return f"{self.envio}/boleta.electronica.envio"

    def boleta_estado_envio(self, emisor: str, track_id: str) -> str:
        return f"{self.api}/boleta.electronica.envio/{emisor}-{track_id}"

    def boleta_estado_dte(self, emisor: str, tipo: int, folio: int) -> str:
        return f"{self.api}/boleta.electronica/{emisor}-{tipo}-{folio}/estado"


_REST = "/recursos/v1"

_POR_AMBIENTE = {
    Ambiente.CERTIFICACION: Endpoints(
        soap="https://maullin.sii.cl",
        api=f"https://apicert.sii.cl{_REST}",
        envio=f"https://pangal.sii.cl{_REST}",
    ),
    Ambiente.PRODUCCION: Endpoints(
        soap="https://palena.sii.cl",
        api=f"https://api.sii.cl{_REST}",
        envio=f"https://rahue.sii.cl{_REST}",
    ),
}


def endpoints_for(ambiente: Ambiente, base_url: str | None = None) -> Endpoints:
    """The real hosts of an environment, or `base_url` for all of them."""
    if base_url is None:
        return _POR_AMBIENTE[ambiente]
    base = base_url.rstrip("/")
    return Endpoints(soap=base, api=base + _REST, envio=base + _REST)
