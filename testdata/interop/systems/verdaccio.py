"""Verdaccio, which keeps its packages in files. See common.py."""

import base64
import json
import os
import urllib.parse

import common


def serve(directory, tools):
    (directory / "config.yaml").write_text("""
storage: ./storage
auth:
  htpasswd: {file: ./htpasswd}
uplinks: {}
packages:
  '**': {access: $authenticated, publish: $authenticated}
log: {type: stdout, format: pretty, level: warn}
""")
    url = f"http://127.0.0.1:{(port := common.free_port())}"
    server = common.start([tools / "npm/node_modules/.bin/verdaccio", "-c", directory / "config.yaml", "-l", f"127.0.0.1:{port}"],
                          directory / "server.log", url + "/-/ping", cwd=directory, env={"PATH": os.environ["PATH"], "HOME": str(directory)})
    token = common.call("PUT", url + "/-/user/org.couchdb.user:reader", {"name": "reader", "password": "s3cret of verdaccio"})["token"]
    for i in range(137):
        publish(url, token, f"package-{i:03d}" if i % 5 else f"@scope/package-{i:03d}", [f"1.0.{v}" for v in range(1 + i % 3)])
    common.serve(directory, server, url, {"token": token})


def publish(url, token, name, versions):
    for version in versions:
        file = f"{name}-{version}.tgz"
        common.call("PUT", f"{url}/{urllib.parse.quote(name, safe='@')}", {
            "_id": name, "name": name, "dist-tags": {"latest": version},
            "versions": {version: {"name": name, "version": version, "description": f"Größe {version}", "dist": {"tarball": f"{url}/{name}/-/{file}"}}},
            "_attachments": {file: {"content_type": "application/octet-stream", "data": base64.b64encode(b"none").decode(), "length": 4}},
        }, {"Authorization": f"Bearer {token}"})


def truth(directory, tools):
    storage = directory / "storage"
    packages, versions = {}, {}
    for name in json.loads((storage / ".verdaccio-db.json").read_text())["list"]:
        package = json.loads((storage / name / "package.json").read_text())
        packages[name] = {}
        for version, content in package["versions"].items():
            versions[f"{name} {version}"] = {"description": content["description"], "published_at": package["time"][version]}
    return {"packages": packages, "versions": versions}


common.main(serve=serve, truth=truth)
