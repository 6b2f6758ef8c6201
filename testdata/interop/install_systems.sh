#!/bin/sh
# Puts into DIR the systems that the built-in definitions read: install_systems.sh
# DIR. It needs Python, npm, Maven and Java 17, besides what install.sh needs.
set -eu

dir=${1:?usage: install_systems.sh DIR}
here=$(cd "$(dirname "$0")" && pwd)
"$here/install.sh" "$dir" main airflow jupyterhub

stamp=$(cat "$here"/npm/*.json | cksum)
if [ "$(cat "$dir/npm/stamp" 2>/dev/null)" != "$stamp" ]; then
	mkdir -p "$dir/npm"
	cp "$here"/npm/*.json "$dir/npm"
	npm ci --prefix "$dir/npm" --no-audit --no-fund --ignore-scripts --loglevel=error
	printf '%s\n' "$stamp" >"$dir/npm/stamp"
fi

# zip NAME ARTIFACT puts a file of Maven's into DIR.
zip() {
	[ -f "$dir/$1.zip" ] && [ "$(cat "$dir/$1.artifact" 2>/dev/null)" = "$2" ] && return
	mvn --batch-mode --quiet org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
		-Dartifact="$2" -DoutputDirectory="$dir/$1" -Dmdep.useBaseVersion=true
	mv "$dir/$1"/*.zip "$dir/$1.zip"
	rmdir "$dir/$1"
	printf '%s\n' "$2" >"$dir/$1.artifact"
}
zip keycloak org.keycloak:keycloak-quarkus-dist:26.0.7:zip
zip elasticsearch org.elasticsearch.distribution.zip:elasticsearch:2.4.6:zip
