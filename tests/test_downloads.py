"""Downloads that come to nothing: one clear message, and nothing is kept."""

import gzip
import io
import tarfile
import threading
import zipfile
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lth_common.datasets import corpora, glove, locate
from lth_common.errors import LTHError
from lth_common.protocol.schema.text_settings import WordVectors

TEXT = b"A dog runs .\n" * 5000
PROOFS = {name: proof.partition(":")[2] for name, proof in corpora.CORPORA["multi30k"].proofs.items()}


def archive(kind: str) -> bytes:
    """A sound archive with another file in it than what is looked for."""
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w") as packed:
            packed.writestr("another.txt", TEXT)
    else:
        with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
            packed.addfile(tarfile.TarInfo("another.txt"), io.BytesIO())
    return buffer.getvalue()


WHOLE = {"gz": gzip.compress(TEXT), "zip": archive("zip"), "tar": archive("tar")}
BAD = {"a login page": b"<html>please log in</html>", "nothing": b"", "half a gz": WHOLE["gz"][: len(WHOLE["gz"]) // 2],
       "a flipped bit": WHOLE["gz"][:60] + bytes([WHOLE["gz"][60] ^ 8]) + WHOLE["gz"][61:],
       "another text": WHOLE["gz"], "half a zip": WHOLE["zip"][:40], "half a tar": WHOLE["tar"][:40],
       "a gz header alone": WHOLE["gz"][:12]}


@pytest.fixture
def serve(tmp_path, monkeypatch):
    """A local server that answers everything with the given bytes; data are looked for and kept in a fresh folder."""
    monkeypatch.setattr(locate, "DATA_FOLDER", tmp_path / "data")
    monkeypatch.delenv("LTH_DATA", raising=False)
    answer = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer["body"])

        def log_message(self, *words):
            pass

        do_HEAD = do_GET

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def start(body: bytes) -> str:
        answer["body"] = body
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    server.shutdown()
    server.server_close()


def kept(tmp_path):
    return [path for path in (tmp_path / "data").rglob("*") if path.is_file() and not path.name.endswith(".lock")]


@pytest.mark.parametrize("what", BAD)
def test_a_corpus_that_does_not_come_whole_is_named(serve, tmp_path, monkeypatch, what):
    url = serve(BAD[what])
    monkeypatch.setitem(corpora.CORPORA, "multi30k", corpora._each("multi30k", f"{url}/{{name}}.gz", PROOFS))
    with pytest.raises(LTHError, match="data set multi30k: no multi30k in .*the download failed: .*Get train.en"):
        corpora.corpus_folder("multi30k")
    assert not kept(tmp_path)


@pytest.mark.parametrize("what", BAD)
def test_an_archive_that_does_not_come_whole_is_named(serve, tmp_path, monkeypatch, what):
    url = serve(BAD[what])

    def fetch(into):
        from torchvision.datasets.utils import download_url

        download_url(f"{url}/wmt.tar.gz", into, "wmt.tar.gz")
        corpora.unpack(into / "wmt.tar.gz", ["train.en"], into / "wmt14")

    files = corpora.CorpusFiles("wmt14", {"train.en": "lines:1"}, "here", partial(fetch))
    monkeypatch.setitem(corpora.CORPORA, "wmt14", files)
    with pytest.raises(LTHError, match="data set wmt14: no wmt14 in .*the download failed: "):
        corpora.corpus_folder("wmt14")
    assert not kept(tmp_path)


@pytest.mark.parametrize("body", [*BAD.values(), WHOLE["zip"]], ids=[*BAD, "another zip"])
def test_word_vectors_that_do_not_come_whole_are_named(serve, tmp_path, monkeypatch, body):
    from torchtext.vocab import GloVe

    monkeypatch.setitem(GloVe.url, "twitter.27B", f"{serve(body)}/glove.zip")
    wanted = WordVectors(source="glove", dimensions=100, file="glove.twitter.27B.100d.txt")
    with pytest.raises(LTHError, match="data.vectors: no glove.twitter.27B.100d.txt in .*the download failed: "):
        glove.find_glove(wanted)
    assert not kept(tmp_path)
