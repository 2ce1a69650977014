"""What asking an index is counted as, whichever thread does it: by a server that is asked, and by what is kept."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bot.errors import IndexFailure
from bot.ports.counting import counting_into
from bot.ports.usage import Meter
from bot.resolver.model.index import Index
from tests.index.archives import make_metadata
from tests.index.conftest import HandClock, MakeClient
from tests.index.server import IndexServer
from tests.index.test_client import WHEEL, only_file

BESIDE = WHEEL | {"core-metadata": True, "hashes": {"sha256": "0" * 64}}


def counted(act: Callable[[], object]) -> dict[str, int]:
    meter = Meter()
    with counting_into(meter), suppress(IndexFailure):
        act()
    return {str(outcome): number for outcome, number in meter.read().index.items()}


def test_pages_by_where_they_came_from(
    server: IndexServer, index: Index, make_client: MakeClient, tmp_path: Path, clock: HandClock
) -> None:
    server.page("a", [WHEEL], ETag='"1"', Cache_Control="max-age=600, public")
    with make_client(cache_dir=tmp_path) as client:
        assert counted(lambda: client.get_page(index, "a")) == {"network": 1}
        assert counted(lambda: client.get_page(index, "a")) == {}
        client.begin_run()
        assert counted(lambda: client.get_page(index, "a")) == {"memory": 1}
        clock.now += 601
        client.begin_run()
        assert counted(lambda: client.get_page(index, "a")) == {"revalidated": 1}
    assert counted(lambda: make_client(cache_dir=tmp_path).get_page(index, "a")) == {"disk": 1}


def test_metadata_by_where_they_came_from(
    server: IndexServer, index: Index, make_client: MakeClient, tmp_path: Path
) -> None:
    server.page("a", [BESIDE])
    server.serve("/files/a-1.0-py3-none-any.whl.metadata", make_metadata("a", "1.0"))
    with make_client(cache_dir=tmp_path) as client:
        file = only_file(client, index)
        assert counted(lambda: client.get_metadata(file)) == {"network": 1}
        client.begin_run()
        assert counted(lambda: client.get_metadata(file)) == {}
    client = make_client(cache_dir=tmp_path)
    file = only_file(client, index)
    assert counted(lambda: client.get_metadata(file)) == {"disk": 1}


def test_each_attempt_that_fails_counts(server: IndexServer, index: Index, make_client: MakeClient) -> None:
    server.page("a", [WHEEL]).statuses = [503, 429]
    client = make_client()
    assert counted(lambda: client.get_page(index, "a")) == {"failed": 2, "network": 1}
    nobody = Index(url="http://127.0.0.1:9/simple")
    assert counted(lambda: client.get_page(nobody, "a")) == {"failed": 4}


def test_jobs_side_by_side_each_count_their_own(server: IndexServer, index: Index, make_client: MakeClient) -> None:
    server.page("a", [WHEEL])
    server.page("b", [WHEEL])
    client = make_client()
    one, other = Meter(), Meter()
    with counting_into(one):
        client.request_pages(index, ["a"])
    with counting_into(other):
        client.request_pages(index, ["a", "b"])
    for name in ("a", "b"):
        client.get_page(index, name)
    assert [sum(meter.read().index.values()) for meter in (one, other)] == [1, 1]
