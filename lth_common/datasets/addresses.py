"""What an address answers: a file, or why not. The standard library does, so that addresses can be checked anywhere."""

import http.client
import shutil
import tarfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lth_common.errors import LTHError

SECONDS_WITHOUT_ANSWER = 30  # urllib waits for ever by default, and other jobs would wait behind the lock
# A connection that is cut, or a page in place of a file, shows as anything, often only when it is unpacked.
DOWNLOAD_ERRORS = (OSError, RuntimeError, ValueError, EOFError, http.client.HTTPException, zlib.error,
                   tarfile.TarError, zipfile.BadZipFile, LTHError)
NAME = {"User-Agent": "lottery-ticket-replications"}  # some servers turn urllib's own away
FIRST = {"Range": "bytes=0-511"}


def save(url: str, path: Path) -> None:
    """Write what an address answers to `path`; redirects are followed.

    Raises:
        DOWNLOAD_ERRORS: if there is no answer, or a web page in place of a file, or the connection is cut.
    """
    with request(url) as answer, open(path, "wb") as file:
        shutil.copyfileobj(answer, file, 1 << 20)
        wanted, found = answer.headers.get("Content-Length"), file.tell()
        if wanted is not None and found != int(wanted):  # http.client ends such an answer as if it were whole
            raise LTHError(f"the connection was cut after {found} of {wanted} bytes")
    with open(path, "rb") as file:
        _check_no_page(answer.headers.get_content_type(), file.read(512))


def ask(url: str) -> str:
    """Why an address does not give its file; empty if it does, as far as its first bytes tell."""
    try:
        try:
            with request(url, "HEAD") as answer:
                start = b""
        except urllib.error.HTTPError:  # some servers know no HEAD
            with request(url, headers=FIRST) as answer:
                start = answer.read(512)
        _check_no_page(answer.headers.get_content_type(), start)
    except DOWNLOAD_ERRORS as error:
        return reason_of(error)
    return ""


def ask_all(urls: Iterable[str]) -> dict[str, str]:
    """What `ask` gives for each address, several asked at a time."""
    urls = list(dict.fromkeys(urls))
    with ThreadPoolExecutor(8) as pool:
        return dict(zip(urls, pool.map(ask, urls), strict=True))


def reason_of(error: Exception) -> str:
    """What went wrong, in one line."""
    if isinstance(error, urllib.error.URLError) and not isinstance(error, urllib.error.HTTPError):
        error = error.reason
    return " ".join(str(error).split()) or type(error).__name__


def request(url: str, method: str = "GET", headers: dict[str, str] | None = None) -> http.client.HTTPResponse:
    """The answer of an address, to be closed; redirects are followed.

    Raises:
        DOWNLOAD_ERRORS: if there is none in time, or it is an error of the server.
    """
    asked = urllib.request.Request(url, headers=NAME | (headers or {}), method=method)
    return urllib.request.urlopen(asked, timeout=SECONDS_WITHOUT_ANSWER)


def _check_no_page(kind: str, start: bytes) -> None:
    if kind == "text/html" or start.lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise LTHError("a web page was sent in place of the file")
