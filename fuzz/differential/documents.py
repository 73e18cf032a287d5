"""Random JSON documents of a message, as trees that can be cut down.

Every literal knows a plain text of its type (`plain`) and says in `label` how it departs from it: labels that begin with
'+' are forms that ProtoJSON names or RFC 8259 allows, those with '-' are not. A document has at most one of the latter."""

import base64
import datetime
import json

import trees
from descriptors import WRAPPERS, camel
from generator import LIMITS, SECONDS, Generator


class Literal(trees.Leaf):
    __slots__ = ("text", "label", "plain", "where")

    def __init__(self, text, label, plain, where):
        self.text = text
        self.label = label
        self.plain = plain
        self.where = where

    def write(self, out, space):
        out.append(self.text)

    def labels(self, found):
        found.add(f"{self.where}{self.label}")

    def simplify(self, attempt):
        if not self.label or self.plain is None:
            return False
        saved = self.text, self.label
        self.text, self.label = self.plain, ""
        if attempt():
            return True
        self.text, self.label = saved
        return False


class Container(trees.Branch):
    """An object (items are [key text, key label, plain key, value]) or an array (items are [value])."""

    __slots__ = ("items", "label", "where", "is_object", "tail")

    def __init__(self, where, is_object):
        self.items = []
        self.label = ""
        self.where = where
        self.is_object = is_object
        self.tail = ""

    def write(self, out, space):
        out.append("{" if self.is_object else "[")
        for at, item in enumerate(self.items):
            if at:
                out.append(",")
            if space:
                out.append(space())
            if self.is_object:
                out.append(item[0])
                out.append(":")
                if space:
                    out.append(space())
            item[-1].write(out, space)
        out.append(self.tail)
        out.append("}" if self.is_object else "]")

    def labels(self, found):
        if self.label or self.tail or not self.items:
            found.add(f"{self.where}{self.label}{'-tail' if self.tail else ''}")
        for item in self.items:
            if self.is_object and item[1]:
                found.add(f"{self.where}{item[1]}")
            item[-1].labels(found)

    @staticmethod
    def child(item):
        return item[-1]

    def simplify(self, attempt):
        changed = False
        if len(self.items) < 2 and self.label == "-oneof-twice":
            self.label = ""
        for item in self.items:
            if self.is_object and item[1][:1] == "+" and item[2] not in (None, item[0]):
                saved = item[:2]
                item[:2] = [item[2], ""]
                if attempt():
                    changed = True
                else:
                    item[:2] = saved
        if self.tail:
            saved, self.tail = self.tail, ""
            if attempt():
                return True
            self.tail = saved
        return changed


def encode(node, space=None):
    out = []
    node.write(out, space)
    return "".join(out).encode("utf-8", "surrogatepass")


