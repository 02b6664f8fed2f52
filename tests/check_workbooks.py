"""Opens workbooks and compares each with the rows that it should hold.

Usage: check_workbooks.py books.json. The file lists workbooks: `file`, the name of its `sheet`, its `columns` as [name, kind, note], and its `rows`
as objects. Prints how many cells were compared.
"""

import datetime
import json
import sys

import openpyxl

WHOLE_MAX = 10**15


def expected(kind, value):
    """The value that a cell should have, by its kind and the value in JSON."""
    if value is None or value == "":
        return None
    if kind == "number":
        return str(value) if isinstance(value, int) and abs(value) >= WHOLE_MAX else value
    if kind == "date":
        return datetime.datetime.fromisoformat(value)
    if kind in ("time", "instant"):
        # A cell knows no offset: it shows the factory's clock.
        return datetime.datetime.fromisoformat(value).replace(tzinfo=None)
    return value


def same(cell, kind, value):
    want = expected(kind, value)
    if isinstance(want, datetime.datetime):
        return cell.is_date and abs(cell.value - want) < datetime.timedelta(milliseconds=1)
    if isinstance(want, str) and len(want) > 32767:
        return cell.data_type == "s" and len(cell.value) == 32767 and want.startswith(cell.value[:-1])
    kinds = {"number": "n", "flag": "b", "text": "s"}
    typed = want is None or isinstance(want, str) and cell.data_type == "s" or cell.data_type == kinds[kind]
    return typed and cell.value == want and type(cell.value) in (type(want), int, float)


def compared(book):
    """Compares a workbook. Gives the number of its cells."""
    workbook = openpyxl.load_workbook(book["file"])
    assert workbook.sheetnames == [book["sheet"]], workbook.sheetnames
    sheet = workbook.active
    assert sheet.freeze_panes == "A2", sheet.freeze_panes
    width, height = len(book["columns"]), len(book["rows"]) + 1
    corner = f"{openpyxl.utils.get_column_letter(width)}{height}"
    assert sheet.auto_filter.ref == f"A1:{corner}", sheet.auto_filter.ref
    assert sheet.max_row == height, (sheet.max_row, height)
    # Neighbours of the same width are written as one.
    widths = {place: group.width for group in sheet.column_dimensions.values() for place in range(group.min, group.max + 1)}
    for place, (name, _, note) in enumerate(book["columns"], 1):
        header = sheet.cell(1, place)
        assert header.value == name and header.font.bold, header.value
        assert header.comment and header.comment.text.strip() == note, (name, header.comment)
        assert len(name) <= widths[place] <= 64, (name, widths[place])
    for row, values in enumerate(book["rows"], 2):
        for column, (name, kind, _) in enumerate(book["columns"], 1):
            cell = sheet.cell(row, column)
            assert same(cell, kind, values[name]), (cell.coordinate, name, kind, cell.data_type, cell.value, values[name])
    return width * height


def main():
    with open(sys.argv[1]) as file:
        books = json.load(file)
    cells = 0
    for book in books:
        try:
            cells += compared(book)
        except AssertionError as error:
            sys.exit(f"{book['file']}: {error}")
    print(f"{cells} cells in {len(books)} workbooks")


if __name__ == "__main__":
    main()
