"""How fast the core builds, stamps and signs a boleta of five lines: on one thread, alone and beside others.

Rates are documents a second of processor time, as `openssl speed` counts too, so that a busy machine does not change
them much. The package beside is the PyPI one that is used most, in an environment of its own: its pins are old.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import tempfile
import time
import venv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.sandbox.authority import Authority, open_authority
from shared.adapters.keystore import open_certificado
from shared.clock import chile, now
from shared.dte.caf import CafAbierto, parse_caf
from shared.dte.documento import DteFirmado, complete_venta, sign_documento
from shared.dte.firma import Firmante
from shared.dte.impresion import timbre_png
from shared.dte.modelo import DatosEmisor, parse_venta

SEGUNDOS = 2.0
"""Of processor time for each figure of ours."""
_RUT, _PERSONA, _CLAVE = "76192083-9", "12345678-5", "bench"
_LINEAS = [{"NmbItem": f"Ítem {numero}", "QtyItem": 2, "PrcItem": 1190} for numero in range(1, 6)]
VENTA = {"Encabezado": {"IdDoc": {"TipoDTE": 39}}, "Detalle": _LINEAS}
EMISOR = DatosEmisor(
    rut=_RUT,
    razon_social="Comercial Ñuñoa SpA",
    giro="Venta al por menor",
    acteco=(471990,),
    direccion="Irarrázaval 1234",
    comuna="Ñuñoa",
)
_ENTORNO = Path(".posta/bench")
_REQUISITOS = Path(__file__).parents[2] / "requirements" / "bench-par.txt"
_OPENSSL = re.compile(r"^rsa\s+2048 bits\s+\S+\s+\S+\s+([0-9.]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Cifras:
    """What was measured, in documents (`openssl`: signatures) a second; None where a peer could not be had."""

    dps: float
    dps_timbre: float
    openssl: float | None
    par: float | None
    par_timbre: float | None
    par_llave_en_memoria: float | None

    def to_json(self) -> dict[str, float | None]:
        """The figures and the ratios to the others', rounded."""
        datos = {
            "dps": self.dps,
            "dps_timbre": self.dps_timbre,
            "razon_openssl": _ratio(self.dps, self.openssl),
            "razon_par": _ratio(self.dps, self.par),
            "razon_par_timbre": _ratio(self.dps_timbre, self.par_timbre),
            "razon_par_llave_en_memoria": _ratio(self.dps, self.par_llave_en_memoria),
            "openssl": self.openssl,
            "par": self.par,
            "par_timbre": self.par_timbre,
            "par_llave_en_memoria": self.par_llave_en_memoria,
        }
        return {nombre: None if cifra is None else round(cifra, 2) for nombre, cifra in datos.items()}


def measure(tell: Callable[[str], None]) -> Cifras:
    """Everything, in one run; `tell` hears in Spanish what cannot be measured, and why."""
    with tempfile.TemporaryDirectory() as carpeta:
        authority = open_authority(Path(carpeta) / "autoridad", now)
        p12, caf = make_caso(authority)
        work = Trabajo(parse_caf(caf), open_certificado(p12, _CLAVE))
        dps, dps_timbre = rate(work.sign), rate(lambda folio: timbre_png(work.sign(folio).xml))
        par = _measure_par(p12, caf, tell)
    return Cifras(dps, dps_timbre, _measure_openssl(tell), par["publicado"], par["timbre"], par["llave_en_memoria"])


class Trabajo:
    """One boleta after the other, from JSON to signed bytes."""

    def __init__(self, caf: CafAbierto, firmante: Firmante) -> None:
        self._caf = caf
        self._firmante = firmante
        self._ahora = now()

    def sign(self, folio: int) -> DteFirmado:
        """A whole document: read, completed, stamped, signed and checked against its schema."""
        venta = complete_venta(parse_venta(VENTA), EMISOR, fecha=chile(self._ahora).date())
        return sign_documento(venta, folio=folio, caf=self._caf, firmante=self._firmante, ahora=self._ahora)


