"""Runs the DAG of docs/airflow, as `airflow dags test` does, with tasks in this process
and retries by Airflow: run_airflow.py FOLDER PARAMS RUNS

FOLDER has the DAG, PARAMS is JSON. For each of the runs it prints, in a line that begins
with a brace, {"state": …, "tasks": [{"task": …, "name": …, "state": …, "tries": …}]}.
"""

import json
import os
import sys

os.environ.update({
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__CORE__DAGS_FOLDER": sys.argv[1],
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
})
from airflow.utils.db import initdb

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:  # Airflow 2
    from airflow.models.dagbag import DagBag

sys.path.append(sys.argv[1])  # as Airflow's own processes do
initdb()
bag = DagBag(sys.argv[1])
if bag.import_errors:
    sys.exit(f"{bag.import_errors}")
dag = bag.dags["tap_rest"]
for _ in range(int(sys.argv[3])):
    run = dag.test(run_conf=json.loads(sys.argv[2]))
    tasks = [{
        "task": ti.task_id, "name": ti.rendered_map_index or "", "state": ti.state, "tries": ti.try_number,
    } for ti in run.get_task_instances()]
    print(json.dumps({"state": run.state, "tasks": tasks}), flush=True)
