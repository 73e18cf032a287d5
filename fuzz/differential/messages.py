"""Random wire bytes of a message, as trees that can be cut down: forms that writers use, forms that readers have to take,
and forms that are wrong. Labels as in documents.py: '+' for what a reader takes, '-' for what it must refuse."""

import math
import struct

import trees
from descriptors import WRAPPERS
from generator import Generator

VARINT, FIXED64, LEN, GROUP, END, FIXED32 = range(6)
WIRE_TYPES = {"double": FIXED64, "fixed64": FIXED64, "sfixed64": FIXED64, "float": FIXED32, "fixed32": FIXED32,
              "sfixed32": FIXED32, "string": LEN, "bytes": LEN, "message": LEN, "group": GROUP}
FIXED = {"double": "<d", "float": "<f", "fixed64": "<Q", "sfixed64": "<q", "fixed32": "<I", "sfixed32": "<i"}


def varint(value, padding=0):
    out = bytearray()
    value &= 2**64 - 1
    while value > 127 or padding:
        if value <= 127:
            padding -= 1
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


class Piece(trees.Leaf):
    """Some bytes that stand for one field, or that stand where one should."""

    __slots__ = ("bytes", "label", "where", "tag")

    def __init__(self, data, label, where, tag=b""):
        self.bytes = data
        self.label = label
        self.where = where
        self.tag = tag

    def encode(self):
        return self.tag + self.bytes

    def labels(self, found):
        found.add(self.where + self.label)


class Node(trees.Branch):
    """A message: its fields in order. With a tag it is a length-delimited field, or a group; `is_entry`: of a map."""

    __slots__ = ("items", "label", "where", "tag", "end", "is_entry")

    def __init__(self, where, tag=None, end=b"", is_entry=False):
        self.items = []
        self.label = ""
        self.is_entry = is_entry
        self.where = where
        self.tag = tag
        self.end = end

    def encode(self):
        body = b"".join(item.encode() for item in self.items)
        if self.tag is None:
            return body
        if self.end:
            return self.tag + body + self.end
        return self.tag + varint(len(body)) + body

    def labels(self, found):
        label = self.label + ("+same-key" if self.has_same_keys() else "")
        if label or not self.items:
            found.add(self.where + label)
        for item in self.items:
            item.labels(found)


    def has_same_keys(self):
        """Whether two entries of a map have one key."""
        keys = [(entry.tag, b"".join(item.encode() for item in entry.items if item.tag[0] >> 3 == 1))
                for entry in self.items if isinstance(entry, Node) and entry.is_entry]
        return len(set(keys)) < len(keys)


def encode(node):
    return node.encode()


