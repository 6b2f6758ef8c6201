"""Writes CSV files by the csv module of Python, by DuckDB and by pyarrow, and prints
for each a line of JSON: the file's text, how it is to be read, and the records that
the same library reads from it, as lines of JSON."""

import csv
import datetime
import decimal
import io
import json
import os
import tempfile

import duckdb
import pyarrow
import pyarrow.csv

TEXTS = [
    "plain", "", " spaces ", "a,b;c\td|e", 'a "quoted" word', '"', '""', "it's", "''", "line\nfeed", "carriage\r\nreturn",
    "trailing\n", "\\", "\\N", "é ü 漢字 😀 \u2028", "\x01\x1f\x7f", "#no comment", "NULL", "007", "-1.50", "true", '{"a": [1]}', "x" * 300,
]
NUMBERS = ["0", "-1", "9223372036854775807", "0.10", "1e5", "12345678901234567890.123456789"]


def line(names, row):
    return json.dumps(dict(zip(names, row)), ensure_ascii=False, separators=(",", ":"))


def case(name, text, rows, names, schema=None, **options):
    records = [line(names, row) for row in rows]
    print(json.dumps({"name": name, "text": text, "options": options, "schema": schema, "records": records}, ensure_ascii=False))


def python(name, texts, options, **dialect):
    names = ["id", "text", 'a "name", with\nall']
    if options.get("Unquoted"):
        names[2] = "name"
    out = io.StringIO(newline="")
    w = csv.writer(out, **dialect)
    w.writerow(names)
    w.writerows([i, t, texts[-1 - i]] for i, t in enumerate(texts))
    rows = list(csv.reader(io.StringIO(out.getvalue(), newline=""), **dialect))
    rows = [[str(int(float(r[0]))) if dialect.get("quoting") == csv.QUOTE_NONNUMERIC else r[0], *r[1:]] for r in rows[1:]]
    case("python " + name, out.getvalue(), rows, names, **options)


def python_files():
    for dialect in csv.list_dialects():
        options = {"Delimiter": ord("\t")} if dialect == "excel-tab" else {}
        python(dialect, TEXTS, options, dialect=dialect)
    for quoting in ("QUOTE_ALL", "QUOTE_MINIMAL", "QUOTE_NONNUMERIC"):
        for delimiter, quote in zip(",;|\t§¦", "\"'þ\"\"|"):
            options = {"Delimiter": ord(delimiter), "Quote": ord(quote)}
            python(f"{quoting} {delimiter} {quote}", TEXTS, options, quoting=getattr(csv, quoting), delimiter=delimiter, quotechar=quote, lineterminator="\n")
    plain = [t for t in TEXTS if not set(t) & set("\r\n\t")]
    python("QUOTE_NONE", plain, {"Delimiter": 9, "Unquoted": True}, quoting=csv.QUOTE_NONE, delimiter="\t", quotechar=None, lineterminator="\r\n")
    out = io.StringIO(newline="")
    csv.writer(out).writerows([["only"], *([t] for t in TEXTS)])
    case("python one column", out.getvalue(), list(csv.reader(io.StringIO(out.getvalue(), newline="")))[1:], ["only"])


TYPES = """SELECT * FROM (VALUES
  ((-128)::TINYINT, 9223372036854775807::BIGINT, 170141183460469231731687303715884105727::HUGEINT, 0.1::FLOAT, 1e300::DOUBLE, 12345678901234.5678::DECIMAL(18,4),
   true, DATE '2024-02-29', TIME '03:04:05.123456', TIMESTAMP '2024-01-02 03:04:05.123456', INTERVAL '3 days', '4ac7a9e9-607c-4c8a-84f3-843f0191e3fd'::UUID, 'a\\x00b'::BLOB, [1, 2], {'a': 1, 'b': 'x'}, 'say "hi", you'),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (0, -1, 0, -0.0, 'nan', 0, false, DATE '0001-01-01', TIME '00:00:00', TIMESTAMP '1970-01-01', INTERVAL '0', NULL, '', [], NULL, ''))
  t(i8, i64, i128, f32, f64, dec, flag, day, clock, moment, span, uuid, bytes, list, struct, text)"""


