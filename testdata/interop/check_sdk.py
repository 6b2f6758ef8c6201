"""The Singer SDK's standard tests of a tap, on a binary: pytest check_sdk.py.

INTEROP_BINARY is the tap, INTEROP_CONFIG its config file. The SDK's tests want
a class of its own kind. This one holds nothing but runs of the binary: what it
prints about itself, discovers, tests and reads is what the tests judge. Of the
SDK's three suites (tap, stream, attribute) every test is run.
"""

import json
import os
import subprocess
import sys

from singer_sdk import Stream, Tap
from singer_sdk.testing import get_tap_test_class

BINARY, CONFIG = os.environ["INTEROP_BINARY"], os.environ["INTEROP_CONFIG"]


def run(*args):
    return subprocess.run([BINARY, *args], check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


class Discovered(Stream):
    """A stream of the binary's catalog."""

    def get_records(self, context):
        raise NotImplementedError("the binary reads")


class Binary(Tap):
    name = "tap-rest"
    config_jsonschema = {"properties": {}}

    def discover_streams(self):
        for entry in json.loads(run("--config", CONFIG, "--discover"))["streams"]:
            stream = Discovered(tap=self, name=entry["tap_stream_id"], schema=entry["schema"])
            stream.primary_keys = entry["key_properties"]
            stream.replication_key = entry.get("replication_key")
            yield stream

    @property
    def catalog_dict(self):
        return json.loads(self.run_discovery())

    def run_discovery(self):
        return run("--config", CONFIG, "--discover")

    def run_connection_test(self):
        run("--config", CONFIG, "--test")
        return True

    def run_sync_dry_run(self, dry_run_record_limit=1, streams=None):
        sys.stdout.write(run("--config", CONFIG))
        return True

    @classmethod
    def print_version(cls, print_fn=print):
        print_fn(run("--version"))

    @classmethod
    def print_about(cls, output_format=None):
        print(run("--about", f"--format={output_format or 'text'}"))


TestStandard = get_tap_test_class(Binary)
