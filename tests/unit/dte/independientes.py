"""Judges of our documents that share no code with us: the JDK's verifier, cl-sii, lxml and cryptography alone."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import warnings
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import zxingcpp
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA1
from lxml import etree
from PIL import Image

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it uses a part of defusedxml that is being given up
    from cl_sii.dte.parse import parse_dte_xml
    from cl_sii.libs.xml_utils import parse_untrusted_xml

JAVA = [path for path in [shutil.which("java")] if path and shutil.which("javac")]
"""The JDK, where there is one."""
_PROGRAM = Path(__file__).parents[2] / "java" / "Verify.java"


def verify_with_java(java: str, folder: Path, files: Mapping[str, bytes]) -> Mapping[str, Sequence[str]]:
    """What the JDK says about each signature in each file, in document order."""
    for name, xml in files.items():
        (folder / name).write_bytes(xml)
    command = [java, str(_PROGRAM), *(str(folder / name) for name in files)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {name: verdicts for name, *verdicts in (line.split() for line in said.splitlines())}


def read_with_cl_sii(xml: bytes) -> Any:
    """The document as Cordada's library reads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parse_dte_xml(parse_untrusted_xml(xml))


def schema_errors(xml: bytes, schema: str) -> list[str]:
    """What lxml has against the file by the SII's schema of that name."""
    spec = find_spec("facturacion_electronica")
    assert spec is not None
    assert spec.origin is not None
    compiled = etree.XMLSchema(etree.parse(Path(spec.origin).parent / "xsd" / schema))
    compiled.validate(etree.fromstring(xml))
    return [error.message for error in compiled.error_log]


def scan_ted(png: bytes) -> bytes:
    """What a reader of PDF417 sees in the stamp's image. Of all kinds of codes, some row may look like another one."""
    pdf417 = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.PDF417)
    (barras,) = zxingcpp.read_barcodes(Image.open(BytesIO(png)).convert("L"), pdf417)
    return bytes(barras.bytes)


def verify_scanned(ted: bytes) -> None:
    """Nothing, when the key inside the scanned stamp signed it; cryptography's InvalidSignature otherwise."""
    parts = {name: re.findall(rb"<%s(?: [^>]*)?>([^<]*)<" % name, ted)[0] for name in (b"M", b"E", b"FRMT")}
    modulus, exponent = (int.from_bytes(base64.b64decode(parts[name]), "big") for name in (b"M", b"E"))
    (dd,) = re.findall(rb"<DD>.*</DD>", ted)
    key = RSAPublicNumbers(exponent, modulus).public_key()
    key.verify(base64.b64decode(parts[b"FRMT"]), dd, PKCS1v15(), SHA1())  # noqa: S303 - the SII knows no other
