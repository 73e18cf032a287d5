"""Generated HTTP rules, their descriptor sets, and requests for them."""

import random
import re

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

import routes
from messages import varint

SCALARS = {"double": 1, "float": 2, "int64": 3, "uint64": 4, "int32": 5, "bool": 8, "string": 9, "message": 11,
           "bytes": 12, "uint32": 13, "enum": 14}
# Field of the request message: number, type or full name of a message, repeated. "one_a" and "one_b" are of a oneof.
FIELDS = {"a": (1, "string", 0), "b": (2, "string", 0), "c": (3, "string", 0), "h": (4, "string", 0),
          "i": (5, "string", 0), "g": (9, ".r.M", 0), "n": (10, "int32", 0), "big": (11, "int64", 0),
          "u": (12, "uint32", 0), "huge": (13, "uint64", 0), "flag": (14, "bool", 0), "d": (15, "double", 0),
          "f": (16, "float", 0), "y": (17, "bytes", 0), "e": (18, ".r.E", 0), "l": (19, "string", 1),
          "rn": (20, "int32", 1), "many": (21, ".r.M", 1), "long_name": (22, "string", 0), "one_a": (23, "string", 0),
          "one_b": (24, "int32", 0), "opt": (25, "int32", 0), "w": (30, ".google.protobuf.StringValue", 0),
          "wn": (31, ".google.protobuf.Int32Value", 0), "t": (32, ".google.protobuf.Timestamp", 0),
          "dur": (33, ".google.protobuf.Duration", 0), "mask": (34, ".google.protobuf.FieldMask", 0),
          "st": (35, ".google.protobuf.Struct", 0), "re": (36, ".r.E", 1)}
IMPORTS = ["struct", "wrappers", "timestamp", "duration", "field_mask"]
VARIABLES = routes.VARIABLES + ["n", "flag", "e", "g.n", "big", "d", "y", "t", "long_name", "one_a", "opt", "w"]
INTEGERS = ["1", "0", "-5", "7", "2147483648", "-2147483649", "1.0", "1e2", "+5", "007", "0x1f", " 5", "5 ", "x", "",
            "1_0", "-0", "9223372036854775807", "18446744073709551615", "18446744073709551616", "null", "1.5", "true"]
DOUBLES = ["1", "0.5", "-0", "1e300", "1e400", "NaN", "Infinity", "-Infinity", "inf", "nan", "1.", ".5", "+1", "x", "",
           "1e5", "3.4e38", "3.5e38", "0x10", "null", "1f"]
# What is written for a field, by its name, the most ordinary first; other fields hold any text.
TYPED = {**dict.fromkeys(["n", "big", "u", "huge", "rn", "one_b", "opt", "wn"], INTEGERS), "d": DOUBLES, "f": DOUBLES,
         "flag": ["true", "false", "1", "0", "True", "TRUE", "t", "yes", "", "null"],
         "y": ["YQ==", "YQ", "YWI=", "_-8=", "+/8=", "/w==", "_w", "*", "Y", "", "YQ=", "YR=="],
         "e": ["ONE", "TWO", "1", "2", "3", "one", "UNO", "NONE", "-1", "", "ZERO", "1.0", "x"],
         "re": ["ONE", "1", "x", ""],
         "t": ["2020-01-02T03:04:05Z", "2020-01-02T03:04:05.5%2B01:00", "2020-01-02T03:04:05.123456789Z", "2020-01-02",
               "x", "", "0001-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2019-02-29T00:00:00Z", "2020-02-29T00:00:00Z",
               "2020-04-31T00:00:00Z", "2020-13-01T00:00:00Z", "2020-01-01T24:00:00Z", "2020-01-01T00:00:60Z",
               "2020-01-01T00:60:00Z", "2020-01-01t00:00:00Z", "2020-01-01T00:00:00z", "2020-01-01T00:00:00",
               "2020-01-01 00:00:00Z", "2020-01-01T00:00:00.1234567891Z", "2020-01-01T00:00:00%2B0100",
               "2020-01-01T00:00:00-24:00", "2020-1-1T0:0:0Z", "2020-01-01T00:00:00.Z", "2020-01-01T00:00:00%2B01:60",
               " 2020-01-01T00:00:00Z", "2020-01-01T00:00Z", "2020-01-01T00:00:00Zx"],
         "dur": ["1s", "1.5s", "-1.5s", "1", "1h", "x", "", "315576000001s", "0.0000000001s"],
         "mask": ["a", "a,longName", "g.n", "long_name", "", "a,,b", "*"],
         "st": ["x", "{}", ""]}
