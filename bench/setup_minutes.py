"""How long it takes to set a server up in the browser, and pictures of each page on the way.

    python -m bench.setup_minutes [--pictures]

A real chromium, ``lockbot serve`` from an empty folder, the stand-in for GitHub with one repository. What a person takes for
reading and typing is not in it: what is printed is what they wait for. ``--pictures`` writes docs/pictures/setup-*.png, light,
dark and narrow (after ``.ci/browser`` and ``uv sync --group browser``).
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bench.pictures import PICTURES, shrink
from tests.browser.looking import NARROW, WIDE, Scheme, launch
from tests.browser.setup_walk import Stage, empty_stage, walk

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: Seconds that the issue gives for all of it.
_MOST = 300.0
#: Addresses and folders of the trial, shown as those of an example.
_RENAME = """(pairs) => {
  const renamed = (text) => pairs.reduce((now, [from, to]) => now.split(from).join(to), text);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.nodeValue = renamed(texts.currentNode.nodeValue);
  for (const one of document.querySelectorAll("input[type=text]")) one.value = renamed(one.value);
}"""
_DRAWN = ("choose", "register", "install")
#: Name -> colours and width.
_SIGHTS: Mapping[str, tuple[Scheme, int]] = {
    "light": ("light", WIDE),
    "dark": ("dark", WIDE),
    "narrow": ("light", NARROW),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", action="store_true", help="Write docs/pictures/setup-*.png.")
    arguments = parser.parse_args()
    seconds = take(with_pictures=arguments.pictures)
    before = 0.0
    for what, at in seconds.items():
        print(f"{at:6.1f} s  (+{at - before:.1f})  {what}")
        before = at
    raise SystemExit(0 if before < _MOST else f"it took {before:.0f} s, more than five minutes")


def take(*, with_pictures: bool) -> dict[str, float]:
    with TemporaryDirectory() as name, empty_stage(Path(name)) as stage, launch() as browser:
        page = browser.new_page(viewport={"width": WIDE, "height": 800})
        walk(stage, page, partial(_draw, stage) if with_pictures else _pass_by)
        return stage.seconds


def _pass_by(_name: str, _page: Page) -> None:
    """Nothing is drawn."""


def _draw(stage: Stage, name: str, page: Page) -> None:
    if name not in _DRAWN:
        return
    shown = {
        stage.hub.url: "https://github.example.org",
        stage.server.url: "https://lockbot.example.org",
        str(stage.server.folder / "data"): "/var/lib/lockbot",
        stage.hub.url.partition("://")[2]: "github.example.org",
    }
    page.evaluate(_RENAME, list(shown.items()))
    for sight, (scheme, width) in _SIGHTS.items():
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 800})
        path = PICTURES / f"setup-{name}-{sight}.png"
        page.screenshot(path=path, full_page=True)
        shrink(path)
    page.evaluate(_RENAME, [(one, name) for name, one in shown.items()])
    page.set_viewport_size({"width": WIDE, "height": 800})


if __name__ == "__main__":
    main()
