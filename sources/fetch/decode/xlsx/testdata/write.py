"""Writes workbooks into a folder, and beside each the records that openpyxl reads back."""
import datetime as dt
import json
import sys
from pathlib import Path

import openpyxl
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles.numbers import is_date_format, is_timedelta_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904

folder = Path(sys.argv[1])


def value(cell):
    v = cell.value
    if cell.data_type == "e":
        return None
    if isinstance(v, dt.timedelta):
        ms = round(v.total_seconds() * 1000)
        sign, ms = ("-" if ms < 0 else ""), abs(ms)
        h, m, s = ms // 3600000, ms // 60000 % 60, ms % 60000 / 1000
        text = (f"{h}H" if h else "") + (f"{m}M" if m else "") + (f"{s:g}S" if s else "")
        return sign + "PT" + (text or "0S")
    if isinstance(v, (dt.datetime, dt.time)):
        code = cell.number_format.lower()
        text = v.isoformat()
        if "." in text:
            text = text.rstrip("0")
        if isinstance(v, dt.datetime) and "h" not in code and v.time() == dt.time():
            return v.date().isoformat()
        return text
    return str(v) if isinstance(v, CellRichText) else v


def records(path, name=None):
    book = openpyxl.load_workbook(path, data_only=True, rich_text=True)
    sheet = book[name] if name else book.worksheets[0]
    rows = [row for row in sheet.iter_rows() if any(c.value is not None for c in row)]
    names = [str(c.value) for c in rows[0] if c.value is not None]
    return [{n: value(c) for n, c in zip(names, row)} for row in rows[1:]]


def all_types(epoch=None):
    book = openpyxl.Workbook()
    if epoch:
        book.epoch = epoch
    sheet = book.active
    sheet.title = "Ä & <1>"
    sheet.append(["id", "text", "number", "flag", "date", "at", "time", "span", "error", "none"])
    rich = CellRichText("plain ", TextBlock(InlineFont(b=True), "bold & "), "more")
    rows = [
        [1, "x", 1.5, True, dt.date(2024, 2, 29), dt.datetime(2024, 1, 2, 3, 4, 5), dt.time(3, 4, 5), dt.timedelta(hours=27, seconds=5), "#N/A"],
        [9007199254740993, "Ä€😀 <&>\"'\n\ttab", 1e300, False, dt.date(1904, 1, 2), dt.datetime(9999, 12, 31, 23, 59, 59), dt.time(0, 0, 0), dt.timedelta(0), "#DIV/0!"],
        [-1, rich, -2.5e-7, None, dt.date(1970, 1, 1), dt.datetime(2024, 1, 2, 0, 0, 0), dt.time(23, 59, 59), dt.timedelta(minutes=5, milliseconds=250), "#REF!"],
        [],
        [0, " leading and trailing ", 0.1 + 0.2, None, None, dt.datetime(2024, 1, 2, 3, 4, 5, 123000), None, dt.timedelta(days=400), None],
        [None, "only a text"],
    ]
    for row in rows:
        sheet.append(row)
    for row in sheet.iter_rows(min_row=2):
        for cell, code in zip(row, ["0", "General", "0.00E+00", "General", "yyyy-mm-dd", "yyyy\\-mm\\-dd\\ hh:mm:ss;@", "[$-409]h:mm:ss", "[h]:mm:ss", "General"]):
            if cell.value is not None:
                cell.number_format = code
    sheet.row_dimensions[3].hidden = True
    other = book.create_sheet("Other")
    other.append(["a", "b"])
    other.append(["merged", None])
    other.merge_cells("A2:B2")
    other["A4"] = "'0012"
    other["B4"] = "00.50"
    return book


book = all_types()
book.save(folder / "types.xlsx")
all_types(CALENDAR_MAC_1904).save(folder / "types_1904.xlsx")

many = openpyxl.Workbook(write_only=True)
sheet = many.create_sheet("many")
sheet.append(["id", "name", "at", "amount"])
for i in range(500):
    sheet.append([i, f"name {i % 37} é", dt.datetime(2024, 1, 1) + dt.timedelta(seconds=i * 7919), i / 7])
many.save(folder / "many.xlsx")

for name in ["types", "types_1904", "many"]:
    with open(folder / f"{name}.jsonl", "w") as out:
        for record in records(folder / f"{name}.xlsx"):
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
