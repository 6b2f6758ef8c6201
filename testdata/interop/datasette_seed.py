"""Makes the SQLite database that Datasette serves: datasette_seed.py FILE.

The same rows each time. Three tables, by what their page tokens are made of:
notes (an integer primary key), places (two text keys, with characters that
tokens and URLs must quote) and events (no primary key: SQLite's rowid). And two
whose rows others belong to: regions of places, names of events.
"""

import datetime
import sqlite3
import sys

TEXTS = [
    "plain",
    "two\nlines\r\nand a tab\t.",
    'quotes " and \\ and </script>',
    "naïve café, 東京, Ελλάδα, \u05e9\u05dc\u05d5\u05dd",
    "emoji \U0001f9ea\U0001f3fd, separators \u2028\u2029, control \u0001, BOM \ufeff",
    "",
    '{"looks": ["like", "JSON"], "RECORD": 1}',
]
BIGS = [0, -1, 2**53 - 1, 2**53 + 1, 9223372036854775807, -9223372036854775808, 1]
FLOATS = [0.5, 0.1, -1.5, 1e-7, 1.7976931348623157e308, 123456789.12345679, 5e-324]
START = datetime.datetime(2024, 1, 1)


def notes():
    for i in range(1, 2501):
        yield (
            i * 3,
            f"{i}: {TEXTS[i % len(TEXTS)]}",
            None if i % 5 == 0 else BIGS[i % len(BIGS)],
            None if i % 4 == 0 else FLOATS[i % len(FLOATS)],
            (START + datetime.timedelta(days=i % 700)).date().isoformat(),
            (START + datetime.timedelta(minutes=i)).isoformat() + "Z",
            bytes([i % 256, 0, 255]) if i % 3 == 0 else None,
            None,
        )


def places():
    regions = ["eu,west", "us/east", "100%", "a&b=c+d #?", "København", "~2C"]
    for i in range(1200):
        yield regions[i % len(regions)], f"{i:04d}/{i % 7},{i % 11}", i * 1.25


def events():
    for i in range(3000):
        at = START + datetime.timedelta(seconds=i * 37)
        yield f"event {i % 13}", at.isoformat() + "Z", i % 2


def main():
    with sqlite3.connect(sys.argv[1]) as db:
        db.executescript(
            """
            CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT, big INTEGER, ratio REAL,
                day TEXT, written_at TEXT, raw BLOB, unset TEXT);
            CREATE TABLE places (region TEXT, code TEXT, area REAL, PRIMARY KEY (region, code));
            CREATE TABLE events (name TEXT, at TEXT, done INTEGER);
            CREATE TABLE regions (name TEXT PRIMARY KEY);
            CREATE TABLE names (name TEXT PRIMARY KEY);
            """
        )
        db.executemany("INSERT INTO notes VALUES (?, ?, ?, ?, ?, ?, ?, ?)", notes())
        db.executemany("INSERT INTO places VALUES (?, ?, ?)", places())
        db.executemany("INSERT INTO events VALUES (?, ?, ?)", events())
        db.execute("INSERT INTO regions SELECT DISTINCT region FROM places")
        db.execute("INSERT INTO names SELECT DISTINCT name FROM events")


if __name__ == "__main__":
    main()
