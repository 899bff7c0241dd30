#!/usr/bin/env python3
"""Decodes our ISO 8583 vectors with pyiso8583 and compares field by field with `tillguard decode --json`.

Why it exists: our vectors were checked by people who also wrote the decoder; pyiso8583 was not. Our dialect
files are translated into its specifications, so the files themselves are tried too. Card data is masked in
our output: there only length, place and the digits that are shown are compared. Never asserts what
pyiso8583 can't express (a bitmap of always 32 characters): such rows are counted as skipped.

    pyiso8583_vectors.py [--binary PATH] [FILE.jsonl ...]

Without --binary pyiso8583 is compared with the vectors' own fields. Exit 1 if a row differs.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tomllib

import iso8583

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODECS = {"gb18030": "gb18030", "latin1": "latin-1", "ascii": "ascii"}
PREFIX_WIDTH = {  # by kind of length prefix: bytes for LL, LLL, ...
    "bcd": {"L": 1, "LL": 1, "LLL": 2, "LLLL": 2},
    "ascii": {"L": 1, "LL": 2, "LLL": 3, "LLLL": 4},
}


class NotExpressible(Exception):
    """pyiso8583 has no word for this dialect."""


def dialect(name):
    """A dialect file with what it inherits."""
    with open(ROOT / "data" / "dialects" / f"{name}.toml", "rb") as file:
        own = tomllib.load(file)
    if "inherits" not in own:
        return own
    whole = dialect(own["inherits"])
    fields = {**whole.get("fields", {}), **own.get("fields", {})}
    return {**whole, **own, "fields": fields}


def field_spec(text, charset, prefix):
    """One `kind maximum encoding` as pyiso8583's words."""
    kind, maximum, encoding = text.split()[:3]
    spec = {"max_len": int(maximum), "desc": text, "len_type": 0, "len_enc": "ascii"}
    if kind != "fixed":
        if prefix not in PREFIX_WIDTH:
            raise NotExpressible(f"length prefix {prefix}")
        spec["len_type"] = PREFIX_WIDTH[prefix][kind]
        spec["len_enc"] = "bcd" if prefix == "bcd" else "ascii"
    if encoding == "text":
        spec["data_enc"] = charset
    elif encoding == "bytes":
        spec["data_enc"] = "b"
    elif encoding in ("bcd_left", "bcd_right", "track"):
        side = "left_pad" if encoding == "bcd_left" else "right_pad"
        spec |= {"data_enc": "b", "len_count": "nibbles", side: "0"}
    elif encoding == "hex_text":
        # Units count bytes, two characters each; only fixed fields can say so.
        if kind != "fixed":
            raise NotExpressible("hex_text of variable length")
        spec |= {"data_enc": "ascii", "max_len": 2 * int(maximum)}
    else:
        raise NotExpressible(f"encoding {encoding}")
    return spec


def specification(name):
    """The whole dialect."""
    whole = dialect(name)
    charset = CODECS[whole["charset"]]
    simple = {"len_type": 0, "len_enc": "ascii"}
    bitmaps = {"binary": ("b", 8), "hex": ("ascii", 16)}
    if whole["bitmap"] not in bitmaps:
        raise NotExpressible(f"bitmap {whole['bitmap']}")
    enc, size = bitmaps[whole["bitmap"]]
    message_type = {"bcd": ("b", 2), "ascii": ("ascii", 4)}[whole["message_type"]]
    header = sum(part[1] for part in whole["header"])
    spec = {
        "h": {"data_enc": "b", "max_len": header, "desc": "header", **simple},
        "t": {"data_enc": message_type[0], "max_len": message_type[1], "desc": "type", **simple},
        "p": {"data_enc": enc, "max_len": size, "desc": "bitmap", **simple},
        "1": {"data_enc": enc, "max_len": size, "desc": "second bitmap", **simple},
    }
    missing = {"data_enc": "ascii", "max_len": 0, "desc": "not in this dialect", **simple}
    for number in range(2, 129):
        text = whole["fields"].get(str(number))
        spec[str(number)] = field_spec(text, charset, whole["length_prefix"]) if text else missing
    return spec, whole


def reference(message, spec, whole):
    """Fields by pyiso8583: number -> (value, offset, length). Raises its DecodeError."""
    # Fields of text whose bytes are no text: shown as hex, by us and here.
    raw = set()
    while True:
        try:
            decoded, encoded = iso8583.decode(message, spec)
            break
        except iso8583.DecodeError as error:
            number = str(error.field)
            wrong = spec.get(number, {})
            side = next((s for s in ("left_pad", "right_pad") if s in wrong), None)
            if "invalid data" in error.msg and wrong.get("data_enc") not in ("b", "latin-1"):
                raw.add(number)
                spec = {**spec, number: {**wrong, "data_enc": "latin-1"}}
            elif "nibbles, expecting" in error.msg and side and wrong[side] == "0":
                # It wants to know the padding nibble, which the standards leave open.
                spec = {**spec, number: {**wrong, side: "F"}}
            else:
                raise
    offset, fields = 0, {}
    numbers = sorted((k for k in encoded if k.isdigit()), key=int)
    for key in ["h", "t", "p"] + numbers:
        part = encoded.get(key)
        if part is None:
            continue
        size = len(part["len"]) + len(part["data"])
        if key.isdigit() and key != "1":
            value = decoded[key]
            if key in raw:
                value = "hex:" + value.encode("latin-1").hex().upper()
            if whole["fields"].get(key, "").split()[2:3] == ["track"]:
                value = value.upper().replace("D", "=")
            fields[key] = (value, offset, size)
        offset += size
    return decoded["t"], fields


