#!/bin/sh
# A step of a pass: step.sh plan | read | close, in the folder that all pods share.
# What it runs it becomes, so that the exit code and SIGTERM are tap-rest's own.
set -eu
config=/etc/tap-rest/config.json
step=$1
set -- target-jsonl --config /etc/tap-rest/target.json # yours: the target's command

# Adds to state.json what the parts have proven.
merge() {
	set -- parts/*.json
	if [ -e "$1" ]; then
		if [ -e state.json ]; then set -- state.json "$@"; fi
		tap-rest state merge "$@" >state.new
		mv state.new state.json
		rm parts/*.json
	fi
}

case $step in
plan) # what parts of a pass that did not end have proven is in the plan
	mkdir -p parts
	merge
	known=
	if [ -e state.json ]; then known='--state state.json'; fi
	tap-rest plan --config "$config" $known --json >plan.new
	mv plan.new plan.jsonl
	;;
read) # one of $SHARDS parts, which have the numbers from 0 on
	exec tap-rest --config "$config" --plan plan.jsonl --shard "$((JOB_COMPLETION_INDEX + 1))/$SHARDS" \
		--state "parts/$JOB_COMPLETION_INDEX.json" -- "$@"
	;;
close) # what no part has read, those that failed too; then the pass is over
	merge
	exec tap-rest --config "$config" --plan plan.jsonl --state state.json -- "$@"
	;;
esac
