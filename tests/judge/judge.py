"""Judges a lake: computes every mart from the Parquet files of staging with the SQL of infra/lake/sql, and compares with the marts that are there.

    judge.py [--engine duckdb|spark] [--scope NAME=VALUE]... [--report NAME=FILE]... LAKE

LAKE is the folder of one factory, which holds manifest.json. Told are how many rows were compared, and each difference in a line of its own (mart, row, column,
what the lake says, what the SQL says); the exit code is 1 if there is any. A report is the JSON that the API answered for the window and filters of --scope.

The SQL computes the same rules in another way: where the two differ, one of them is wrong. A rule that both read wrongly in the same way goes unnoticed.
"""

import argparse
import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

from comparison import differences, read_answer
from engines import ENGINES, statements

SQL = Path(__file__).resolve().parents[2] / "infra" / "lake" / "sql"

# What the rows of each mart are unique by.
MARTS = json.loads(Path(__file__).with_name("grains.json").read_text())

# The same of each report.
REPORTS = {
    "daily-yield": ["production_date", "shift_code", "prod_line", "product_code", "customer"],
    "traceability": ["run_number", "production_date", "batch_code"],
    "temperature-audit": ["reading_date", "location"],
    "giveaway": ["product_code", "prod_line"],
    "shift-productivity": ["shift_code", "prod_line"],
    "non-conformance": ["nc_type", "severity"],
    "order-fulfilment": ["order_number", "customer", "product_code"],
    "allergen-changeovers": ["production_date", "prod_line", "to_run"],
    "species-ranking": ["species"],
    "weekly-cumulative": ["production_date", "prod_line"],
}


def scope_of(scope):
    """The view report_scope of a window and filters."""
    columns = {"from_date": "DATE", "to_date": "DATE", "line": "VARCHAR(100)", "shift": "VARCHAR(100)", "species": "VARCHAR(100)"}
    quoted = {name: "'" + scope[name].replace("'", "''") + "'" if name in scope else "NULL" for name in columns}
    return "CREATE OR REPLACE VIEW report_scope AS SELECT " + ", ".join(f"CAST({quoted[name]} AS {kind}) AS {name}" for name, kind in columns.items())


WEEK = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def minutes(time):
    """How many minutes after midnight a time of day is."""
    return int(time[:2]) * 60 + int(time[3:5])


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def shift_times(shifts):
    """The rows of the view shift_times."""
    for shift in shifts:
        starts, ends = minutes(shift["start"]), minutes(shift["end"])
        is_over = ends <= starts
        name = shift["code"].strip()
        for day in shift["days"]:
            yield quoted(name.lower()), quoted(name), WEEK.index(day), starts, ends + 1440 * is_over, int(is_over and shift["date"] == "end")


def shift_breaks(shifts):
    """The rows of the view shift_breaks."""
    for shift in shifts:
        starts = minutes(shift["start"])
        for begins, ends in shift.get("breaks", []):
            begins = starts + (minutes(begins) - starts) % 1440
            ends = begins + (minutes(ends) - begins) % 1440
            for day in shift["days"]:
                yield quoted(shift["code"].strip().lower()), WEEK.index(day), starts, begins, ends


def clock_changes(zone):
    """The rows of the view clock_changes: those of the years that the tests know. The clock is changed at full hours."""
    zone = ZoneInfo(zone)
    offset = lambda moment: moment.astimezone(zone).utcoffset()
    day = datetime(2024, 1, 1, tzinfo=timezone.utc)
    while day.year < 2029:
        hours = [day + timedelta(hours=hour) for hour in range(25)]
        for hour, next_hour in zip(hours, hours[1:]) if offset(hours[0]) != offset(hours[-1]) else []:
            before, after = offset(hour), offset(next_hour)
            if before != after:
                times = sorted(next_hour.replace(tzinfo=None) + by for by in [before, after])
                yield str(after > before).upper(), *(f"TIMESTAMP '{time}'" for time in times)
        day = hours[-1]


def view(name, columns, none, rows):
    """A view of these rows, which may be none; `none` is a row that it does not have."""
    rows = ", ".join(f"({', '.join(map(str, row))})" for row in [none, *rows])
    named = ", ".join(columns)
    return f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM (VALUES {rows}) AS v ({named}) WHERE {columns[0]} <> {none[0]};"


