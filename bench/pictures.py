"""Pictures for the documents: what lockbot writes, rendered as GitHub does and drawn by a browser, wide and narrow.

    python -m bench.pictures [--mermaid FILE] [NAME …]

The texts are the snapshots that the tests compare with; GitHub's own Markdown (cmarkgfm) makes HTML of them. ``--mermaid`` is
``dist/mermaid.min.js`` of the package ``mermaid`` on npm, which draws charts; without it they stay text. Needs ``chromium``;
with Pillow at hand (``uv run --with pillow --with zopfli``) pictures get a palette, which makes them a third as large, and with
zopfli a fifth less.
``docs/pictures/sources.json`` notes what each picture was made of, so that a test can tell an old one.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import cmarkgfm
from cmarkgfm.cmark import Options

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
SOURCES = PICTURES / "sources.json"
WIDTHS = {"wide": 1000, "narrow": 400}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """``source`` is a snapshot, or the record of a run; ``frame`` how GitHub shows such a text, with ``title`` above it.

    Folded parts are ``opened``, unless the text is too long for that; the longest ones have few ``colors``.
    """

    source: str
    title: str
    frame: str
    opened: bool = True
    colors: int = 48


CATALOGUE: Mapping[str, Picture] = {
    "pull-request": Picture(
        source="tests/snapshots/bodies/group.md", title="Update non-major dependencies", frame="Pull request"
    ),
    # What `lockbot run --only non-major --format markdown` said of it after `bench/real_run.py`.
    "posting": Picture(
        source="bench/posting.md",
        title="Update non-major dependencies",
        frame="Pull request, posting 2.9.2",
        opened=False,
    ),
    "security": Picture(
        source="tests/snapshots/bodies/security.md", title="Update jinja2 to v3.1.6 [SECURITY]", frame="Pull request"
    ),
    "onboarding": Picture(
        source="tests/snapshots/onboarding/translated.md", title="Configure lockbot", frame="Pull request"
    ),
    "dashboard": Picture(
        source="tests/snapshots/dashboards/everything.md", title="Dependency dashboard", frame="Issue", colors=14
    ),
    "check-run": Picture(source="tests/snapshots/checks/stale.md", title="lockbot", frame="Check run"),
}

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{style}</style></head>
<body><main><p class="frame">{frame}</p><h1>{title}</h1><article>{body}</article></main>{scripts}</body></html>
"""
_STYLE = """
body { margin: 0; background: #fff; color: #1f2328; font: 14px/1.5 "Noto Sans", "DejaVu Sans", sans-serif }
main { padding: 20px; max-width: 960px; box-sizing: border-box }
h1 { font-size: 24px; font-weight: 500; margin: 0 0 12px } h2, h3 { border-bottom: 1px solid #d1d9e0; padding-bottom: 4px }
.frame { color: #59636e; font-size: 12px; margin: 0 }
article { border: 1px solid #d1d9e0; border-radius: 6px; padding: 12px 16px; overflow-x: auto }
table { border-collapse: collapse; display: block; overflow-x: auto; width: max-content; max-width: 100% }
td, th { border: 1px solid #d1d9e0; padding: 6px 13px; vertical-align: top } tr:nth-child(2n) { background: #f6f8fa }
code { background: #818b981f; border-radius: 6px; padding: .2em .4em; font: 85% "DejaVu Sans Mono", monospace }
pre { background: #f6f8fa; border-radius: 6px; padding: 16px; overflow-x: auto } pre code { background: none; padding: 0 }
a { color: #0969da } details { margin: 12px 0 }
 li:has(> input) { list-style: none; margin-left: -20px } summary { cursor: pointer }
blockquote { border-left: 4px solid #d1d9e0; color: #59636e; margin: 0 0 16px; padding: 0 16px }
"""
_MERMAID = "<script>{code}</script><script>mermaid.initialize({{startOnLoad: true}})</script>"
_FENCE = re.compile(r'<pre lang="mermaid"><code>(.*?)</code></pre>', re.DOTALL)


