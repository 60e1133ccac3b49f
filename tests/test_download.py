"""Downloads against a server that cuts the connection, serves a wrong byte, is down, and comes back."""

from __future__ import annotations

import hashlib
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from data_scripts import cifar10, voc2007
from data_scripts.download import CHUNK, MIRROR_SETTING, DownloadError, fetch

CONTENT = bytes(range(256)) * 2000
CHECKSUM = "sha256:" + hashlib.sha256(CONTENT).hexdigest()


class Server:
    """A file server on loopback whose faults are set by the test."""

    def __init__(self) -> None:
        self.content, self.cut_after, self.cuts, self.status = CONTENT, 0, 0, 0
        self.ranges: list[str | None] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                owner.answer(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        asked = request.headers.get("Range")
        self.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        if self.status:
            request.send_error(self.status)
            return
        body = self.content[start:]
        request.send_response(206 if asked else 200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if self.cuts:
            self.cuts -= 1
            request.wfile.write(body[: self.cut_after])
            request.connection.close()
            return
        request.wfile.write(body)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


def get(server, folder, **options):
    return fetch(f"{server.address}/set.bin", CHECKSUM, folder, progress=False, timeout=3, **options)


def test_a_file_is_fetched_once(server, tmp_path):
    assert get(server, tmp_path).read_bytes() == CONTENT
    get(server, tmp_path)
    assert len(server.ranges) == 1


def test_a_cut_connection_is_resumed_where_it_stopped(server, tmp_path):
    server.cut_after, server.cuts = 12 * CHUNK, 1
    assert get(server, tmp_path).read_bytes() == CONTENT
    assert server.ranges == [None, f"bytes={12 * CHUNK}-"]


def test_a_half_file_is_kept_for_the_next_try(server, tmp_path):
    server.cut_after, server.cuts = 5 * CHUNK, 3
    with pytest.raises(DownloadError, match=f"{15 * CHUNK:,} bytes are kept"):
        get(server, tmp_path)
    assert get(server, tmp_path).read_bytes() == CONTENT
    assert server.ranges[-1] == f"bytes={15 * CHUNK}-"


def test_a_wrong_byte_is_found_and_the_file_thrown_away(server, tmp_path):
    server.content = b"x" + CONTENT[1:]
    with pytest.raises(DownloadError, match="another checksum"):
        get(server, tmp_path)
    assert list(tmp_path.iterdir()) == []
    server.content = CONTENT
    assert get(server, tmp_path).read_bytes() == CONTENT


def test_a_server_that_is_down_gives_a_sentence(server, tmp_path):
    server.close()
    with pytest.raises(DownloadError, match=r"no connection.*the notebooks use the digits"):
        get(server, tmp_path)


def test_a_refusal_is_named(server, tmp_path):
    server.status = 503
    with pytest.raises(DownloadError, match="503"):
        get(server, tmp_path)


def test_a_mirror_is_asked_instead(server, tmp_path, monkeypatch):
    monkeypatch.setenv(MIRROR_SETTING, server.address + "/")
    assert fetch("http://127.0.0.1:9/set.bin", CHECKSUM, tmp_path, progress=False).read_bytes() == CONTENT


def test_cifar10_is_unpacked_and_its_archive_removed(server, tmp_path):
    folder = tmp_path / "made" / cifar10.FOLDER
    folder.mkdir(parents=True)
    (folder / "test_batch.bin").write_bytes(b"0" * 3073)
    packed = tmp_path / "set.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(folder, cifar10.FOLDER)
    server.content = packed.read_bytes()
    checksum = "sha256:" + hashlib.sha256(server.content).hexdigest()
    there = cifar10.install(tmp_path / "data", url=f"{server.address}/cifar.tar.gz", checksum=checksum, progress=False)
    assert [path.name for path in there.iterdir()] == ["test_batch.bin"]
    assert [path.name for path in (tmp_path / "data").iterdir()] == [cifar10.FOLDER]


def test_voc_2007_is_unpacked_from_two_archives_and_not_fetched_twice(server, tmp_path):
    lists = tmp_path / "made" / voc2007.FOLDER / "ImageSets"
    lists.mkdir(parents=True)
    (lists / "test.txt").write_text("000001\n")
    packed = tmp_path / "made.tar"
    with tarfile.open(packed, "w") as archive:
        archive.add(tmp_path / "made" / "VOCdevkit", "VOCdevkit")
    server.content = packed.read_bytes()
    checksum = "sha256:" + hashlib.sha256(server.content).hexdigest()
    archives = {f"{server.address}/{name}.tar": checksum for name in ("trainval", "test")}
    there = voc2007.install(tmp_path / "data", archives=archives, progress=False)
    assert (there / "ImageSets" / "test.txt").read_text() == "000001\n"
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["VOCdevkit"]
    server.close()
    assert voc2007.install(tmp_path / "data", archives=archives, progress=False) == there


def test_no_network_ends_in_a_sentence_and_not_a_stack_trace(server, tmp_path, monkeypatch, capsys):
    server.close()
    monkeypatch.setattr(cifar10, "URL", f"{server.address}/cifar.tar.gz")
    monkeypatch.setattr("sys.argv", ["cifar10", "--folder", str(tmp_path)])
    monkeypatch.setattr(
        cifar10.install, "__kwdefaults__", {**cifar10.install.__kwdefaults__, "url": f"{server.address}/c.tar.gz"}
    )
    assert cifar10.main() == 1
    assert "Traceback" not in capsys.readouterr().err
