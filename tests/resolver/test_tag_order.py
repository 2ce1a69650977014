"""The order of wheels in ``find-links`` places; the list is as uv 0.13.9 writes it."""

from __future__ import annotations

from bot.index.memory import MemoryIndex
from bot.resolver.offers.tag_order import flat_order

IN_ORDER = """\
none-none-any py3-none-any py37-none-any py310-none-any
cp37-cp37m-win32 cp37-cp37mu-win32 cp38-none-any cp38-abi3-win32 cp38-abi3t-win32
cp38-cp38-manylinux_2_5_x86_64 cp38-cp38-manylinux_2_17_s390x cp38-cp38-manylinux1_x86_64
cp38-cp38-manylinux2010_i686 cp38-cp38-manylinux2014_aarch64 cp38-cp38-linux_armv7l cp38-cp38-linux_armv8l
cp38-cp38-musllinux_1_1_ppc64le
cp38-cp38-macosx_10_9_x86_64 cp38-cp38-macosx_11_0_arm64 cp38-cp38-macosx_11_0_universal2
cp38-cp38-win32 cp38-cp38-win_amd64 cp38-cp38-win_arm64 cp38-cp38-win_ia64
cp38-cp38-android_9_x86_64 cp38-cp38-android_21_arm64_v8a cp38-cp38-freebsd_13_x86_64 cp38-cp38-freebsd_9_x86_64
cp38-cp38-haiku_1_x86_64 cp38-cp38-illumos_5_11_x86_64 cp38-cp38-solaris_11_4_sparc_64bit
cp38-cp38-pyodide_2024_0_wasm32
cp38-cp38-ios_13_0_arm64_iphoneos
cp313-cp313t-win32 cp313-cp313td-win32 pp39-pypy39_pp73-win32 graalpy311-graalpy240_311_native-win32
pyston38-pyston_23_x86_64_linux_gnu-win32 cp3-none-any
py3.py37-none-any cp38-cp38-linux_nonsense cp38-cp38-macosx_11_0_odd cp38-cp38-manylinux_2_17_nonsense cp38-cp38-odd
cp38-cp38-solaris_2_11_sparc
cp38-cp38-manylinux_2_17_x86_64.manylinux2014_x86_64 cp38.cp39-cp38.cp39-win32
1-py3-none-any 2a-py3-none-any 10-py3-none-any
"""


def test_wheels_are_in_the_order_of_their_tags() -> None:
    tags = IN_ORDER.split()
    files = MemoryIndex().add("a", "1.0", wheels=sorted(tags), sdist=True)
    names = [file.filename for file in sorted(files, key=flat_order)]
    assert names == ["a-1.0.tar.gz", *(f"a-1.0-{tag}.whl" for tag in tags)]


def test_a_python_tag_without_meaning_does_not_take_part() -> None:
    files = MemoryIndex().add("a", "1.0", wheels=["odd-none-any", "pyx-none-any", "cp38-what-any", "py3-none-any"])
    assert sorted(files, key=flat_order)[0].filename == "a-1.0-py3-none-any.whl"
