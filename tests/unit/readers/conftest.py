"""Small tables of other programs, and the builds they are read against."""

import pytest

from her2omics import genome
from her2omics.errors import InputError


@pytest.fixture(scope="session")
def grch38():
    return genome.load("GRCh38")


@pytest.fixture(scope="session")
def grch37():
    return genome.load("GRCh37")


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a header and rows, as tuples or one text, to a file."""

    def written(header, *rows, name="table.tsv", separator="\t"):
        lines = [
            row if isinstance(row, str) else separator.join(map(str, row))
            for row in (header, *rows)
        ]
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n")
        return path

    return written


@pytest.fixture
def messages():
    """Return a function that gives the problems of a call as texts."""

    def raised(function, *args, **kwargs):
        with pytest.raises(InputError) as caught:
            function(*args, **kwargs)
        return [str(problem) for problem in caught.value.problems]

    return raised
