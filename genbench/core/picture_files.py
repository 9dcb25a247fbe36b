"""What the bytes of a picture say of themselves: whether they are whole, how large it is. Torch-free.

A run writes PNG, which carries checksums of its parts; a store that was packed to be sent may hold WebP, which carries
its length alone.
"""

from __future__ import annotations

import io
import re
import zlib

PNG = b"\x89PNG\r\n\x1a\n"


def is_webp(content: bytes) -> bool:
    """Whether these are the bytes of a WebP file, whole or not."""
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"


def fault(content: bytes) -> str | None:
    """What is wrong with a PNG or WebP file; None where it is whole."""
    if is_webp(content):
        whole = int.from_bytes(content[4:8], "little") + 8 == len(content)
        return None if whole else "it was not written whole"
    if not content.startswith(PNG):
        return "it is neither PNG nor WebP"
    place, kind = len(PNG), b""
    while place + 12 <= len(content):
        end = place + 12 + int.from_bytes(content[place : place + 4])
        kind = content[place + 4 : place + 8]
        if end > len(content):
            break
        if zlib.crc32(content[place + 4 : end - 4]) != int.from_bytes(content[end - 4 : end]):
            return f"the checksum of its part {kind.decode('latin-1')!r} is another"
        place = end
    return None if kind == b"IEND" and place == len(content) else "it was not written whole"


def size(content: bytes) -> tuple[int, int]:
    """Width and height in pixels of a PNG or WebP file, (0, 0) of anything else."""
    if content.startswith(PNG) and len(content) >= 24:
        return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    if is_webp(content) and fault(content) is None:
        from PIL import Image

        with Image.open(io.BytesIO(content)) as image:
            return image.size
    return 0, 0


def tiles(content: bytes) -> tuple[int, int] | None:
    """Columns and count of a grid of pictures, where a text of a PNG file before its pixels gives them."""
    at = len(PNG)
    while content.startswith(PNG) and at + 8 <= len(content):
        length, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        if kind == b"IDAT":
            return None
        found = re.fullmatch(rb"tiles\x00(\d{1,3}) (\d{1,4})", content[at + 8 : at + 8 + length])
        if kind == b"tEXt" and found and int(found[1]) and int(found[2]):
            return int(found[1]), int(found[2])
        at += length + 12
    return None
