"""What it means that two implementations agree on a document, and the signature of a disagreement.

A signature is one line: direction, what the engine and the other one do, and the labels that are left once the document
has been cut down to what the disagreement needs."""

import json
import math
import re
import struct

import documents
import messages
import trees

def is_json(text):
    """RFC 8259, and nothing more, by another parser than the two that are compared."""
    def refuse(name):
        raise ValueError(name)

    try:
        json.loads(text.decode("utf-8"), parse_constant=refuse)
        return True
    except (ValueError, RecursionError):
        return False


def single(value):
    """The nearest float of 32 bits, or the value itself where there is none."""
    try:
        return struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return value


def same_json(one, other):
    """Equal as values: numbers that are the same double, or the same float (the types are not known here)."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    if isinstance(one, (int, float)) and isinstance(other, (int, float)) and type(True) not in (type(one), type(other)):
        if one == other:
            return math.copysign(1, one) == math.copysign(1, other) or isinstance(one, int) != isinstance(other, int)
        return single(float(one)) == single(float(other))
    return type(one) is type(other) and one == other


COLLAPSED = [(re.compile(r"[\w-]+(\+map-without|\+unknown-in-map|\+wrong-wire)"), r"\1"),
             (re.compile(r"\b(one|optional|required|repeated|map):"), ""),
             (re.compile(r"\b(Int|UInt)(32|64)Value\b|\b[us]?int(32|64)\b|\bs?fixed(32|64)\b"), "int"),
             (re.compile(r"\b(Bool|String|Bytes|Float|Double)Value\b"), lambda found: found[1].lower()),
             (re.compile(r"<(\w+)>"), r":\1")]


NEUTRAL = re.compile(r".*(\+escaped-key|\+proto-name|\+type-late|-oneof-twice|\+merged|\+repeated-occurrence)")


def collapse(labels):
    """Types that are treated alike become one, so that a table of signatures stays short, and what is hardly ever the
    cause is left out where there is more."""
    for pattern, replacement in COLLAPSED:
        labels = pattern.sub(replacement, labels)
    every = sorted(set(labels.split(",")))
    labelled = [label for label in every if "+" in label or "-" in label]
    named = [label for label in labelled if not NEUTRAL.fullmatch(label)]
    return ",".join(named + [label for label in every if label.startswith("Any") and label not in named] or every)


def parse_json(text):
    """As values; json_format prints an extension's list that is empty, the others do not."""
    def members(made):
        return {key: value for key, value in made.items() if value != [] or key[:1] != "["}

    return json.loads(text.decode("utf-8"), object_hook=members)


CAUSES = {"the required field": "required", "missing required": "required", "missing field": "required", "with a kind": "value-without-kind", "one member of the oneof": "oneof", "each field once": "twice",
          "each key once": "twice", "a field of": "unknown-field", "levels of nesting": "depth", "UTF-8": "utf8"}


def verdict(code, text):
    """accept, abort, or refuse with the cause where it is one of those that a document's labels do not tell."""
    if code == 0:
        return "accept"
    text = text.decode(errors="replace")
    if code == 3:
        return "abort"
    causes = [cause for words, cause in CAUSES.items() if words in text]
    return f"refuse({causes[0]})" if causes else "refuse"


def reason(code, text):
    """What the engine expected, without the names and numbers of the document: a document that is cut down must stay
    refused for the same reason."""
    if code == 0:
        return None
    found = re.search(r"\): (.*?)(, found|$)", text.decode(errors="replace"), re.S)
    return re.sub(r"p\.\S+|required field .*|of the oneof .*", "", found[1] if found else "")


def expected(text):
    """The reason in one word of a signature."""
    found = re.fullmatch(r"expected (?:an? |the )?(.*)", text)
    return re.sub(r"\W+", "-", found[1] if found else text).strip("-")


# What noise may turn a document into, for its label.
NOISE = [(re.compile(rb"\d{16,}[.]0|\d{12,}[eE]\d"), "+large-point-zero"), (re.compile(rb"-0|e-\d\d\d"), "+minus-zero"),
         (re.compile(rb'"-?\d+([.]0*)?([eE][-+]?\d+)?"'), "+quoted-exponent"), (re.compile(rb'"@type"'), "+any"),
         (re.compile(rb"[.]\d{9}|e38"), "+rounding"), (re.compile(rb"[+]1"), "+just-over-halfway"),
         (re.compile(rb'[{,]\s*""\s*:'), "+empty-key")]


def noise_labels(text):
    return ",".join(sorted({"noise" + label for pattern, label in NOISE if pattern.search(text)})) or "noise"


