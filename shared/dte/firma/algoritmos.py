"""The only algorithms that the SII's signature schema knows (xmldsignature_v10.xsd)."""

from __future__ import annotations

from shared.dte.xml import NS_FIRMA

C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVUELTA = f"{NS_FIRMA}enveloped-signature"
RSA_SHA1 = f"{NS_FIRMA}rsa-sha1"
SHA1 = f"{NS_FIRMA}sha1"
