"""Zip archives for check_archives.sh: make ARCHIVE FOLDER METHOD, or unpack ARCHIVE FOLDER, which
checks all that a reader can: sums, sizes, headers against the directory; or many ARCHIVE NUMBER,
which makes one of so many entries, or count ARCHIVE, which says how many it has."""
import os
import struct
import sys
import time
import zipfile

METHODS = {"stored": zipfile.ZIP_STORED, "large": zipfile.ZIP_STORED,
           "deflated": zipfile.ZIP_DEFLATED, "bzip2": zipfile.ZIP_BZIP2}


def make(archive, folder, method):
    with zipfile.ZipFile(archive, "w", METHODS[method]) as z:
        z.comment = b"a comment"
        for root, folders, files in sorted(os.walk(folder)):
            for name in sorted(folders) + sorted(files):
                path = os.path.join(root, name)
                if not os.path.islink(path):
                    z.write(path, os.path.relpath(path, folder))
    if method == "large":
        enlarge(archive)


def enlarge(archive):
    """Puts all numbers of the directory where those of 4 GB and more stand."""
    with open(archive, "rb") as file:
        data = file.read()
    end = data.rindex(b"PK\5\6")
    num, _, at = struct.unpack("<HII", data[end + 10:end + 20])
    central, place = b"", at
    for _ in range(num):
        header = bytearray(data[place:place + 46])
        packed, size = struct.unpack("<II", header[20:28])
        name, extra, comment = struct.unpack("<HHH", header[28:34])
        rest = data[place + 46:place + 46 + name + extra + comment]
        large = struct.pack("<HHQQQ", 1, 24, size, packed, struct.unpack("<I", header[42:46])[0])
        header[20:28] = b"\xff" * 8
        header[42:46] = b"\xff" * 4
        header[30:32] = struct.pack("<H", extra + len(large))
        central += bytes(header) + rest[:name + extra] + large + rest[name + extra:]
        place += 46 + name + extra + comment
    tail = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, num, num, len(central), at)
    tail += struct.pack("<4sIQI", b"PK\6\7", 0, at + len(central), 1)
    tail += data[end:end + 8] + b"\xff" * 12 + data[end + 20:]
    with open(archive, "wb") as file:
        file.write(data[:at] + central + tail)


def unpack(archive, folder):
    with zipfile.ZipFile(archive) as z:
        assert z.comment == b"a comment" and z.testzip() is None
        for info in z.infolist():
            path = z.extract(info, folder)
            os.chmod(path, info.external_attr >> 16 & 0o777)
            when = time.mktime(info.date_time + (0, 0, -1))
            os.utime(path, (when, when))


def many(archive, num):
    with zipfile.ZipFile(archive, "w") as z:
        for i in range(int(num)):
            z.writestr(f"{i}.txt", f"text {i if i < 66000 - 2 else 0} of {num}")


def count(archive):
    with zipfile.ZipFile(archive) as z:
        assert z.testzip() is None
        print(len(z.namelist()))


{"make": make, "unpack": unpack, "many": many, "count": count}[sys.argv[1]](*sys.argv[2:])
