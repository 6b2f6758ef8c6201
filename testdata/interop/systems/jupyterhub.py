"""JupyterHub on SQLite, behind its own proxy. See common.py."""

import json
import os
import sqlite3

import common

TOKEN = "s3cret-token-of-the-hub"


def serve(directory, tools):
    port, hub, proxy = common.free_port(), common.free_port(), common.free_port()
    scopes = ["list:users", "read:users", "admin:users", "list:groups", "read:groups", "admin:groups", "list:services", "read:services"]
    (directory / "jupyterhub_config.py").write_text(f"""
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{port}/lab"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.auth_token = {TOKEN!r}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy}"
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.services = [{{"name": "reader", "api_token": {TOKEN!r}}}]
c.JupyterHub.load_roles = [{{"name": "reader", "services": ["reader"], "scopes": {json.dumps(scopes)}}}]
c.JupyterHub.db_url = "sqlite:///jupyterhub.sqlite"
c.JupyterHub.api_page_max_limit = 30
""")
    url = f"http://127.0.0.1:{port}/lab"
    # The hub would start its proxy in a process group of its own, which outlives it.
    common.start([tools / "npm/node_modules/.bin/configurable-http-proxy", "--ip", "127.0.0.1", "--port", str(port), "--api-ip", "127.0.0.1",
                  "--api-port", str(proxy), "--default-target", f"http://127.0.0.1:{hub}"], directory / "proxy.log", f"http://127.0.0.1:{proxy}/api/routes",
                 env={"PATH": os.environ["PATH"], "HOME": str(directory), "CONFIGPROXY_AUTH_TOKEN": TOKEN})
    server = common.start([tools / "jupyterhub/bin/jupyterhub", "-f", "jupyterhub_config.py"], directory / "server.log", url + "/hub/api",
                          cwd=directory, env={"PATH": os.environ["PATH"], "HOME": str(directory)})
    ask = lambda method, path, body=None: common.call(method, f"{url}/hub/api/{path}", body, {"Authorization": f"token {TOKEN}"})
    ask("POST", "users", {"usernames": [f"user-{i:03d}" for i in range(212)]})
    for g in range(34):
        ask("POST", f"groups/group-{g:02d}")
        ask("POST", f"groups/group-{g:02d}/users", {"users": [f"user-{g:03d}", f"user-{2 * g:03d}"]})
    common.serve(directory, server, url, {"token": TOKEN})


def truth(directory, tools):
    with sqlite3.connect(directory / "jupyterhub.sqlite", timeout=60) as db:
        members = {}
        for group, user in db.execute("SELECT g.name, u.name FROM groups g JOIN user_group_map m ON m.group_id = g.id JOIN users u ON u.id = m.user_id"):
            members.setdefault(group, set()).add(user)
        return {
            "users": {r[0]: {"groups": sorted(g for g in members if r[0] in members[g])} for r in db.execute("SELECT name FROM users")},
            "groups": {r[0]: {} for r in db.execute("SELECT name FROM groups")},
            "services": {r[0]: {} for r in db.execute("SELECT name FROM services")},
        }


common.main(serve=serve, truth=truth)
