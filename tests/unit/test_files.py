import gzip

import pytest

from her2omics.errors import InputError
from her2omics.files import problem, read_text

# Does not compress well, so that cutting it removes data and not only the checksum.
TEXT = "gene\tP1\n" + "".join(f"G{n}\t{n * 7919 % 10007}\n" for n in range(5000))
PACKED = gzip.compress(TEXT.encode(), mtime=0)


def damaged(data):
    broken = bytearray(data)
    broken[len(broken) // 2] ^= 0xFF
    return bytes(broken)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("plain.tsv", TEXT.encode()),
        ("packed.tsv.gz", PACKED),
        ("packed_without_ending.tsv", PACKED),
        (
            "two_members.tsv.gz",
            gzip.compress(TEXT[:100].encode(), mtime=0)
            + gzip.compress(TEXT[100:].encode(), mtime=0),
        ),
        ("windows.tsv", TEXT.replace("\n", "\r\n").encode()),
        ("old_mac.tsv", TEXT.replace("\n", "\r").encode()),
        ("bom.tsv", b"\xef\xbb\xbf" + TEXT.encode()),
    ],
)
def test_text_is_the_same_however_it_was_saved(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    assert problem(path) is None
    assert read_text(path) == TEXT


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("empty.tsv", b"", "empty.tsv (P1): the file is empty"),
        ("blank.tsv", b" \n\t\n", "the file is empty"),
        ("empty.tsv.gz", gzip.compress(b"", mtime=0), "the file is empty"),
        ("page.tsv", b"\n<!DOCTYPE html><html></html>", "a web page (HTML)"),
        ("page2.tsv", b'<?xml version="1.0"?>\n<html>', "a web page (HTML)"),
        ("page.tsv.gz", b"<html><body>404</body></html>", "a web page (HTML)"),
        (
            "pointer.tsv",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
            "a git-LFS pointer, not the file itself: run `git lfs pull`",
        ),
        ("book.xlsx", b"PK\x03\x04\x14\x00", "a zip archive or Excel workbook"),
        ("book.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a zip archive or Excel workbook"),
        ("unicode.txt", TEXT.encode("utf-16"), "text in UTF-16"),
        ("store.h5ad", b"\x89HDF\r\n\x1a\n\x00", "an HDF5 file, expected text"),
        ("zeros.tsv", b"gene\tP1\nA\t\x00\n", "a binary file"),
        ("late_zero.tsv", TEXT.encode() + b"A\x00\t1\n", "late_zero.tsv line 5002 (P1): a binary"),
        ("latin.tsv", "a\tb\nMüller\t1\n".encode("latin-1"), "latin.tsv line 2 (P1): not UTF-8"),
        ("plain.tsv.gz", TEXT.encode(), "named .gz but not gzip-compressed"),
        ("cut.tsv.gz", PACKED[:-2000], "the gzip file is truncated"),
        ("cut_early.tsv.gz", PACKED[:40], "the gzip file is truncated"),
        ("damaged.tsv.gz", damaged(PACKED), "the gzip file is damaged"),
    ],
)
def test_a_wrong_file_is_named_for_what_it_is(tmp_path, name, data, message):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_text(path, shown=name, sample="P1")
    assert len(caught.value.problems) == 1
    assert message in str(caught.value)


def test_a_place_that_holds_no_file(tmp_path):
    (tmp_path / "link.tsv").symlink_to(tmp_path / "gone.tsv")
    for path, message in (
        (tmp_path, "is a folder, expected a file"),
        (tmp_path / "absent.tsv", "no such file"),
        (tmp_path / "link.tsv", "gone.tsv, which does not exist"),
    ):
        assert message in str(problem(path))
        with pytest.raises(InputError, match="file"):
            read_text(path)


def test_only_the_beginning_is_looked_at_without_reading(tmp_path):
    path = tmp_path / "cut.tsv.gz"
    path.write_bytes(gzip.compress(TEXT.encode() * 20, mtime=0)[:-2000])
    assert problem(path) is None
