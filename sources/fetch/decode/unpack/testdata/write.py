"""Writes the file report.csv into a folder in every way that Python can pack it, and
packed.json, which says how each file is packed and which names its members have."""
import base64
import bz2
import gzip
import io
import json
import lzma
import sys
import tarfile
import xml.sax.saxutils
import zipfile
from pathlib import Path

import zstandard

folder = Path(sys.argv[1])
text = ("id,name\n" + "".join(f"{i},Ä€😀 \"{i}\"\t<&>\n" for i in range(200))).encode()
half = len(text) // 2
long_name = "a/" * 60 + "é" * 60 + "/report.csv"
packed = {}


def put(name, data, *how, names=("",)):
    (folder / name).write_bytes(data)
    packed[name] = {"how": how, "names": names}


def zipped(name, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **options) as z:
        z.mkdir("a") if hasattr(z, "mkdir") else None
        z.writestr("a/report.csv", text)
        with z.open("é.csv", "w", force_zip64=True) as member:
            member.write(text)
    put(name, out.getvalue(), "zip", names=["a/report.csv", "é.csv"])


def tarred(name, format):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as t:
        for member in ["report.csv", "a/report.csv" if format == tarfile.USTAR_FORMAT else long_name]:
            info = tarfile.TarInfo(member)
            info.size = len(text)
            t.addfile(info, io.BytesIO(text))
        for kind in [tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]:
            info = tarfile.TarInfo("other")
            info.type, info.linkname = kind, "../../report.csv"
            t.addfile(info)
        names = [m.name for m in t.getmembers() if m.isreg()]
    put(name, out.getvalue(), "tar", names=names)


put("one.gz", gzip.compress(text), "gzip")
put("two.gz", gzip.compress(text[:half]) + gzip.compress(b"") + gzip.compress(text[half:]), "gzip")
put("one.bz2", bz2.compress(text), "bz2")
put("two.bz2", bz2.compress(text[:half], 1) + bz2.compress(text[half:]), "bz2")
for name, check in [("none", lzma.CHECK_NONE), ("crc32", lzma.CHECK_CRC32), ("crc64", lzma.CHECK_CRC64), ("sha256", lzma.CHECK_SHA256)]:
    put(f"{name}.xz", lzma.compress(text, check=check, preset=9), "xz")
put("two.xz", lzma.compress(text[:half]) + b"\0" * 8 + lzma.compress(text[half:]), "xz")
whole = zstandard.ZstdCompressor(write_checksum=True)
put("one.zst", whole.compress(text), "zstd")
stream = zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters.from_level(19, window_log=27, enable_ldm=True)).compressobj()
put("two.zst", whole.compress(text[:half]) + b"\x50\x2a\x4d\x18\x03\0\0\0abc" + stream.compress(text[half:]) + stream.flush(), "zstd")
put("standard.b64", base64.b64encode(text), "base64")
put("url.b64", base64.urlsafe_b64encode(text).rstrip(b"="), "base64")
put("lines.b64", base64.encodebytes(text), "base64")
zipped("stored.zip")
zipped("deflated.zip", compression=zipfile.ZIP_DEFLATED)
zipped("bzip2.zip", compression=zipfile.ZIP_BZIP2)
zipped("lzma.zip", compression=zipfile.ZIP_LZMA)
tarred("ustar.tar", tarfile.USTAR_FORMAT)
tarred("pax.tar", tarfile.PAX_FORMAT)
tarred("gnu.tar", tarfile.GNU_FORMAT)
for name, ascii in [("ascii.json", True), ("utf8.json", False)]:
    put(name, json.dumps({"n": [1, {}], "d": {"report": text.decode(), "z": -1e-7}}, ensure_ascii=ascii, indent=1).encode(), "json")
put("escaped.xml", b"<d><report>" + xml.sax.saxutils.escape(text.decode()).encode("ascii", "xmlcharrefreplace") + b"</report></d>", "xml")
put("envelope.json", json.dumps({"d": {"report": base64.b64encode(gzip.compress(text)).decode()}}).encode(), "json", "base64", "gzip")
(folder / "report.csv").write_bytes(text)
(folder / "packed.json").write_text(json.dumps(packed))
