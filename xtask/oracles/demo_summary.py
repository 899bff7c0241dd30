#!/usr/bin/env python3
"""Judges what `tillguard demo --for N --json` printed (contract, section 5).

Why it exists: a demo that starts and shows nothing is broken, and its exit code doesn't say so.
Exit 0 if payments went through, every one has its verdict, and what was found is in the truth.
"""

import json
import sys

KEYS = ["seed", "transactions", "verdicts", "findings", "truth", "false_findings"]


def faults(summary):
    """What is wrong, in words."""
    missing = [key for key in KEYS if key not in summary]
    if missing:
        return ["missing keys: " + ", ".join(missing)]
    found = []
    if not summary["transactions"] > 0:
        found.append("no payment went through")
    if summary["verdicts"] < summary["transactions"]:
        found.append("{verdicts} verdicts for {transactions} transactions".format(**summary))
    for row in summary["truth"]:
        for key in ("attack", "subject", "started", "found", "delay_seconds"):
            if key not in row:
                found.append(f"an attack without {key}: {row}")
    if summary["truth"] and not any(row.get("found") for row in summary["truth"]):
        found.append("no attack of %d was found" % len(summary["truth"]))
    return found


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        text = file.read().strip()
    try:
        # One document; text for people goes to standard error.
        summary = json.loads(text)
    except ValueError as error:
        print(f"not one JSON document: {error}\n{text[:2000]}")
        return 1
    wrong = faults(summary)
    for line in wrong:
        print("FAILED " + line)
    print(
        "demo: %s transactions, %s verdicts, %d findings, %d of %d attacks found, %s false findings"
        % (
            summary.get("transactions"),
            summary.get("verdicts"),
            len(summary.get("findings", [])),
            sum(bool(row.get("found")) for row in summary.get("truth", [])),
            len(summary.get("truth", [])),
            summary.get("false_findings"),
        )
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
