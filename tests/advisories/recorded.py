"""Advisories of real packages, as facts: identifiers, which versions, which release mended it. The words are our own."""

from __future__ import annotations

from collections.abc import Sequence

from tests.advisories.service import Known


def _known(
    name: str, ids: str, *spans: tuple[str, str | None], summary: str = "", modified: str = "2025-06-01"
) -> Known:
    first, *aliases = ids.split()
    return Known(
        id=first,
        name=name,
        spans=spans,
        aliases=aliases,
        summary=summary or f"{name} has a weakness",
        modified=f"{modified}T00:00:00Z",
        more={
            "references": [
                {"type": "ADVISORY", "url": f"https://nvd.nist.gov/vuln/detail/{aliases[0] if aliases else first}"}
            ]
        },
    )


RECORDED: Sequence[Known] = (
    _known("jinja2", "GHSA-h5c8-rqwp-cp95 CVE-2024-22195", ("0", "3.1.3"), summary="Attributes can be injected by xmlattr"),
    _known("jinja2", "GHSA-h75v-3vvj-5mfj CVE-2024-34064", ("0", "3.1.4"), summary="xmlattr takes keys with odd characters"),
    _known("jinja2", "GHSA-q2x7-8rv6-6q7h CVE-2024-56326", ("0", "3.1.5"), summary="A way out of the sandbox by format"),
    _known("jinja2", "GHSA-gmj6-6f8f-6699 CVE-2024-56201", ("3.0.0", "3.1.5"), summary="A way out of the sandbox by names"),
    _known("jinja2", "GHSA-cpwx-vrp4-4pq7 CVE-2025-27516", ("0", "3.1.6"), summary="A way out of the sandbox by attr"),
    _known("requests", "GHSA-j8r2-6x86-q33q CVE-2023-32681 PYSEC-2023-74", ("2.3.0", "2.31.0"), summary="Logins leak"),
    _known("requests", "PYSEC-2023-74 CVE-2023-32681 GHSA-j8r2-6x86-q33q", ("2.3.0", "2.31.0"), modified="2023-06-05"),
    _known("requests", "GHSA-9wx4-h78v-vm56 CVE-2024-35195", ("0", "2.32.0"), summary="verify=False sticks to a session"),
    _known("requests", "GHSA-9hjg-9r4m-mvj7 CVE-2024-47081", ("0", "2.32.4"), summary=".netrc credentials leak"),
    _known("idna", "GHSA-jjg7-2v4v-x38h CVE-2024-3651 PYSEC-2024-60", ("0", "3.7"), summary="Quadratic time on crafted names"),
    _known("idna", "PYSEC-2024-60 CVE-2024-3651 GHSA-jjg7-2v4v-x38h", ("0", "3.7"), modified="2024-07-01"),
    _known("certifi", "GHSA-43fp-rhv2-5gv8 CVE-2022-23491 PYSEC-2022-42986", ("2017.11.5", "2022.12.7")),
    _known("certifi", "GHSA-xqr8-7jwr-rhp7 CVE-2023-37920 PYSEC-2023-135", ("2015.4.28", "2023.7.22")),
    _known("urllib3", "GHSA-v845-jxx5-vc9f CVE-2023-43804 PYSEC-2023-192", ("0", "1.26.17"), ("2.0.0", "2.0.6")),
    _known("urllib3", "GHSA-g4mx-q9vg-27p4 CVE-2023-45803 PYSEC-2023-212", ("0", "1.26.18"), ("2.0.0", "2.0.7")),
    _known("urllib3", "GHSA-34jh-p97f-mpxf CVE-2024-37891", ("0", "1.26.19"), ("2.0.0", "2.2.2")),
    _known("pyyaml", "PYSEC-2021-142 CVE-2020-14343 GHSA-8q59-q68h-6hv4", ("0", "5.4"), summary="load can run code"),
    _known("ecdsa", "GHSA-wj6h-64fc-37mp CVE-2024-23342", ("0", None), summary="Timing tells of the key"),
    _known("starlette", "GHSA-f96h-pmfr-66vw CVE-2024-47874", ("0", "0.40.0"), summary="Forms are read without a limit"),
    _known("starlette", "GHSA-2c2j-9gv5-cj73 CVE-2025-54121", ("0", "0.47.2"), summary="Large files block the event loop"),
    _known("python-multipart", "GHSA-2jv5-9r88-3w3p CVE-2024-24762 PYSEC-2024-38", ("0", "0.0.7")),
    _known("python-multipart", "GHSA-59g5-xgcq-4qw3 CVE-2024-53981", ("0", "0.0.18")),
    _known("gunicorn", "GHSA-w3h3-4rj7-4ph4 CVE-2024-1135", ("0", "22.0.0"), summary="Requests can be smuggled"),
    _known("h11", "GHSA-vqfr-h8mv-ghfj CVE-2025-43859", ("0", "0.16.0"), summary="Chunked bodies are read too leniently"),
    Known(
        id="MAL-2024-11325", name="ultralytics", spans=(), versions=("8.3.41", "8.3.42", "8.3.45", "8.3.46"),
        aliases=("GHSA-8gw7-4j42-w388",), summary="A miner was published with the package",
    ),
)  # fmt: skip

#: Versions of these packages that are, and are not, affected.
RELEASES: Sequence[tuple[str, Sequence[str]]] = (
    ("jinja2", ("2.11.3", "3.1.2", "3.1.5", "3.1.6")),
    ("requests", ("2.2.1", "2.28.0", "2.31.0", "2.32.4")),
    ("idna", ("3.4", "3.7", "3.10")),
    ("certifi", ("2014.5.14", "2021.10.8", "2023.5.7", "2024.8.30")),
    ("urllib3", ("1.26.5", "1.26.18", "1.26.20", "2.0.4", "2.2.2")),
    ("pyyaml", ("5.3.1", "6.0.2")),
    ("ecdsa", ("0.19.0",)),
    ("starlette", ("0.27.0", "0.41.0", "0.48.0")),
    ("python-multipart", ("0.0.6", "0.0.17", "0.0.20")),
    ("gunicorn", ("20.1.0", "23.0.0")),
    ("h11", ("0.14.0", "0.16.0")),
    ("ultralytics", ("8.3.40", "8.3.42")),
    ("click", ("8.1.7",)),
)
