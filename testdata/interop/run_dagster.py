"""Makes passes with the assets of docs/dagster, as Dagster's daemon does: it asks the
schedule and the sensor what to run, and runs that in this process, with retries by
Dagster: run_dagster.py FOLDER RESOURCE PASSES

FOLDER has the assets, RESOURCE is the configuration of tap_rest, as JSON. For each pass
it prints {"state": …, "tasks": [{"task": …, "name": …, "state": …, "tries": …}]}.
"""

import json
import sys
import tempfile

import dagster as dg

sys.path.insert(0, sys.argv[1])
import tap_rest_assets as ours

resources = {"tap_rest": ours.TapRest(**json.loads(sys.argv[2]))}
defs = dg.Definitions(assets=[ours.plan, ours.part, ours.loaded], schedules=[ours.passes], sensors=[ours.after_plan], resources=resources)
repository = defs.get_repository_def()


def run(instance, request, asset):
    """Runs what was asked for, and says how it ended."""
    result = dg.materialize(
        [ours.plan, ours.part, ours.loaded], selection=[asset], instance=instance, resources=resources, raise_on_error=False,
        partition_key=request.partition_key, tags=request.tags)
    retries = [e for e in result.all_events if e.event_type_value == "STEP_RESTARTED"]
    return {"task": asset.key.path[-1], "name": request.partition_key or "", "state": "success" if result.success else "failed", "tries": 1 + len(retries)}


def a_pass(instance):
    tasks = [run(instance, ours.passes(dg.build_schedule_context(instance=instance)), ours.plan)]
    done = set()
    while True:
        context = dg.build_sensor_context(instance=instance, repository_def=repository)
        asked = [r for r in ours.after_plan(context) or [] if r.run_key not in done]
        if not asked:
            return {"state": tasks[-1]["state"], "tasks": tasks}
        for request in asked:
            done.add(request.run_key)
            asset = {a.key: a for a in (ours.part, ours.loaded)}[request.asset_selection[0]]
            tasks.append(run(instance, request, asset))


with tempfile.TemporaryDirectory() as folder, dg.DagsterInstance.local_temp(folder) as instance:
    for _ in range(int(sys.argv[3])):
        print(json.dumps(a_pass(instance)), flush=True)
