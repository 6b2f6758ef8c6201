#!/bin/sh
# Makes Python environments of the interop tests: install.sh DIR NAME...
#
# NAME is main, or one of the files requirements-NAME.txt: each has an
# environment of its own, DIR/NAME, since their pins contradict each other. What
# was made from the same list by the same Python stays. uv, of the first one,
# makes the others. PYTHON names the interpreter (3.10 or later); default
# python3.
set -eu

dir=${1:?usage: install.sh DIR NAME...}
shift
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
uv=$dir/uv/bin/uv

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
	{ echo "install.sh: $python must be Python 3.10 or later" >&2; exit 1; }

# made NAME LIST says whether DIR/NAME is what LIST asks for, and sets stamp,
# which DIR/NAME/stamp holds if so.
made() {
	stamp=$("$python" --version; cat "$2" "$here/requirements-build.txt" "$0" | cksum)
	[ -f "$dir/$1/stamp" ] && [ "$(cat "$dir/$1/stamp")" = "$stamp" ]
}

if ! made uv "$here/requirements-uv.txt"; then
	"$python" -m venv --clear "$dir/uv"
	"$dir/uv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$here/requirements-uv.txt"
	printf '%s\n' "$stamp" >"$dir/uv/stamp"
fi
for name; do
	list=$here/requirements-$name.txt
	made "$name" "$list" && continue
	"$uv" venv --quiet --clear --python "$(command -v "$python")" "$dir/$name"
	"$uv" pip install --quiet --no-deps --python "$dir/$name/bin/python" \
		--build-constraints "$here/requirements-build.txt" -r "$list"
	"$uv" pip check --quiet --python "$dir/$name/bin/python"
	printf '%s\n' "$stamp" >"$dir/$name/stamp"
done
