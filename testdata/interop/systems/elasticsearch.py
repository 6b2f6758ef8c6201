"""Elasticsearch, which is a database itself: what it holds is what it was given.
See common.py."""

import json
import os
import zipfile

import common

INDICES = {"orders-2023": 730, "orders-2024": 1205, "notes": 3, "empty": 0}


def document(index, i):
    return {"n": i, "title": f"{index} – {i}", "price": i / 8}


def serve(directory, tools):
    with zipfile.ZipFile(tools / "elasticsearch.zip") as dist:
        dist.extractall(directory)
    home = next(directory.glob("elasticsearch-*"))
    url = f"http://127.0.0.1:{(port := common.free_port())}"
    opens = [f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in ("lang", "io", "util", "net", "nio")]
    server = common.start(
        ["java", "-Xmx256m", "-Djava.security.manager=allow", *opens, f"-Des.path.home={home}", "-Des.insecure.allow.root=true", "-Des.node.local=true", "-Des.index.number_of_shards=2", "-Des.index.number_of_replicas=0",
         "-Des.network.host=127.0.0.1", f"-Des.http.port={port}", "-cp", f"{home}/lib/*", "org.elasticsearch.bootstrap.Elasticsearch", "start"],
        directory / "server.log", url + "/_cluster/health?wait_for_status=yellow", env={"PATH": os.environ["PATH"], "HOME": str(directory)})
    for index, size in INDICES.items():
        lines = []
        for i in range(size):
            lines += [{"index": {"_index": index, "_type": "doc", "_id": f"{i:05d}"}}, document(index, i)]
        if size:
            common.call("POST", url + "/_bulk?refresh=true", "".join(json.dumps(line) + "\n" for line in lines).encode())
        else:
            common.call("PUT", f"{url}/{index}")
    common.serve(directory, server, url, {"username": "reader", "password": "s3cret of elasticsearch"})


def truth(directory, tools):
    return {
        "indices": {index: {} for index in INDICES},
        "documents": {f"{index} {i:05d}": {"_source": document(index, i)} for index, size in INDICES.items() for i in range(size)},
    }


common.main(serve=serve, truth=truth)
