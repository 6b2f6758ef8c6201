"""What the scripts of this folder share. Each starts one system that people run,
fills it through its own API, and says what its own database holds:

    SYSTEM.py serve DIR TOOLS  starts it in DIR, writes DIR/config.json, and says where it listens
    SYSTEM.py truth DIR TOOLS  prints {stream: {key: {field: value}}} from its database
    SYSTEM.py touch DIR TOOLS  changes it, and prints {stream: [key]}: what an incremental run has to read

TOOLS is the folder that install.sh and install_systems.sh filled. A key is the
primary key's values, with blanks between.
"""

import base64
import json
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

PATIENCE = 290  # seconds


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def call(method, url, body=None, headers=None):
    """Sends a request, and returns the JSON that is answered."""
    data = None
    headers = dict(headers or {})
    if body is not None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers.setdefault("Content-Type", "application/json")
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=PATIENCE) as answer:
        text = answer.read()
    return json.loads(text) if text.strip() else None


def start(command, log, ready, **kwargs):
    """Starts a server, and waits until the URL ready answers."""
    with open(log, "ab") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, **kwargs)
    until = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(ready, timeout=5).close()
            return server
        except OSError as e:
            if isinstance(e, urllib.error.HTTPError) and e.code == 403:
                return server  # it wants to know who asks
        if server.poll() is not None or time.monotonic() > until:
            server.kill()
            sys.exit(f"{command[0]} does not answer at {ready}:\n" + pathlib.Path(log).read_text()[-4000:])
        time.sleep(0.2)


def serve(directory, server, url, config):
    """Says where the system listens, and stays until it ends."""
    (directory / "config.json").write_text(json.dumps({"base_url": url, **config}))
    print(url, flush=True)
    sys.exit(server.wait())


def main(**commands):
    name, directory, tools = sys.argv[1:]
    answer = commands[name](pathlib.Path(directory).resolve(), pathlib.Path(tools).resolve())
    if answer is not None:
        json.dump(answer, sys.stdout)
