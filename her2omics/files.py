"""What kind of wrong file is this? Text files of the user, read whole and checked on the way.

The lowest level of reading: every sheet, config and matrix passes here, so that a web page saved
as a table or a cut download is named for what it is.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from pathlib import Path

from her2omics.errors import InputError, Problem

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_LFS = b"version https://git-lfs.github.com/spec/"
_HTML = re.compile(
    rb"\s*(<!doctype\s+html|<html|<head|<\?xml[^>]*>\s*(<!doctype\s+html|<html))", re.I
)
_BINARY = {
    b"\x89HDF\r\n\x1a\n": "an HDF5 file",
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"BAM\x01": "a BAM file",
    b"CRAM": "a CRAM file",
}
_HEAD = 4096


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, streamed."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def problem(path: Path, *, shown: str | None = None, sample: str | None = None) -> Problem | None:
    """Return what is wrong with a text file as far as its first bytes tell, or ``None``.

    Parameters
    ----------
    path
        Plain or gzip-compressed text.
    shown
        Name of the file in the message; default: the path.
    sample
        Sample concerned, for the message.

    Notes
    -----
    Reads 4 kB: cheap enough for every file of a large sheet. Truncation and text that is not UTF-8
    further down are found by :func:`read_text`.
    """
    message = _place_message(path)
    if message is None:
        try:
            with path.open("rb") as handle:
                head = handle.read(_HEAD)
                if head.startswith(_GZIP):
                    handle.seek(0)
                    head = gzip.GzipFile(fileobj=handle).read(_HEAD)
                    message = _content_message(head, path, compressed=True)
                else:
                    message = _content_message(head, path, compressed=False)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            message = _gzip_message(error)
        except OSError as error:
            message = f"cannot be read ({error.strerror or error})"
    return Problem(message, file=shown or str(path), sample=sample) if message else None


def read_text(path: Path, *, shown: str | None = None, sample: str | None = None) -> str:
    r"""Return the text of a plain or gzip-compressed UTF-8 file.

    Parameters
    ----------
    path
        File to read.
    shown
        Name of the file in messages; default: the path.
    sample
        Sample concerned, for messages.

    Returns
    -------
    str
        Decoded text without byte-order mark, all line ends ``\n``.

    Raises
    ------
    InputError
        If the file is missing, a folder, empty, a web page, a git-LFS pointer, a spreadsheet or
        other binary, a broken gzip, or not UTF-8 (with the line).
    """
    path = Path(path)
    found = problem(path, shown=shown, sample=sample)
    if found:
        raise InputError(found)
    shown = shown or str(path)
    try:
        data = path.read_bytes()
        if data.startswith(_GZIP):
            data = gzip.decompress(data)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(Problem(_gzip_message(error), file=shown, sample=sample)) from None
    except OSError as error:
        message = f"cannot be read ({error.strerror or error})"
        raise InputError(Problem(message, file=shown, sample=sample)) from None
    data = data.removeprefix(_UTF8_BOM)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        shown_byte = f"byte 0x{data[error.start]:02x}"
        message = f"not UTF-8 text ({shown_byte}): save the file as UTF-8"
        raise InputError(Problem(message, shown, line, sample)) from None
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        message = "a binary file (zero bytes), expected text"
        raise InputError(Problem(message, shown, line, sample))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _place_message(path: Path) -> str | None:
    if path.is_dir():
        return "is a folder, expected a file"
    if path.is_symlink() and not path.exists():
        return f"no such file: a link to {path.readlink()}, which does not exist"
    if not path.exists():
        return "no such file"
    if path.stat().st_size == 0:
        return "the file is empty"
    return None


def _content_message(head: bytes, path: Path, *, compressed: bool) -> str | None:
    """Return what the first (decompressed) bytes betray."""
    if head.startswith(_LFS):
        return "a git-LFS pointer, not the file itself: run `git lfs pull` in that repository"
    if head.startswith((_ZIP, _OLD_OFFICE)):
        return (
            "a zip archive or Excel workbook, expected text: export the sheet as tab-separated "
            "text (or unpack the archive)"
        )
    if head.startswith(_UTF16_BOMS):
        return "text in UTF-16 (Excel's 'Unicode text'): save the file as UTF-8"
    text = head.removeprefix(_UTF8_BOM)
    if _HTML.match(text):
        return "a web page (HTML), expected a table: download the file itself"
    for magic, name in _BINARY.items():
        if head.startswith(magic):
            return f"{name}, expected text"
    if b"\x00" in head:
        return "a binary file (zero bytes), expected text"
    if not text.strip():
        return "the file is empty" if len(head) < _HEAD else "the file begins with blank lines only"
    if path.suffix == ".gz" and not compressed:
        return "named .gz but not gzip-compressed: rename it, or compress it with `gzip`"
    return None


def _gzip_message(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "the gzip file is truncated: copy or download it again"
    return f"the gzip file is damaged ({error}): copy or download it again"
