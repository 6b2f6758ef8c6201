"""Reads a run's lines on stdin as Singer's own library does.

    check_singer.py [CATALOG]

Every line must parse, and the order must be the one that targets rely on: a
SCHEMA before the first RECORD of its stream, a STATE as the last line. Prints
how many records each stream has, and how many STATE lines there were. CATALOG,
if given, must load too, and its metadata must cover every property.
"""

import json
import sys

import singer
from singer import metadata


def check(lines):
    schemas, counts, states, last = {}, {}, 0, None
    for number, line in enumerate(lines, 1):
        assert line.endswith("\n"), f"line {number} is cut off: {line[-80:]!r}"
        last = singer.parse_message(line)
        assert last is not None, f"line {number} has an unknown type: {line[:80]!r}"
        if isinstance(last, singer.SchemaMessage):
            check_keys(number, last)
            schemas[last.stream] = last
            counts.setdefault(last.stream, 0)
        elif isinstance(last, singer.RecordMessage):
            assert last.stream in schemas, f"line {number}: RECORD of {last.stream} before its SCHEMA"
            assert last.time_extracted is not None, f"line {number}: no time_extracted"
            absent = set(schemas[last.stream].key_properties) - set(last.record)
            assert not absent, f"line {number}: record without its key {absent}"
            counts[last.stream] += 1
        elif isinstance(last, singer.StateMessage):
            assert isinstance(last.value.get("bookmarks"), dict), f"line {number}: {last.value}"
            states += 1
    assert isinstance(last, singer.StateMessage), f"the last line is not a STATE but {last}"
    return {"records": counts, "states": states}


def check_keys(number, message):
    keys = message.key_properties
    assert isinstance(keys, list), f"line {number}: key_properties is {keys!r}"
    absent = set(keys + (message.bookmark_properties or [])) - set(message.schema["properties"])
    assert not absent, f"line {number}: the schema of {message.stream} lacks its keys {absent}"


def check_catalog(file):
    for entry in singer.Catalog.load(file).streams:
        entries = metadata.to_map(entry.metadata)
        assert metadata.get(entries, (), "table-key-properties") == entry.key_properties
        for breadcrumb in breadcrumbs(entry.schema.to_dict()):
            inclusion = metadata.get(entries, breadcrumb, "inclusion")
            automatic = breadcrumb[1:] in [(key,) for key in [*entry.key_properties, entry.replication_key]]
            want = "automatic" if automatic else "available"
            assert inclusion == want, f"{entry.stream} {breadcrumb}: inclusion {inclusion!r}, not {want}"


def breadcrumbs(schema, prefix=()):
    """The breadcrumbs of all properties, those of nested objects and arrays too."""
    for name, inner in schema.get("properties", {}).items():
        breadcrumb = (*prefix, "properties", name)
        yield breadcrumb
        yield from breadcrumbs(inner, breadcrumb)
    if "items" in schema:
        yield from breadcrumbs(schema["items"], (*prefix, "items"))


if __name__ == "__main__":
    for catalog in sys.argv[1:]:
        check_catalog(catalog)
    print(json.dumps(check(open(0, encoding="utf-8", newline="\n"))))
