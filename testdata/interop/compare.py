"""Compares rows that were read or loaded with the database they came from.

    compare.py singer LINES DB STREAM...   the RECORDs among a run's lines
    compare.py upserted LINES DB STREAM... likewise, of several runs: the last RECORD of each key
    compare.py airbyte LINES DB STREAM...  likewise, of Airbyte's
    compare.py jsonl  DIR   DB STREAM...   DIR/STREAM.jsonl, from target-jsonl
    compare.py csv    DIR   DB STREAM...   DIR/STREAM.csv, from target-csv
    compare.py duckdb FILE  DB STREAM...   a DuckDB file, from target-duckdb
    compare.py postgres DSN DB STREAM...   a PostgreSQL, from target-postgres

STREAM may carry a condition, "changes:id IN (1, 2)". Every row must be there
once, and no other. RECORDs must have the server's field order and spelling of
numbers too; a target's spelling of values is undone first. Prints the counts.
"""

import base64
import collections
import csv
import datetime
import decimal
import json
import pathlib
import sqlite3
import sys
import uuid
import zoneinfo

QUERIES = {
    "notes": "SELECT * FROM notes",
    "notes_by_url": "SELECT * FROM notes",
    "places": "SELECT * FROM places",
    "events": "SELECT rowid, * FROM events",
    "events_by_link": "SELECT rowid, * FROM events",
    "events_by_name": "SELECT rowid, * FROM events",
    "regions": "SELECT * FROM regions",
    "names": "SELECT * FROM names",
    **dict.fromkeys(["pages", "pages_more", "offsets", "cursors", "changes", "changes_by_month"], "SELECT * FROM interop_order"),
}
TIMES = {"at", "written_at", "updated_at"}
NESTED = {"raw", "lines"}
# of columns in a database
TYPES = {
    **dict.fromkeys(TIMES, datetime.datetime),
    **dict.fromkeys(["ratio", "area", "weight"], (float, decimal.Decimal)),
    **dict.fromkeys(["id", "big", "tracking", "done"], int),
    "paid": bool,
}


def local_time(text):
    """A time as Django stores it (UTC, without a zone) as its API shows it."""
    at = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)
    return at.astimezone(zoneinfo.ZoneInfo("America/Chicago")).isoformat()


# How the servers show what SQLite cannot hold as it is.
SHOWN = {
    "raw": lambda v: {"$base64": True, "encoded": base64.b64encode(v).decode()},
    "reference": lambda v: str(uuid.UUID(v)),
    "price": lambda v: f"{v:.2f}",
    "paid": bool,
    "lines": json.loads,
    "updated_at": local_time,
}


def expected(db, stream, condition):
    query = QUERIES[stream] + (f" WHERE {condition}" if condition else "")
    for row in db.execute(query):
        yield {k: SHOWN[k](row[k]) if k in SHOWN and row[k] is not None else row[k] for k in row.keys()}


def singer(place, stream):
    with open(place, encoding="utf-8", newline="\n") as lines:
        for line in lines:
            message = json.loads(line, parse_float=spelled)
            if message["type"] == "RECORD" and message["stream"] == stream:
                yield message["record"]


def upserted(place, stream):
    rows, keys = {}, None
    with open(place, encoding="utf-8", newline="\n") as lines:
        for message in map(json.loads, lines):
            if message["type"] == "SCHEMA" and message["stream"] == stream:
                keys = message["key_properties"]
    for record in singer(place, stream):
        rows[tuple(record[k] for k in keys)] = record
    return rows.values()


def airbyte(place, stream):
    with open(place, encoding="utf-8", newline="\n") as lines:
        for line in lines:
            message = json.loads(line, parse_float=spelled)
            if message["type"] == "RECORD" and message["record"]["stream"] == stream:
                yield message["record"]["data"]


def jsonl(place, stream):
    with open(pathlib.Path(place, f"{stream}.jsonl"), encoding="utf-8", newline="\n") as lines:
        yield from map(json.loads, lines)


def csv_rows(place, stream):
    with open(pathlib.Path(place, f"{stream}.csv"), encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {k: csv_value(k, row[k]) for k in sorted(row)}


def duckdb_rows(place, stream):
    import duckdb

    with duckdb.connect(place, read_only=True) as db:
        yield from table(db.execute(f'SELECT * FROM loaded."{stream}"'))


def postgres_rows(place, stream):
    import psycopg

    with psycopg.connect(place) as db:
        yield from table(db.execute(f'SELECT * FROM "{stream}"'))


def table(rows):
    """The rows of a table, without the columns that targets add."""
    names = [c[0] for c in rows.description]
    for values in rows.fetchall():
        row = {k: v for k, v in zip(names, values) if not k.startswith("_sdc_")}
        for k, v in row.items():
            if v is not None and not isinstance(v, TYPES.get(k, object)):
                sys.exit(f"{k} is loaded as a {type(v).__name__}: {v!r}")
        yield as_loaded(row)


def as_loaded(row):
    """A row of any database: of one column, equal values are of one Python type."""
    return {k: loaded(k, row[k]) for k in sorted(row)}


def loaded(name, value):
    if name in TIMES and value is not None:
        at = datetime.datetime.fromisoformat(value) if isinstance(value, str) else value  # the source has text
        return (at if at.tzinfo else at.replace(tzinfo=datetime.timezone.utc)).timestamp()
    if name in NESTED and value is not None:  # PostgreSQL sorts the keys of its JSON
        return json.dumps(json.loads(value) if isinstance(value, str) else value, sort_keys=True)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    return value


def spelled(number):
    return f"float {number}"


def as_is(row):
    """A row from the database as `singer` reads its RECORD: floats keep their spelling."""
    return {k: spelled(repr(v)) if isinstance(v, float) else v for k, v in row.items()}


def as_csv(row):
    """A row as `csv_rows` reads it; its columns stand in the schema's order there."""
    return {k: csv_value(k, "" if row[k] is None else str(row[k])) for k in sorted(row)}


def csv_value(name, text):
    """Undoes target-csv's spelling of times and floats."""
    if text and name in TIMES:
        return datetime.datetime.fromisoformat(text).timestamp()
    if text and name in {"ratio", "area", "weight"}:
        return float(text)
    return text


# form: how its rows are read, and how a row from the database is made comparable
FORMS = {
    "singer": (singer, as_is),
    "upserted": (upserted, as_is),
    "airbyte": (airbyte, as_is),
    "jsonl": (jsonl, dict),
    "csv": (csv_rows, as_csv),
    "duckdb": (duckdb_rows, as_loaded),
    "postgres": (postgres_rows, as_loaded),
}


def compare(form, place, db, stream, condition):
    read, comparable = FORMS[form]
    want = collections.Counter(text(comparable(row)) for row in expected(db, stream, condition))
    got = collections.Counter(map(text, read(place, stream)))
    missing, extra = want - got, got - want
    if missing or extra:
        sys.exit(
            f"{stream}: {missing.total()} rows are missing, {extra.total()} are too many\n"
            f"missing: {list(missing)[:2]}\ntoo many: {list(extra)[:2]}"
        )
    return got.total()


def text(row):
    return json.dumps(row, ensure_ascii=False)


def main():
    form, place, file, *streams = sys.argv[1:]
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as db:
        db.row_factory = sqlite3.Row
        counts = {}
        for name, _, condition in (s.partition(":") for s in streams):
            counts[name] = compare(form, place, db, name, condition)
    print(json.dumps({"records": counts}))


if __name__ == "__main__":
    main()
