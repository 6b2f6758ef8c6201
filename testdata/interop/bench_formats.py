"""Measures how fast tap-rest reads each format, beside the usual way of Python.

    python bench_formats.py BINARY [FORMAT...]

It writes the same rows in each format, then reads each file by both programs in turn:
by BINARY over loopback, with a schema and the journal on, and by Python from the disk,
which spares it the download. Both write a RECORD line for each record to a pipe that
counts them. A row is printed for each format: records per second of processor time
(user and system, of the process alone; the least of ROUNDS), and the ratio.

    python bench_formats.py read FORMAT FILE

is the usual way of Python.
"""
import csv
import datetime
import decimal
import functools
import http.server
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
from xml.etree import ElementTree

RECORDS = int(os.environ.get("RECORDS", "200000"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
FORMATS = ["csv", "jsonl", "xml", "parquet", "avro", "protobuf", "xlsx"]
WANTED = 10  # xml and xlsx are stated, not bound

NAMES = ["id", "name", "note", "price", "paid", "created_at", "quantity", "category"]
TYPES = {"id": "integer", "name": "string", "note": "string", "price": ["number", "string"], "paid": "boolean",
         "created_at": "string", "quantity": ["integer", "null"], "category": "string"}
PROTO = """syntax = "proto3";
package bench;
message Row {
  int64 id = 1;
  string name = 2;
  string note = 3;
  double price = 4;
  bool paid = 5;
  string created_at = 6;
  optional int64 quantity = 7;
  string category = 8;
}
"""


def rows():
    """Yields the rows, the same ones each time."""
    chance = random.Random(1)
    words = "the teapot with a lid of glass was left at the door and came back in one piece".split()
    begin = datetime.datetime(2024, 3, 1, tzinfo=datetime.timezone.utc)
    for i in range(RECORDS):
        yield [1_000_000 + i, f"Customer {chance.randrange(100_000)}", " ".join(chance.choices(words, k=chance.randrange(4, 14))),
               chance.randrange(100, 1_000_000) / 100, chance.random() < 0.5, begin + datetime.timedelta(seconds=37 * i),
               chance.randrange(100) if chance.random() < 0.9 else None, chance.choice(["open", "shipped", "cancelled", "returned"])]


def tags(row):
    """The nested list of formats that have one."""
    return [row[7], row[1]][: row[0] % 3]


def texts(row):
    """The row as texts hold it."""
    return [row[0], row[1], row[2], f"{row[3]:.2f}", "true" if row[4] else "false", row[5].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "" if row[6] is None else row[6], row[7]]


def plain(row):
    """The row as JSON holds it."""
    return dict(zip(NAMES, row)) | {"created_at": row[5].strftime("%Y-%m-%dT%H:%M:%SZ")}


def write_csv(name):
    with open(name, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(NAMES)
        out.writerows(map(texts, rows()))


def write_jsonl(name):
    with open(name, "w") as f:
        f.writelines(json.dumps(plain(row)) + "\n" for row in rows())


def write_xml(name):
    with open(name, "w") as f:
        f.write('<?xml version="1.0" encoding="UTF-8"?>\n<rows>\n')
        for row in rows():
            f.write("<row>" + "".join(f"<{k}>{v}</{k}>" for k, v in zip(NAMES, texts(row)) if v != "") + "</row>\n")
        f.write("</rows>\n")


def write_parquet(name):
    import pyarrow
    import pyarrow.parquet
    schema = pyarrow.schema([
        ("id", pyarrow.int64()), ("name", pyarrow.string()), ("note", pyarrow.string()), ("price", pyarrow.decimal128(12, 2)),
        ("paid", pyarrow.bool_()), ("created_at", pyarrow.timestamp("us", tz="UTC")), ("quantity", pyarrow.int64()),
        ("category", pyarrow.string()), ("tags", pyarrow.list_(pyarrow.string()))])
    table = pyarrow.Table.from_pylist(
        [dict(zip(NAMES, row)) | {"price": decimal.Decimal(f"{row[3]:.2f}"), "tags": tags(row)} for row in rows()], schema=schema)
    pyarrow.parquet.write_table(table, name, row_group_size=65_536)


def write_avro(name):
    import fastavro
    kinds = ["long", "string", "string", {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}, "boolean",
             {"type": "long", "logicalType": "timestamp-micros"}, ["null", "long"], "string"]
    schema = {"type": "record", "name": "Row", "fields": [{"name": n, "type": k} for n, k in zip(NAMES, kinds)]
              + [{"name": "tags", "type": {"type": "array", "items": "string"}}]}
    made = (dict(zip(NAMES, row)) | {"price": decimal.Decimal(f"{row[3]:.2f}"), "tags": tags(row)} for row in rows())
    with open(name, "wb") as f:
        fastavro.writer(f, fastavro.parse_schema(schema), made, codec="deflate")


def message(folder):
    """The class of messages; its descriptor set is left in the folder."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    made = folder / "row.pb"
    if not made.exists():
        (folder / "row.proto").write_text(PROTO)
        subprocess.run([sys.executable, "-m", "grpc_tools.protoc", f"-I{folder}", f"--descriptor_set_out={made}", str(folder / "row.proto")], check=True)
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(made.read_bytes()).file:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("bench.Row"))


def write_protobuf(name):
    from google.protobuf import proto
    row_class = message(pathlib.Path(name).parent)
    with open(name, "wb") as f:
        for row in rows():
            proto.serialize_length_prefixed(row_class(**{k: v for k, v in plain(row).items() if v is not None}), f)


def write_xlsx(name):
    import openpyxl
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("rows")
    sheet.append(NAMES)
    for row in rows():
        sheet.append([v.replace(tzinfo=None) if isinstance(v, datetime.datetime) else v for v in row])
    book.save(name)


def read_csv(name):
    with open(name, newline="") as f:
        yield from csv.DictReader(f)


def read_jsonl(name):
    with open(name) as f:
        yield from map(json.loads, f)


def read_xml(name):
    root = None
    for event, element in ElementTree.iterparse(name, ("start", "end")):
        if root is None:
            root = element
        elif event == "end" and element.tag == "row":
            yield {field.tag: field.text for field in element}
            root.clear()


def read_parquet(name):
    import pyarrow.parquet
    for batch in pyarrow.parquet.ParquetFile(name).iter_batches():
        yield from batch.to_pylist()


def read_avro(name):
    import fastavro
    with open(name, "rb") as f:
        yield from fastavro.reader(f)


def read_protobuf(name):
    from google.protobuf import json_format, proto
    row_class = message(pathlib.Path(name).parent)
    with open(name, "rb") as f:
        while (row := proto.parse_length_prefixed(row_class, f)) is not None:
            yield json_format.MessageToDict(row, preserving_proto_field_name=True)


def read_xlsx(name):
    import openpyxl
    cells = openpyxl.load_workbook(name, read_only=True).active.iter_rows(values_only=True)
    names = next(cells)
    for row in cells:
        yield dict(zip(names, row))


def read(name_of_format, name):
    """Writes RECORD lines of a file, as a tap of the usual kind does."""
    out = sys.stdout
    for record in globals()["read_" + name_of_format](name):
        out.write(json.dumps({"type": "RECORD", "stream": "rows", "record": record}, default=str) + "\n")


def decode(name_of_format):
    """The definition's decode."""
    if name_of_format == "protobuf":
        return {"format": "protobuf", "message": "bench.Row", "descriptor": "row.pb"}
    return name_of_format


def schema(name_of_format):
    """The schema that records are checked against."""
    types = dict(TYPES)
    if name_of_format in ("csv", "xml"):
        types["price"] = "number"
    if name_of_format in ("parquet", "avro"):
        types["tags"] = "array"
    if name_of_format == "protobuf":
        types["id"], types["quantity"] = ["integer", "string"], ["integer", "string", "null"]
    return {"type": "object", "properties": {name: {"type": kind} for name, kind in types.items()}}


def definition(folder, name_of_format, url):
    """Writes the definition and the config of a run, and returns the config's name."""
    stream = {"name": "rows", "path": f"/rows.{name_of_format}", "decode": decode(name_of_format), "schema": schema(name_of_format)}
    if name_of_format == "xml":
        stream["records"] = "rows.row"
    (folder / "bench.json").write_text(json.dumps(
        {"version": 1, "name": "bench", "client": {"base_url": url}, "defaults": {"pagination": {"type": "none"}}, "streams": [stream]}))
    config = folder / "config.json"
    config.write_text(json.dumps({"source": "bench.json"}))
    return config


def measure(command, folder):
    """Runs a program and returns its seconds of processor time."""
    with tempfile.TemporaryDirectory(dir=folder) as home:
        environment = dict(os.environ, XDG_STATE_HOME=home)
        run = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        count = subprocess.Popen(["grep", "-c", '^{"type": *"RECORD"'], stdin=run.stdout, stdout=subprocess.PIPE, text=True)
        run.stdout.close()
        _, status, used = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
        got = int(count.communicate()[0])
    if run.returncode != 0 or got != RECORDS:
        raise SystemExit(f"{command}: exit {run.returncode}, {got} records of {RECORDS}")
    return used.ru_utime + used.ru_stime


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server of files that logs nothing and has a validator, as stores of files do."""

    def end_headers(self):
        self.send_header("ETag", '"1"')
        self.send_header("Accept-Ranges", "bytes")
        super().end_headers()

    def log_message(self, *_):
        pass


def compare(binary, name_of_format, folder, url):
    """Prints what both programs take for a format, and returns the ratio."""
    name = folder / f"rows.{name_of_format}"
    globals()["write_" + name_of_format](str(name))
    config = definition(folder, name_of_format, url)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(measure([binary, "--config", str(config), "--log-level", "error"], folder))
        theirs.append(measure([sys.executable, __file__, "read", name_of_format, str(name)], folder))
    ratio = min(theirs) / min(ours)
    print(f"{name_of_format:9} {name.stat().st_size / 1e6:6.1f} {RECORDS / min(ours):12,.0f} {RECORDS / min(theirs):12,.0f} {ratio:7.1f}", flush=True)
    return ratio


def main(binary, formats):
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=made))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"{RECORDS:,} records; records per second of processor time\n{'':9} {'MB':>6} {'tap-rest':>12} {'Python':>12} {'ratio':>7}", flush=True)
        url = f"http://127.0.0.1:{server.server_port}"
        slow = [f for f in formats if compare(binary, f, folder, url) < WANTED and f not in ("xml", "xlsx")]
    if slow:
        raise SystemExit(f"less than {WANTED} times as fast as Python: {', '.join(slow)}")


if sys.argv[1] == "read":
    read(sys.argv[2], sys.argv[3])
else:
    main(os.path.abspath(sys.argv[1]), sys.argv[2:] or FORMATS)
