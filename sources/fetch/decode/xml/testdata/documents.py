"""Writes random XML documents, one in each line: {"xml": …, "path": …, "json": …}.

json is made of what xml.etree reads back of xml, by the table in doc.go.
Arguments: how many documents, and a seed.
"""
import json
import random
import re
import sys
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

NAMES = ["a", "b", "C", "é", "x-1", "_y.z"]
SPACES = {"": "", "p:": "urn:p", "q:": "urn:q"}
TEXTS = ["", "", "text", " t ", "1", "<&>\"'", "é\U0001F600\uffee", "\n  ", "  ", "a\r\nb", "\t", "]]", "\x7f\x85\u2028"]
XSI = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def text(r):
    t = r.choice(TEXTS)
    kind = r.random()
    if kind < 0.2:
        return "<![CDATA[" + t + "]]>"
    if kind < 0.4:
        return "".join("&#x%X;" % ord(c) for c in t)
    if kind < 0.5:
        return escape(t) + r.choice(["<!-- no -->", "<?no no?>"]) + escape(r.choice(TEXTS))
    return escape(t)


def element(r, name, depth):
    out = "<" + name
    for a in r.sample(NAMES, r.choice([0, 0, 0, 1, 2])):
        out += " " + r.choice(list(SPACES)) + a + " = " + quoteattr(r.choice(TEXTS))
    if r.random() < 0.05:
        out += ' xsi:nil="true"'
    if r.random() < 0.1:
        return out + "/>"
    out += ">" + text(r)
    for _ in range(r.choice([0, 0, 1, 2, 5]) if depth < 5 else 0):
        out += element(r, r.choice(list(SPACES)) + r.choice(NAMES), depth + 1) + text(r)
    return out + "</" + name + "\n>"


def document(r):
    head = r.choice(["", '<?xml version="1.0" encoding="UTF-8"?>\n', "<!DOCTYPE L>", "<!-- <L> -->"])
    spaces = "".join(' xmlns:%s="%s"' % (p[:-1], u) for p, u in SPACES.items() if p)
    spaces += ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    out = "<L" + spaces + ">" + text(r)
    for _ in range(r.randrange(6)):
        out += element(r, r.choice(NAMES + ["C", "C"]), 1) + text(r)
    return head + out + "</L>\n"


def local(tag):
    return re.sub(r"^\{.*\}", "", tag)


def white(t):
    return re.fullmatch("[ \t\r\n]*", t) is not None


def put(members, name, value):
    members.setdefault(name, []).append(value)


def members(e):
    m = {}
    for k, v in e.attrib.items():
        if k != XSI:
            put(m, "@" + local(k), v)
    t = e.text or ""
    if len(e) == 0:
        if t and not (white(t) and re.search("[\r\n]", t)):
            put(m, "#text", t)
        return m
    if not white(t):
        put(m, "#text", t)
    for c in e:
        put(m, local(c.tag), value(c))
        if not white(c.tail or ""):
            put(m, "#text", c.tail)
    return m


def value(e):
    m = members(e)
    if not m:
        return None
    if list(m) == ["#text"]:
        return "".join(m["#text"])
    return {k: one(k, v) for k, v in m.items()}


def one(name, values):
    if name == "#text":
        return "".join(values)
    return values[0] if len(values) == 1 else values


def expected(root, path):
    if path != "L.C":
        return {"L": value(root)}
    m = members(root)
    records = m.pop("C", [])
    return {"L": {"C": records, **{k: one(k, v) for k, v in m.items()}}}


def dump(v):
    return json.dumps(v, ensure_ascii=False, separators=(",", ":"))


r = random.Random(int(sys.argv[2]))
sys.stdout.reconfigure(encoding="utf-8", newline="\n")
for _ in range(int(sys.argv[1])):
    path = r.choice(["", "L.C", "other.C"])
    text_of_document = document(r)
    try:
        root = ET.fromstring(text_of_document.encode())
    except ET.ParseError as e:  # the same attribute twice, in one namespace
        if "duplicate attribute" not in str(e):
            raise
        continue
    print(dump({"xml": text_of_document, "path": path, "json": dump(expected(root, path))}))
