"""Writes Parquet files into a folder, by pyarrow and by DuckDB, and beside each one its
rows as JSON lines: what pyarrow and DuckDB read back, by the rules of the package's doc."""
import base64, datetime, decimal, glob, json, math, random, shutil, struct, sys, uuid
import duckdb, pyarrow as pa, pyarrow.parquet as pq

out = sys.argv[1]
R = random.Random(7)


class Number(float):
    """A number that is written as its text."""
    def __new__(cls, text):
        n = super().__new__(cls, float(text))
        n.text = text
        return n


def dumps(v):
    if isinstance(v, Number):
        return v.text
    if isinstance(v, dict):
        return "{" + ",".join(json.dumps(k) + ":" + dumps(x) for k, x in v.items()) + "}"
    if isinstance(v, list):
        return "[" + ",".join(map(dumps, v)) + "]"
    return json.dumps(v)


def number(f, width):
    """The shortest number that is nearest to a float of its width."""
    if not math.isfinite(f):
        return None
    form = {16: "<e", 32: "<f", 64: "<d"}[width]
    for digits in range(17):
        text = "%.*e" % (digits, f)
        try:
            if struct.pack(form, float(text)) == struct.pack(form, f):
                return Number(text)
        except OverflowError:
            pass
    raise ValueError(f)


def fixed(d, scale):
    return Number(format(d, "." + str(scale) + "f")) if scale else int(d)


def date(days):
    return str(datetime.date.fromordinal(719163 + days))


