"""Download: a corpus arrives whole and checked, or not at all."""

from __future__ import annotations

import hashlib
import io
import socket
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from percepiano_core.corpus.download import ARCHIVE_URL, download
from percepiano_core.corpus.published_files import COMMIT, published_files
from percepiano_core.errors import UserError

FILES = {
    "labels/total_2rounds.csv": b"user,dataID,filename\n",
    "virtuoso/data/all_2rounds/ Schubert_D935_no.3_4bars_2_1.mid": b"MThd" + bytes(range(256)) * 40,
    "virtuoso/data/score_xml/Schubert_D935_no.3_4bars_Score_1.musicxml": b"<score-partwise/>" * 30,
}
LIST = {path: hashlib.sha256(data).hexdigest() for path, data in FILES.items()}


def archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        for path, data in files.items():
            member = tarfile.TarInfo(f"PercePiano-{COMMIT}/{path}")
            member.size = len(data)
            packed.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


class Server:
    """A local server of one archive."""

    def __init__(self) -> None:
        self.body = archive(FILES | {"examples/sound.wav": b"RIFF" * 1000, "../outside.txt": b"no"})
        self.declared: int | None = None
        self.requests = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests += 1
                self.send_response(200 if self.path == "/corpus.tar.gz" else 404)
                self.send_header("Content-Length", str(outer.declared or len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *_: object) -> None:
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/corpus.tar.gz"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    running = Server()
    thread = threading.Thread(target=running.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.http.shutdown()
    running.http.server_close()
    thread.join()


def everything_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_only_the_listed_files_arrive_and_progress_is_told(server: Server, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    download(tmp_path / "data/corpus", url=server.url, files=LIST, progress=lambda *each: told.append(each))
    assert everything_below(tmp_path) == {f"data/corpus/{path}" for path in FILES}
    assert all((tmp_path / "data/corpus" / path).read_bytes() == data for path, data in FILES.items())
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (len(server.body), len(server.body))


def test_a_corpus_that_is_there_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    for _ in range(2):
        download(tmp_path / "corpus", url=server.url, files=LIST)
    assert server.requests == 1


def test_a_changed_file_leaves_no_corpus(server: Server, tmp_path: Path) -> None:
    server.body = archive(FILES | {"labels/total_2rounds.csv": b"user,dataID\n"})
    with pytest.raises(UserError, match=r"1 of 3 files .* 'labels/total_2rounds.csv'"):
        download(tmp_path / "corpus", url=server.url, files=LIST)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_lacks_leaves_no_corpus(server: Server, tmp_path: Path) -> None:
    server.body = archive({path: FILES[path] for path in list(FILES)[:2]})
    with pytest.raises(UserError, match="1 of 3 files"):
        download(tmp_path / "corpus", url=server.url, files=LIST)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_a_download_that_breaks_off_can_be_run_again(server: Server, tmp_path: Path, share: float) -> None:
    whole = server.body
    server.declared, server.body = len(whole), whole[: int(share * len(whole))]
    with pytest.raises(UserError, match="run it again"):
        download(tmp_path / "corpus", url=server.url, files=LIST)
    assert list(tmp_path.iterdir()) == []
    server.body = whole
    download(tmp_path / "corpus", url=server.url, files=LIST)
    assert everything_below(tmp_path / "corpus") == set(FILES)


def test_what_a_killed_download_left_does_not_matter(server: Server, tmp_path: Path) -> None:
    (tmp_path / ".corpus.part").mkdir()
    (tmp_path / ".corpus.part" / "half.mid").write_text("half")
    download(tmp_path / "corpus", url=server.url, files=LIST)
    assert everything_below(tmp_path) == {f"corpus/{path}" for path in FILES}


def test_an_archive_that_is_none_is_refused(server: Server, tmp_path: Path) -> None:
    server.body = b"<html>maintenance</html>"
    with pytest.raises(UserError, match="run it again"):
        download(tmp_path / "corpus", url=server.url, files=LIST)


def test_a_server_without_the_archive_is_named(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the server answers 404"):
        download(tmp_path / "corpus", url=server.url + ".old", files=LIST)


def test_offline_one_line_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.socket() as unused:  # bound, but nobody listens
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(UserError) as caught:
            download(tmp_path / "corpus", url=f"http://127.0.0.1:{unused.getsockname()[1]}/corpus.tar.gz", files=LIST)
    assert "connect to the internet, or set PERCEPIANO_ROOT" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_something_else_at_the_target_is_not_touched(server: Server, tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="incomplete"):
        download(tmp_path / "corpus", url=server.url, files=LIST)
    assert everything_below(tmp_path) == {"corpus/thesis.txt"}


def test_the_committed_list_is_that_of_the_published_corpus(percepiano_root: Path) -> None:
    listed = published_files()
    assert COMMIT in ARCHIVE_URL
    assert set(listed) == everything_below(percepiano_root) - {"README.md"}
    for path in list(listed)[::100]:
        assert hashlib.sha256((percepiano_root / path).read_bytes()).hexdigest() == listed[path]
