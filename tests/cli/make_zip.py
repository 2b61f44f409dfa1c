"""Zip archives for check_archives.sh: make ARCHIVE FOLDER METHOD, or unpack ARCHIVE FOLDER, which
checks all that a reader can: sums, sizes, headers against the directory."""
import os
import sys
import time
import zipfile

action, archive, folder = sys.argv[1:4]
if action == "make":
    method = {"stored": zipfile.ZIP_STORED, "deflated": zipfile.ZIP_DEFLATED}[sys.argv[4]]
    with zipfile.ZipFile(archive, "w", method) as z:
        z.comment = b"a comment"
        for root, folders, files in sorted(os.walk(folder)):
            for name in sorted(folders) + sorted(files):
                path = os.path.join(root, name)
                if not os.path.islink(path):
                    z.write(path, os.path.relpath(path, folder))
else:
    with zipfile.ZipFile(archive) as z:
        assert z.comment == b"a comment" and z.testzip() is None
        for info in z.infolist():
            path = z.extract(info, folder)
            os.chmod(path, info.external_attr >> 16 & 0o777)
            when = time.mktime(info.date_time + (0, 0, -1))
            os.utime(path, (when, when))
