"""Reads an API into DuckDB with PyAirbyte, as its users do.

    pyairbyte_read.py BINARY CONFIG DIR DB STREAM...

CONFIG is a JSON file. The cache, its state too, is in DIR: a second run goes on
from the first. The tables must have the rows of the database DB then, of which
it compares what all types survive. Prints how many records came of each stream.
"""

import json
import os
import pathlib
import sqlite3
import sys

os.environ["AIRBYTE_OFFLINE_MODE"] = "1"  # before the import: it is read once

import airbyte as ab  # noqa: E402
import compare  # noqa: E402

COLUMNS = ("id", "customer", "note", "price", "tracking")


def main():
    binary, config, place, database, *streams = sys.argv[1:]
    place = pathlib.Path(place)
    source = ab.get_source(
        "source-tap-rest",
        local_executable=pathlib.Path(binary),
        config=json.loads(pathlib.Path(config).read_text(encoding="utf-8")),
        streams=streams,
    )
    source.check()
    cache = ab.DuckDBCache(db_path=place / "cache.duckdb", cache_dir=place, schema_name="main")
    result = source.read(cache)
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        db.row_factory = sqlite3.Row
        for stream in streams:
            want = sorted(repr([row[c] for c in COLUMNS]) for row in compare.expected(db, stream, ""))
            got = sorted(repr([row[c] for c in COLUMNS]) for row in cache[stream])
            missing, extra = set(want) - set(got), set(got) - set(want)
            assert not missing and not extra, f"{stream}: missing {list(missing)[:2]}, too many {list(extra)[:2]}"
            assert len(want) == len(got), f"{stream}: {len(got)} rows, want {len(want)}"
    print(json.dumps({"records": dict(result._progress_tracker.stream_read_counts)}))


if __name__ == "__main__":
    main()