def clock(i, unit):
    per, digits = {"ms": (10**3, 3), "us": (10**6, 6), "ns": (10**9, 9)}[unit]
    s, f = divmod(i, per)
    return "%02d:%02d:%02d.%0*d" % (s // 3600, s // 60 % 60, s % 60, digits, f)


def stamp(i, unit, zone):
    per = 86400 * {"ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    return date(i // per) + "T" + clock(i % per, unit) + ("Z" if zone else "")


def arrow(s):
    """The JSON value of an Arrow scalar."""
    t = s.type
    if not s.is_valid:
        return None
    if isinstance(t, pa.BaseExtensionType):
        name = t.extension_name
        if name == "arrow.json":
            return json.loads(s.value.as_py(), parse_float=Number)
        if name == "arrow.uuid":
            return str(uuid.UUID(bytes=s.value.as_py()))
        return arrow(s.value)
    if pa.types.is_struct(t):
        return {k: arrow(s[k]) for k in [t.field(i).name for i in range(t.num_fields)]}
    if pa.types.is_map(t):
        entries = [(e[0], e[1]) for e in s.values]
        if pa.types.is_string(t.key_type):
            return {k.as_py(): arrow(v) for k, v in entries}
        return [{"key": arrow(k), "value": arrow(v)} for k, v in entries]
    if pa.types.is_nested(t):
        return [arrow(e) for e in s.values]
    if pa.types.is_decimal(t):
        return fixed(s.as_py(), t.scale)
    if pa.types.is_floating(t):
        return number(float(s.as_py()), t.bit_width)
    if pa.types.is_timestamp(t):
        return stamp(s.value, t.unit, t.tz)
    if pa.types.is_time(t):
        return clock(s.value, t.unit)
    if pa.types.is_date(t):
        return date(s.value)
    v = s.as_py()
    return base64.b64encode(v).decode() if isinstance(v, bytes) else v


def save(name, rows):
    with open(f"{out}/{name}.jsonl", "w") as f:
        for r in rows:
            f.write(dumps(r) + "\n")


def write(name, table, **options):
    path = f"{out}/{name}.parquet"
    pq.write_table(table, path, **options)
    reread(name)


def reread(name):
    # pyarrow gives a file's own types, not those of the table that was written, if the
    # table's schema is not in the file.
    t = pq.ParquetFile(f"{out}/{name}.parquet", arrow_extensions_enabled=True).read()
    columns = [c.combine_chunks() for c in t.columns]
    save(name, [{n: arrow(c[i]) for n, c in zip(t.column_names, columns)} for i in range(t.num_rows)])


D = decimal.Decimal


def texts():
    return R.choice(["", "a", "ü€😀", "line\nbreak\t\"\\\x01\x7f", "common", "common", "x" * R.randrange(40), "prefix-%d" % R.randrange(1000)])


def ints(bits, signed=True):
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return lambda: R.choice([low, high, 0, 1, R.randint(low, high), R.randint(0, 9)])


def floats(kind):
    big = {16: 65504.0, 32: 3.4028234663852886e38, 64: 1.7976931348623157e308}[kind]
    small = {16: 2.0**-24, 32: 2.0**-149, 64: 5e-324}[kind]
    return lambda: R.choice([0.0, -0.0, 1.5, 0.1, -2.7, big, -big, small, float("nan"), float("inf"), float("-inf"), R.uniform(-1e4, 1e4), R.random(), 1e-7, 1024.0, 2048.0])


def decimals(precision, scale):
    def make():
        n = R.choice([0, 1, -1, 10**precision - 1, 1 - 10**precision, R.randrange(10**precision), -R.randrange(10**precision), 1500])
        return D(n if abs(n) < 10**precision else 0).scaleb(-scale, decimal.Context(prec=100))
    return make


def stamps(unit):
    top = {"ms": 253402300799999, "us": 253402300799999999, "ns": 2**63 - 2}[unit]
    low = {"ms": -62135596800000, "us": -62135596800000000, "ns": -(2**63) + 2}[unit]  # those beside are infinities of DuckDB
    return lambda: R.choice([0, -1, 1, top, low, R.randrange(low, top), 1704164645123])


def times(unit):
    top = 86400 * {"ms": 10**3, "us": 10**6, "ns": 10**9}[unit] - 1
    return lambda: R.choice([0, 1, top, R.randrange(top)])


def blobs(n=None):
    return lambda: bytes(R.randrange(256) for _ in range(R.choice([0, 1, 5, 30]) if n is None else n))


TYPES = {
    "boolean": (pa.bool_(), lambda: R.random() < 0.5),
    **{f"int{b}": (getattr(pa, f"int{b}")(), ints(b)) for b in (8, 16, 32, 64)},
    **{f"uint{b}": (getattr(pa, f"uint{b}")(), ints(b, False)) for b in (8, 16, 32, 64)},
    **{f"float{b}": (getattr(pa, f"float{b}")(), floats(b)) for b in (16, 32, 64)},
    "text": (pa.string(), texts),
    "bytes": (pa.binary(), blobs()),
    "fixed": (pa.binary(7), blobs(7)),
    **{f"decimal_{p}_{s}": (pa.decimal128(p, s), decimals(p, s)) for p, s in [(5, 2), (9, 9), (18, 4), (20, 0), (38, 10), (38, 38)]},
    "decimal_76": (pa.decimal256(76, 20), decimals(76, 20)),
    "date": (pa.date32(), lambda: R.choice([0, -1, 2932896, -719162, 19000, R.randrange(-700000, 2900000)])),
    **{f"time_{u}": ((pa.time32 if u == "ms" else pa.time64)(u), times(u)) for u in ("ms", "us", "ns")},
    **{f"stamp_{u}": (pa.timestamp(u), stamps(u)) for u in ("ms", "us", "ns")},
    **{f"instant_{u}": (pa.timestamp(u, "UTC"), stamps(u)) for u in ("ms", "us", "ns")},
    "nothing": (pa.null(), lambda: None),
    "uuid": (pa.uuid(), blobs(16)),
    "json": (pa.json_(), lambda: R.choice(['{"a": [1, 2.50, null]}', '"t"', "null", "[ ]", "17"])),
}

raw_int = lambda t: pa.types.is_temporal(t)


def column(t, make, n, nulls=0.2):
    values = [None if R.random() < nulls else make() for _ in range(n)]
    if raw_int(t):
        return pa.array(values, pa.int32() if t.bit_width == 32 else pa.int64()).cast(t)
    if isinstance(t, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(t, pa.array(values, t.storage_type))
    return pa.array(values, t)


def flat(n, nulls=0.2, only=None):
    return pa.table({k: column(t, m, n, nulls) for k, (t, m) in TYPES.items() if only is None or k in only})


def required(table):
    fields = [f.with_nullable(pa.types.is_null(f.type)) for f in table.schema]
    return pa.table(table.columns, pa.schema(fields))


NESTED = {
    "struct": pa.struct([("a", pa.int64()), ("b", pa.struct([("c", pa.string()), pa.field("d", pa.int32(), nullable=False)]))]),
    "list": pa.list_(pa.int64()),
    "required_items": pa.list_(pa.field("element", pa.string(), nullable=False)),
    "list_list": pa.list_(pa.list_(pa.string())),
    "list_list_list": pa.list_(pa.list_(pa.list_(pa.int32()))),
    "list_struct": pa.list_(pa.struct([("a", pa.string()), ("b", pa.list_(pa.float64())), ("c", pa.bool_())])),
    "struct_list": pa.struct([("x", pa.list_(pa.struct([("y", pa.list_(pa.int16()))]))), ("z", pa.date32())]),
    "map": pa.map_(pa.string(), pa.int64()),
    "map_numbers": pa.map_(pa.int32(), pa.string()),
    "map_map": pa.map_(pa.string(), pa.map_(pa.string(), pa.list_(pa.string()))),
    "list_map": pa.list_(pa.map_(pa.string(), pa.struct([("v", pa.decimal128(10, 2))]))),
    "fixed_list": pa.list_(pa.int32(), 3),
}


def value(t, nullable=True):
    if nullable and R.random() < 0.25:
        return None
    if pa.types.is_struct(t):
        return {t.field(i).name: value(t.field(i).type, t.field(i).nullable) for i in range(t.num_fields)}
    if pa.types.is_map(t):
        make = texts if pa.types.is_string(t.key_type) else ints(32)
        return [(k, value(t.item_type)) for k in dict.fromkeys(make() for _ in range(R.choice([0, 1, 3])))]
    if pa.types.is_fixed_size_list(t):
        return [value(t.value_type) for _ in range(t.list_size)]
    if pa.types.is_list(t):
        return [value(t.value_type, t.value_field.nullable) for _ in range(R.choice([0, 0, 1, 2, 5]))]
    if pa.types.is_date(t):
        return datetime.date(2000, 1, 1) + datetime.timedelta(R.randrange(9999))
    return {pa.string(): texts, pa.bool_(): lambda: R.random() < .5, pa.float64(): floats(64), pa.int64(): ints(64), pa.int32(): ints(32), pa.int16(): ints(16), pa.decimal128(10, 2): decimals(10, 2)}[t]()


def nested(n, only=NESTED):
    columns = {k: pa.array([value(t) for _ in range(n)], t) for k, t in NESTED.items() if k in only}
    columns["id"] = pa.array(range(n))
    # Fields of structures keep what pa.array says of nulls.
    return pa.table(columns, pa.schema([(k, c.type) for k, c in columns.items()]))


def duck(name, query, options=""):
    path = f"{out}/{name}.parquet"
    duckdb.sql(f"COPY ({query}) TO '{path}' (FORMAT parquet{options})")
    save(name, duck_rows(path))


# What DuckDB says of types whose nanoseconds it does not give to Python.
NANOS = {
    "TIMESTAMP_NS": ("epoch_ns({})", lambda v: stamp(v, "ns", "")),
    "TIMESTAMPTZ_NS": ("epoch_ns({})", lambda v: stamp(v, "ns", "UTC")),
    "TIME_NS": ("{}::VARCHAR", lambda v: v[:8] + "." + v[9:].ljust(9, "0")),
}


def duck_rows(path):
    t = duckdb.sql(f"SELECT * FROM read_parquet('{path}')")
    types = dict(zip(t.columns, t.types))
    columns = [f"{NANOS[str(u)][0].format(c)} AS {c}" if str(u) in NANOS else f'"{c}"' for c, u in types.items()]
    rows = duckdb.sql(f"SELECT {', '.join(columns)} FROM read_parquet('{path}')").fetchall()
    return [{c: duck_value(types[c], v) for c, v in zip(types, row)} for row in rows]


def duck_value(t, v):
    name = t.id
    if v is None:
        return None
    if str(t) in NANOS:
        return NANOS[str(t)][1](v)
    if str(t) == "JSON":
        return json.loads(v, parse_float=Number)
    if name == "list" or name == "array":
        return [duck_value(t.children[0][1], x) for x in v]
    if name == "struct":
        return {k: duck_value(u, v[k]) for k, u in t.children}
    if name == "map":
        key, val = t.children[0][1], t.children[1][1]
        if key.id == "varchar":
            return {k: duck_value(val, x) for k, x in v.items()}
        return [{"key": duck_value(key, k), "value": duck_value(val, x)} for k, x in v.items()]
    if name == "decimal":
        return fixed(v, t.children[1][1])
    if name == "float":
        return number(v, 32)
    if name == "double":
        return number(v, 64)
    if name in ("timestamp", "timestamp_us"):
        return v.isoformat(timespec="microseconds")
    if name.startswith("timestamp with"):
        return v.astimezone(datetime.timezone.utc).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    if name == "time":
        return v.isoformat(timespec="microseconds")
    if name == "date":
        return v.isoformat()
    if name == "interval":
        return "P%dD" % v.days if v.days else "PT0S"
    if isinstance(v, bytes):
        return base64.b64encode(v).decode()
    return str(v) if isinstance(v, uuid.UUID) else v


def duck_all():
    duck("duck_types", """SELECT i AS id, i % 2 = 0 AS boolean, (i % 100)::TINYINT AS t, i::UBIGINT AS u, (i * 1.5)::FLOAT AS f, i / 3 AS d,
        (i * 1.25)::DECIMAL(9, 2) AS d9, (i * 1.25)::DECIMAL(38, 5) AS d38, DATE '1999-12-30' + i::INT AS date, TIME '03:04:05.678' AS time,
        TIMESTAMP '2024-01-02 03:04:05.123456' + INTERVAL (i) HOUR AS stamp, TIMESTAMPTZ '2024-01-02 03:04:05.5+02' AS instant,
        uuid() AS uuid, 'text ' || i AS text, CASE WHEN i % 3 = 0 THEN NULL ELSE 'b'::BLOB END AS bytes,
        INTERVAL (i % 20) DAY AS interval, '{"a": [1, 2.50]}'::JSON AS json, ['a', 'b', NULL][:i % 4] AS list,
        {'x': i, 'y': [{'z': i}]} AS struct, MAP {'k' || i: i} AS map, MAP {i: 'v'} AS map_numbers FROM range(3000) r(i)""", ", ROW_GROUP_SIZE 2048")
    duck("duck_v2", "SELECT i AS id, i * 7 % 5 AS few, 'prefix ' || (i * 37 % 1000) AS text, i::FLOAT AS f, i::DOUBLE / 7 AS d, CASE WHEN i % 7 > 2 THEN i END AS some, i % 3 = 0 AS b FROM range(5000) r(i)", ", PARQUET_VERSION v2, COMPRESSION zstd")
    duck("duck_lz4", "SELECT i, repeat('abc', i::INT % 50) AS t FROM range(999) r(i)", ", COMPRESSION lz4_raw")
    duck("duck_brotli", "SELECT i, repeat('abc', i::INT % 50) AS t FROM range(999) r(i)", ", COMPRESSION brotli")
    duck("duck_empty", "SELECT i, 'x' AS t FROM range(0) r(i)")


# Types that DuckDB reads as others: floats for decimals of 76 digits and for floats of 16
# bits, microseconds for milliseconds.
UNLIKE = ["decimal_76", "float16", "time_ms", "stamp_ms", "instant_ms"]


def compare_with_duck(name):
    """What DuckDB reads of a file that pyarrow has written."""
    shutil.copy(f"{out}/{name}.parquet", f"{out}/{name}_by_duck.parquet")
    rows = duck_rows(f"{out}/{name}_by_duck.parquet")
    save(name + "_by_duck", rows)


def orders(n):
    start = datetime.datetime(2024, 1, 1)
    return pa.table({
        "id": pa.array(range(n)),
        "customer": pa.array([R.randrange(10**6) for _ in range(n)]),
        "name": pa.array(["customer number %d" % R.randrange(10**5) for _ in range(n)]),
        "status": pa.array([R.choice(["open", "paid", "sent"]) for _ in range(n)]),
        "price": pa.array([R.random() * 1000 for _ in range(n)]),
        "total": pa.array([D(R.randrange(10**7)) / 100 for _ in range(n)], pa.decimal128(12, 2)),
        "at": pa.array([start + datetime.timedelta(seconds=R.randrange(10**7), microseconds=R.randrange(10**6)) for _ in range(n)], pa.timestamp("us", "UTC")),
        "day": pa.array([datetime.date(2024, 1, 1) + datetime.timedelta(R.randrange(999)) for _ in range(n)]),
        "ok": pa.array([R.random() < 0.5 for _ in range(n)]),
        "note": pa.array([None if R.random() < 0.5 else "n%d" % i for i in range(n)]),
        "tags": pa.array([[R.choice("abc") for _ in range(R.randrange(4))] for _ in range(n)]),
        "items": pa.array([[{"sku": "s%d" % R.randrange(999), "qty": R.randrange(9)} for _ in range(R.randrange(3))] for _ in range(n)]),
    })


def main():
    if sys.argv[2:3] == ["orders"]:  # those of BenchmarkNext
        pq.write_table(orders(int(sys.argv[3])), f"{out}/orders.parquet", compression="zstd", store_schema=False)
        return
    if sys.argv[2:] == ["read"]:
        for path in glob.glob(f"{out}/*.parquet"):
            reread(path[len(out) + 1 : -len(".parquet")])
        return
    if len(sys.argv) > 2:  # the small files that are checked in
        write("types", flat(30), store_schema=False, compression="snappy")
        write("nested", nested(30), store_schema=False, compression="none", data_page_version="2.0", row_group_size=11)
        write("deltas", flat(40, only=["int64", "int32"]), use_dictionary=False, column_encoding="DELTA_BINARY_PACKED", compression="zstd", write_page_checksum=True, store_schema=False)
        write("tiny", nested(5, only=["list", "map"]), compression="none", store_schema=False, write_page_checksum=True)
        return
    for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
        for version in ["1.0", "2.0"]:
            for dictionary in [False, True]:
                o = dict(compression=codec, data_page_version=version, use_dictionary=dictionary, store_schema=False, write_page_checksum=True)
                tag = f"{codec}_v{version[0]}_{'dictionary' if dictionary else 'plain'}"
                write("types_" + tag, flat(300), row_group_size=130, **o)
                write("nested_" + tag, nested(300), row_group_size=130, data_page_size=200, write_batch_size=16, **o)
    for version in ["1.0", "2.0"]:
        for encoding, only in {
            "DELTA_BINARY_PACKED": ["int8", "int32", "int64", "uint64", "uint32", "stamp_us", "date"],
            "DELTA_LENGTH_BYTE_ARRAY": ["text", "bytes"],
            "DELTA_BYTE_ARRAY": ["text", "bytes", "fixed", "uuid"],
            "BYTE_STREAM_SPLIT": ["float32", "float64", "int32", "int64", "fixed", "float16", "decimal_38_10"],
            "RLE": ["boolean"],
            "PLAIN": list(TYPES),
        }.items():
            for nulls in (0, 0.3, 1):
                write(f"encoding_{encoding}_{version[0]}_{int(nulls * 10)}", flat(1000, nulls, only), use_dictionary=False, column_encoding=encoding, data_page_version=version, store_schema=False, data_page_size=1000, write_batch_size=50)
    write("int96", flat(200, only=["stamp_ns", "instant_ns"]), use_deprecated_int96_timestamps=True)
    write("required", required(flat(100, 0)), store_schema=False)
    write("version_1", flat(100, only=["int8", "uint32", "time_ms", "stamp_ms", "instant_us", "text", "decimal_5_2", "date"]), version="1.0", store_schema=False)
    write("old_lists", nested(100), use_compliant_nested_type=False, store_schema=False)
    write("dictionary_ends", flat(2000), dictionary_pagesize_limit=300, data_page_size=500, write_batch_size=20, store_schema=False)
    write("nested_dictionary_ends", nested(1000), dictionary_pagesize_limit=300, data_page_size=500, write_batch_size=20, store_schema=False)
    write("no_rows", flat(0), store_schema=False)
    write("decimal_as_int", flat(100, only=["decimal_5_2", "decimal_18_4"]), store_decimal_as_integer=True, store_schema=False)
    w = pq.ParquetWriter(f"{out}/no_groups.parquet", flat(0).schema, store_schema=False)
    w.close()
    reread("no_groups")
    write("many_groups", flat(500, only=["int64", "text"]), row_group_size=3, store_schema=False)
    write("compare", flat(400, only=[k for k in TYPES if k not in UNLIKE]), store_schema=False)
    compare_with_duck("compare")
    write("compare_nested", nested(300), store_schema=False)
    compare_with_duck("compare_nested")
    duck_all()


main()
