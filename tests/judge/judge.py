"""Judges a lake: computes every mart from the Parquet files of staging with the SQL of infra/lake/sql, and compares with the marts that are there.

    judge.py [--engine duckdb|spark] [--scope NAME=VALUE]... [--report NAME=FILE]... LAKE

LAKE is the folder of one factory, which holds manifest.json. Told are how many rows were compared, and each difference in a line of its own (mart, row, column,
what the lake says, what the SQL says); the exit code is 1 if there is any. A report is the JSON that the API answered for the window and filters of --scope.

The SQL computes the same rules in another way: where the two differ, one of them is wrong. A rule that both read wrongly in the same way goes unnoticed.
"""

import argparse
import json
import sys
from pathlib import Path

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


def shift_times(shifts):
    """The rows of the view shift_times."""
    for shift in shifts:
        starts, ends = (int(shift[name][:2]) * 60 + int(shift[name][3:5]) for name in ["start", "end"])
        is_over = ends <= starts
        code = "'" + shift["code"].strip().lower().replace("'", "''") + "'"
        for day in shift["days"]:
            weekday = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].index(day)
            yield code, weekday, starts, ends + 1440 * is_over, int(is_over and shift["date"] == "end")


def settings_of(manifest):
    """The views of the factory's settings that are in force."""
    values = (manifest.get("settings") or {}).get("values", {})
    defaults = {"intake_max_c": 4, "vehicle_max_c": 5, "low_yield_pct": 90, "giveaway_pct": 3, "sensor_min_c": -60, "sensor_max_c": 60}
    limits = {**defaults, **values.get("limits", {})}
    texts = {"premium": "Premium", "gg": "GG"}
    for grade, others in values.get("grades", {}).items():
        texts.update({text.strip().lower(): grade for text in others})
    quoted = ", ".join("('" + text.replace("'", "''") + f"', '{grade}')" for text, grade in texts.items())
    shifts = ", ".join(f"({', '.join(map(str, row))})" for row in [("''", 0, 0, 0, 0), *shift_times(values.get("shifts", []))])
    prices = values.get("prices", {})
    products = ", ".join(
        "('" + code.strip().lower().replace("'", "''") + f"', CAST({price!r} AS DOUBLE))" for code, price in [("", 0.0), *prices.get("products", {}).items()]
    )
    tiers = ", ".join(f"({tier}, CAST({price!r} AS DOUBLE))" for tier, price in [(0, 0.0), *prices.get("tiers", {}).items()])
    columns = ", ".join(f"CAST({limits[name]} AS DOUBLE) AS {name}" for name in defaults)
    return f"""
        CREATE OR REPLACE VIEW grades AS SELECT grade_text, grade FROM (VALUES {quoted}) AS v (grade_text, grade);
        CREATE OR REPLACE VIEW limits AS SELECT {columns};
        CREATE OR REPLACE VIEW product_prices AS SELECT * FROM (VALUES {products}) AS v (product_key, price) WHERE product_key <> '';
        CREATE OR REPLACE VIEW tier_prices AS SELECT * FROM (VALUES {tiers}) AS v (tier, price) WHERE tier > 0;
        CREATE OR REPLACE VIEW shift_times AS
        SELECT * FROM (VALUES {shifts}) AS v (shift_code, weekday, starts_after_minutes, ends_after_minutes, dated_after_days) WHERE shift_code <> '';"""


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
    for file in (SQL / "order.txt").read_text().split():
        own = {"known_tables.sql": f"CREATE OR REPLACE VIEW known_tables AS {known}", "factory_settings.sql": settings_of(manifest)}
        if rejected:
            own["open_rejected.sql"] = f"CREATE OR REPLACE VIEW open_rejected AS {rejected}"
        if scope:
            own["report_scope.sql"] = scope_of(scope)
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