def rate(work: Callable[[int], object], segundos: float = SEGUNDOS) -> float:
    """How many times a second of this thread's processor time the work is done."""
    for folio in range(1, 20):
        work(folio)
    hechos, inicio = 0, time.thread_time()
    while (gastado := time.thread_time() - inicio) < segundos:
        hechos += 1
        work(hechos)
    return hechos / gastado


def make_caso(authority: Authority) -> tuple[bytes, bytes]:
    """A certificate and a CAF, of the same sizes as the real ones."""
    ayer = chile(now() - timedelta(days=1)).date()
    caf = authority.make_caf(_RUT, EMISOR.razon_social, 39, desde=1, hasta=1_000_000, fecha=ayer)
    return authority.make_cert(_PERSONA, "Persona de Prueba", _CLAVE), caf


def _measure_openssl(tell: Callable[[str], None]) -> float | None:
    """RSA-2048 signatures a second by the command `openssl speed`."""
    orden = ["openssl", "speed", "-seconds", "2", "rsa2048"]
    try:
        dicho = subprocess.run(orden, capture_output=True, text=True, check=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        tell(f"no se pudo ejecutar «openssl speed»: {error}")
        return None
    hallado = _OPENSSL.search(dicho)
    return float(hallado[1]) if hallado else None


def _measure_par(p12: bytes, caf: bytes, tell: Callable[[str], None]) -> dict[str, float | None]:
    pedido = json.dumps(_pedido(p12, caf))
    try:
        python = _prepare_par()
        guion = Path(__file__).with_name("bench_par.py")
        dicho = subprocess.run([python, guion], input=pedido, capture_output=True, text=True, check=True)  # noqa: S603
        cifras: dict[str, float | None] = json.loads(dicho.stdout)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        detalle = str(getattr(error, "stderr", "") or error).strip().splitlines()[-1]
        tell(f"facturacion_electronica no se pudo medir: {detalle}")
        return {"publicado": None, "timbre": None, "llave_en_memoria": None}
    return cifras


def _prepare_par() -> Path:
    """The interpreter of the peer's environment, which is made the first time."""
    python = _ENTORNO / "bin" / "python"
    listo = _ENTORNO / ".instalado"
    if not listo.exists():
        venv.create(_ENTORNO, with_pip=True, clear=True)
        orden: list[str | Path] = [
            python,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--require-hashes",
            "-r",
            _REQUISITOS,
        ]
        subprocess.run(orden, capture_output=True, text=True, check=True)  # noqa: S603
        listo.touch()
    return python


def _pedido(p12: bytes, caf: bytes) -> dict[str, Any]:
    """The same boleta in the peer's words."""
    iva = [{"CodImp": 14, "TasaImp": 19, "price_include": True}]
    lineas = [
        {**linea, "NroLinDet": numero, "MontoItem": 2380, "Impuesto": iva} for numero, linea in enumerate(_LINEAS, 1)
    ]
    return {
        "caf": base64.b64encode(caf).decode("ascii"),
        "firma": {
            "string_firma": base64.b64encode(p12).decode("ascii"),
            "string_password": _CLAVE,
            "init_signature": True,
            "rut_firmante": _PERSONA,
        },
        "emisor": {
            "RUTEmisor": _RUT,
            "RznSoc": EMISOR.razon_social,
            "GiroEmis": EMISOR.giro,
            "DirOrigen": EMISOR.direccion,
            "CmnaOrigen": EMISOR.comuna,
            "Modo": "certificacion",
            "NroResol": "0",
            "FchResol": "2014-08-22",
            "ValorIva": 19,
        },
        "documento": {
            "Encabezado": {
                "IdDoc": {"FchEmis": chile(now()).date().isoformat(), "IndServicio": 3},
                "Receptor": {"RUTRecep": "66666666-6", "RznSocRecep": "Consumidor final"},
            },
            "Detalle": lineas,
        },
    }


def _ratio(nuestra: float, otra: float | None) -> float | None:
    return None if otra is None else nuestra / otra