class Messages(Generator):
    def message(self):
        message = self.begin()
        node = Node("message")
        self.fill(node, message, 0)
        return node, message.name

    def fill(self, node, message, depth):
        random = self.random
        for field in message.fields:
            if not self.leaves_out(field, depth):
                self.field(node, field, depth)
        if random.random() < 0.1:
            random.shuffle(node.items)
        if self.deviates():
            self.spoil(node, message, depth)

    def field(self, node, field, depth):
        random = self.random
        where = self.where(field)
        wire_type = WIRE_TYPES.get(field.type, VARINT)
        if field.card == "map":
            for _ in range(self.count()):
                node.items.append(self.entry(field, depth, where))
            return
        count = self.count() if field.card == "repeated" else 1
        if field.card != "repeated" and self.deviates():
            count = 2
            where += "+twice"
        if field.card == "repeated" and wire_type not in (LEN, GROUP):
            packed = field.packed
            label = ""
            if random.random() < 0.15:
                packed = not packed
                label = "+other-packing"
            if packed:
                body = b""
                for _ in range(count):
                    data, form = self.scalar(field, where)
                    body += data
                    label += form if form not in label else ""
                if random.random() < 0.1:
                    node.items.append(Piece(varint(0), "+empty-packed", where, varint(field.number << 3 | LEN)))
                if self.deviates() and wire_type == VARINT:
                    body, label = body + b"\x80", "-packed-cut"
                elif self.deviates() and wire_type != VARINT:
                    body, label = body + b"\x01", "-packed-cut"
                if body:
                    node.items.append(Piece(varint(len(body)) + body, label, where, varint(field.number << 3 | LEN)))
                return
        for _ in range(count):
            node.items.append(self.single(field, field.number, depth, where))

    def entry(self, field, depth, where):
        random = self.random
        node = Node(where, varint(field.number << 3 | LEN), is_entry=True)
        chance = random.random()
        if chance > 0.06:
            data, label = self.scalar_of(field.key, f"mapKey<{field.key}>")
            node.items.append(Piece(data, label, where, varint(1 << 3 | WIRE_TYPES.get(field.key, VARINT))))
        else:
            node.label = "+map-without-key"
        if chance < 0.94:
            node.items.append(self.single(field, 2, depth, where))
        else:
            node.label += "+map-without-value"
        if random.random() < 0.06:
            node.items.reverse()
        if self.deviates():
            node.items.append(Piece(varint(1), "+unknown-in-map-entry", where, varint(3 << 3)))
        return node

    def single(self, field, number, depth, where):
        if field.type == "group":
            node = Node(where, varint(number << 3 | GROUP), varint(number << 3 | END))
            if self.deviates():
                node.end, node.label = varint(number + 1 << 3 | END), "-other-group-end"
            self.fill(node, field.message, depth + 1)
            return node
        if field.message:
            node = Node(where, varint(number << 3 | LEN))
            self.special(node, field.message, depth + 1)
            return node
        data, label = self.scalar(field, where)
        return Piece(data, label, where, varint(number << 3 | WIRE_TYPES.get(field.type, VARINT)))

    def scalar(self, field, where):
        if field.enum:
            return self.enum(field.enum)
        return self.scalar_of(field.type, where)

    def enum(self, enum):
        random = self.random
        known = [number for _, number in enum.values] or [0]
        if random.random() < 0.1:
            number = random.choice([77, -77, 2**31 - 1])
            return varint(number), "" if number in known else f"+unknown-enum-{'closed' if enum.closed else 'open'}"
        if self.deviates():
            return varint(random.choice(known) & 0xffffffff | 1 << 40), "+enum-over-32"
        return varint(random.choice(known)), ""

    def scalar_of(self, kind, where):
        random = self.random
        if kind == "bool":
            if self.deviates():
                return random.choice([(varint(2), "+bool-2"), (varint(2**40), "+bool-large"), (b"\x80\x00", "+bool-long-zero")])
            return varint(random.randint(0, 1)), ""
        if kind in ("double", "float"):
            value, label = self.real(kind), ""
            if random.random() < 0.1:
                value, label = random.choice([(-0.0, "+minus-zero"), (3.4028234663852886e38, "+largest" if kind == "float" else "")])
            return struct.pack(FIXED[kind], value), label
        if kind == "string":
            return self.string()
        if kind == "bytes":
            data = self.octets()
            return varint(len(data)) + data, ""
        value = self.integer(kind)
        if kind in FIXED:
            return struct.pack(FIXED[kind], value), ""
        if kind.startswith("sint"):
            value = value << 1 ^ value >> 63
        if self.deviates():
            return random.choice([(varint(value & 2**32 - 1 | 1 << 40), "+over-32" if "32" in kind else ""),
                                  (varint(value & 127, 2), "+long-varint"), (varint(value & 127, 9), "+ten-bytes")])
        return varint(value), ""

    def string(self):
        random = self.random
        if self.deviates():
            data, label = random.choice([
                (b"\xff", "-utf8"), (b"\xc3", "-utf8-cut"), (b"\xed\xa0\x80", "-utf8-surrogate"), (b"\xc0\x80", "-utf8-overlong"),
                (b"\xf4\x90\x80\x80", "-utf8-above"), (b"a\x00b", "+nul"), (b"\xf0\x9f\x98\x80", "")])
        else:
            data, label = self.text().encode(), ""
        return varint(len(data)) + data, label

    def spoil(self, node, message, depth):
        random = self.random
        numbers = {field.number for field in message.fields}
        unknown = next(number for number in (5, 6, 999, 77777, 12345) if number not in numbers)
        field = random.choice(message.fields) if message.fields else None
        choice = random.randrange(9)
        where = self.prefix + "message"
        if choice == 0:
            node.items.append(random.choice([
                Piece(varint(7), "+unknown", where, varint(unknown << 3)),
                Piece(b"\x03abc", "+unknown", where, varint(unknown << 3 | LEN)),
                Piece(bytes(8), "+unknown", where, varint(unknown << 3 | FIXED64)),
                Piece(varint(unknown << 3 | END), "+unknown-group", where, varint(unknown << 3 | GROUP))]))
        elif choice == 1:
            node.items.append(random.choice([
                Piece(b"\x05ab", "-cut-length", where, varint(unknown << 3 | LEN)),
                Piece(b"\x80", "-cut-varint", where, varint(unknown << 3)),
                Piece(b"\x01", "-cut-fixed", where, varint(unknown << 3 | FIXED32)),
                Piece(b"", "-cut-group", where, varint(unknown << 3 | GROUP)),
                Piece(b"", "-group-end-alone", where, varint(unknown << 3 | END)),
                Piece(b"", "-wire-type-6", where, varint(unknown << 3 | 6)),
                Piece(b"\x00", "-wire-type-7", where, varint(unknown << 3 | 7)),
                Piece(b"\x00", "-number-0", where, b"\x00"),
                Piece(b"\xff" * 10 + b"\x01", "-varint-11", where, varint(unknown << 3)),
                Piece(b"\xff" * 9 + b"\x02", "+varint-overflow", where, varint(unknown << 3)),
                Piece(b"\x00", "+tag-long", where, varint(unknown << 3, 1)),
                Piece(b"\x00", "-tag-over-32", where, varint(unknown << 3 | 1 << 33))]))
        elif choice == 2 and field:
            own = WIRE_TYPES.get(field.type, VARINT)
            kind = random.choice([kind for kind in (VARINT, FIXED64, LEN, FIXED32) if kind != own])
            data = {VARINT: b"\x01", FIXED64: bytes(8), LEN: b"\x01\x01", FIXED32: bytes(4)}[kind]
            node.items.append(Piece(data, "+wrong-wire-type", f"{field.card}:{field.kind}", varint(field.number << 3 | kind)))
        elif choice == 3 and node.items:
            node.items.append(random.choice(node.items))
            node.label = "+repeated-occurrence"
        elif choice == 4:
            self.fill(node, message, depth + 1)
            node.label = "+merged"
        elif choice == 5:
            count = random.choice([50, 99, 101, 150])
            node.items.append(Piece(varint(unknown << 3 | END) * count, f"-unknown-groups-{count}" if count > 99 else
                                    "+unknown-groups", where, varint(unknown << 3 | GROUP) * count))
        elif choice == 6:
            recursive = [one for one in message.fields if one.message is message and one.card != "map"
                         and one.type == "message"]
            if recursive:
                data = b""
                for _ in range(random.choice([30, 90, 120])):
                    data = varint(recursive[0].number << 3 | LEN) + varint(len(data)) + data
                node.items.append(Piece(data, "-deep", where))

    # ---- messages with a form of their own

    def special(self, node, message, depth):
        random = self.random
        kind = message.kind
        if kind is None:
            self.fill(node, message, depth)
        elif kind in ("Timestamp", "Duration"):
            self.moment(node, kind)
        elif kind == "FieldMask":
            for path in self.mask_paths():
                path, label = path.encode(), ""
                if self.deviates():
                    path, label = random.choice([
                        (b"fooBar", "-mask-capital"), (b"a__b", "-mask-double"), (b"a_", "-mask-end"), (b"_a", "+mask-first"),
                        (b"a_1", "-mask-digit"), (b"", "-mask-empty"), (b"a,b", "-mask-comma"), (b"a b", "-mask-space"),
                        (b"a..b", "-mask-dots"), (b"\xff", "-utf8"), (b"a1.b2", "+mask-digit-inside"), (b"*", "-mask-star"),
                        (b"a_B", "-mask-underscore-capital")])
                node.items.append(Piece(varint(len(path)) + path, label, "FieldMask", b"\x0a"))
        elif kind == "Any":
            self.any(node, depth)
        elif kind in WRAPPERS:
            if random.random() < 0.8:
                data, label = self.scalar_of(WRAPPERS[kind], kind)
                node.items.append(Piece(data, label, kind, varint(1 << 3 | WIRE_TYPES.get(WRAPPERS[kind], VARINT))))
        elif kind == "Empty":
            if self.deviates():
                node.items.append(Piece(b"\x01", "+unknown", kind, b"\x08"))
        elif kind == "Value":
            self.value(node, depth)
        elif kind == "ListValue":
            for _ in range(random.choice([0, 1, 2]) if depth < 6 else 0):
                child = Node("Value", b"\x0a")
                self.value(child, depth + 1)
                node.items.append(child)
        elif kind == "Struct":
            for _ in range(random.choice([0, 1, 2]) if depth < 6 else 0):
                entry = Node("Struct", b"\x0a", is_entry=True)
                data, label = self.string()
                entry.items.append(Piece(data, label, "StructKey", b"\x0a"))
                child = Node("Value", b"\x12")
                self.value(child, depth + 1)
                entry.items.append(child)
                node.items.append(entry)

    def moment(self, node, kind):
        random = self.random
        seconds, nanos = self.instant(kind)
        if kind == "Timestamp":
            wrong = [(-62135596801, 0, "-below"), (253402300800, 0, "-above"), (0, -1, "-nanos-negative"), (0, 10**9, "-nanos-above"),
                     (-1, -1, "-nanos-negative"), (2**62, 0, "-far"), (-2**63, 0, "-far")]
        else:
            wrong = [(315576000001, 0, "-above"), (-315576000001, 0, "-below"), (1, -1, "-signs"), (-1, 1, "-signs"), (0, 10**9, "-nanos-above"),
                     (0, -10**9, "-nanos-below"), (-2**63, 0, "-far"), (315576000000, 1, "-above-by-nanos")]
        label = ""
        if self.deviates():
            seconds, nanos, label = random.choice(wrong)
        by_nanos = "nanos" in label or "signs" in label
        if seconds or random.random() < 0.1:
            node.items.append(Piece(varint(seconds), "" if by_nanos else label, kind, b"\x08"))
        if nanos or random.random() < 0.1:
            node.items.append(Piece(varint(nanos), label if by_nanos else "", kind, b"\x10"))

    def value(self, node, depth):
        random = self.random
        if self.deviates():
            node.label = "-value-without-kind"
            return
        choice = random.randrange(6)
        if choice == 0:
            node.items.append(Piece(b"\x00", "", "ValueNull", b"\x08"))
        elif choice == 1:
            number = random.choice([0.0, -0.0, 1.5, 1e21, random.uniform(-9, 9)])
            label = "+minus-zero" if math.copysign(1, number) < 0 and number == 0 else ""
            if self.deviates():
                number, label = random.choice([(float("nan"), "-value-nan"), (float("inf"), "-value-infinity"),
                                               (float("-inf"), "-value-infinity")])
            node.items.append(Piece(struct.pack("<d", number), label, "ValueNumber", b"\x11"))
        elif choice == 2:
            data, label = self.string()
            node.items.append(Piece(data, label, "ValueString", b"\x1a"))
        elif choice == 3:
            node.items.append(Piece(varint(random.randint(0, 1)), "", "ValueBool", b"\x20"))
        else:
            child = Node("Value", b"\x2a" if choice == 4 else b"\x32")
            self.special(child, self.pool.well_known["Struct" if choice == 4 else "ListValue"], depth + 1)
            node.items.append(child)

    def any(self, node, depth):
        random = self.random
        if random.random() < 0.1:
            return
        message, url, label = self.any_type(depth)
        node.items.append(Piece(varint(len(url)) + url.encode(), label, "Any", b"\x0a"))
        child = Node(f"Any/{message.kind or 'message'}", b"\x12")
        outside, self.prefix = self.prefix, "Any/"
        if depth < 5:
            self.special(child, message, depth + 1)
        self.prefix = outside
        if self.deviates():
            child.items.append(Piece(b"\x80", "-any-cut", "Any"))
        if child.items or random.random() < 0.5:
            node.items.append(child)