def same(ours, theirs):
    """Equal but for what our side masks."""
    if theirs.startswith("hex:"):
        return ours.upper().removeprefix("HEX:") == theirs[4:]
    ours, theirs = ours.replace("D", "="), theirs.replace("D", "=")
    return len(ours) == len(theirs) and all(a in ("*", b) for a, b in zip(ours.upper(), theirs.upper()))


def differences(row, got, theirs):
    """What differs between one decoded message and pyiso8583's."""
    mti, fields = theirs
    found = [] if got.get("mti") == mti else [f"mti {got.get('mti')} and {mti}"]
    ours = got.get("fields", {})
    # Bit 1 is the second bitmap, no field.
    for number in sorted((set(ours) | set(fields)) - {"1"}, key=int):
        if number not in ours or number not in fields:
            found.append(f"field {number} only in {'ours' if number in ours else 'theirs'}")
            continue
        value, offset, length = fields[number]
        one = ours[number]
        if (one["offset"], one["length"]) != (offset, length):
            found.append(f"field {number} at {one['offset']}+{one['length']} and {offset}+{length}")
        if not one.get("masked") and not same(one["value"], value):
            found.append(f"field {number} differs")
    return found


def from_vector(row):
    """The vector's own fields in the shape of our output."""
    if row.get("expect_error"):
        return {"error": {"kind": row["expect_error"]}}
    fields = {
        number: {"value": value, "offset": row["offsets"][number][0], "length": row["offsets"][number][1]}
        for number, value in row["fields"].items()
    }
    return {"mti": row["mti"], "fields": fields}


def decode(binary, name, rows):
    """What `tillguard decode` prints for these messages."""
    text = "".join(row["hex"] + "\n" for row in rows)
    done = subprocess.run(
        [binary, "decode", "--dialect", name, "--json", "-"], input=text, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 3):
        sys.exit(f"tillguard decode --dialect {name}: exit {done.returncode}\n{done.stderr}")
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
    if len(lines) != len(rows):
        sys.exit(f"tillguard decode --dialect {name}: {len(lines)} answers to {len(rows)} messages")
    return lines


def vector_files():
    """The project's own: files of JSON lines with a dialect and a message."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.jsonl"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()
    return [ROOT / p for p in listed if '"dialect"' in (ROOT / p).read_text(encoding="utf-8")[:4000]]


def compare(name, rows, binary):
    """Compares one dialect's rows: (alike, skipped, failures)."""
    try:
        spec, whole = specification(name)
    except FileNotFoundError:
        return 0, len(rows), []
    except NotExpressible as why:
        print(f"skipped {len(rows)} rows of {name}: {why}")
        return 0, len(rows), []
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as why:
        # The dialect files can say more than this script translates: EBCDIC, signed BCD, lengths per field.
        print(f"skipped {len(rows)} rows of {name}: not translated yet ({why!r})")
        return 0, len(rows), []
    answers = decode(binary, name, rows) if binary else [from_vector(row) for row in rows]
    alike, failures = 0, []
    for row, got in zip(rows, answers):
        try:
            theirs = reference(bytes.fromhex(row["hex"]), spec, whole)
        except (iso8583.DecodeError, UnicodeDecodeError) as error:
            theirs = error
        if isinstance(theirs, Exception):
            wrong = [] if "error" in got else [f"pyiso8583 refuses: {theirs}"]
        elif "error" in got:
            # It doesn't look whether digits are digits, reads lengths with int() (which takes blanks and
            # signs), knows no undefined fields and no length in a header. Our own vectors expect these errors.
            kind = str(got["error"]["kind"])
            stricter = "bad_character" in kind or "nibble" in kind
            stricter |= kind in ("unknown_field", "bad_header", "length_not_digits") and "expect_error" in row
            # It doesn't look into chip data; the vector says that they are broken.
            stricter |= kind == "bad_tlv" and "de55_error" in row
            wrong = [] if stricter else [f"only ours refuses: {got['error']}"]
        else:
            wrong = differences(row, got, theirs)
        if wrong:
            failures.append(f"{row['id']} ({name}): {'; '.join(wrong)}")
        else:
            alike += 1
    return alike, 0, failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary")
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_args()
    files = arguments.files or vector_files()
    rows = [json.loads(line) for file in files for line in open(file, encoding="utf-8") if line.strip()]
    # An empty line is no message to `decode`.
    rows = [row for row in rows if "dialect" in row and row.get("hex")]
    if not rows:
        print("no vectors: the project has no *.jsonl file with a dialect and a message")
        return 1
    alike, skipped, failures = 0, 0, []
    for name in sorted({row["dialect"] for row in rows}):
        a, s, f = compare(name, [row for row in rows if row["dialect"] == name], arguments.binary)
        alike, skipped, failures = alike + a, skipped + s, failures + f
    for failure in failures:
        print("FAILED " + failure)
    print(f"pyiso8583: {alike} messages alike, {len(failures)} differ, {skipped} skipped (dialect not built or not expressible)")
    return 1 if failures or alike == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
