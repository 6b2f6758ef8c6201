#!/bin/sh
# Makes the Python environments of the interop tests: install.sh DIR [all].
#
# Four, since their pins contradict each other: DIR/main, DIR/singer,
# DIR/target-jsonl and DIR/airbyte; with all, DIR/pyairbyte too, which takes
# minutes. Does nothing when DIR was made from the same lists by the same
# Python. PYTHON names the interpreter (3.10 or later); default python3.
set -eu

dir=${1:?usage: install.sh DIR [all]}
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
	{ echo "install.sh: $python must be Python 3.10 or later" >&2; exit 1; }

stamp=$("$python" --version; cat "$here"/requirements*.txt "$0" | cksum)

# made NAME says whether DIR/NAME is the stamp of today.
made() { [ -f "$dir/$1" ] && [ "$(cat "$dir/$1")" = "$stamp" ]; }

# env NAME LIST [OPTION...] makes one environment afresh.
env() {
	name=$1 list=$2
	shift 2
	"$python" -m venv --clear "$dir/$name"
	PIP_CONSTRAINT="$here/requirements-build.txt" PIP_DISABLE_PIP_VERSION_CHECK=1 \
		"$dir/$name/bin/pip" install --quiet --no-deps "$@" -r "$here/$list"
	"$dir/$name/bin/pip" check
}

mkdir -p "$dir"
if ! made stamp; then
	rm -f "$dir/stamp"
	env main requirements.txt --only-binary :all: &
	main=$!
	env singer requirements-singer.txt
	env target-jsonl requirements-target-jsonl.txt
	env airbyte requirements-airbyte.txt --only-binary :all:
	wait "$main"
	printf '%s\n' "$stamp" >"$dir/stamp"
fi
if [ "${2-}" = all ] && ! made stamp-all; then
	rm -f "$dir/stamp-all"
	env pyairbyte requirements-pyairbyte.txt --only-binary :all:
	printf '%s\n' "$stamp" >"$dir/stamp-all"
fi
