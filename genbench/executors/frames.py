"""Messages between processes: each in a frame that says whose it is, how long it is and what its bytes add up to.

Whatever else reaches the pipe (a model that writes into it, a process that dies in the middle) is noticed.
"""

from __future__ import annotations

import pickle
import struct
import zlib
from dataclasses import dataclass
from typing import IO

MAGIC = b"gbf1"
HEAD = struct.Struct("<4sIQI")
MOST = 2**31
"""Bytes of a message: numbers and names, never tensors of a size to speak of."""


class Unreadable(Exception):
    """What came is no frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A message of the task `number`, still pickled: what it names may not be known in this process yet."""

    number: int
    content: bytes

    def message(self) -> object:
        """What was sent. Raises `Unreadable`."""
        try:
            found: object = pickle.loads(self.content)
            return found
        except Exception as error:  # pickle raises whatever its bytes lead it to
            raise Unreadable(f"a message cannot be unpacked: {type(error).__name__}") from error


def packed(number: int, message: object) -> bytes:
    """The frame of a message of task `number`."""
    content = pickle.dumps(message)
    return HEAD.pack(MAGIC, number, len(content), zlib.crc32(content)) + content


def read(file: IO[bytes]) -> Frame | None:
    """The next frame; None where the other side has ended. Raises `Unreadable` for anything else."""
    head = file.read(HEAD.size)
    if not head:
        return None
    if len(head) < HEAD.size:
        raise Unreadable("a message was cut short")
    magic, number, size, checksum = HEAD.unpack(head)
    if magic != MAGIC or size > MOST:
        raise Unreadable("something else than a message came through its pipe")
    content = file.read(size)
    if len(content) < size or zlib.crc32(content) != checksum:
        raise Unreadable("a message was cut short or changed on its way")
    return Frame(number, content)
