"""Files that pages read and write, and pictures to hold theirs against."""
import base64
import json
import struct
import zlib


def tensors_of(bytes_):
    """A file of safetensors, its f32 tensors by name."""
    length = struct.unpack("<Q", bytes_[:8])[0]
    header = json.loads(bytes_[8:8 + length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = (8 + length + at for at in entry["data_offsets"])
            tensors[name] = struct.unpack(f"<{(end - begin) // 4}f", bytes_[begin:end])
    return tensors


def png_pixels(bytes_):
    """Grey pixels, a byte each, of a picture whose data are one chunk."""
    width, height, depth, colour = struct.unpack(">IIBB", bytes_[16:26])
    assert (depth, colour) == (8, 0)
    at = bytes_.index(b"IDAT")
    length = struct.unpack(">I", bytes_[at - 4:at])[0]
    packed, rows = zlib.decompress(bytes_[at + 4:at + 4 + length]), [[0] * width]
    for y in range(height):
        kind, *row = packed[y * (width + 1):(y + 1) * (width + 1)]
        above = rows[-1]
        for x in range(width):
            left, corner = (row[x - 1], above[x - 1]) if x > 0 else (0, 0)
            nearest = min((left, above[x], corner), key=lambda value: abs(left + above[x] - corner - value))
            row[x] = (row[x] + (0, left, above[x], (left + above[x]) // 2, nearest)[kind]) % 256
        rows.append(row)
    return sum(rows[1:], [])


def idx(shape, elements):
    head = bytes([0, 0, 8, len(shape)]) + b"".join(struct.pack(">I", size) for size in shape)
    return base64.b64encode(head + bytes(elements)).decode()


def png(width, height, pixels):
    """A grey picture of these bytes."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    rows = b"".join(b"\0" + bytes(pixels[y * width:(y + 1) * width]) for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def npy(shape, numbers):
    """An array f32 of NumPy's format, version 1.0."""
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))},), }}"
    head += " " * (-(len(head) + 11) % 64) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head.encode() + struct.pack(f"<{len(numbers)}f", *numbers)
