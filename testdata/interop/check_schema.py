"""Validates every RECORD on stdin against the last SCHEMA of its stream.

By jsonschema's draft 7, formats included: a date-time must be RFC 3339. Prints
how many records each stream has.
"""

import collections
import decimal
import json
import sys

from jsonschema import Draft7Validator


def main():
    counts, validators = collections.Counter(), {}
    for line in open(0, encoding="utf-8", newline="\n"):
        message = json.loads(line, parse_float=decimal.Decimal)
        if message["type"] == "SCHEMA":
            Draft7Validator.check_schema(message["schema"])
            validators[message["stream"]] = Draft7Validator(
                message["schema"], format_checker=Draft7Validator.FORMAT_CHECKER
            )
        elif message["type"] == "RECORD":
            for error in validators[message["stream"]].iter_errors(message["record"]):
                sys.exit(f"{message['stream']}: {error.json_path}: {error.message}\n{line}")
            counts[message["stream"]] += 1
    print(json.dumps({"records": counts}))


if __name__ == "__main__":
    main()
