"""Apache Airflow 2 on SQLite. See common.py."""

import datetime
import os
import random
import sqlite3
import subprocess
import time

import common

USER = ("reader", "s3cret of airflow")
START = datetime.datetime(2024, 3, 1)
DAGS, RUNS, TASKS = 7, 260, 2


def environment(directory):
    home = directory / "airflow"
    (home / "dags").mkdir(parents=True, exist_ok=True)
    return home, {
        "PATH": os.environ["PATH"], "HOME": str(directory), "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__API__AUTH_BACKENDS": "airflow.api.auth.backend.basic_auth",
        "AIRFLOW__WEBSERVER__WORKERS": "1", "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    }


def fill(db):
    draw = random.Random(7)
    for d in range(DAGS):
        db.execute(
            "INSERT INTO dag (dag_id, is_paused, is_subdag, is_active, fileloc, owners, description, default_view, timetable_description,"
            " schedule_interval, max_active_tasks, max_active_runs, max_consecutive_failed_dag_runs, has_task_concurrency_limits, has_import_errors)"
            " VALUES (?, 0, 0, ?, ?, 'ada', 'Läuft täglich', 'grid', 'daily', '\"@daily\"', 16, 16, 0, 0, 0)",
            (f"dag_{d}", d != 3, f"/dags/{d}.py"))
    for r in range(RUNS):
        at = START + datetime.timedelta(hours=r)
        run(db, f"dag_{r % DAGS}", f"scheduled__{at.isoformat()}+00:00", at, draw.choice(["success", "failed", "running"]))


def run(db, dag, name, at, state):
    text = at.isoformat(" ", "microseconds")
    db.execute(
        "INSERT INTO dag_run (dag_id, execution_date, start_date, end_date, state, run_id, external_trigger, run_type, conf, updated_at, clear_number,"
        " data_interval_start, data_interval_end) VALUES (?, ?, ?, ?, ?, ?, 0, 'scheduled', ?, ?, 0, ?, ?)",
        (dag, text, text, text, state, name, b"\x80\x04}\x94.", text, text, text))
    for t in range(TASKS):
        db.execute(
            "INSERT INTO task_instance (task_id, dag_id, run_id, map_index, start_date, end_date, duration, state, try_number, max_tries, hostname,"
            " unixname, pool, pool_slots, queue, priority_weight, operator, executor_config, updated_at, task_display_name)"
            " VALUES (?, ?, ?, -1, ?, ?, 1.25, ?, 1, 0, 'host', 'ada', 'default_pool', 1, 'default', 1, 'BashOperator', ?, ?, ?)",
            (f"task_{t}", dag, name, text, text, state, b"\x80\x04}\x94.", text, f"Task {t}"))


def open_db(directory):
    return sqlite3.connect(directory / "airflow" / "airflow.db", timeout=60)


def serve(directory, tools):
    home, env = environment(directory)
    airflow = tools / "airflow" / "bin" / "airflow"
    quiet = {"env": env, "check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([airflow, "db", "migrate"], **quiet)
    subprocess.run([airflow, "users", "create", "--role", "Admin", "--username", USER[0], "--password", USER[1],
                    "--firstname", "R", "--lastname", "D", "--email", "r@example.com"], **quiet)
    with open_db(directory) as db:
        fill(db)
    url = f"http://127.0.0.1:{(port := common.free_port())}"
    env["PATH"] = f"{tools}/airflow/bin:{env['PATH']}"
    server = common.start([airflow, "webserver", "-p", str(port), "-H", "127.0.0.1"], directory / "server.log", url + "/api/v1/health", env=env)
    ask = lambda path, body: common.call("POST", f"{url}/api/v1/{path}", body, common.basic(*USER))
    for i in range(130):
        ask("variables", {"key": f"variable {i:03d}", "value": f"ü {i}"})
    for i in range(5):
        ask("connections", {"connection_id": f"db_{i}", "conn_type": "postgres", "host": "db", "password": "secret"})
        ask("pools", {"name": f"pool_{i}", "slots": i + 1})
    time.sleep(2)  # requests name whole seconds: what is logged in this one comes in the run after
    common.serve(directory, server, url, {"username": USER[0], "password": USER[1], "start_date": "2024-01-01T00:00:00Z"})


def truth(directory, tools):
    with open_db(directory) as db:
        rows = lambda query: db.execute(query)
        return {
            "dags": {r[0]: {"is_active": bool(r[1]), "description": r[2]} for r in rows("SELECT dag_id, is_active, description FROM dag")},
            "dag_runs": {f"{r[0]} {r[1]}": {"state": r[2]} for r in rows("SELECT dag_id, run_id, state FROM dag_run")},
            "task_instances": {" ".join(map(str, r[:4])): {"state": r[4], "duration": r[5]} for r in rows(
                "SELECT dag_id, run_id, task_id, map_index, state, duration FROM task_instance")},
            "event_logs": {str(r[0]): {"event": r[1]} for r in rows("SELECT id, event FROM log")},
            "pools": {r[0]: {"slots": r[1]} for r in rows("SELECT pool, slots FROM slot_pool")},
            "import_errors": {},
            "variables": {r[0]: {} for r in rows("SELECT key FROM variable")},
            "connections": {r[0]: {"conn_type": r[1]} for r in rows("SELECT conn_id, conn_type FROM connection")},
        }


def touch(directory, tools):
    # Requests name whole seconds: what changed in this one comes in the run after.
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) - datetime.timedelta(seconds=5)
    with open_db(directory) as db:
        old = db.execute("SELECT dag_id, run_id FROM dag_run WHERE state = 'running' ORDER BY id LIMIT 3").fetchall()
        for dag, name in old:
            db.execute("UPDATE dag_run SET state = 'success', updated_at = ? WHERE dag_id = ? AND run_id = ?", (now.isoformat(" ", "microseconds"), dag, name))
        run(db, "dag_1", "manual__1", now, "success")
    return {
        "dag_runs": [f"{dag} {name}" for dag, name in [*old, ("dag_1", "manual__1")]],
        "task_instances": [f"dag_1 manual__1 task_{t} -1" for t in range(TASKS)],
    }


common.main(serve=serve, truth=truth, touch=touch)
