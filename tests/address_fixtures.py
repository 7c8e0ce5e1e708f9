"""A local server in place of the real addresses, and files in the forms that these have."""

import gzip
import io
import tarfile
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import urlsplit

from lth_common.datasets import locate
from lth_common.datasets.sets import SETS


class Answer(NamedTuple):
    """`cut`: bytes that are announced and never sent. `head`: whether HEAD is known. `headers`: more, or others."""

    body: bytes = b""
    status: int = 200
    kind: str = "application/octet-stream"
    cut: int = 0
    head: bool = True
    headers: Mapping[str, str] = {}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        self.answer(self.server.answers.get(self.path, Answer(status=404)), self.command == "GET")

    do_HEAD = do_GET

    def answer(self, known, whole):
        self.send_response(known.status if whole or known.head else 405)
        usual = {"Content-Type": known.kind, "Content-Length": str(len(known.body) + known.cut)}
        for header in (usual | dict(known.headers)).items():
            self.send_header(*header)
        self.end_headers()
        if whole:
            self.wfile.write(known.body)

    def log_message(self, *words):
        pass


def local_server(tmp_path, monkeypatch):
    """A fixture: answers `answers[path]`, else 404, and keeps the paths `asked`; data are kept in a fresh folder."""
    monkeypatch.setattr(locate, "DATA_FOLDER", tmp_path / "data")
    monkeypatch.delenv("LTH_DATA", raising=False)
    found = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.answers, found.asked, found.url = {}, [], f"http://127.0.0.1:{found.server_port}"
    threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True).start()
    yield found
    found.shutdown()
    found.server_close()


def move(monkeypatch, server, name, **changes):
    """The entry of a set with all its addresses, otherwise as they are, on the local server."""
    there = tuple(f"{server.url}/{address.partition('://')[2]}" for address in SETS[name].addresses)
    monkeypatch.setitem(SETS, name, replace(SETS[name], **{"addresses": there} | changes))
    return SETS[name]


def put(server, entry, address, files, **flaws):
    """Lets the server answer one address of a set with `files` (name -> bytes), in the form that the address has."""
    for url, name in entry.urls(address).items():
        body = packed(url, {name: files[name]} if name else files)
        server.answers[urlsplit(url).path] = Answer(body, **flaws)


def packed(url, files):
    buffer = io.BytesIO()
    if url.endswith((".tar.gz", ".tgz")):
        with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=0) as archive:
            for name, blob in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(blob)
                archive.addfile(member, io.BytesIO(blob))
        return buffer.getvalue()
    if url.endswith(".zip"):
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, blob in files.items():
                archive.writestr(name, blob)
        return buffer.getvalue()
    [blob] = files.values()
    return gzip.compress(blob, 0) if url.endswith(".gz") else blob


def kept():
    """What lies in the data folder, files that only lock apart."""
    return [path for path in locate.DATA_FOLDER.rglob("*") if path.is_file() and not path.name.endswith(".lock")]
