"""Keycloak on its own H2 database. See common.py."""

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import zipfile

import common

REALM, SECRET = "shop", "s3cret of keycloak"
AUDITOR, PASSWORD = "auditor", "pässword of the auditor"
ROLES = ["view-users", "query-users", "query-groups", "view-clients", "view-realm", "view-events"]


def realm():
    return {
        "realm": REALM, "enabled": True, "accessTokenLifespan": 60,
        "eventsEnabled": True, "enabledEventTypes": ["LOGIN_ERROR"],  # not those that reading makes
        "revokeRefreshToken": True, "refreshTokenMaxReuse": 0,
        "roles": {"realm": [{"name": f"role {i:03d}", "description": "für alle"} for i in range(120)]},
        "groups": [{"name": f"group {i:02d}"} for i in range(23)],
        "clients": [{"clientId": "reader", "secret": SECRET, "serviceAccountsEnabled": True, "directAccessGrantsEnabled": True}],
        "users": [
            {"username": "service-account-reader", "enabled": True, "serviceAccountClientId": "reader", "clientRoles": {"realm-management": ROLES}},
            {"username": AUDITOR, "enabled": True, "email": "auditor@example.com", "firstName": "A", "lastName": "B", "emailVerified": True,
             "credentials": [{"type": "password", "value": PASSWORD}], "clientRoles": {"realm-management": ROLES}},
            *({"username": f"user-{i:03d}", "enabled": i % 7 != 0, "email": f"user-{i:03d}@example.com", "lastName": "Müller",
               "groups": [f"/group {i % 20:02d}"]} for i in range(231)),
        ],
    }


def serve(directory, tools):
    with zipfile.ZipFile(tools / "keycloak.zip") as dist:
        dist.extractall(directory)
    home = next(directory.glob("keycloak-*"))
    (home / "data" / "import").mkdir(parents=True)
    (home / "data" / "import" / "realm.json").write_text(json.dumps(realm()))
    url = f"http://127.0.0.1:{(port := common.free_port())}"
    server = common.start(
        ["sh", home / "bin" / "kc.sh", "start-dev", "--import-realm", "--http-host", "127.0.0.1", "--http-port", str(port),
         f"--db-url=jdbc:h2:file:{directory}/keycloak;NON_KEYWORDS=VALUE;WRITE_DELAY=0"],
        directory / "server.log", f"{url}/realms/{REALM}",
        env={"PATH": os.environ["PATH"], "HOME": str(directory), "JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx512m"})
    fail_logins(url, 130)
    (directory / "user.json").write_text(json.dumps({
        "base_url": url, "realm": REALM, "client_id": "reader", "client_secret": SECRET, "username": AUDITOR, "password": PASSWORD,
        "refresh_token": ask_token(url, username=AUDITOR, password=PASSWORD)["refresh_token"],
    }))
    common.serve(directory, server, url, {"realm": REALM, "client_id": "reader", "client_secret": SECRET, "start_date": "2024-01-01T00:00:00Z"})


def ask_token(url, **user):
    form = urllib.parse.urlencode({"grant_type": "password", "client_id": "reader", "client_secret": SECRET, **user})
    return common.call("POST", f"{url}/realms/{REALM}/protocol/openid-connect/token", form.encode(), {"Content-Type": "application/x-www-form-urlencoded"})


def fail_logins(url, n):
    """Has Keycloak keep events: logins that fail."""
    for i in range(n):
        try:
            ask_token(url, username=f"nobody-{i}", password="x")
        except urllib.error.HTTPError as e:
            assert e.code == 401, e
    time.sleep(1)


def query(directory, sql):
    """Asks a copy of the database, which the server holds open."""
    shutil.copy(directory / "keycloak.mv.db", directory / "copy.mv.db")
    jar = next(directory.glob("keycloak-*/lib/lib/main/com.h2database.h2-*.jar"))
    out = directory / "rows.csv"
    subprocess.run(["java", "-cp", jar, "org.h2.tools.Shell", "-url", f"jdbc:h2:file:{directory}/copy;NON_KEYWORDS=VALUE", "-user", "sa", "-password", "password",
                    "-sql", f"CALL CSVWRITE('{out}', '{sql.replace(chr(39), chr(39) * 2)}', 'fieldSeparator=\t fieldDelimiter= writeColumnHeader=false charset=UTF-8')"],
                   check=True, stdout=subprocess.DEVNULL)
    return [line.split("\t") for line in out.read_text(encoding="utf-8").splitlines()]


def truth(directory, tools):
    mine = f"(SELECT ID FROM REALM WHERE NAME = '{REALM}')"
    return {
        "users": {r[0]: {"username": r[1], "enabled": r[2] == "TRUE"} for r in query(
            directory, f"SELECT ID, USERNAME, ENABLED FROM USER_ENTITY WHERE REALM_ID = {mine} AND SERVICE_ACCOUNT_CLIENT_LINK IS NULL")},
        "groups": {r[0]: {"name": r[1]} for r in query(directory, f"SELECT ID, NAME FROM KEYCLOAK_GROUP WHERE REALM_ID = {mine}")},
        "group_members": {f"{r[0]} {r[1]}": {"username": r[2]} for r in query(
            directory, "SELECT M.GROUP_ID, M.USER_ID, U.USERNAME FROM USER_GROUP_MEMBERSHIP M JOIN USER_ENTITY U ON U.ID = M.USER_ID")},
        "clients": {r[0]: {"clientId": r[1]} for r in query(directory, f"SELECT ID, CLIENT_ID FROM CLIENT WHERE REALM_ID = {mine}")},
        "roles": {r[0]: {"name": r[1]} for r in query(directory, f"SELECT ID, NAME FROM KEYCLOAK_ROLE WHERE REALM_ID = {mine} AND CLIENT_ROLE = FALSE")},
        "events": {f"{r[0]} {r[1]}": {"type": r[0], "time": int(r[1])} for r in query(directory, f"SELECT TYPE, EVENT_TIME FROM EVENT_ENTITY WHERE REALM_ID = {mine}")},
    }


def touch(directory, tools):
    before = set(truth(directory, tools)["events"])
    fail_logins(json.loads((directory / "config.json").read_text())["base_url"], 3)
    return {"events": sorted(set(truth(directory, tools)["events"]) - before)}


common.main(serve=serve, truth=truth, touch=touch)