TEXTS = ["x", "", "a%20b", "a+b", "%C3%A9", "%c3%bc", "%2b", "caf\u00e9", "%", "%zz", "%4", "a%26b", "%3D", "a=b",
         "%00", "a%2Fb", "a/b", "?", "a;b", "%25", "\"", "%22", "%5C", "null", "1", "true", ":", "%0A"]
INVALID = ["%ff", "%C3", "a%80"]
KEYS = list(FIELDS) + ["longName", "oneA", "g.n", "g.a", "g.l", "g.longName", "g.g.b", "g.h", "g.flag", "g.e"]
ODD_KEYS = ["zz", "g.zz", "", "%61", "g%2Ea", "g", "many.a", "st.x", "w.value", "t.seconds", "a.b", "g.", ".a", "A",
            "LONG_NAME", "l[]", "l[0]", "rn[]", "fields", "g.g", "g..a", "a%20", "one_a.x", "g[a]", "e.x"]
BODIES = ["", "{}", '{"a":"B"}', '{"g":{"h":"B","n":4}}', '{"n":3,"l":["p","q"]}', '{"longName":"B","oneB":9}',
          '{"g":{"g":{"a":"B"}},"b":"B"}', '{"long_name":"B","flag":true}', '{"w":"B","opt":0}', '{"c":null}',
          '{"rn":[1,2]}', '{"a":"","n":0,"flag":false}', '{"long_name":"","c":"","d":0,"big":"0"}', '{"g":{"h":"","n":0}}',
          '{"one_a":"B"}', '{"t":"2020-01-02T03:04:09Z"}']
ODD_BODIES = ['{"zz":1}', "x", "[]", '"B"', "null", "4", '{"a":"B"', "{} {}"]
KINDS = ["GET", "PUT", "POST", "DELETE", "PATCH"]
DOTS = [".", "..", "%2e", "%2E%2e", "", "", "a%2Fb", "a%5Cb", "a\\b", "%2e%2e%2f"]
TRIPLETS = ["%2F", "a%2fb", "%3a", "%c3%a9", "%2b%2B", "%7e", "%25", "a%20b%3D", "%2f%2F"]
CUSTOM = ["LIST", "*", "PURGE", "get", "OPTIONS"]


class Rule:
    """google.api.HttpRule, with its additional bindings."""

    def __init__(self, kind, template, body="", more=()):
        self.kind = kind
        self.template = template
        self.body = body
        self.more = list(more)

    def each(self):
        return [self] + [each for rule in self.more for each in rule.each()]

    def bytes(self):
        def field(number, value):
            return varint(number << 3 | 2) + varint(len(value)) + value

        path = self.template.encode()
        if self.kind in KINDS:
            data = field(2 + KINDS.index(self.kind), path)
        else:
            data = field(8, field(1, self.kind.encode()) + field(2, path))
        if self.body:
            data += field(7, self.body.encode())
        return data + b"".join(field(11, rule.bytes()) for rule in self.more)

    def __repr__(self):
        more = "".join(f" + ({rule})" if rule.more else f" + {rule}" for rule in self.more)
        return f"{self.kind} {self.template}{' body ' + self.body if self.body else ''}{more}"


def add_field(message, name):
    number, kind, repeated = FIELDS[name]
    field = message.field.add(name=name, number=number, label=3 if repeated else 1)
    if kind.startswith("."):
        field.type = SCALARS["enum" if kind == ".r.E" else "message"]
        field.type_name = kind
    else:
        field.type = SCALARS[kind]
    if name.startswith("one_"):
        field.oneof_index = 0
    if name == "opt":
        field.oneof_index = 1
        field.proto3_optional = True


def base_files():
    files = descriptor_pb2.FileDescriptorSet()
    for name in IMPORTS:
        module = __import__(f"google.protobuf.{name}_pb2", fromlist=["DESCRIPTOR"])
        module.DESCRIPTOR.CopyToProto(files.file.add())
    file = files.file.add(name="r.proto", package="r", syntax="proto3",
                          dependency=[f"google/protobuf/{name}.proto" for name in IMPORTS])
    enum = file.enum_type.add(name="E")
    enum.options.allow_alias = True
    for name, number in (("NONE", 0), ("ONE", 1), ("TWO", 2), ("UNO", 1)):
        enum.value.add(name=name, number=number)
    message = file.message_type.add(name="M")
    message.oneof_decl.add(name="one")
    message.oneof_decl.add(name="_opt")
    for name in FIELDS:
        add_field(message, name)
    service = file.service.add(name="S")
    del service.method[:]
    return files


BASE = base_files()


def descriptor_set(rules):
    """Method B0 has the first rule, and so on."""
    files = descriptor_pb2.FileDescriptorSet()
    files.CopyFrom(BASE)
    for index, rule in enumerate(rules):
        method = files.file[-1].service[0].method.add(name=f"B{index}", input_type=".r.M", output_type=".r.M")
        data = rule.bytes()
        method.options.MergeFromString(varint(72295728 << 3 | 2) + varint(len(data)) + data)
    return files.SerializeToString()


