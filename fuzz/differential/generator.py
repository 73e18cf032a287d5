"""What random documents and random messages choose alike: fields, how many of them, values of every type, whether
something is wrong."""

import struct

from descriptors import SPECIAL_IN_ANY

LIMITS = {"int32": (-2**31, 2**31 - 1), "sint32": (-2**31, 2**31 - 1), "sfixed32": (-2**31, 2**31 - 1),
          "uint32": (0, 2**32 - 1), "fixed32": (0, 2**32 - 1), "int64": (-2**63, 2**63 - 1),
          "sint64": (-2**63, 2**63 - 1), "sfixed64": (-2**63, 2**63 - 1), "uint64": (0, 2**64 - 1),
          "fixed64": (0, 2**64 - 1)}
LETTERS = "abcXYZ019 _-/{}[]:,.'&<>" + "\u00e9\u00df\u4e2d\u0416\u2028\u2029\u007f\u0080\uffff\ufeff\U0001f600\U0010ffff"
CONTROLS = "\x00\x01\b\t\n\f\r\x1f\"\\"
SECONDS = {"Timestamp": (-62135596800, 253402300799), "Duration": (-315576000000, 315576000000)}


class Generator:
    """At most one thing is wrong in what is made; `budget` says whether it still may be."""

    def __init__(self, random, pool):
        self.random = random
        self.pool = pool
        self.budget = 0
        self.rate = 0.0
        self.left = 0
        self.prefix = ""  # of labels within an Any

    def begin(self):
        """The message that the next tree stands for."""
        self.budget = 1 if self.random.random() < 0.6 else 0
        self.rate = self.random.choice([0.02, 0.1, 0.4])
        self.left = 60
        return self.random.choice(self.pool.messages)

    def deviates(self):
        if self.budget and self.random.random() < self.rate:
            self.budget -= 1
            return True
        return False

    # ---- fields

    def leaves_out(self, field, depth):
        self.left -= 1
        return field.card != "required" and (
            depth > 6 or self.left < 0 or self.random.random() < (0.5 if depth < 2 else 0.83))

    def where(self, field):
        return f"{self.prefix}{field.card}:{field.kind}"

    def count(self):
        """Of elements and of entries."""
        return self.random.choice([0, 1, 1, 2, 3, 5])

    # ---- values

    def integer(self, kind):
        low, high = LIMITS[kind]
        random = self.random
        return random.choice([0, 1, low, high, high - 1, low + 1, 127, 128, 2**31 - 1, random.randint(0, 100),
                              random.randint(low, high), min(high, 2**53 + 1), min(high, 10**15)])

    def real(self, kind):
        """A double, or a float of 32 bits; any bits, so also NaN and the infinities."""
        random = self.random
        form, size = ("<f", 4) if kind == "float" else ("<d", 8)
        value = random.choice([random.uniform(-1000, 1000), 0.0, 1e21, 0.1, 5e-324 if size == 8 else 1e-45])
        data = random.randbytes(size) if random.random() < 0.5 else struct.pack(form, value)
        return struct.unpack(form, data)[0]

    def text(self):
        random = self.random
        letters = LETTERS + (CONTROLS if random.random() < 0.3 else "")
        return "".join(random.choice(letters) for _ in range(random.choice([0, 1, 3, 8])))

    def octets(self):
        return self.random.randbytes(self.random.choice([0, 1, 2, 3, 4, 5, 20]))

    def instant(self, kind):
        """Seconds and nanoseconds of a Timestamp or a Duration."""
        random = self.random
        low, high = SECONDS[kind]
        seconds = random.choice([0, 1, low, high, random.randint(low, high), random.randint(-10**6, 2 * 10**9)])
        nanos = random.choice([0, 0, 1, 999999999, 500000000, 1000, 123456000, random.randint(0, 999999999)])
        if kind == "Duration":
            negative = seconds < 0 or seconds == 0 and random.random() < 0.3
            nanos = 0 if seconds in (low, high) else -nanos if negative else nanos
        return seconds, nanos

    def mask_paths(self):
        """Paths of a FieldMask as the message has them."""
        random = self.random
        return [".".join(random.choice(["a", "foo_bar", "baz_qux_x", "b"]) for _ in range(random.randint(1, 3)))
                for _ in range(random.choice([0, 1, 1, 2, 3]))]

    def any_type(self, depth):
        """The message within an Any, the URL of its type, and what is unusual about that."""
        random = self.random
        message = random.choice(self.pool.messages + [self.pool.well_known[name] for name in SPECIAL_IN_ANY])
        if message.kind and depth > 4:
            message = self.pool.well_known["Duration"]
        if self.deviates():
            host = "type.googleapis.com/"
            url, label = random.choice([
                (host + "no.Such", "-any-unknown-type"), (message.name, "-any-no-slash"), ("", "-any-type-empty"),
                ("/", "-any-type-slash"), ("/" + message.name, "+type-no-host"),
                (host + message.name + "/", "-any-type-slash-behind")])
            return message, url, label
        host = random.choice(["type.googleapis.com/", "type.googleapis.com/", "example.com/x/"])
        return message, host + message.name, "" if host.startswith("type") else "+other-prefix"