def render_page(picture: Picture, text: str, mermaid: str | None) -> str:
    """The text as GitHub shows it, on a page of its own; what is hidden stays so."""
    own, text = _part(text)
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_GITHUB_PRE_LANG
    extensions = ["table", "autolink", "strikethrough", "tasklist", "tagfilter"]
    body = cmarkgfm.markdown_to_html_with_extensions(text, options=options, extensions=extensions)
    if picture.opened:
        body = body.replace("<details>", "<details open>")
    if mermaid is not None:
        body = _FENCE.sub(lambda found: f'<pre class="mermaid">{found[1]}</pre>', body)
    scripts = "" if mermaid is None else _MERMAID.format(code=mermaid)
    title, frame = html.escape(own or picture.title), html.escape(picture.frame)
    return _PAGE.format(title=title, frame=frame, style=_STYLE, body=body, scripts=scripts)


def _part(text: str) -> tuple[str, str]:
    """The title that a snapshot begins with, if it does, and the rest."""
    first, _, rest = text.partition("\n")
    return (first.removeprefix("# "), rest) if first.startswith("# ") else ("", text)


def draw(browser: str, page: Path, width: int, target: Path, colors: int) -> None:
    """One picture of the whole page: its height is asked for first."""
    common = [
        browser,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--virtual-time-budget=15000",
    ]
    # A browser's window may be wider than it was told to be.
    narrowed = page.with_name("narrowed.html")
    narrowed.write_text(page.read_text("utf-8") + f"<style>body {{ width: {width}px }}</style>", "utf-8")
    page, probe = narrowed, page.with_name("probe.html")
    ask = "<script>addEventListener('load', () => setTimeout(() => { document.title = 'height:' + "
    ask += "Math.ceil(document.documentElement.getBoundingClientRect().height) }, 7000))</script>"
    probe.write_text(page.read_text("utf-8") + ask, "utf-8")
    size = f"--window-size={width},800"
    shown = subprocess.run([*common, size, "--dump-dom", probe.as_uri()], capture_output=True, text=True, check=True)
    found = re.search(r"<title>height:(\d+)</title>", shown.stdout)
    height = int(found[1]) if found else 2000
    shot = [f"--window-size={width},{height}", f"--screenshot={target}", page.as_uri()]
    subprocess.run([*common, *shot], capture_output=True, check=True)
    shrink(target, colors)


def shrink(picture: Path, colors: int = 48) -> None:
    """Text and lines on a ground look the same with few colours: half of them are those that most of it has, as they are, the
    others far from each other, so that links keep theirs."""
    if find_spec("PIL") is not None:
        image = import_module("PIL.Image")
        whole = image.open(picture).convert("RGB")
        often = sorted(whole.getcolors(whole.width * whole.height), reverse=True)[: colors // 2]
        far = whole.quantize(colors - len(often), method=image.Quantize.MAXCOVERAGE).getpalette()
        palette = image.new("P", (1, 1))
        palette.putpalette([*(part for _, color in often for part in color), *far])
        whole.quantize(palette=palette, dither=image.Dither.NONE).save(picture, optimize=True)
    if find_spec("zopfli") is not None:
        picture.write_bytes(import_module("zopfli.png").optimize(picture.read_bytes()))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the pictures of the documents.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(CATALOGUE)}; all of them if none is named"
    )
    parser.add_argument("--mermaid", type=Path, help="mermaid.min.js, for charts")
    asked = parser.parse_args()
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("no chromium here: install it (apt-get install chromium)")
    mermaid = asked.mermaid.read_text("utf-8") if asked.mermaid else None
    PICTURES.mkdir(exist_ok=True)
    made = json.loads(SOURCES.read_text("utf-8")) if SOURCES.exists() else {}
    with TemporaryDirectory() as folder:
        for name in asked.names or CATALOGUE:
            picture = CATALOGUE[name]
            text = (ROOT / picture.source).read_text("utf-8")
            page = Path(folder) / f"{name}.html"
            page.write_text(render_page(picture, text, mermaid), "utf-8")
            for kind, width in WIDTHS.items():
                draw(browser, page, width, PICTURES / f"{name}-{kind}.png", picture.colors)
            made[name] = digest(text)
            print(f"{name}: {picture.source}")
    SOURCES.write_text(json.dumps(made, indent=2, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
