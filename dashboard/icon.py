"""Icon: the page's sign, half light and half dark. Run this file to draw it again."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).parent / "static" / "icon.png"
_LIT, _DARK, _KNOWN, _UNKNOWN = (230, 159, 0), (16, 22, 29), (255, 255, 255), (127, 178, 221)
_OUTLETS = ((0.30, 0.38, _KNOWN), (0.36, 0.64, _KNOWN), (0.64, 0.36, _UNKNOWN), (0.68, 0.62, _UNKNOWN))
_FINE = 4


def draw(size: int = 64) -> bytes:
    """A disc whose left half is lit, with four outlets on it, as a PNG file.

    Parameters
    ----------
    size : int, pixels
    """
    y, x = (np.mgrid[: size * _FINE, : size * _FINE] + 0.5) / (size * _FINE)
    picture = np.zeros((*x.shape, 4))
    disc = (x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.47**2
    picture[disc & (x < 0.5)] = (*_LIT, 255)
    picture[disc & (x >= 0.5)] = (*_DARK, 255)
    for across, down, colour in _OUTLETS:
        picture[(x - across) ** 2 + (y - down) ** 2 < 0.055**2] = (*colour, 255)
    small = picture.reshape(size, _FINE, size, _FINE, 4).mean(axis=(1, 3))
    opaque = np.maximum(small[..., 3:], 1.0) / 255.0
    small[..., :3] = np.minimum(small[..., :3] / opaque, 255.0)  # the edge keeps its colour while it fades
    return _png(small.round().astype(np.uint8))


def _png(pixels: NDArray[np.uint8]) -> bytes:
    height, width, _ = pixels.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + body


if __name__ == "__main__":
    FILE.write_bytes(draw())