def message_class():
    pool = descriptor_pool.DescriptorPool()
    for file in BASE.file:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("r.M"))


class Request:
    """`path` without the query; `query` a list of pairs as written, the value None without "="."""

    def __init__(self, method, path, query=(), body=""):
        self.method = method
        self.path = path
        self.query = list(query)
        self.body = body

    def copy(self, **changes):
        return Request(**{**vars(self), **changes})

    def target(self, path=None):
        path = self.path if path is None else path
        if not self.query:
            return path
        return path + "?" + "&".join(key if value is None else f"{key}={value}" for key, value in self.query)

    def bytes(self):
        body = self.body.encode()
        head = f"{self.method} {self.target()} HTTP/1.1\r\nhost: x\r\n"
        if body:
            head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        return head.encode() + b"\r\n" + body

    def __repr__(self):
        return f"{self.method} {self.target()}" + (f" {self.body}" if self.body else "")


def as_sent(text):
    """What no URI can hold in triplets: HTTP servers, Envoy's as well, refuse it before anybody routes."""
    return "".join("".join(f"%{byte:02X}" for byte in letter.encode()) if letter > "~" or letter in ' "' else letter
                   for letter in text)


class Generator(routes.Generator):
    """`size`: how many rules a pool will have. Most of them are in small groups with a first segment of their own, so
    that templates of many wildcards do not take everything."""

    def __init__(self, seed, size):
        super().__init__(random.Random(seed), VARIABLES)
        self.groups = max(1, size // 8)

    def template(self):
        # Typed variables only now and then: their values are odd more often than not.
        self.variables = VARIABLES if self.random.random() < 0.25 else routes.VARIABLES
        text = super().template()
        return f"/p{self.random.randrange(self.groups)}{text}" if self.random.random() < 0.9 else text

    def value(self, name=""):
        choices = TYPED.get(name.split(".")[-1])
        if choices and self.random.random() < 0.8:
            text = self.random.choice(choices[:4] if self.random.random() < 0.6 else choices)
            return text.replace("?", "%3F")
        return self.random.choice(TRIPLETS) if self.random.random() < 0.2 else super().value()

    def rule(self, depth=0):
        random = self.random
        kind = random.choice(KINDS if random.random() < 0.9 else CUSTOM)
        body = ""
        if random.random() < (0.05 if kind in ("GET", "DELETE") else 0.5):
            body = random.choice(["*", "g"] if random.random() < 0.9 else ["l", "a", "many", "n", "st", "zz"])
        more = []
        while depth < 3 and random.random() < (0.15 if depth == 0 else 0.05):
            more.append(self.rule(depth + 1))
        template = self.template()
        if depth == 0 and random.random() < 0.01:
            more.append(Rule(kind, template, body))
        return Rule(kind, template, body, more)

    def parameter(self):
        random = self.random
        key = random.choice(KEYS if random.random() < 0.85 else ODD_KEYS)
        choices = TYPED.get(key.split(".")[-1])
        if not choices:
            choices = TEXTS[:1] if random.random() < 0.4 else INVALID if random.random() < 0.03 else TEXTS
        elif random.random() < 0.5:
            choices = choices[:3]
        value = None if random.random() < 0.02 else random.choice(choices)
        return key, value

    def request(self, rules):
        random = self.random
        rule = random.choice(random.choice(rules).each())
        kind = rule.kind if random.random() < 0.9 else random.choice(KINDS)
        if kind == "*":
            kind = random.choice(["GET", "PURGE", "BREW"])
        request = Request(kind, self.path(rule.template))
        if random.random() < 0.1:
            request.path = self.dots(request.path)
        while random.random() < 0.35:
            request.query.append(self.parameter())
        variables = re.findall(r"\{([\w.]+)", rule.template)
        if variables and random.random() < 0.08:
            name = random.choice(variables)
            request.query.append((name, random.choice(TYPED.get(name.split(".")[-1], TEXTS)[:4])))
        if len(request.query) > 0 and random.random() < 0.1:
            request.query.append((request.query[0][0], self.parameter()[1]))
        if random.random() < (0.8 if rule.body else 0.01):
            request.body = random.choice(BODIES if random.random() < 0.95 else ODD_BODIES)
        request.path = as_sent(request.path)
        request.query = [(as_sent(key), value and as_sent(value)) for key, value in request.query]
        return request

    def dots(self, path):
        """With what normalisation of paths is about."""
        parts = path.split("/")
        at = self.random.randint(1, len(parts))
        parts.insert(at, self.random.choice(DOTS))
        return "/".join(parts)
