"""Marker text in, canonical marker text out; the right column is what uv 0.13.9 writes."""

from __future__ import annotations

import pytest

from bot.markers import FALSE, TRUE, marker_text, parse_marker

NEVER = "python_version < '0'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python_version >= '3.9' and python_version < '3.10'", "python_full_version == '3.9.*'"),
        ("python_version ~= '3.9'", "python_full_version >= '3.9' and python_full_version < '4'"),
        ("python_version ~= '3.9.0'", "python_full_version == '3.9.*'"),
        ("python_version ~= '3.9.1'", NEVER),
        ("python_version == '3.9'", "python_full_version == '3.9.*'"),
        ("python_version != '3.9'", "python_full_version != '3.9.*'"),
        ("python_version == '3'", "python_full_version == '3.0.*'"),
        ("python_version != '3'", "python_full_version != '3.0.*'"),
        ("python_version > '3.9'", "python_full_version >= '3.10'"),
        ("python_version >= '3.9'", "python_full_version >= '3.9'"),
        ("python_version <= '3.9'", "python_full_version < '3.10'"),
        ("python_version < '3.9'", "python_full_version < '3.9'"),
        ("python_version < '0'", NEVER),
        ("python_version >= '0'", None),
        ("python_version == '3.9.1'", NEVER),
        ("python_version != '3.9.1'", None),
        ("python_version < '3.9.1'", "python_full_version < '3.10'"),
        ("python_version >= '3.9.1'", "python_full_version >= '3.10'"),
        ("python_version == '3.*'", "python_full_version >= '3' and python_full_version < '4'"),
        ("python_version == '3.9.0.*'", "python_full_version == '3.9.*'"),
        ("python_version != '3.9.1.*'", NEVER),
        ("python_version in '3.9 3.11'", "python_full_version == '3.9.*' or python_full_version == '3.11.*'"),
        (
            "python_version not in '3.9  3.11'",
            "python_full_version < '3.9' or python_full_version == '3.10.*' or python_full_version >= '3.12'",
        ),
        ("python_version not in '3.9 3.10.1'", NEVER),
        ("python_version in ''", NEVER),
        ("'3.9' <= python_version", "python_full_version >= '3.9'"),
        ("python_full_version >= '3.10.0'", "python_full_version >= '3.10'"),
        ("python_full_version < '3.11b1'", "python_full_version < '3.11'"),
        ("python_full_version ~= '3.10.2'", "python_full_version >= '3.10.2' and python_full_version < '3.11'"),
        ("python_full_version == '3.9.*'", "python_full_version == '3.9.*'"),
        ("python_full_version != '3.9.2.*'", "python_full_version < '3.9.2' or python_full_version >= '3.9.3'"),
        ("python_full_version in '3.9.1 3.10.2'", "python_full_version == '3.9.1' or python_full_version == '3.10.2'"),
        ("implementation_version not in '7.3'", "implementation_version != '7.3'"),
        (
            "implementation_version > '7.3' and implementation_version <= '7.4'",
            "implementation_version > '7.3' and implementation_version <= '7.4'",
        ),
    ],
)
def test_versions_are_written_as_full_versions(text: str, expected: str | None) -> None:
    assert marker_text(parse_marker(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("platform_system == 'Windows'", "sys_platform == 'win32'"),
        ("platform_system != 'Darwin'", "sys_platform != 'darwin'"),
        ("platform_system == 'FreeBSD'", "platform_system == 'FreeBSD'"),
        ("os.name == 'nt'", "os_name == 'nt'"),
        ("python_implementation == 'CPython'", "platform_python_implementation == 'CPython'"),
        ("os_name < 'nt'", NEVER),
        ("os_name >= 'nt'", "os_name == 'nt'"),
        ("platform_version < '5.10'", "platform_version < '5.10'"),
        (
            "platform_release >= '20.1'",
            "platform_release >= '20.1' and (sys_platform != 'darwin' or sys_platform == 'darwin')",
        ),
        ("platform_release > 'zz'", "platform_release > 'zz'"),
        (
            "sys_platform == 'darwin' and platform_release == '24.0'",
            "platform_release == '24' and sys_platform == 'darwin'",
        ),
        ("'linux' == sys_platform", "sys_platform == 'linux'"),
        ("'lin' in sys_platform", "'lin' in sys_platform"),
        ("'lin' not in sys_platform", "'lin' not in sys_platform"),
        ("sys_platform not  in 'linux darwin'", "sys_platform not in 'linux darwin'"),
        ('platform_version == "vendor\'s"', 'platform_version == "vendor\'s"'),
        ("extra == 'Foo_Bar'", "extra == 'foo-bar'"),
        ("'a' != extra", "extra != 'a'"),
        ("extra == '-a'", NEVER),
        ("extra != '-a'", NEVER),
        ("'Dev' in extras", "'dev' in extras"),
        ("'dev!' not in dependency_groups", "'dev!' not in dependency_groups"),
    ],
)
def test_other_variables_are_written_in_one_way(text: str, expected: str) -> None:
    assert marker_text(parse_marker(text)) == expected


