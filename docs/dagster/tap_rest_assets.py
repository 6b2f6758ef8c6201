"""Reads an API with tap-rest into a Singer target: the asset "part" has a partition for
each partition of the plan. Copy it with tap_rest_pass.py beside it, change what is
marked, and switch the schedule and the sensor on.
"""

import dagster as dg

from tap_rest_pass import ForGood, Pass, Unusable

parts = dg.DynamicPartitionsDefinition(name="tap_rest_parts")
# Yours: how often what failed for now (exit code 75) is tried again.
again = dg.RetryPolicy(max_retries=5, delay=60, backoff=dg.Backoff.EXPONENTIAL)
PASS = "tap_rest/pass"  # the tag of the runs that read parts: the run that made the plan


class TapRest(dg.ConfigurableResource):
    """Where things are. folder is one that all runs reach."""

    config: str
    folder: str
    target: list[str]
    program: str = "tap-rest"

    def call(self, step, *args):
        """Does a step of the pass. What tap-rest says is of no use to repeat is not
        repeated; anything else is, by the asset's retry policy."""
        try:
            return getattr(Pass(self.folder, self.config, self.target, self.program), step)(*args)
        except (ForGood, Unusable) as e:
            raise dg.Failure(str(e), allow_retries=False) from e


@dg.asset(retry_policy=again)
def plan(context: dg.AssetExecutionContext, tap_rest: TapRest):
    """The plan of a pass, whose parts become the partitions of the next asset."""
    names = tap_rest.call("plan")
    for old in context.instance.get_dynamic_partitions(parts.name):
        context.instance.delete_dynamic_partition(parts.name, old)
    context.instance.add_dynamic_partitions(parts.name, names)
    return dg.MaterializeResult(metadata={"parts": len(names)})


@dg.asset(partitions_def=parts, deps=[plan], retry_policy=again)
def part(context: dg.AssetExecutionContext, tap_rest: TapRest):
    """A part of the plan, loaded."""
    tap_rest.call("read", context.partition_key)


@dg.asset(deps=[part], retry_policy=again)
def loaded(tap_rest: TapRest):
    """The whole pass: the states of the parts are merged, and what no part has read,
    those that failed too, is read. It succeeds where all is loaded."""
    tap_rest.call("merge")
    tap_rest.call("close")


@dg.sensor(target=[part, loaded], minimum_interval_seconds=30)
def after_plan(context: dg.SensorEvaluationContext):
    """Asks for each part of the latest plan once, and for the end of the pass when all
    of them have ended, well or not."""
    planned = context.instance.get_latest_materialization_event(plan.key)
    if planned is None:
        return
    of = {PASS: planned.run_id}
    names = context.instance.get_dynamic_partitions(parts.name)
    begun = {run.tags["dagster/partition"]: run for run in context.instance.get_runs(dg.RunsFilter(tags=of)) if "dagster/partition" in run.tags}
    for name in names:
        if name not in begun:
            yield dg.RunRequest(f"{planned.run_id} {name}", asset_selection=[part.key], partition_key=name, tags=of)
    if all(name in begun and begun[name].is_finished for name in names):
        yield dg.RunRequest(f"{planned.run_id} loaded", asset_selection=[loaded.key], tags=of)


@dg.schedule(target=[plan], cron_schedule="@daily")  # yours
def passes(context: dg.ScheduleEvaluationContext):
    """A pass begins where the one before it has ended."""
    under_way = [run for run in context.instance.get_runs(limit=1000) if PASS in run.tags and not run.is_finished]
    return dg.SkipReason("a pass is under way") if under_way else dg.RunRequest()


defs = dg.Definitions(
    assets=[plan, part, loaded],
    schedules=[passes],
    sensors=[after_plan],
    resources={
        "tap_rest": TapRest(  # yours
            config="/etc/tap-rest/config.json",
            folder="/var/lib/tap-rest/shop",
            target=["target-jsonl", "--config", "/etc/tap-rest/target.json"],
        )
    },
)
