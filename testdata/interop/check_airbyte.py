"""Reads a run's lines on stdin as Airbyte's own protocol models do.

    check_airbyte.py

Every line must be a message, and the order must be the one that platforms rely
on: STARTED, RUNNING, then COMPLETE or INCOMPLETE for every stream, records
between them, the records of each stream covered by the recordCount of its
STATEs, and no STATE without a stream. Prints how many records each stream has,
and how many STATE messages there were.
"""

import collections
import json
import sys

from airbyte_protocol.models import AirbyteMessage, AirbyteStreamStatus, AirbyteStateType, TraceType, Type


def check(lines):
    counts, covered, statuses, states = {}, collections.Counter(), {}, 0
    for number, line in enumerate(lines, 1):
        assert line.endswith("\n"), f"line {number} is cut off: {line[-80:]!r}"
        message = AirbyteMessage.model_validate_json(line, strict=False)
        assert not message.model_extra, f"line {number}: unknown keys {message.model_extra}"
        if message.type == Type.RECORD:
            stream = message.record.stream
            assert not message.record.model_extra, f"line {number}: unknown keys {message.record.model_extra}"
            assert isinstance(json.loads(line)["record"]["emitted_at"], int), f"line {number}: emitted_at"
            assert statuses.get(stream) == AirbyteStreamStatus.RUNNING, f"line {number}: RECORD of {stream}, which is {statuses.get(stream)}"
            counts[stream] = counts.get(stream, 0) + 1
        elif message.type == Type.STATE:
            assert message.state.type == AirbyteStateType.STREAM, f"line {number}: {message.state.type}"
            assert message.state.stream.stream_state is not None, f"line {number}: no stream_state"
            assert '"recordCount":%.1f' % message.state.sourceStats.recordCount in line, f"line {number}: recordCount has no decimal point"
            covered[message.state.stream.stream_descriptor.name] += int(message.state.sourceStats.recordCount)
            states += 1
        elif message.type == Type.TRACE and message.trace.type == TraceType.STREAM_STATUS:
            status = message.trace.stream_status
            assert not status.model_extra, f"line {number}: unknown keys {status.model_extra}"
            move(number, statuses, status.stream_descriptor.name, status.status)
        elif message.type == Type.TRACE and message.trace.type == TraceType.ESTIMATE:
            assert message.trace.estimate.row_estimate > 0, f"line {number}: {message.trace.estimate}"
    for stream, status in statuses.items():
        assert status == AirbyteStreamStatus.COMPLETE, f"{stream} ends {status}"
        assert counts.get(stream, 0) == covered[stream], f"{stream}: {counts.get(stream, 0)} records, its STATEs cover {covered[stream]}"
    return {"records": counts, "states": states}


ORDER = {
    None: [AirbyteStreamStatus.STARTED],
    AirbyteStreamStatus.STARTED: [AirbyteStreamStatus.RUNNING],
    AirbyteStreamStatus.RUNNING: [AirbyteStreamStatus.RUNNING, AirbyteStreamStatus.COMPLETE, AirbyteStreamStatus.INCOMPLETE],
}


def move(number, statuses, stream, status):
    before = statuses.get(stream)
    assert status in ORDER.get(before, []), f"line {number}: {stream} is {status} after {before}"
    statuses[stream] = status


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8", newline="\n")
    print(json.dumps(check(sys.stdin)))
