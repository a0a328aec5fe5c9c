"""Published test vectors of the stamp and of the signature: invented keys, nothing official."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

LLAVE_666 = RSAPublicNumbers(
    65537,
    int(
        "D81B69C76203A84CA9D488044A426E63BAE2696B11AB4AA7B443E79030B03953"
        "22D2DC0A673B1258C62A43F8B91F1E94538CB38C8ADFAF98932FB0F57123781F",
        16,
    ),
).public_key()
"""Stands for the SII in the vector."""

DA_666 = (
    "<DA><RE>11111111-1</RE><RS>COMERCIAL ÑUÑOA &amp; CIA LTDA</RS><TD>39</TD><RNG><D>1</D><H>100</H></RNG>"
    "<FA>2026-01-05</FA><RSAPK><M>6KhP5tcZkjaY5sbI5MuxMFR2nJU1DBffEKV5IaRq/Zv0gqTnVzyKLOErl2LMlnchSrMpxAWMSDQcAS3P"
    "87+1Cw==</M><E>Aw==</E></RSAPK><IDK>666</IDK></DA>"
)
DA_666_SHA1 = "b66118c3d2b438524bd523cab414c6537473efd7"
CAF_666 = (
    f'<CAF version="1.0">{DA_666}<FRMA algoritmo="SHA1withRSA">sH4M8Vm+m/bW/SEtAgE/C3AJqqCEyCpYHQsqcpxfJb2fgc6dLbkW'
    "/8tt+KBKemhxVga8HN9NyGPEOC4U19BJHQ==</FRMA></CAF>"
)
DD_666 = (
    "<DD><RE>11111111-1</RE><TD>39</TD><F>7</F><FE>2026-02-03</FE><RR>66666666-6</RR><RSR>Consumidor final</RSR>"
    "<MNT>1190</MNT><IT1>Té &amp; café de señora &lt;1kg&gt;</IT1>"
    f"{CAF_666}<TSTED>2026-02-03T10:15:30</TSTED></DD>"
)
DD_666_SHA1 = "2d90652f3f096355a554954fe2604ece18f4aa7e"
FRMT_666 = "WppdY/RhP45G+d16xpWLqpW4+51ETUChtoDYMfXwz2447F2BcVyILwRawn1nhTEnvzUxD5PVKFkMJPphd+mFUQ=="

DOCUMENTO = """<Documento ID="T39F7">
<Encabezado>
<IdDoc><TipoDTE>39</TipoDTE><Folio>7</Folio></IdDoc>
<Receptor><RznSocRecep>Té &amp; café &lt;1kg&gt; "x"</RznSocRecep></Receptor>
</Encabezado>
</Documento>"""
XMLNS = ' xmlns="http://www.sii.cl/SiiDte"'
XSI = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
DIGESTS = {
    "": (195, "BYmKgpcj0O0p9aXmFSQNMF3cY2g="),
    XMLNS: (228, "jkeA5ogFN+f28ZjIeAMoQIvV7/w="),
    XMLNS + XSI: (282, "e0c/lc0HlA0IIk6W06ewaDI+dUg="),
}
"""By the declarations on `<DTE>`: length of the C14N of `DOCUMENTO`, and its DigestValue."""
SIGNED_INFO = {
    "": (546, "ac33f85068b54d011545b754869fd6bb9e8eebe6"),
    XSI: (600, "46e242e164c6189cd70ad8434182bec8c66dac85"),
}
"""By the declarations in scope: length and SHA-1 of the C14N of a SignedInfo without whitespace."""
