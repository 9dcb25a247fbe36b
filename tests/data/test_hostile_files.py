"""Files that would hang, explode or start programs are refused in a sentence; the network stays off where it is."""

from __future__ import annotations

import gzip
import os
import socket
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genbench.core import network
from genbench.core.errors import DataError, Unavailable
from genbench.data import unpacking
from genbench.data.arrays import read_npy, read_npz, regular
from genbench.data.images import read_images
from genbench.data.own import hf
from genbench.data.own_tables import csv
from genbench.encoders.frozen import attempt


@pytest.mark.parametrize("read", [read_npy, read_npz, csv, regular])
def test_pipes_devices_and_odd_names_are_no_files(tmp_path: Path, read) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero", tmp_path, "x" * 5_000, "a\0b", "http://127.0.0.1:9/x.csv"):
        with pytest.raises(DataError, match="regular file|cannot be read|is a URL"):
            read(str(path))


def test_a_packed_bomb_is_not_unpacked_beyond_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb") as file:
        file.write(b"a,b\n" + b"1,2\n" * 2**20)
    monkeypatch.setattr(unpacking, "FREE_BYTES", 2**20)
    monkeypatch.setattr(unpacking, "MOST_RATIO", 10)
    with pytest.raises(DataError, match="absurd"):
        csv(str(path))


def test_packed_tables_are_read(tmp_path: Path) -> None:
    content = b"a,b\n" + b"".join(f"{i},{i * i}\n".encode() for i in range(40))
    plain, packed, archive = tmp_path / "x.csv", tmp_path / "x.csv.gz", tmp_path / "x.zip"
    plain.write_bytes(content)
    packed.write_bytes(gzip.compress(content))
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("x.csv", content)
    assert len({csv(str(path)).fingerprint for path in (plain, packed, archive)}) == 1
    packed.write_bytes(gzip.compress(content)[:-20])
    with pytest.raises(DataError, match="whole packed file"):
        csv(str(packed))


def test_an_image_that_would_become_absurdly_long_is_named(tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    Image.new("L", (1, 60_000)).save(tmp_path / "b.png")
    with pytest.raises(DataError, match=r"b.png is 1 × 60000 pixels"):
        read_images(tmp_path, size=512)
    with pytest.raises(DataError, match="a side has 1 to 4,096"):
        read_images(tmp_path, size=100_000)


def test_a_postscript_named_png_starts_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "a.eps")
    (tmp_path / "a.eps").rename(tmp_path / "a.png")
    monkeypatch.setattr("PIL.EpsImagePlugin.Ghostscript", lambda *_, **__: pytest.fail("Ghostscript was started"))
    with pytest.raises(DataError, match="not a whole image"):
        read_images(tmp_path)


def test_the_network_is_off_for_other_packages_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch() -> object:
        return socket.create_connection(("127.0.0.1", 9))

    monkeypatch.setenv("GENBENCH_OFFLINE", "1")
    before = socket.create_connection, socket.getaddrinfo, socket.socket.connect
    with pytest.raises(Unavailable, match="switched off .GENBENCH_OFFLINE"):
        attempt("some-encoder", "install it", fetch)
    with pytest.raises(OSError, match="switched off"), network.allowed(), socket.socket() as one:
        one.connect(("127.0.0.1", 9))
    assert (socket.create_connection, socket.getaddrinfo, socket.socket.connect) == before
    assert "HF_HUB_OFFLINE" not in os.environ
    with pytest.raises(DataError):
        hf("nobody/nothing")


def test_numbers_of_the_right_size_still_pass(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((3, 2)))
    assert read_npy(tmp_path / "x.npy").shape == (3, 2)
