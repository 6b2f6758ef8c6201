"""Writes files of length-delimited messages with Google's Python, and what it reads of them.

    python write.py FOLDER   # where shop/*.proto are copied to and everything is written

For each message NAME: NAME.bin, and NAME.jsonl with a line for each of its messages,
made from what Python reads back, by the rules in doc.go. types.pb is the descriptor set.
"""
import base64
import io
import json
import pathlib
import shutil
import struct
import subprocess
import sys

here = pathlib.Path(__file__).parent
out = pathlib.Path(sys.argv[1])
if out.resolve() != here.resolve():
    shutil.copytree(here / "shop", out / "shop", dirs_exist_ok=True)
code = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else sys.argv[1]) / "code"
code.mkdir(exist_ok=True)
subprocess.run(
    [sys.executable, "-m", "grpc_tools.protoc", f"-I{out}", f"--python_out={code}", "--include_imports",
     f"--descriptor_set_out={out}/types.pb", *sorted(str(p) for p in (out / "shop").glob("*.proto"))],
    check=True)
sys.path.insert(0, str(code))

from google.protobuf import descriptor_pool, message_factory, proto
from google.protobuf import any_pb2, duration_pb2, empty_pb2, struct_pb2, timestamp_pb2, wrappers_pb2
from google.protobuf.descriptor import FieldDescriptor as FD
from google.protobuf.message import DecodeError
from shop import all_pb2, base_pb2, new_pb2, old_pb2

All, Money, Old, New = all_pb2.All, base_pb2.Money, old_pb2.Old, new_pb2.New
WRAPPERS = {n + "Value" for n in "Bool Int32 Int64 UInt32 UInt64 Float Double String Bytes".split()}


def finite(x, bits):
    if x != x or x in (float("inf"), float("-inf")):
        return None
    if bits == 32:
        for digits in range(1, 10):
            short = float(f"{x:.{digits}g}")
            if abs(short) < 3.5e38 and struct.pack("f", short) == struct.pack("f", x):
                return short
    return x


def fraction(nanos):
    if not nanos:
        return ""
    text = f"{nanos:09d}"
    while text.endswith("000"):
        text = text[:-3]
    return "." + text


def scalar(f, v):
    if f.enum_type:
        if f.enum_type.full_name == "google.protobuf.NullValue":
            return None
        name = f.enum_type.values_by_number.get(v)
        return first_name(f.enum_type, v) if name else v
    if f.type == FD.TYPE_FLOAT:
        return finite(v, 32)
    if f.type == FD.TYPE_DOUBLE:
        return finite(v, 64)
    if f.type == FD.TYPE_BYTES:
        return base64.b64encode(v).decode()
    return v


def first_name(enum, number):
    return next(v.name for v in enum.values if v.number == number)


def one(f, v):
    return message(v) if f.message_type else scalar(f, v)


def is_map(f):
    return f.message_type and f.message_type.GetOptions().map_entry


def key(k):
    return {True: "true", False: "false"}[k] if isinstance(k, bool) else str(k)


def field(m, f):
    v = getattr(m, f.name) if not f.is_extension else m.Extensions[f]
    if is_map(f):
        of = f.message_type.fields_by_name["value"]
        return {key(k): one(of, v[k]) for k in v}
    if f.is_repeated:
        return [one(f, x) for x in v]
    return one(f, v)


def fields(m):
    record, set_ = {}, {(f.full_name, f.is_extension) for f, _ in m.ListFields()}
    for f in m.DESCRIPTOR.fields:
        o = f.containing_oneof
        if o and not (len(o.fields) == 1 and o.name == "_" + f.name):
            if m.WhichOneof(o.name) == f.name:
                record[f.name] = field(m, f)
        elif f.has_presence and not m.HasField(f.name):
            record[f.name] = None
        else:
            record[f.name] = field(m, f)
    for f, _ in m.ListFields():
        if f.is_extension:
            record[f"[{f.full_name}]"] = field(m, f)
    return record


