"""Licenses and links of projects, as metadata of several ages states them."""

from __future__ import annotations

import pytest

from bot.index.metadata.metadata import parse_core_metadata

HEAD = "Metadata-Version: 2.4\nName: a\nVersion: 1\n"

APPROVED = ("License :: OSI Approved :: MIT License", "License :: OSI Approved :: BSD License")

LICENSES = [
    ("License-Expression: MIT OR Apache-2.0\nLicense: other", "MIT OR Apache-2.0"),
    ("License: BSD", "BSD"),
    ("Classifier: License :: OSI Approved :: MIT License", "MIT License"),
    ("License: MIT\nClassifier: License :: OSI Approved :: Apache Software License", "Apache Software License"),
    (
        "\n".join(
            f"Classifier: {one}" for one in ("License :: OSI Approved", *APPROVED, "Programming Language :: Python")
        ),
        "MIT License OR BSD License",
    ),
    ("License: " + "word " * 60, None),
    ("License: Copyright me\n        second line\n  " + "x" * 200, None),
    ("License: UNKNOWN", None),
    ("License: a\u202eb", "a\\u202eb"),
    ("License-File: LICENSE", None),
    ("", None),
]


@pytest.mark.parametrize(("fields", "license_text"), LICENSES)
def test_the_license_in_a_few_words(fields: str, license_text: str | None) -> None:
    assert parse_core_metadata(f"{HEAD}{fields}\n\nLicense: not this\n".encode(), "x").license == license_text


LINKS = [
    ("Project-URL: Changes, https://a.test/c,d", [("Changes", "https://a.test/c,d")]),
    (
        "Home-page: http://a.test\nProject-URL: Source,https://b.test",
        [("Source", "https://b.test"), ("homepage", "http://a.test")],
    ),
    ("Project-URL: no address", []),
    ("Project-URL: Script, javascript:alert(1)", []),
    ("Project-URL: File, file:///etc/passwd", []),
    ("Project-URL: Long, https://a.test/" + "x" * 2000, []),
    ("Project-URL: " + "l" * 100 + ", https://a.test", []),
    ("Project-URL: Bell, https://a.test/\x07", []),
]


@pytest.mark.parametrize(("fields", "links"), LINKS)
def test_links_are_web_addresses_with_a_label(fields: str, links: list[tuple[str, str]]) -> None:
    assert list(parse_core_metadata(f"{HEAD}{fields}\n".encode(), "x").links) == links


def test_links_are_bounded() -> None:
    many = "".join(f"Project-URL: l{number}, https://a.test/{number}\n" for number in range(1000))
    assert len(parse_core_metadata(f"{HEAD}{many}".encode(), "x").links) == 30