def settings_of(manifest):
    """The views of the factory's settings that are in force."""
    values = (manifest.get("settings") or {}).get("values", {})
    defaults = {
        "intake_max_c": 4,
        "vehicle_max_c": 5,
        "low_yield_pct": 90,
        "giveaway_pct": 3,
        "sensor_min_c": -60,
        "sensor_max_c": 60,
        "stop_minutes": 3,
    }
    limits = {**defaults, **values.get("limits", {})}
    texts = {"premium": "Premium", "gg": "GG"}
    for grade, others in values.get("grades", {}).items():
        texts.update({text.strip().lower(): grade for text in others})
    texts = ", ".join(f"({quoted(text)}, '{grade}')" for text, grade in texts.items())
    columns = ", ".join(f"CAST({limits[name]} AS DOUBLE) AS {name}" for name in defaults)
    price = lambda price: f"CAST({price!r} AS DOUBLE)"
    prices = values.get("prices", {})
    products = [(quoted(code.strip().lower()), price(of)) for code, of in prices.get("products", {}).items()]
    tiers = [(tier, price(of)) for tier, of in prices.get("tiers", {}).items()]
    shifts = values.get("shifts", [])
    times = ["shift_code", "shift_name", "weekday", "starts_after_minutes", "ends_after_minutes", "dated_after_days"]
    breaks = ["shift_code", "weekday", "starts_after_minutes", "begins_after_minutes", "ends_after_minutes"]
    never = "TIMESTAMP '1900-01-01 00:00:00'"
    changes = [(begins, ends, is_left_out) for is_left_out, begins, ends in clock_changes(manifest.get("zone") or "UTC")]
    return f"""
        CREATE OR REPLACE VIEW grades AS SELECT grade_text, grade FROM (VALUES {texts}) AS v (grade_text, grade);
        CREATE OR REPLACE VIEW limits AS SELECT {columns};
        {view("product_prices", ["product_key", "price"], ("''", price(0.0)), products)}
        {view("tier_prices", ["tier", "price"], (0, price(0.0)), tiers)}
        {view("shift_times", times, ("''", "''", 0, 0, 0, 0), shift_times(shifts))}
        {view("shift_breaks", breaks, ("''", 0, 0, 0, 0), shift_breaks(shifts))}
        {view("clock_changes", ["from_time", "to_time", "is_left_out"], (never, never, "TRUE"), changes)}"""


def stage(engine, lake, manifest, scope):
    """Makes the staging tables and every model."""
    for table in statements((SQL / "staging_tables.sql").read_text()):
        name = table.split()[2]
        folder = lake / name.replace(".", "/")
        engine.table(name, folder if any(folder.glob("*/part.parquet")) else None, table)
    # What the factory lacks, no run has read.
    read = [name for name, table in manifest["tables"].items() if table.get("as_of")]
    known = " UNION ALL ".join(f"SELECT '{name}' AS table_name" for name in ["", *read])
    lists = sorted((lake / "rejected").glob("*/open.parquet"))
    rejected = " UNION ALL ".join(
        f"SELECT '{path.parent.name}' AS table_name, \"key\", reason, \"row\", watermark, rejected_at FROM {engine.parquet(path)}" for path in lists
    )
    own = {"known_tables.sql": f"CREATE OR REPLACE VIEW known_tables AS {known}", "factory_settings.sql": settings_of(manifest)}
    if rejected:
        own["open_rejected.sql"] = f"CREATE OR REPLACE VIEW open_rejected AS {rejected}"
    if scope:
        own["report_scope.sql"] = scope_of(scope)
    for file in (SQL / "order.txt").read_text().split():
        for statement in statements(own.get(file) or (SQL / file).read_text()):
            engine.model(statement)


def judge_marts(engine, lake, manifest):
    """Compares every mart that the manifest names."""
    for mart in sorted(manifest["marts"]):
        if mart not in MARTS:
            yield f"{mart}: no SQL computes this mart"
            continue
        for name, part in manifest["marts"][mart].items():
            published = lake / "published" / mart / name / "part.parquet"
            if not published.is_file() or published.read_bytes() != (lake / part["key"]).read_bytes():
                yield f"{mart}: what is published in {name} is not what the manifest names"
        files = [lake / part["key"] for part in manifest["marts"][mart].values()]
        ours = engine.rows(f"SELECT * FROM {mart}")
        theirs = engine.files(files) if files else (ours[0], [])
        print(f"{mart}: {len(theirs[1])} rows")
        yield from differences(mart, MARTS[mart], theirs, ours)


def judge_report(engine, name, file):
    """Compares what the API answered for a report."""
    columns, rows = engine.rows(f"SELECT * FROM report_{name.replace('-', '_')}")
    ours = columns, rows
    theirs = read_answer(Path(file), ours)
    print(f"{name}: {len(theirs[1])} rows")
    return differences(name, REPORTS[name], theirs, ours, is_rounded=True)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("lake", type=Path)
    parser.add_argument("--engine", choices=ENGINES, default="duckdb")
    parser.add_argument("--scope", action="append", default=[])
    parser.add_argument("--report", action="append", default=[])
    arguments = parser.parse_args()
    manifest = json.loads((arguments.lake / "manifest.json").read_text())
    engine = ENGINES[arguments.engine]()
    stage(engine, arguments.lake, manifest, dict(scope.split("=", 1) for scope in arguments.scope))
    found = list(judge_marts(engine, arguments.lake, manifest))
    for report in arguments.report:
        name, _, file = report.partition("=")
        found.extend(judge_report(engine, name, file))
    print("\n".join(found))
    print(f"{len(found)} differences in {len(manifest['marts'])} marts and {len(arguments.report)} reports")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
