#!/usr/bin/python3
"""Checks every line of results files against reports/results.schema.json, and the order of the lines.

Usage: validate_results.py FILE...      exit 0: all lines fit; 1: some do not; 2: usage
"""
import json
import os
import sys

import jsonschema

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "results.schema.json")
MAX_COMPLAINTS = 20


def load_schema():
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def line_validators(schema):
    """One validator per type of line: a complaint about one of them says more than "fits none of four"."""
    return {
        name: jsonschema.Draft202012Validator({"$ref": "#/$defs/" + name, "$defs": schema["$defs"]})
        for name in ("run", "case", "event", "totals")
    }


def no_duplicates(pairs):
    result = {}
    for name, value in pairs:
        if name in result:
            raise ValueError("the name %r stands twice in one object" % name)
        result[name] = value
    return result


def complaints_of_line(validators, line):
    try:
        value = json.loads(line, object_pairs_hook=no_duplicates)
    except ValueError as error:
        return None, ["not JSON: %s" % error]
    kind = value.get("type") if isinstance(value, dict) else None
    if kind not in validators:
        return None, ["no known type: %r" % (kind,)]
    found = []
    for error in validators[kind].iter_errors(value):
        pointer = "/".join(str(part) for part in error.absolute_path)
        found.append("/%s: %s" % (pointer, error.message[:300]))
    return kind, found


def complaints_of_file(validators, path):
    """A list of (line number, text)."""
    found = []
    kinds = []
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError as error:
                found.append((number, "not UTF-8: %s" % error))
                continue
            if not text.endswith("\n"):
                found.append((number, "cut: no newline at its end"))
            kind, lines = complaints_of_line(validators, text)
            kinds.append(kind)
            found.extend((number, complaint) for complaint in lines)
    if not kinds or kinds[0] != "run":
        found.append((1, "the first line is not the run"))
    if not kinds or kinds[-1] != "totals":
        found.append((len(kinds), "the last line is not the totals"))
    if "run" in kinds[1:] or "totals" in kinds[:-1]:
        found.append((len(kinds), "more than one line for the run or the totals"))
    return found


def main():
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    validators = line_validators(load_schema())
    bad = 0
    for path in sys.argv[1:]:
        found = complaints_of_file(validators, path)
        bad += bool(found)
        for number, text in found[:MAX_COMPLAINTS]:
            print("%s:%d: %s" % (path, number, ascii(text)[1:-1]))
        if len(found) > MAX_COMPLAINTS:
            print("%s: and %d more" % (path, len(found) - MAX_COMPLAINTS))
        if not found:
            print("%s: every line fits the schema" % path)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