@pytest.mark.parametrize(
    "ignored",
    [
        "os_name == sys_platform",
        "'a' == 'b'",
        "os_name ~= 'nt'",
        "'nt' ~= os_name",
        "python_version == os_name",
        "python_version >= 'x'",
        "python_version >= '3.*'",
        "python_version < '3.8+local'",
        "python_version ~= '3'",
        "python_version in '3.8 x'",
        "python_version > '3.18446744073709551615'",
        "python_full_version == '1!3.18446744073709551615'",
        "'3.*' == python_version",
        "'3.9' in python_version",
        "extra < 'a'",
        "extra == os_name",
    ],
)
def test_comparisons_without_a_meaning_drop_out(ignored: str) -> None:
    linux = parse_marker("sys_platform == 'linux'")

    assert parse_marker(ignored) is TRUE
    assert parse_marker(f"{ignored} or sys_platform == 'linux'") is linux
    assert parse_marker(f"({ignored} or {ignored}) and sys_platform == 'linux'") is linux


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("os_name == 'nt' and sys_platform != 'linux'", "os_name == 'nt'"),
        ("os_name == 'nt' and sys_platform == 'linux'", NEVER),
        ("os_name == 'posix' and platform_system == 'Windows'", NEVER),
        (
            "sys_platform == 'ios' and platform_system == 'iPadOS'",
            "platform_system == 'iPadOS' and sys_platform == 'ios'",
        ),
        ("sys_platform == 'linux' and platform_system == 'FreeBSD'", NEVER),
        ("os_name == 'nt' and (sys_platform == 'linux' or extra == 'a')", "os_name == 'nt' and extra == 'a'"),
    ],
)
def test_impossible_platforms_do_not_count(text: str, expected: str) -> None:
    assert marker_text(parse_marker(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "sys_platform=='win32' or (sys_platform!='win32' and python_version<'3.10')",
            "python_full_version < '3.10' or sys_platform == 'win32'",
        ),
        (
            (
                "(sys_platform=='linux' or sys_platform=='win32') "
                "and (platform_machine=='x86_64' or implementation_name=='cpython')"
            ),
            (
                "(implementation_name == 'cpython' or platform_machine == 'x86_64') "
                "and (sys_platform == 'linux' or sys_platform == 'win32')"
            ),
        ),
        (
            "(python_version<'3.9' and sys_platform=='linux') or (python_version>='3.9' and os_name=='nt')",
            (
                "(python_full_version >= '3.9' and os_name == 'nt') "
                "or (python_full_version < '3.9' and os_name != 'nt' and sys_platform == 'linux')"
            ),
        ),
        (
            "(extra == 'a' or extra == 'b') and (extra == 'c' or (extra == 'd' and extra == 'e'))",
            "(extra == 'a' or extra == 'b') and (extra == 'c' or (extra == 'd' and extra == 'e'))",
        ),
        ("extra == 'a' and (extra == 'b' or extra == 'c')", "extra == 'a' and (extra == 'b' or extra == 'c')"),
        ("extra == 'a' and extra == 'b' or extra == 'c'", "extra == 'c' or (extra == 'a' and extra == 'b')"),
        (
            "extra == 'a' and extra == 'b' and (extra == 'c' or extra == 'd')",
            "extra == 'a' and extra == 'b' and (extra == 'c' or extra == 'd')",
        ),
        ("sys_platform != 'a' and sys_platform != 'b'", "sys_platform != 'a' and sys_platform != 'b'"),
        (
            "python_full_version != '3.9.1' and python_full_version != '3.9.3'",
            "python_full_version != '3.9.1' and python_full_version != '3.9.3'",
        ),
        (
            "platform_release <= '21.6' or sys_platform == 'ios' or (sys_platform == 'darwin' and platform_release <= 'zz')",
            (
                "platform_release <= '21.6' or sys_platform == 'ios' "
                "or platform_release > '21.6' and platform_release <= 'zz' and sys_platform == 'darwin'"
            ),
        ),
        ("os_name == 'nt' or os_name != 'nt'", None),
        ("extra == 'a' and extra != 'a'", NEVER),
    ],
)
def test_formulas_are_covered_ordered_and_factored(text: str, expected: str | None) -> None:
    assert marker_text(parse_marker(text)) == expected


def test_str_is_always_a_marker() -> None:
    for marker in (TRUE, FALSE, parse_marker("os_name == 'nt'")):
        assert parse_marker(str(marker)) is marker
    assert repr(TRUE) == "<Marker python_version >= '0'>"
