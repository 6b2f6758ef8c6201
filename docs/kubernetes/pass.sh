#!/bin/sh
# Makes a pass: plan, read, close. base must be applied. It exits with 0 where all is
# loaded, with 1 where the plan or the end of the pass failed.
set -eu
cd "$(dirname "$0")"

for step in plan read close; do
	job="job/tap-rest-$step"
	kubectl delete --namespace tap-rest "$job" --ignore-not-found
	kubectl apply -k "$step"
	until ended=$(kubectl get --namespace tap-rest "$job" -o 'jsonpath={.status.conditions[?(@.status=="True")].type}') &&
		echo "$ended" | grep -qwE 'Complete|Failed'; do
		sleep 5
	done
	if echo "$ended" | grep -qw Failed; then
		echo "pass.sh: $job failed: kubectl logs --namespace tap-rest $job --all-pods says why" >&2
		[ "$step" = read ] || exit 1 # what no part has read, close reads
	fi
done
