"""Reads a run's CONTROL messages on stdin as Airbyte's own protocol models do.

    check_control.py CONFIG SETTING

Each must be a whole config that the platform can store in place of CONFIG: the
same but for SETTING, dots between keys, which another text stands in for. Says how
many there were, and prints the last config as a platform stores it.
"""

import copy
import json
import sys

from airbyte_protocol.models import AirbyteControlMessage, AirbyteMessage, OrchestratorType, Type


def rotated(was, config, setting):
    want = copy.deepcopy(was)
    *above, last = setting.split(".")
    old, new = want, config
    for key in above:
        old, new = old[key], new[key]
    assert isinstance(new[last], str) and new[last] != old[last], f"{setting} is {new[last]!r}, as before"
    old[last] = new[last]
    assert json.dumps(config) == json.dumps(want), f"the config is {config}, want {want}"


def check(lines, was, setting):
    last, count = was, 0
    for number, line in enumerate(lines, 1):
        message = AirbyteMessage.model_validate_json(line, strict=False)
        assert (message.type == Type.CONTROL) == (message.control is not None), f"line {number}: {message.type}"
        if message.control is None:
            continue
        control = AirbyteControlMessage.model_validate(message.control)
        assert control.type == OrchestratorType.CONNECTOR_CONFIG, f"line {number}: {control.type}"
        assert not control.model_extra and not control.connectorConfig.model_extra, f"line {number}: unknown keys"
        assert control.emitted_at > 1e12, f"line {number}: emitted_at {control.emitted_at}"
        rotated(last, control.connectorConfig.config, setting)
        last, count = control.connectorConfig.config, count + 1
    return {"controls": count, "config": last}


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8", newline="\n")
    with open(sys.argv[1], encoding="utf-8") as f:
        print(json.dumps(check(sys.stdin, json.load(f), sys.argv[2])))