def message(m):
    d = m.DESCRIPTOR
    if d.file.package != "google.protobuf":
        return fields(m)
    if d.name in WRAPPERS:
        return scalar(d.fields_by_name["value"], m.value)
    if d.name == "Timestamp":
        if not -62135596800 <= m.seconds <= 253402300799:
            raise ValueError
        days, rest = divmod(m.seconds, 86400)
        import datetime
        day = datetime.date(1970, 1, 1) + datetime.timedelta(days)
        return f"{day.isoformat()}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}{fraction(m.nanos)}Z"
    if d.name == "Duration":
        sign = "-" if m.seconds < 0 or m.nanos < 0 else ""
        return f"{sign}PT{abs(m.seconds)}{fraction(abs(m.nanos))}S"
    if d.name == "FieldMask":
        return ",".join(m.paths)
    if d.name == "Struct":
        return {k: message(m.fields[k]) for k in m.fields}
    if d.name == "ListValue":
        return [message(v) for v in m.values]
    if d.name == "Value":
        kind = m.WhichOneof("kind")
        return field(m, d.fields_by_name[kind]) if kind else None
    if d.name == "Empty":
        return {}
    if d.name == "Any":
        try:
            of = descriptor_pool.Default().FindMessageTypeByName(m.type_url.rsplit("/", 1)[-1])
        except KeyError:
            return {"@type": m.type_url, "value": base64.b64encode(m.value).decode()}
        inner = message_factory.GetMessageClass(of)()
        inner.ParseFromString(m.value)
        if of.file.package == "google.protobuf":
            return {"@type": m.type_url, "value": message(inner)}
        return {"@type": m.type_url, **fields(inner)}
    raise ValueError(d.full_name)


def packed(m):
    a = any_pb2.Any()
    a.Pack(m)
    return a


def alls():
    yield All()
    low, high = -2**31, 2**31 - 1
    for m in (
        dict(f_int32=low, f_sint32=low, f_sfixed32=low, f_int64=-2**63, f_sint64=-2**63, f_sfixed64=-2**63),
        dict(f_int32=high, f_sint32=high, f_sfixed32=high, f_int64=2**63 - 1, f_sint64=2**63 - 1, f_sfixed64=2**63 - 1,
             f_uint32=2**32 - 1, f_fixed32=2**32 - 1, f_uint64=2**64 - 1, f_fixed64=2**64 - 1, order_id=9007199254740993),
        dict(f_bool=True, camelCase="quote \" back \\ line \n tab \t nul \0 del \x7f é 漢 😀 \u2028 </script>", f_bytes=bytes(range(256)), far=-1),
        dict(f_color=1, o_color=0, o_int64=0, o_string=""), dict(f_color=70000), dict(f_color=-5), dict(f_color=12345),
        dict(price=Money()), dict(price=Money(currency="EUR", units=-1, nanos=999)),
        dict(r_bool=[True, False], r_sint64=[0, -1, 2**62], u_sint64=[1, -2, 3], r_double=[1.5, float("nan"), float("inf")],
             r_float=[0.1, -0.0, 3.4028234663852886e38, 1e-45], r_fixed32=[1, 2**32 - 1], r_string=["", "a", "é"], r_bytes=[b"", b"\xff"],
             r_color=[0, 1, 99, -5], r_money=[Money(), Money(units=1)]),
        dict(m_text={"": "", "a": "b", "é\"": "\n"}, m_int32={-1: Money(units=1), low: Money()}, m_bool={True: 1, False: 70000},
             m_sint64={-2**63: 0.5, 0: float("nan")}, m_fixed64={2**64 - 1: b"x"}, m_all={"x": All(far=1)}),
        dict(m_text={f"key {i}": str(i) for i in range(300)}),
        dict(c_number=0), dict(c_text=""), dict(c_money=Money()), dict(c_empty=empty_pb2.Empty()),
        dict(empty=empty_pb2.Empty()), dict(nothing=0), dict(mask={"paths": ["a_b.c", "d"]}), dict(mask={}),
        dict(any=any_pb2.Any()), dict(any=packed(Money(units=5))), dict(any=packed(All(far=2, any=packed(Money())))),
        dict(any=packed(timestamp_pb2.Timestamp(seconds=1))), dict(any=packed(empty_pb2.Empty())),
        dict(any=any_pb2.Any(type_url="example.com/not.Known", value=b"\x01\x02")), dict(r_any=[packed(Old(id=4)), packed(wrappers_pb2.Int64Value(value=2**60))]),
        dict(inner=All(inner=All(children=[All(), All(f_bool=True)]))),
    ):
        yield All(**m)
    for x in (0.0, -0.0, 1.0, 0.1, 1e20, 1e21, 1e-6, 9.9e-7, 1.7976931348623157e308, 5e-324, float("nan"), float("-inf"), 123456789.125):
        yield All(f_double=x, f_float=x if abs(x) < 3e38 or x != x else 0, w_double=wrappers_pb2.DoubleValue(value=x))
    for s, n in ((0, 0), (1, 1), (1, 1000), (1, 1_000_000), (-1, 999_999_999), (-62135596800, 0), (253402300799, 999_999_999), (1704164645, 123_456_000)):
        yield All(at=timestamp_pb2.Timestamp(seconds=s, nanos=n), r_at=[timestamp_pb2.Timestamp()])
    for s, n in ((0, 0), (1, 500_000_000), (-1, -1), (0, -500_000_000), (-90, 0), (315576000000, 999_999_999), (3661, 1000)):
        yield All(took=duration_pb2.Duration(seconds=s, nanos=n))
    W = wrappers_pb2
    yield All(w_bool=W.BoolValue(), w_int32=W.Int32Value(), w_int64=W.Int64Value(value=-2**63), w_uint32=W.UInt32Value(), w_uint64=W.UInt64Value(value=2**64 - 1),
              w_float=W.FloatValue(value=0.1), w_double=W.DoubleValue(value=0.1), w_string=W.StringValue(), w_bytes=W.BytesValue(value=b"\0"),
              r_int64=[W.Int64Value(), W.Int64Value(value=3)])
    s = struct_pb2.Struct()
    s.update({"a": None, "b": True, "c": 1.5, "d": "x", "e": {"f": [1, "y", None, {}, []]}})
    l = struct_pb2.ListValue()
    l.extend([1, "two", None, {"three": 3}])
    yield All(object=s, list=l, anything=struct_pb2.Value(string_value="v"), m_value={"k": struct_pb2.Value(number_value=2)})
    yield All(object={}, list=struct_pb2.ListValue(), anything=struct_pb2.Value())
    yield All(anything=struct_pb2.Value(null_value=0))
    yield All(r_sint64=list(range(-300, 300)), camelCase="x" * 100)


