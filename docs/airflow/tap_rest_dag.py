"""Reads an API with tap-rest into a Singer target, a mapped task for each partition of
the plan. For Airflow 2.10 and later. Copy it into the folder of DAGs, with
tap_rest_pass.py beside it, and change what is marked.
"""

from datetime import datetime, timedelta

try:
    from airflow.sdk import dag, get_current_context, task
    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task
    from airflow.exceptions import AirflowFailException, AirflowSkipException
    from airflow.operators.python import get_current_context

from tap_rest_pass import ForGood, Pass, Unusable


def call(step, *args):
    """Does a step of the pass. What tap-rest says is of no use to repeat is not
    repeated; anything else fails the task, which Airflow then tries again."""
    p = get_current_context()["params"]
    try:
        return getattr(Pass(p["folder"], p["config"], p["target"], p["program"]), step)(*args)
    except (ForGood, Unusable) as e:
        raise AirflowFailException(str(e)) from e


@dag(
    schedule="@daily",  # yours
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,  # a pass begins where the one before it ended
    params={  # yours
        "config": "/etc/tap-rest/config.json",
        "folder": "/var/lib/tap-rest/shop",  # which the workers share
        "target": ["target-jsonl", "--config", "/etc/tap-rest/target.json"],
        "program": "tap-rest",
    },
    default_args={  # yours: how often what failed for now (exit code 75) is tried again
        "retries": 5,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(hours=1),
    },
)
def tap_rest():
    @task
    def plan():
        return call("plan")

    @task(map_index_template="{{ part }}", max_active_tis_per_dagrun=8)  # yours: how many at once
    def read(part):
        get_current_context()["part"] = part
        call("read", part)

    # A part that failed keeps none of the others from being merged.
    @task(trigger_rule="all_done")
    def merge():
        if not call("merge"):
            raise AirflowSkipException("no part has left a state")

    # It reads what no part has read, those that failed too: the DAG run ends as it does.
    @task(trigger_rule="none_failed")
    def close():
        call("close")

    planned, merged, closed = plan(), merge(), close()
    read.expand(part=planned) >> merged >> closed
    planned >> closed


tap_rest()