class Documents(Generator):
    def document(self):
        """A tree and the name of its message."""
        message = self.begin()
        return self.object(message, 0), message.name

    def space(self):
        return self.random.choice(["", "", "", " ", "\n\t", "\r\n"])

    # ---- messages

    def object(self, message, depth, where=None):
        random = self.random
        node = Container(where or self.prefix + "message", True)
        taken = set()
        for field in message.fields:
            if self.leaves_out(field, depth):
                continue
            if field.card == "required" and self.deviates():
                node.label = "-required-missing"
                continue
            if field.oneof is not None and field.oneof in taken:
                if not self.deviates():
                    continue
                node.label = "-oneof-twice"
            taken.add(field.oneof)
            node.items.append(self.key(field) + [self.field(field, depth)])
        random.shuffle(node.items)
        self.spoil(node, message, depth)
        return node

    def key(self, field):
        plain = json.dumps(field.json_name)
        chance = self.random.random()
        if field.scope:
            return [self.quote(field.name, chance < 0.2), "+extension-key", plain]
        if chance < 0.12 and field.name != field.json_name:
            return ['"' + field.name + '"', "+proto-name", plain]
        if chance < 0.2:
            text = self.quote(field.json_name, True)
            return [text, "+escaped-key" if "\\" in text else "", plain]
        return [json.dumps(field.json_name, ensure_ascii=False), "", plain]

    def spoil(self, node, message, depth):
        """What only objects can do wrong."""
        if not self.deviates():
            return
        choice = self.random.randrange(7)
        field = self.random.choice(message.fields) if message.fields else None
        if choice == 0:
            node.items.append(['"unknown"', "-unknown-field", '"unknown"', self.anything(depth + 2)])
        elif choice == 1 and field:
            for name in (field.name, field.json_name):
                node.items.append([json.dumps(name), "-duplicate", json.dumps(name), self.field(field, depth)])
        elif choice == 2:
            node.tail = self.random.choice([",", ",,", ";", "/**/", "//\n", "\x0b"])
        elif choice == 3 and field:
            name = field.json_name
            text, label = self.random.choice([
                (name.upper(), "-key-of-capitals"), (name.lower(), "-key-of-small-letters"), (" " + name, "-key-space-first"),
                (name + "\x00", "-key-nul-behind"), ("", "-key-empty")] + self.wrong_extensions(name if field.scope else "[p.x]"))
            if text not in {other for one in message.fields for other in (one.name, one.json_name)}:
                quoted = json.dumps(text)
                node.items.append([quoted, label, quoted, self.field(field, depth)])
        elif choice == 4 and field:
            node.items.append([field.name, "-bare-key", field.name, self.field(field, depth)])
        elif choice == 5 and field:
            node.items.append([f"'{field.name}'", "-single-quoted-key", field.name, self.field(field, depth)])
        elif choice == 6 and field:
            name = json.dumps(field.json_name)
            node.items.insert(0, [name, "-null-and-value", name, Literal("null", "", None, "null")])
            node.items.append([name, "-null-and-value", name, self.field(field, depth)])

    def wrong_extensions(self, name):
        """Keys that look like that of an extension."""
        inside = name[1:-1]
        other = [field.name for field, _ in self.pool.extensions] or ["[p.y]"]
        return [(inside, "-extension-without-brackets"), (f"[.{inside}]", "-extension-dot-first"),
                (f"[{inside.rsplit('.', 1)[1]}]", "-extension-without-package"), (f"[{inside}", "-extension-open"),
                (f"[{inside}.]", "-extension-dot-behind"), (f"[ {inside}]", "-extension-space"), ("[]", "-extension-empty"),
                (f"[[{inside}]]", "-extension-twice-in-brackets"), (f"[{inside}]x", "-extension-and-more"),
                (f"[type.googleapis.com/{inside}]", "-extension-url"), (self.random.choice(other), "-extension-of-another")]

    def field(self, field, depth):
        random = self.random
        where = self.where(field)
        takes_null = field.kind in ("Value", "NullValue")
        if not takes_null and random.random() < 0.04:
            return Literal("null", "+null", None, where)
        if field.card == "repeated":
            if self.deviates():
                if random.random() < 0.2:
                    return self.wrong_container(where, "-object-for-array", True)
                node = self.value(field, depth, where)
                if field.kind == "Value" and isinstance(node, Container) and not node.is_object:
                    return node
                node.label += "-not-an-array"
                if isinstance(node, Literal):
                    node.plain = None
                return node
            node = Container(where, False)
            for _ in range(self.count()):
                node.items.append([self.value(field, depth + 1, where)])
            if self.deviates():
                node.items.insert(random.randint(0, len(node.items)),
                                  [Literal("null", "-null-in-array" if not takes_null else "", None, where)])
            if self.deviates():
                node.tail = ","
            return node
        if field.card == "map":
            return self.map(field, depth, where)
        return self.value(field, depth, where)

    @staticmethod
    def wrong_container(where, label, is_object):
        node = Container(where, is_object)
        node.label = label
        return node

    def map(self, field, depth, where):
        random = self.random
        if self.deviates():
            return self.wrong_container(where, "-array-for-map", False)
        node = Container(where, True)
        keys = set()
        for _ in range(self.count()):
            text = self.map_key(field.key)
            if text in keys:
                continue
            keys.add(text)
            node.items.append([self.quote(text), "", json.dumps(text), self.value(field, depth + 1, where)])
        if node.items and self.deviates():
            self.spoil_map(node, field, depth, where)
        return node

    def spoil_map(self, node, field, depth, where):
        random = self.random
        choice = random.randrange(4)
        kind = f"<{field.key}>"
        if choice == 0:
            text = random.choice(node.items)[0]
            node.items.append([text, f"{kind}-duplicate-map-key", text, self.value(field, depth + 1, where)])
        elif choice == 1:
            node.items[0][3] = Literal("null", "-null-map-value", None, where)
        elif choice == 2 and field.key not in ("string",):
            form, text = random.choice([
                ("leading-zero", '"01"'), ("fraction", '"1.0"'), ("exponent", '"1e0"'), ("space", '" 1"'), ("empty", '""'),
                ("capital", '"True"'), ("word", '"x"'), ("large", '"99999999999999999999"'), ("plus", '"+1"'),
                ("minus-zero", '"-0"'), ("bool", '"true"' if field.key != "bool" else '"1"'), ("half", '"0.5"'),
                ("escaped", '"\\u0031"')])
            mark = "+" if form in ("escaped", "minus-zero") and field.key != "bool" else "-"
            node.items.append([text, f"{kind}{mark}key-{form}", text, self.value(field, depth + 1, where)])
        elif choice == 3 and field.key not in ("string", "bool"):
            node.items.append(["1", f"{kind}-bare-number-key", "1", self.value(field, depth + 1, where)])

    def map_key(self, kind):
        if kind == "string":
            return self.text()
        if kind == "bool":
            return self.random.choice(["true", "false"])
        return str(self.integer(kind))

    def value(self, field, depth, where):
        if self.deviates():
            return self.wrong_kind(field, where)
        if field.message:
            return self.message(field.message, depth + 1, where)
        if field.enum:
            return self.enum(field.enum, where)
        return self.scalar(field.type, where)

    def wrong_kind(self, field, where):
        """A JSON value of another kind."""
        texts = {"true": "true", "number": "1", "string": '"x"', "empty-string": '""', "object": "{}", "array": "[]",
                 "NaN": "NaN", "Infinity": "-Infinity", "nothing": "", "word": "foo", "single-quoted": "'a'",
                 "array-of-one": "[1]", "number-1.5": "1.5", "quoted-number": '"1"', "quoted-true": '"true"',
                 "quoted-null": '"null"', "false": "false", "capital-True": "True", "none": "None", "hex": "0x10",
                 "unquoted-quote": '"abc'}
        name = self.random.choice(list(texts))
        if field.enum and name == "number":
            return self.enum(field.enum, where)
        numbers = ("number", "quoted-number")
        text = ("string", "empty-string", "quoted-number", "quoted-true", "quoted-null")
        four_letters = ("empty-string", "quoted-true", "quoted-null")
        right = {"bool": ("true", "false"), "BoolValue": ("true", "false"), "string": text, "StringValue": text,
                 "bytes": four_letters, "BytesValue": four_letters, "enum": ("number",),
                 "float": numbers + ("number-1.5",), "double": numbers + ("number-1.5",), "FieldMask": ("empty-string", "string"),
                 "FloatValue": numbers + ("number-1.5",), "DoubleValue": numbers + ("number-1.5",), "ListValue": ("array", "array-of-one"),
                 "Value": text + ("true", "false", "object", "array", "array-of-one", "number", "number-1.5")}
        right.update({kind: numbers for kind in LIMITS})
        right.update({kind: numbers for kind in ("Int32Value", "Int64Value", "UInt32Value", "UInt64Value")})
        right.update({kind: ("object",) for kind in ("message", "group", "Struct", "Empty", "Any")})
        label = "" if name in right.get(field.kind, ()) else f"-kind-{name}"
        return Literal(texts[name], label, None, where)

    # ---- scalars

    def scalar(self, kind, where):
        if kind == "bool":
            return Literal(self.random.choice(["true", "false"]), "", "true", where)
        if kind == "string":
            return Literal(*self.string_literal(), '"a"', where)
        if kind == "bytes":
            return Literal(*self.bytes_literal(), '"YQ=="', where)
        if kind in ("double", "float"):
            return Literal(*self.float_literal(kind), "1.5", where)
        return Literal(*self.integer_literal(kind), "1", where)

    def integer_literal(self, kind):
        random = self.random
        low, high = LIMITS[kind]
        value = self.integer(kind)
        if self.deviates():
            return random.choice([
                (str(high + 1), "-over"), (str(low - 1), "-under"), (f'"{high + 1}"', "-quoted-over"),
                (f'"{low - 1}"', "-quoted-under"), ("1.5", "-fraction"), ('"1.5"', "-quoted-fraction"),
                ("01", "-leading-zero"), ('"01"', "-quoted-leading-zero"), ("+1", "-plus"), ('"+1"', "-quoted-plus"),
                ('" 1"', "-quoted-space"), ('"1 "', "-quoted-space-behind"), ('""', "-quoted-empty"),
                ('"0x1"', "-quoted-hex"), ('"1_0"', "-quoted-underscore"), ('"\u0661"', "-quoted-arabic"),
                ("1e400", "-huge-exponent"), ('"NaN"', "-quoted-nan"), ("1.", "-bare-dot"), (".5", "-leading-dot"),
                ("1e", "-bare-exponent"), ("--1", "-two-minus"), ("-", "-only-minus"), ('"1\\u0000"', "-quoted-nul"),
                ("18446744073709551616", "-over-64"), ("1" + "0" * 400, "-very-long"), ("1e-1", "-negative-exponent"),
                ("9223372036854775807.5", "-over-fraction"), ("0.1e1.0", "-two-dots")])
        chance = random.random()
        if chance < 0.55:
            return str(value), ""
        if chance < 0.75:
            return f'"{value}"', "+quoted"
        if abs(value) < 10**15 and chance < 0.82:
            return f"{value}.{'0' * random.randint(1, 3)}", "+point-zero"
        if abs(value) < 10**12 and chance < 0.9:
            return random.choice([(f"{value}e0", "+exponent"), (f"{value}E+00", "+exponent"),
                                  (f"{value}0e-1", "+negative-exponent"), (f'"{value}.0"', "+quoted-point-zero"),
                                  (f'"{value}e0"', "+quoted-exponent")])
        if chance < 0.92:
            return random.choice([("-0", "+minus-zero"), ("1e5", "+exponent"), ("0e999", "+zero-exponent"),
                                  ("1.20e1", "+exponent"), ("0.0", "+point-zero"), ("-0.0", "+minus-zero")])
        if abs(value) > 2**53:
            return f"{value}.0", "+large-point-zero"
        return "1" + "0" * random.randint(0, 3), ""

    def float_literal(self, kind):
        random = self.random
        if self.deviates():
            return random.choice([
                ("1e400", "-overflow"), ("-1e400", "-overflow"), ('"1e400"', "-quoted-overflow"),
                ("3.5e38", "-float-overflow" if kind == "float" else ""), ("340282356779733661637539395458142568448",
                "-float-overflow-halfway" if kind == "float" else ""), ("NaN", "-bare-nan"), ("Infinity", "-bare-infinity"),
                ('"nan"', "-lower-nan"), ('"inf"', "-inf"), ('"+Infinity"', "-plus-infinity"), ("1.", "-bare-dot"),
                (".5", "-leading-dot"), ("+1", "-plus"), ("01.5", "-leading-zero"), ('"01.5"', "-quoted-leading-zero"),
                ('" 1"', "-quoted-space"), ('"1 "', "-quoted-space-behind"), ('""', "-quoted-empty"), ('"0x1p3"', "-quoted-hex"),
                ('"1_0"', "-quoted-underscore"), ("1e", "-bare-exponent"), ('"1,5"', "-comma"), ('"1f"', "-suffix"),
                ('"-NaN"', "-minus-nan"), ('"1\\u0000"', "-quoted-nul"), ('".5"', "-quoted-leading-dot"),
                ('"1."', "-quoted-bare-dot"), ('"+1"', "-quoted-plus"), ('"infinity"', "-lower-infinity")])
        value = self.real(kind)
        chance = random.random()
        if value != value or value in (float("inf"), float("-inf")) or chance < 0.1:
            return random.choice([('"NaN"', "+nan"), ('"Infinity"', "+infinity"), ('"-Infinity"', "+minus-infinity")])
        if chance < 0.6:
            return repr(value), ""
        if chance < 0.7:
            return f'"{value!r}"', "+quoted"
        return random.choice([
            ("0", ""), ("-0", "+minus-zero"), ("-0.0", "+minus-zero"), ("1e5", ""), ("1E-5", ""), ("1e-400", "+underflow"),
            ("5e-324", "+subnormal"), ("2.4703282292062327e-324", "+subnormal"), ("2.4703282292062328e-324", "+subnormal"),
            ("1.7976931348623157e308" if kind == "double" else "3.4028234663852886e38", "+largest"),
            ("3.4028235677973362e38" if kind == "float" else "1.7976931348623158e308", "+largest-rounded"),
            ("9007199254740993", "+halfway"), ("16777217", "+halfway"), ("0." + "0" * 50 + "1", ""),
            (str(random.randint(0, 10**random.randint(1, 40))) + ".25" if kind == "double" else "0.25", "+long"),
            ("1.00000005960464477539062500000000001", "+just-over-halfway"),
            (str(random.randint(-2**63, 2**64)) if kind == "double" else "33554433", "+integer")])

    def quote(self, text, escape=False):
        """A string literal, its characters raw or escaped in any way that RFC 8259 knows."""
        random = self.random
        if not escape and random.random() < 0.6:
            return json.dumps(text, ensure_ascii=False)
        out = []
        short = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
        for letter in text:
            if letter in short and random.random() < 0.5:
                out.append(short[letter])
            elif letter in '"\\' or letter < " " or random.random() < 0.5:
                units = letter.encode("utf-16-be")
                form = random.choice(["\\u%02x%02x", "\\u%02X%02X"])
                out.extend(form % (units[at], units[at + 1]) for at in range(0, len(units), 2))
            else:
                out.append(letter)
        return '"' + "".join(out) + '"'

    def string_literal(self):
        if self.deviates():
            return self.random.choice([
                ('"\\ud800"', "-lone-high"), ('"\\udc00"', "-lone-low"), ('"\\ud800\\u0041"', "-high-then-letter"),
                ('"\\ud800x"', "-high-then-raw"), ('"\\udc00\\ud800"', "-surrogates-swapped"),
                ('"\\x41"', "-escape-x"), ('"\\u12"', "-short-escape"), ('"\\u{41}"', "-brace-escape"), ('"a\nb"', "-raw-newline"),
                ('"a\tb"', "-raw-tab"), ('"a\x00b"', "-raw-nul"), ('"a\x01b"', "-raw-control"), ('"a\x1fb"', "-raw-control"),
                ('"\\\'"', "-escaped-apostrophe"), ('"\\v"', "-escape-v"), ('"\\0"', "-escape-0"), ('"\\U0001f600"', "-escape-U"),
                ('"\ud800"', "-utf8-surrogate"), ("'a'", "-single-quoted"), ('"a', "-unterminated"), ('"\\"', "-open-escape"),
                ('"\\\n"', "-escaped-newline"), ('"a" "b"', "-two-strings"), ('"\\ud83d\\u"', "-broken-pair")])
        return self.quote(self.text()), ""

    def bytes_literal(self):
        random = self.random
        raw = self.octets()
        standard = base64.b64encode(raw).decode()
        url = base64.urlsafe_b64encode(raw).decode()
        if self.deviates():
            return random.choice([
                ('"YQ="', "-half-padded"), ('"YQ==="', "-over-padded"), ('"Y"', "-one-letter"), ('"YQ==YQ=="', "-padding-inside"),
                ('"Y Q="', "-space-inside"), ('"YQ==\\n"', "-newline-behind"), ('"YR=="', "-loose-bits"), ('"YR"', "-loose-bits-bare"),
                ('"YWJ="', "-loose-bits"), ('"-_+/"', "-both-alphabets"), ('"="', "-only-padding"), ('"===="', "-only-padding"),
                ('"Y*=="', "-bad-letter"), ('"YQ\\u0000="', "-nul"), ('"\u00e9\u00e9"', "-not-ascii"), ('"YWJj="', "-padded-full"),
                ('"YWJjYQ"', "+unpadded"), ('"=YWJ"', "-padding-first"), ('"YWJjZ"', "-five-letters"), ('" YQ=="', "-space-first"),
                ('"YQ%3D%3D"', "-percent"), ('"Y="', "-one-letter-padded")])
        chance = random.random()
        if chance < 0.6 or not raw:
            return f'"{standard}"', ""
        if chance < 0.75:
            return f'"{url}"', "" if url == standard else "+url-alphabet"
        if chance < 0.9:
            return f'"{standard.rstrip("=")}"', "+unpadded" if "=" in standard else ""
        return f'"{url.rstrip("=")}"', "+url-unpadded" if url.rstrip("=") != standard else ""

    def enum(self, enum, where):
        random = self.random
        if not enum.values:
            return Literal(*random.choice([("null", ""), ('"NULL_VALUE"', "+name"), ("0", "+number")]), None, where)
        name, number = random.choice(enum.values)
        plain = f'"{enum.values[0][0]}"'
        if self.deviates():
            form = random.choice([
                ('"NO_SUCH"', "-unknown-name"), ("77", "-unknown-number-closed" if enum.closed else "+unknown-number"),
                (f'"{name.lower()}"', "-lower-name"), (f'"{name} "', "-name-space"), (f'"{number}"', "-quoted-number"),
                (f"{number}.5", "-fraction"), ("2147483648", "-over"), ("-2147483649", "-under"), ('""', "-empty-name"),
                ("4294967296", "-over-32"), ("true", "-bool"), ("1e400", "-huge"), ('"77"', "-quoted-unknown-number"),
                (f'"p.{name}"', "-qualified")])
            return Literal(*form, plain, where)
        return Literal(*random.choice([(f'"{name}"', ""), (f'"{name}"', ""), (str(number), "+number"),
                                       (f"{number}.0", "+number-point-zero"), (f"{number}e0", "+number-exponent")]),
                       plain, where)

    # ---- messages with a form of their own

    def message(self, message, depth, where):
        kind = message.kind
        if kind in WRAPPERS:
            return self.scalar(WRAPPERS[kind], where)
        if kind == "Empty":
            return Container(where, True)
        if kind == "Timestamp":
            return Literal(*self.timestamp(), '"2001-02-03T04:05:06Z"', where)
        if kind == "Duration":
            return Literal(*self.duration(), '"1s"', where)
        if kind == "FieldMask":
            return Literal(*self.field_mask(), '"a"', where)
        if kind == "Struct":
            return self.struct(depth, where)
        if kind == "ListValue":
            return self.list_value(depth, where)
        if kind == "Value":
            return self.anything(depth, where)
        if kind == "Any":
            return self.any(depth, where)
        return self.object(message, depth, where)

    def timestamp(self):
        random = self.random
        if self.deviates():
            text, label = random.choice([
                ("2001-02-03t04:05:06Z", "-lower-t"), ("2001-02-03T04:05:06z", "-lower-z"), ("2001-02-03T04:05:06", "-no-zone"),
                ("2001-02-03 04:05:06Z", "-space-for-t"), ("2001-02-03T04:05:06.Z", "-bare-dot"),
                ("2001-02-03T04:05:06.1234567890Z", "-ten-digits"), ("0000-01-01T00:00:00Z", "-year-0"),
                ("10000-01-01T00:00:00Z", "-year-10000"), ("2001-13-01T00:00:00Z", "-month-13"), ("2001-00-01T00:00:00Z", "-month-0"),
                ("2001-02-29T00:00:00Z", "-february-29"), ("2001-02-03T24:00:00Z", "-hour-24"), ("2016-12-31T23:59:60Z", "-leap-second"),
                ("2001-02-03T04:60:00Z", "-minute-60"), ("2001-02-03T04:05:06+24:00", "-offset-24"),
                ("2001-02-03T04:05:06+01", "-offset-hours"), ("2001-02-03T04:05:06+0100", "-offset-without-colon"),
                ("2001-02-03T04:05:06,5Z", "-comma"), ("0001-01-01T00:00:00+00:01", "-below-range"),
                ("9999-12-31T23:59:59-00:01", "-above-range"), ("2001-2-3T4:5:6Z", "-short"), (" 2001-02-03T04:05:06Z", "-space-first"),
                ("2001-02-03T04:05:06Z ", "-space-behind"), ("2001-02-03", "-date"), ("", "-empty"), ("2001-02-03T04:05Z", "-no-seconds"),
                ("-001-02-03T04:05:06Z", "-minus"), ("2001-02-03T04:05:06-25:00", "-offset-25"), ("2001-02-03T04:05:06+00:60", "-offset-60"),
                ("2001-02-03T04:05:06Zx", "-junk"), ("2001-02-03T04:05:06-00:00", "+minus-zero-offset"),
                ("2001-02-03T04:05:06.-5Z", "-minus-fraction"), ("1900-02-29T00:00:00Z", "-february-1900"), ("+001-02-03T04:05:06Z", "-plus")])
            return f'"{text}"', label
        seconds, nanos = self.instant("Timestamp")
        low, high = SECONDS["Timestamp"]
        label = ""
        offset = "Z"
        if random.random() < 0.3 and low + 86400 < seconds < high - 86400:
            sign, hours, minutes = random.choice([-1, 1]), random.randint(0, 14), random.choice([0, 30, 59])
            seconds += sign * (hours * 3600 + minutes * 60)
            offset = f"{'-+'[sign > 0]}{hours:02d}:{minutes:02d}"
            label = "+offset"
        moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
        fraction = self.fraction(nanos)
        return f'"{moment.isoformat()}{fraction}{offset}"', ("+fraction" if fraction else "") + label

    def fraction(self, nanos):
        """Of a second, with its zeros at the end or some of them."""
        digits = f"{nanos:09d}".rstrip("0")
        digits += "0" * self.random.choice([0, 0, 0, 1, 3, 9])
        return "." + digits[:9] if digits else ""

    def duration(self):
        random = self.random
        if self.deviates():
            text, label = random.choice([
                ("1", "-no-s"), ("1m", "-minutes"), ("1 s", "-space-inside"), (" 1s", "-space-first"), (".5s", "-leading-dot"),
                ("1.s", "-bare-dot"), ("+1s", "-plus"), ("1e3s", "-exponent"), ("1.1234567890s", "-ten-digits"), ("s", "-only-s"),
                ("--1s", "-two-minus"), ("315576000001s", "-over"), ("-315576000001s", "-under"), ("315576000000.1s", "-over-fraction"),
                ("1S", "-capital"), ("", "-empty"), ("0x1s", "-hex"), ("1.-5s", "-minus-fraction"), ("01s", "-leading-zero"),
                ("1.5.5s", "-two-dots"), ("-s", "-minus-s"), ("1ss", "-two-s"), ("9" * 30 + "s", "-huge"), ("1,5s", "-comma"),
                ("1.5s ", "-space-behind"), ("-.5s", "-minus-leading-dot"), ("NaNs", "-nan"), ("-0s", "+minus-zero")])
            return f'"{text}"', label
        seconds, nanos = self.instant("Duration")
        fraction = self.fraction(abs(nanos))
        negative = seconds < 0 or nanos < 0
        label = ("+fraction" if fraction else "") + ("+negative" if negative else "")
        return f'"{"-" if negative else ""}{abs(seconds)}{fraction}s"', label

    def field_mask(self):
        random = self.random
        if self.deviates():
            text, label = random.choice([
                ("a_b", "-underscore"), ("A", "-capital-first"), ("a.B", "-capital-part"), ("a,,b", "-empty-path"), (",", "-comma"),
                (" a", "-space"), ("a, b", "-space"), ("1a", "-digit-first"), ("*", "-star"), ("a..b", "-empty-part"), ("a.", "-dot-end"),
                (".a", "-dot-first"), ("a-b", "-dash"), ("a,", "-comma-end"), ("\u00e9", "-not-ascii"), ("aB1", "+digit"), ("aBC", "+capitals"),
                ("a.b[\\\"k\\\"]", "-brackets"), ("a1B", "+digit"), ("$", "-dollar")])
            return f'"{text}"', label
        paths = [camel(path) for path in self.mask_paths()]
        return '"' + ",".join(paths) + '"', "" if len(paths) == 1 else "+list"

    def struct(self, depth, where):
        node = Container(where, True)
        keys = set()
        for _ in range(self.random.choice([0, 1, 2])):
            text = self.text()
            if text not in keys:
                keys.add(text)
                node.items.append([self.quote(text), "", json.dumps(text), self.anything(depth + 1, where)])
        if node.items and self.deviates():
            node.items.append([node.items[0][0], "-duplicate-struct-key", node.items[0][2], self.anything(depth + 1, where)])
        return node

    def list_value(self, depth, where):
        node = Container(where, False)
        for _ in range(self.random.choice([0, 1, 2])):
            node.items.append([self.anything(depth + 1, where)])
        return node

    def anything(self, depth, where="Value"):
        random = self.random
        chance = random.random()
        if chance < 0.2 and depth < 6 and self.left > 0:
            return self.struct(depth, where)
        if chance < 0.4 and depth < 6 and self.left > 0:
            return self.list_value(depth, where)
        if chance < 0.6:
            text, label = self.string_literal()
            return Literal(text, label, '"a"', where)
        if chance < 0.8:
            text, label = self.float_literal("double")
            if text[0] == '"' and label[:1] == "-":
                label = ""  # just a string here
            return Literal(text, label, "1.5", where)
        return Literal(random.choice(["null", "true", "false"]), "", None, where)

    def any(self, depth, where):
        random = self.random
        node = Container(where, True)
        if random.random() < 0.1:
            return node
        message, url, label = self.any_type(depth)
        url = json.dumps(url)
        if self.deviates():
            url, label = random.choice([("1", "-any-type-number"), ("null", "-any-type-null")])
        if message.kind:
            value = self.message(message, depth + 1, f"{where}/{message.kind}")
            node.items.append(['"value"', "+empty-value" if message.kind == "Empty" else "", None, value])
        else:
            outside, self.prefix = self.prefix, "Any/"
            node.items = self.object(message, depth + 1, where).items if depth < 4 else []
            self.prefix = outside
        at = 0 if random.random() < 0.5 else random.randint(0, len(node.items))
        where_type = "+type-late" if at else ""
        key = ['"@type"', label or where_type, '"@type"']
        if not self.deviates():
            node.items.insert(at, key + [Literal(url, "", None, where + "/@type")])
        elif random.random() < 0.5:
            node.label = "-any-without-type"
        else:
            node.items.append(['"@type"', "-any-type-twice", '"@type"', Literal(url, "", None, where + "/@type")])
            node.items.append(['"@type"', "-any-type-twice", '"@type"', Literal(url, "", None, where + "/@type")])
        return node
