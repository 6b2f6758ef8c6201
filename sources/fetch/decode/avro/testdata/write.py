"""Writes Avro files of every type and codec, and beside each the JSON lines that it
holds: what fastavro reads back from the file, by the mapping of the package.

usage: write.py FOLDER
"""

import base64, datetime as dt, decimal, io, json, math, os, struct, sys, uuid

import fastavro, fastavro._read, fastavro._write, zstandard

decimal.getcontext().prec = 200
UTC = dt.timezone.utc
SYNC = b"0123456789abcdef"
INT, LONG = 2**31, 2**63


def logical(base, name, **more):
    return dict({"type": base, "logicalType": name}, **more)


def fixed(name, size, **more):
    return dict({"type": "fixed", "name": name, "size": size}, **more)


def fraction(text, digits, parts):
    return text + "." + str(parts).zfill(digits)


def instant(n, digits, zone):
    seconds, parts = divmod(n, 10**digits)
    day = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)
    return fraction(day.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0"), digits, parts) + zone


def floating(f, single):
    if math.isnan(f) or math.isinf(f):
        return "null"
    if single:  # the shortest text that reads back to the same 32 bits
        bits = struct.pack("<f", f)
        for digits in range(1, 10):
            text = f"{f:.{digits}g}"
            if struct.pack("<f", float(text)) == bits:
                break
    else:
        text = repr(f)
    sign, digits, exponent = decimal.Decimal(text).as_tuple()
    if f and not 1e-6 <= abs(f) < 1e21:
        digits = "".join(map(str, digits)).rstrip("0")
        exponent = decimal.Decimal(text).adjusted()
        mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
        e = f"e{'-' if exponent < 0 else '+'}{abs(exponent):{'d' if exponent < 0 else '02d'}}"
        return ("-" if sign else "") + mantissa + e
    plain = format(decimal.Decimal(text), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def dump(value, schema, names):
    """The JSON of a value that fastavro read, by its schema as fastavro parsed it."""
    if isinstance(schema, str) and schema in names:
        return dump(value, names[schema], names)
    if isinstance(schema, list):
        return dump(*branch(value, schema, names), names)
    kind = schema if isinstance(schema, str) else schema["type"]
    if kind in names:
        return dump(value, names[kind], names)
    name = "" if isinstance(schema, str) else schema.get("logicalType", "")
    if kind == "record":
        return "{" + ",".join(text(f["name"]) + ":" + dump(value[f["name"]], f["type"], names) for f in schema["fields"]) + "}"
    if kind == "array":
        return "[" + ",".join(dump(v, schema["items"], names) for v in value) + "]"
    if kind == "map":
        return "{" + ",".join(text(k) + ":" + dump(v, schema["values"], names) for k, v in value.items()) + "}"
    return scalar(value, kind, name)


def text(s):
    return json.dumps(s, ensure_ascii=False)


def scalar(v, kind, name):
    if v is None:
        return "null"
    if isinstance(v, bool):
        return "true" if v else "false"
    if kind in ("float", "double"):
        return floating(v, kind == "float")
    if isinstance(v, decimal.Decimal):
        return format(v, "f")
    if isinstance(v, uuid.UUID):
        return text(str(v))
    if isinstance(v, dt.datetime):
        digits = 3 if name.endswith("millis") else 6
        base = v.replace(tzinfo=None)
        parts = base.microsecond // 10 ** (6 - digits)
        return text(fraction(base.isoformat(timespec="seconds"), digits, parts) + ("Z" if v.tzinfo else ""))
    if isinstance(v, dt.date):
        return text(v.isoformat())
    if isinstance(v, dt.time):
        digits = 3 if name.endswith("millis") else 6
        return text(fraction(v.isoformat(timespec="seconds"), digits, v.microsecond // 10 ** (6 - digits)))
    if kind == "long" and name.endswith("timestamp-nanos"):
        return text(instant(v, 9, "" if name.startswith("local") else "Z"))
    if kind == "fixed" and name == "uuid":
        return text(str(uuid.UUID(bytes=v)))
    if kind == "fixed" and name == "duration":
        months, days, millis = struct.unpack("<III", v)
        return text(f"P{months}M{days}DT{millis // 1000}.{millis % 1000:03d}S")
    if kind == "bytes" and name == "big-decimal":
        return big_decimal(v)
    if isinstance(v, bytes):
        return text(base64.b64encode(v).decode())
    return text(v) if isinstance(v, str) else str(v)


def varint(b):
    n = shift = i = 0
    while True:
        n |= (b[i] & 0x7F) << shift
        shift += 7
        i += 1
        if b[i - 1] < 0x80:
            return (n >> 1) ^ -(n & 1), b[i:]


def zigzag(n):
    n = (n << 1) ^ (n >> 63)
    out = b""
    while n > 0x7F:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def big_decimal(v):
    size, rest = varint(v)
    scale, end = varint(rest[size:])
    assert end == b""
    return format(decimal.Decimal(int.from_bytes(rest[:size], "big", signed=True)).scaleb(-scale), "f")


def make_big(unscaled, scale):
    b = unscaled.to_bytes(unscaled.bit_length() // 8 + 1, "big", signed=True)
    return zigzag(len(b)) + b + zigzag(scale)


def branch(value, schemas, names):
    """Records of unions are read as (name, value), everything else by its Python type."""
    if isinstance(value, tuple):
        return value[1], value[0]
    wanted = {type(None): ["null"], bool: ["boolean"], int: ["int", "long"], float: ["float", "double"], str: ["string", "enum"], bytes: ["bytes", "fixed"], list: ["array"], dict: ["map", "record"]}.get(type(value))
    for s in schemas:
        s = names.get(s, s) if isinstance(s, str) else s
        kind = s if isinstance(s, str) else s["type"]
        if isinstance(s, dict) and s.get("logicalType") and type(value) not in (int, str, bytes, float) or kind in (wanted or []):
            return value, s
    raise ValueError((value, schemas))


def write(folder, name, schema, records, codec="null", **more):
    path = os.path.join(folder, name + ".avro")
    with open(path, "wb") as f:
        fastavro.writer(f, schema, records, codec=codec, sync_marker=SYNC, **more)
    names = {}
    parsed = fastavro.parse_schema(schema, named_schemas=names)
    with open(path, "rb") as f, open(os.path.join(folder, name + ".jsonl"), "w", newline="\n") as out:
        for r in fastavro.reader(f, return_record_name=True, return_record_name_override=True, return_named_type=False):
            line = dump(r, parsed, names)
            if not (isinstance(parsed, dict) and parsed.get("type") == "record"):
                line = '{"value":' + line + "}"
            json.loads(line)
            out.write(line + "\n")


TYPES = {
    "a_null": ("null", [None]),
    "a_boolean": ("boolean", [True, False]),
    "an_int": ("int", [0, -1, 1, 63, 64, -65, INT - 1, -INT]),
    "a_long": ("long", [0, 2**53 + 1, LONG - 1, -LONG, -8193]),
    "a_float": ("float", [0.0, -0.0, 1.5, 0.1, 1e-7, 3.4e38, 1.17549435e-38, 1e-45, 16777216.0, 1e21, 123456.7, math.nan, math.inf, -math.inf]),
    "a_double": ("double", [0.0, -0.0, 0.1, 1e-6, 9.9e-7, 1e20, 1e21, 1.7976931348623157e308, 5e-324, math.pi, 1e-9, 1.25e-10, math.nan, -math.inf]),
    "some_bytes": ("bytes", [b"", b"\x00", bytes(range(256)), b"ab"]),
    "a_string": ("string", ["", "plain", 'quotes " and \\ and /', "lines\n\r\t", "\x7f", "Gr\u00fc\u00dfe \u65e5\u672c \U0001f600 \u2028", "<a href='x'>&amp;", "12345678\"", "x" * 300]),
    "a_fixed": (fixed("Five", 5), [b"12345", b"\xff" * 5]),
    "an_enum": ({"type": "enum", "name": "Suit", "symbols": ["SPADES", "HEARTS"]}, ["HEARTS", "SPADES"]),
    "an_array": ({"type": "array", "items": "long"}, [[], [1], list(range(200))]),
    "a_map": ({"type": "map", "values": "string"}, [{}, {"a": "1", "b\"": "\u00fc"}]),
    "nested": ({"type": "array", "items": {"type": "map", "values": {"type": "array", "items": ["null", "int"]}}}, [[], [{}, {"x": [None, 3]}]]),
    "a_union": (["null", "string", "long", "boolean", "bytes", {"type": "array", "items": "int"}], [None, "t", 5, True, b"\x01", [1, 2]]),
    "a_record": ({"type": "record", "name": "Inner", "namespace": "deep.er", "fields": [{"name": "x", "type": "int"}, {"name": "again", "type": ["null", "Inner"]}]},
                 [{"x": 1, "again": None}, {"x": 1, "again": {"x": 2, "again": {"x": 3, "again": None}}}]),
    "dec_bytes": (logical("bytes", "decimal", precision=60, scale=10), [decimal.Decimal(s) for s in ("0", "0.0000000001", "-0.0000000001", "1.5", "-1.28", "9" * 50 + "." + "9" * 10, "-" + "9" * 50 + ".1", "922337203.6854775808", "-922337203.6854775808", "-922337203.6854775809", "1844674407.3709551616", "1000000000.0000000000")]),
    "dec_whole": (logical("bytes", "decimal", precision=38), [decimal.Decimal(s) for s in ("0", "7", "-128", "128", "-129", "9" * 38)]),
    "dec_fixed": (fixed("Dec", 16, logicalType="decimal", precision=38, scale=4), [decimal.Decimal(s) for s in ("0", "-0.0001", "1.5", "-" + "9" * 34 + ".9999")]),
    "dec_other": (logical("bytes", "decimal-of-another-kind", precision=4, scale=9), [b"\x01"]),
    "dec_big": (logical("bytes", "big-decimal"), [make_big(n, s) for n, s in ((0, 0), (12345, 2), (-5, 3), (5, -3), (10**40, 20), (0, 3), (0, -3))]),
    "uuid_text": (logical("string", "uuid"), [uuid.UUID(int=0), uuid.UUID("9b2f1c04-6d3e-4f0a-8a51-0c7e2d1b6a99")]),
    "uuid_fixed": (fixed("U", 16, logicalType="uuid"), [uuid.UUID("9b2f1c04-6d3e-4f0a-8a51-0c7e2d1b6a99").bytes]),
    "day": (logical("int", "date"), [dt.date(1970, 1, 1), dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(2024, 2, 29), dt.date(1969, 12, 31)]),
    "t_millis": (logical("int", "time-millis"), [dt.time(0), dt.time(23, 59, 59, 999000), dt.time(3, 4, 5, 60000)]),
    "t_micros": (logical("long", "time-micros"), [dt.time(0), dt.time(23, 59, 59, 999999), dt.time(3, 4, 5, 6)]),
    "at_millis": (logical("long", "timestamp-millis"), [dt.datetime(1970, 1, 1, tzinfo=UTC), dt.datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC), dt.datetime(2024, 2, 29, 1, 2, 3, 4000, tzinfo=UTC), dt.datetime(2, 1, 1, tzinfo=UTC)]),
    "at_micros": (logical("long", "timestamp-micros"), [dt.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), dt.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)]),
    "at_nanos": (logical("long", "timestamp-nanos"), [0, -1, LONG - 1, -LONG, 1704164645123456789]),
    "local_millis": (logical("long", "local-timestamp-millis"), [dt.datetime(2024, 1, 2, 3, 4, 5, 123000)]),
    "local_micros": (logical("long", "local-timestamp-micros"), [dt.datetime(2024, 1, 2, 3, 4, 5, 123456), dt.datetime(1960, 1, 2, 3, 4, 5, 1)]),
    "local_nanos": (logical("long", "local-timestamp-nanos"), [1704164645123456789, -1]),
    "span": (fixed("Span", 12, logicalType="duration"), [struct.pack("<III", 1, 2, 3004), b"\xff" * 12, bytes(12)]),
    "unknown": (logical("long", "parsecs"), [5]),
    "unfit": (logical("string", "date"), ["x"]),
}

def all_types():
    fields, columns = [], {}
    for name, (schema, values) in TYPES.items():
        fields.append({"name": name, "type": schema})
        columns[name] = values
    rows = max(map(len, columns.values()))
    records = [{n: v[i % len(v)] for n, v in columns.items()} for i in range(rows)]
    return {"type": "record", "name": "All", "namespace": "of.types", "fields": fields}, records


def optional_types():
    fields = [{"name": "maybe_" + n, "type": s if isinstance(s, list) else ["null", s]} for n, (s, v) in TYPES.items() if n not in ("a_null", "a_union")]
    records = [{}]
    for name, (schema, values) in TYPES.items():
        records += [{"maybe_" + name: v} for v in values] if name not in ("a_null", "a_union") else []
    return {"type": "record", "name": "Optional", "fields": fields}, records


def linked(depth):
    node = None
    for i in range(depth):
        node = {"v": i, "next": node}
    return node


# fastavro packs zstandard by a module that Pythons before 3.14 have not; this does the
# same by the package zstandard.
def write_zstandard(out, block, level):
    packed = zstandard.compress(block)
    out.write(zigzag(len(packed)) + packed)


def read_zstandard(file):
    size = b""
    while not size or size[-1] > 0x7F:
        size += file.read(1)
    return io.BytesIO(zstandard.decompress(file.read(varint(size)[0])))


def main(folder):
    fastavro._write.BLOCK_WRITERS["zstandard"] = write_zstandard
    fastavro._read.BLOCK_READERS["zstandard"] = read_zstandard
    schema, records = all_types()
    for codec in ("null", "deflate", "bzip2", "snappy", "xz", "zstandard"):
        write(folder, "types_" + codec, schema, records, codec, sync_interval=700)
    write(folder, "optional", *optional_types())
    write(folder, "linked", {"type": "record", "name": "a.List", "fields": [{"name": "v", "type": "int"}, {"name": "next", "type": ["null", "List"]}]}, [linked(d) for d in (1, 2, 50)])
    write(folder, "strings", "string", ["a", "", "b"])
    write(folder, "unions", ["null", "long"], [1, None, 2])
    write(folder, "none", schema, [])
    write(folder, "empty_records", {"type": "record", "name": "E", "fields": []}, [{}, {}, {}])
    small = {"type": "record", "name": "S", "fields": [{"name": "id", "type": "long"}, {"name": "name", "type": ["null", "string"]}, {"name": "tags", "type": {"type": "array", "items": "string"}}, {"name": "m", "type": {"type": "map", "values": "double"}}]}
    rows = [{"id": i, "name": None if i % 3 else f"row {i}", "tags": ["a", "b"][: i % 3], "m": {"k": i / 4}} for i in range(12)]
    for codec in ("null", "deflate", "bzip2", "snappy", "xz", "zstandard"):
        write(folder, "small_" + codec, small, rows, codec, sync_interval=60)


main(sys.argv[1])
