#!/usr/bin/env python3
"""Computes every feature again with DuckDB and compares it with the engine's number, exactly.

    cargo run --release -p tg-engine --example oracle -- FOLDER 1000000
    python3 core/engine/tests/duckdb_oracle.py FOLDER        (needs: pip install duckdb)

Shares no code with the engine: window functions over the facts, `(t - W, t]` as a RANGE frame over integer
microseconds. Prints one line a feature, exit code 1 if one number differs.
"""
import csv
import sys
import time

import duckdb

MISSING = {"count": 0, "sum": 0, "distinct": 0, "last": -1}


def expression(f):
    """SQL of one feature over the window `w` of its entity; the row's own series is `payments`."""
    of_series = f"series = '{f['series']}'"
    frame = f"w{f['window_us']}"
    if f["aggregate"] == "count":
        return f"count(*) FILTER ({of_series}) OVER {frame}"
    if f["aggregate"] == "distinct":
        return f"count(DISTINCT {f['of']}) FILTER ({of_series}) OVER {frame}"
    if f["aggregate"] == "sum":
        # Only amounts in the row's own currency: one filtered sum for each currency, chosen by the row.
        cases = " ".join(
            f"WHEN {c} THEN sum(amount) FILTER ({of_series} AND currency = {c}) OVER {frame}" for c in CURRENCIES
        )
        return f"CASE currency {cases} END"
    # The latest entry before this row that still lies in the window.
    earlier = f"(PARTITION BY {f['entity']} ORDER BY time_us RANGE BETWEEN {f['window_us'] - 1} PRECEDING AND 1 PRECEDING)"
    value = "amount" if f["of"] == "amount" else "time_us"
    last = f"arg_max({value}, time_us) FILTER ({of_series}) OVER {earlier}"
    return last if value == "amount" else f"(time_us - {last}) // 1000"


folder = sys.argv[1]
started = time.time()
db = duckdb.connect()
db.execute("SET threads = 2")
types = "{" + ", ".join(
    f"'{n}': '{t}'"
    for n, t in [("offset", "BIGINT"), ("series", "VARCHAR"), ("time_us", "BIGINT"), ("amount", "BIGINT"),
                 ("currency", "INTEGER"), ("card", "VARCHAR"), ("terminal", "VARCHAR"), ("merchant", "VARCHAR"),
                 ("issuer", "VARCHAR")]
) + "}"
db.execute(f"CREATE TABLE facts AS SELECT * FROM read_csv('{folder}/facts.csv', header = true, columns = {types})")
db.execute(f"CREATE TABLE engine AS SELECT * FROM read_csv('{folder}/features.csv', header = true, all_varchar = false)")
CURRENCIES = [c for (c,) in db.execute("SELECT DISTINCT currency FROM facts").fetchall()]
features = list(csv.DictReader(open(f"{folder}/catalogue.csv", encoding="utf-8")))
for f in features:
    f["window_us"] = int(f["window_us"])
payments, declines = db.execute(
    "SELECT count(*) FILTER (series = 'payments'), count(*) FILTER (series = 'declines') FROM facts").fetchone()
rows = db.execute("SELECT count(*) FROM engine").fetchone()[0]
ties = db.execute("SELECT count(*) - count(DISTINCT time_us) FROM facts").fetchone()[0]
edges = db.execute(
    "SELECT count(*) FROM facts a JOIN facts b ON a.card = b.card AND a.time_us - b.time_us IN (60000000, 3600000000, 86400000000)"
).fetchone()[0]
print(f"{payments} payments, {declines} declines, {rows} rows of {len(features)} features; "
      f"{edges} pairs of a card stand exactly one window apart")
failed = payments != rows or ties != 0 or declines == 0
if failed:
    print(f"FAILED: {payments} payments but {rows} rows, or {ties} equal times, or no declines")

for entity in ["card", "terminal", "merchant", "issuer"]:
    mine = [f for f in features if f["entity"] == entity]
    windows = sorted({f["window_us"] for f in mine})
    frames = ", ".join(
        f"w{w} AS (PARTITION BY {entity} ORDER BY time_us RANGE BETWEEN {w - 1} PRECEDING AND CURRENT ROW)" for w in windows
    )
    for start in range(0, len(mine), 8):
        part = mine[start:start + 8]
        columns = ", ".join(
            f"CASE WHEN {entity} IS NULL THEN {MISSING[f['aggregate']]} "
            f"ELSE coalesce({expression(f)}, {MISSING[f['aggregate']]}) END AS {f['name']}"
            for f in part
        )
        differ = ", ".join(
            f"count(*) FILTER (o.{f['name']} IS DISTINCT FROM e.{f['name']}), sum(o.{f['name']}), "
            f"arg_min([e.\"offset\", o.{f['name']}, e.{f['name']}], e.\"offset\") "
            f"FILTER (o.{f['name']} IS DISTINCT FROM e.{f['name']})" for f in part
        )
        result = db.execute(
            f"WITH o AS (SELECT \"offset\", series, {columns} FROM facts WINDOW {frames}) "
            f"SELECT count(*), {differ} FROM o JOIN engine e ON o.\"offset\" = e.\"offset\" WHERE o.series = 'payments'"
        ).fetchone()
        for i, f in enumerate(part):
            wrong, total, example = result[1 + 3 * i:4 + 3 * i]
            ok = wrong == 0 and result[0] == payments
            failed |= not ok
            print(f"{'ok' if ok else 'FAILED'} {f['name']}: {result[0]} compared, {wrong} differ, sum {total}"
                  + ("" if ok else f", first [offset, DuckDB, engine] {example}"), flush=True)
print(f"{'FAILED' if failed else 'equal'} in {time.time() - started:.0f} s")
sys.exit(1 if failed else 0)