def olds():
    yield Old(id=0)
    yield Old(id=1, name="", count=0, closed=1, r_closed=[3, 1], r_int32=[1, -1], m_closed={"a": 1, "b": 0}, money=Money(units=2))
    o = Old(id=2)
    o.part.size = 3
    o.part.piece.add().label = "x"
    o.part.piece.add()
    o.Extensions[old_pb2.marks].extend([1, 2])
    o.Extensions[old_pb2.note] = "n"
    o.Extensions[Old.price].units = 4
    yield o


def news():
    yield New(id=0)
    n = New(id=1, explicit="", implicit="i", expanded=[1, 2], packed=[3, 4], shut=2, flag=False)
    n.delimited.units = 5
    n.r_delimited.add()
    n.r_delimited.add().currency = "CHF"
    yield n


def merged():
    """Messages one behind the other are one message: the last values count, messages are merged."""
    yield All(price=Money(units=1, currency="A"), f_bool=True, c_money=Money(units=1), r_bool=[True], m_text={"a": "1", "b": "2"}), \
        All(price=Money(units=2), c_text="t", r_bool=[False], m_text={"a": "3"})
    yield All(c_money=Money(units=1, currency="A")), All(c_text="t"), All(c_money=Money(nanos=1))
    yield All(c_money=Money(units=1, currency="A")), All(c_money=Money(nanos=1))
    yield All(any=packed(Money(units=5))), All(any=any_pb2.Any(value=b""))
    yield All(anything=struct_pb2.Value(struct_value={"fields": {"a": struct_pb2.Value()}})), All(anything=struct_pb2.Value(struct_value={"fields": {"b": struct_pb2.Value()}}))
    yield All(inner=All(inner=All(c_number=1, r_sint64=[1]))), All(inner=All(inner=All(c_text="x", r_sint64=[2])))
    yield All(at=timestamp_pb2.Timestamp(seconds=1)), All(at=timestamp_pb2.Timestamp(nanos=5))


def write(name, cls, texts):
    f = io.BytesIO()
    for t in texts:
        f.write(varint(len(t)) + t)
    (out / f"{name}.bin").write_bytes(f.getvalue())
    f.seek(0)
    with open(out / f"{name}.jsonl", "w") as lines:
        while (m := proto.parse_length_prefixed(cls, f)) is not None:
            lines.write(json.dumps(message(m), ensure_ascii=False, separators=(",", ":")) + "\n")


def varint(n):
    b = bytearray()
    while n > 127:
        b.append(n & 127 | 128)
        n >>= 7
    return bytes(b + bytes([n]))


write("shop.All", All, [m.SerializeToString() for m in alls()])
write("shop.Old", Old, [m.SerializeToString() for m in olds()])
write("shop.New", New, [m.SerializeToString() for m in news()])
write("merged", All, [b"".join(m.SerializeToString() for m in ms) for ms in merged()])
