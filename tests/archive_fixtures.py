"""Archives named and laid out as the organisers of WMT'14 have them, with made-up sentences, on a local server."""

import gzip
import hashlib
import io
import tarfile
import threading
from dataclasses import replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lth_common.datasets import locate, sets, wmt14
from replications.rl_nlp_tickets.translation.made_up import made_up_pairs

FILES = tuple(sets.SETS["wmt14"].proofs)
SGM = '<srcset setid="x" srclang="any">\n<doc docid="d" genre="news" origlang="de">\n{}</doc>\n</srcset>\n'
ODD = [("left out: the other side is empty", ""), ("word " * 81, "Wort " * 81), ("one", "eins " * 10),
       ("Kept & \"quoted\" | with\u2028odd\x85ends", "Behalten, denn 3\u00a0km sind's\r")]


@cache
def sentences():
    """Pairs of each part: three corpora to train on, two test sets."""
    made = made_up_pairs()
    pairs = list(zip(*made["train"], strict=True))
    third = len(pairs) // 3
    return {"europarl": pairs[:third], "commoncrawl": pairs[third: 2 * third] + ODD, "news": pairs[2 * third:],
            "newstest2013": list(zip(*made["valid"], strict=True)),
            "newstest2014": list(zip(*made["test"], strict=True))}


def archive(part, pairs):
    """A .tgz with both languages where the organisers have them, and another file before and between them."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as packed, \
            tarfile.open(fileobj=packed, mode="w") as tar:
        for side, member in enumerate(wmt14.MEMBERS[part].values()):
            lines = [pair[side] for pair in pairs]
            text = "".join(f"{line}\n" for line in lines)
            if member.endswith(".sgm"):
                text = SGM.format("".join(f'<seg id="{n}"> {line}\n</seg>\n' for n, line in enumerate(lines)))
            for name, content in (("a/read.me", b"x"), (member, text.encode())):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


class Server:
    """`files`: content by path. `cut`: send no more of a file than so many bytes, once. `ranges`: whether it can go on
    in the middle. `asked`: (path, Range) of each request."""

    def __init__(self):
        self.files, self.cut, self.ranges, self.asked = {}, {}, True, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def log_message(self, *words):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, request):
        """The file, or the rest of it."""
        wanted = request.headers.get("Range")
        self.asked.append((request.path, wanted))
        body = self.files.get(request.path)
        if body is None:
            request.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.ranges else 0
        if start >= len(body):
            request.send_error(416)
            return
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(body) - start))
        request.end_headers()
        request.wfile.write(body[start: self.cut.pop(request.path, len(body))])

    def close(self):
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def served(tmp_path, monkeypatch):
    """The server with all archives, and the corpus `wmt14` built from them in a fresh data folder."""
    monkeypatch.setattr(locate, "DATA_FOLDER", tmp_path / "data")
    monkeypatch.delenv("LTH_DATA", raising=False)
    server = Server()
    archives = server.archives = {}
    for part, real in wmt14.ARCHIVES.items():
        content = archive(part, sentences()[part])
        path = real.addresses[0].removeprefix("https://www.statmt.org")
        server.files[path] = content
        size = len(content) if real.bytes else None
        archives[part] = replace(real, addresses=(server.url + path,), bytes=size,
                                 proof=f"sha256:{hashlib.sha256(content).hexdigest()}")
    server.recipe = wmt14.recipe(archives, merges=150)
    monkeypatch.setattr(wmt14, "RECIPE", server.recipe)
    monkeypatch.setitem(sets.SETS, "wmt14", replace(sets.SETS["wmt14"], proofs=dict.fromkeys(FILES, "lines:2")))
    yield server
    server.close()
