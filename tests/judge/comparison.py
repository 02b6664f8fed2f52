"""Compares the rows that a lake holds with the rows that SQL computes, by what they are unique by. No engine and no rule of the factory is known here."""

import datetime
import decimal
import json
import math

# Of one mart or report no more differences are told than this.
TOLD = 20

# Sums of decimals depend on their order.
RELATIVE = 1e-6
ABSOLUTE = 1e-7


def differences(name, grain, theirs, ours, is_rounded=False):
    """The differences of two sets of rows, each (columns, rows), in words."""
    names, computed = ours
    if set(theirs[0]) != set(names):
        yield f"{name}: columns differ: only in the lake {sorted(set(theirs[0]) - set(names))}, only in SQL {sorted(set(names) - set(theirs[0]))}"
    in_lake, twice_in_lake = by_grain(grain, *theirs)
    in_sql, twice_in_sql = by_grain(grain, names, computed)
    found = [f"{name} {key}: is there twice" for key in twice_in_lake] + [f"{name} {key}: SQL has it twice" for key in twice_in_sql]
    found += [f"{name} {key}: SQL does not have it" for key in in_lake if key not in in_sql]
    found += [f"{name} {key}: is missing; SQL has {in_sql[key]}" for key in in_sql if key not in in_lake]
    for key, row in in_lake.items():
        for column, value in row.items():
            expected = in_sql.get(key, {}).get(column, value)
            if column in names and not same(column, value, expected, row, is_rounded):
                found.append(f"{name} {key} {column}: the lake says {value!r}, SQL {expected!r}")
    yield from found[:TOLD]
    if len(found) > TOLD:
        yield f"{name}: and {len(found) - TOLD} more"


def by_grain(grain, columns, rows):
    """The rows by what they are unique by, and the keys that are there twice."""
    places, twice = {}, []
    for row in rows:
        row = {column: plain(value) for column, value in zip(columns, row)}
        # Of rows whose grain is a computed number, the last digits are dust.
        key = tuple(round(row[column], 6) if isinstance(row[column], float) else row[column] for column in grain)
        if key in places:
            twice.append(key)
        places[key] = row
    return places, twice


def same(column, value, expected, row, is_rounded):
    """Whether a value is the expected one: numbers to a millionth (or to the rounding of an answer), all else exactly."""
    if column == "detail" and row.get("check") != "label_gap":
        # SQL lists what was found; the mart says it in words, and must name all of it.
        return all(name in (value or "") for name in (expected or "").split(", "))
    if isinstance(value, float) and isinstance(expected, float):
        if math.isclose(value, expected, rel_tol=RELATIVE, abs_tol=ABSOLUTE):
            return True
        return is_rounded and value == round(value, 1) and abs(value - expected) <= 0.05 + ABSOLUTE
    return value == expected


def plain(value):
    """A value as every engine and JSON spell it: all numbers as float, times without a zone."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, decimal.Decimal)):
        return float(value)
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


def read_answer(file, ours):
    """The columns and rows of an answer in JSON, with its moments as moments where SQL has such."""
    rows = json.loads(file.read_text(encoding="utf-8"))
    columns = list(rows[0]) if rows else ours[0]
    moments = {column for row in ours[1] for column, value in zip(ours[0], row) if isinstance(value, datetime.datetime)}
    return columns, [[moment(row[column]) if column in moments else row[column] for column in columns] for row in rows]


def moment(text):
    return text and datetime.datetime.fromisoformat(text)
