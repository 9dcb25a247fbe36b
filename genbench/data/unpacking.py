"""Text files that may be packed (.gz, .bz2, .xz, .zip), unpacked as far as that is sensible."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from genbench.core.errors import DataError
from genbench.data.arrays import FREE_BYTES, MOST_BYTES, MOST_RATIO, refuse_bomb, regular

PACKED: dict[str, Callable[[Path], Any]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}

PIECE = 2**20


@contextmanager
def unpacked(path: str | Path) -> Iterator[IO[bytes]]:
    """The content of a regular file, unpacked where its name says that it is packed.

    Raises `DataError` for anything but a regular file, for one that is not whole, and for one that unpacks to an absurd
    size: nothing beyond the limit is unpacked.
    """
    place = regular(path)
    opener = PACKED.get(place.suffix.lower())
    try:
        if opener is not None:
            with opener(place) as packed, tempfile.SpooledTemporaryFile(max_size=FREE_BYTES) as file:
                _copy(packed, file, place)
                yield file
        elif place.suffix.lower() == ".zip":
            with zipfile.ZipFile(place) as archive:
                refuse_bomb(archive, place)
                names = [name for name in archive.namelist() if not name.endswith("/")]
                if len(names) != 1:
                    raise DataError(f"{place} holds {len(names)} files; expected one table.")
                yield io.BytesIO(archive.read(names[0]))
        else:
            with place.open("rb") as file:
                yield file
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, gzip.BadGzipFile, EOFError) as error:
        raise DataError(f"{place} is not a whole packed file: {error}.") from error


def _copy(packed: IO[bytes], file: IO[bytes], place: Path) -> None:
    """All of it, or a sentence as soon as it is too much."""
    size, total = place.stat().st_size, 0
    while piece := packed.read(PIECE):
        total += len(piece)
        if total > MOST_BYTES or (total > FREE_BYTES and total > MOST_RATIO * max(1, size)):
            raise DataError(
                f"{place} unpacks from {size / 2**20:,.1f} MiB to more than {total / 2**30:,.1f} GiB, which is absurd: "
                "nothing was read."
            )
        file.write(piece)
    file.seek(0)
