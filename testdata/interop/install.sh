#!/bin/sh
# Makes the Python environments of the interop tests: install.sh DIR.
#
# Three, since their pins contradict each other: DIR/main, DIR/singer and
# DIR/target-jsonl. Does nothing when DIR was made from the same lists by the
# same Python. PYTHON names the interpreter (3.10 or later); default python3.
set -eu

dir=${1:?usage: install.sh DIR}
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
	{ echo "install.sh: $python must be Python 3.10 or later" >&2; exit 1; }

stamp=$("$python" --version; cat "$here"/requirements*.txt "$0" | cksum)
if [ -f "$dir/stamp" ] && [ "$(cat "$dir/stamp")" = "$stamp" ]; then
	exit 0
fi

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
rm -f "$dir/stamp"
env main requirements.txt --only-binary :all: &
main=$!
env singer requirements-singer.txt
env target-jsonl requirements-target-jsonl.txt
wait "$main"
printf '%s\n' "$stamp" >"$dir/stamp"