class Comparison:
    """The engine beside one other implementation on one descriptor pool."""

    def __init__(self, engine, other):
        self.engine = engine
        self.other = other

    def same_meaning(self, name, wire, other_wire):
        """Equal messages for the other, or at least of equal JSON (an Any hides the order of a map, and unknown fields
        are not in JSON)."""
        if wire == other_wire or self.other.normalize(name, wire) == self.other.normalize(name, other_wire):
            return True
        one, two = self.other.binary_to_json(name, wire), self.other.binary_to_json(name, other_wire)
        return one[0] == two[0] == 0 and same_json(parse_json(one[1]), parse_json(two[1]))

    def json_to_binary(self, name, text):
        """None where they agree, or what each does and why the engine refuses."""
        ours, wire = self.engine.json_to_binary(name, text)
        theirs, other_wire = self.other.json_to_binary(name, text)
        if ours != theirs:
            return f"json-to-binary ours={verdict(ours, wire)} theirs={verdict(theirs, other_wire)}", reason(ours, wire)
        if ours == 0 and not self.same_meaning(name, wire, other_wire):
            return "json-to-binary both=accept message=different", None
        return None

    def binary_to_json(self, name, wire):
        ours, text = self.engine.binary_to_json(name, wire)
        theirs, other_text = self.other.binary_to_json(name, wire)
        if ours != theirs:
            return f"binary-to-json ours={verdict(ours, text)} theirs={verdict(theirs, other_text)}", reason(ours, text)
        if ours == 0 and text != other_text:
            if not is_json(text):
                return "binary-to-json both=accept ours=no-json", None
            if not is_json(other_text):
                return "binary-to-json both=accept theirs=no-json", None
            if not same_json(parse_json(text), parse_json(other_text)):
                return "binary-to-json both=accept text=different", None
        return None

    def printed(self, name, wire):
        """What the engine prints, read by the other, is the message again."""
        ours, text = self.engine.binary_to_json(name, wire)
        if ours != 0:
            return None
        theirs, again = self.other.json_to_binary(name, text)
        if theirs != 0:
            return f"print-then-read theirs={verdict(theirs, again)}", None
        if not self.same_meaning(name, again, wire):
            return "print-then-read message=different", None
        return None

    def explain_json(self, name, tree, text):
        """The signature of a disagreement, and the smallest document that shows it."""
        kind = self.json_to_binary(name, text)
        if self.json_to_binary(name, documents.encode(tree)) != kind:
            return f"{kind[0]} white-space {collapse(trees.labels(tree))}", text
        trees.shrink(tree, lambda: self.json_to_binary(name, documents.encode(tree)) == kind)
        small = documents.encode(tree)
        return f"{kind[0]} {'json' if is_json(small) else 'no-json'} {collapse(trees.labels(tree))}", small

    def explain_noise(self, name, text, alone):
        """As explain_json for bytes without a tree: halves, quarters ... are taken away as long as it shows. `alone`:
        every other implementation disagrees; the signature then says what the engine expected."""
        kind = self.json_to_binary(name, text)
        size = max(1, len(text) // 2)
        while True:
            at = 0
            while at < len(text):
                shorter = text[:at] + text[at + size:]
                if self.json_to_binary(name, shorter) == kind:
                    text = shorter
                else:
                    at += size
            if size == 1:
                break
            size //= 2
        alone = f" engine-alone({expected(kind[1])})" if alone and kind[1] else ""
        return f"{kind[0]} {'json' if is_json(text) else 'no-json'}{alone} {noise_labels(text)}", text

    def explain_wire(self, name, tree, check):
        kind = check(name, messages.encode(tree))
        trees.shrink(tree, lambda: check(name, messages.encode(tree)) == kind)
        return f"{kind[0]} {collapse(trees.labels(tree))}", messages.encode(tree)


WRONG = re.compile(r"[^+-]*-")  # the first mark of a label is of what is wrong


class Known:
    """The table of what others do differently (known.json). A signature is explained when each of its labels for
    what is wrong is among those of an entry of its kind, and at least one label is; entries that were never met are told."""

    def __init__(self, entries, oracle):
        self.entries = [dict(entry, kind=re.compile(entry["kind"]), label=re.compile(entry["labels"]), met=0)
                        for entry in entries if oracle in entry["oracles"]]

    def find(self, signature):
        kind, labels = signature.rsplit(" ", 1)
        possible = [entry for entry in self.entries if entry["kind"].fullmatch(kind)]
        met = None
        for label in labels.split(","):
            found = next((entry for entry in possible if entry["label"].fullmatch(label)), None)
            if not found and WRONG.match(label):
                return None
            met = met or found
        if met:
            met["met"] += 1
        return met