def duck_files(folder):
    path = os.path.join(folder, "duck.csv")
    db = duckdb.connect()
    db.execute(f"CREATE TABLE types AS {TYPES}")
    db.execute("CREATE TABLE texts (id INTEGER, text VARCHAR)")
    db.executemany("INSERT INTO texts VALUES (?, ?)", [(i, t) for i, t in enumerate(TEXTS + [None])])
    for table in ("types", "texts"):
        for name, write, read, options in [
            ("plain", "", "", {}),
            ("all quoted", ", FORCE_QUOTE *", "", {}),
            ("semicolon", ", DELIM ';', QUOTE '\"'", ", delim=';'", {"Delimiter": ord(";")}),
            ("nullstr", ", NULLSTR 'nil'", ", nullstr='nil'", {"NullValues": ["nil"]}),
        ]:
            db.execute(f"COPY {table} TO '{path}' (HEADER, FORMAT csv{write})")
            names = [d[0] for d in db.execute(f"SELECT * FROM {table} LIMIT 0").description]
            rows = db.execute(f"SELECT * FROM read_csv('{path}', header=true, all_varchar=true, quote='\"', escape='\"', auto_detect=false, "
                              f"columns={ {n: 'VARCHAR' for n in names} }, allow_quoted_nulls=false{read or ''})").fetchall()
            with open(path, newline="", encoding="utf-8") as f:
                case(f"duckdb {table} {name}", f.read(), rows, names, **{"NullValues": [""], **options})


def arrow_files():
    convert = pyarrow.csv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""])
    texts = TEXTS + [None]
    for name, names, columns, style in [
        ("needed", ["id", "text"], [range(len(texts)), texts], "needed"),
        ("all_valid", ["id", "text"], [range(len(texts)), texts], "all_valid"),
        ("none", ["a", "b"], [["x", None, "é"], [1, 2, None]], "none"),
        ("types", ["i", "f", "d", "b", "day", "at"], [
            [1, None], [0.1, None], [decimal.Decimal("1234567890.1234567890"), None], [True, None],
            [datetime.date(2024, 2, 29), None], [datetime.datetime(2024, 1, 2, 3, 4, 5, 123456, datetime.timezone.utc), None]], "needed"),
        ("one column", ["only"], [["x", None, "", "y"]], "needed"),
    ]:
        table = pyarrow.table([pyarrow.array(c) for c in columns], names)
        out = io.BytesIO()
        pyarrow.csv.write_csv(table, out, pyarrow.csv.WriteOptions(quoting_style=style))
        convert.column_types = {n: pyarrow.string() for n in names}
        back = pyarrow.csv.read_csv(io.BytesIO(out.getvalue()), parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False), convert_options=convert)
        case("pyarrow " + name, out.getvalue().decode(), zip(*(c.to_pylist() for c in back.columns)), names, NullValues=[""])


def numbers():
    out = io.StringIO(newline="")
    w = csv.writer(out, quoting=csv.QUOTE_ALL)
    w.writerows([["n", "flag"], *([n, str(i % 2 == 0)] for i, n in enumerate(NUMBERS)), ["", ""]])
    rows = list(csv.reader(io.StringIO(out.getvalue(), newline="")))[1:]
    records = [f'{{"n":{n or "null"},"flag":{flag.lower() or "null"}}}' for n, flag in rows]
    schema = {"properties": {"n": {"type": ["null", "number"]}, "flag": {"type": ["null", "boolean"]}}}
    print(json.dumps({"name": "python numbers", "text": out.getvalue(), "options": {}, "schema": schema, "records": records}))


python_files()
numbers()
with tempfile.TemporaryDirectory() as folder:
    duck_files(folder)
arrow_files()
