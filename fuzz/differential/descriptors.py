"""Random descriptor pools: messages of every field type, proto2 and proto3, with the well-known types and extensions."""

from google.protobuf import (any_pb2, descriptor_pb2, duration_pb2, empty_pb2, field_mask_pb2, struct_pb2,
                             timestamp_pb2, wrappers_pb2)

WELL_KNOWN_FILES = [any_pb2, duration_pb2, empty_pb2, field_mask_pb2, struct_pb2, timestamp_pb2, wrappers_pb2]
SCALARS = ["double", "float", "int64", "uint64", "int32", "fixed64", "fixed32", "bool", "string", "bytes", "uint32",
           "sfixed32", "sfixed64", "sint32", "sint64"]
TYPE_NUMBERS = {"double": 1, "float": 2, "int64": 3, "uint64": 4, "int32": 5, "fixed64": 6, "fixed32": 7, "bool": 8,
                "string": 9, "group": 10, "message": 11, "bytes": 12, "uint32": 13, "enum": 14, "sfixed32": 15,
                "sfixed64": 16, "sint32": 17, "sint64": 18}
KEY_TYPES = [name for name in SCALARS if name not in ("double", "float", "bytes")]
WRAPPERS = {"DoubleValue": "double", "FloatValue": "float", "Int64Value": "int64", "UInt64Value": "uint64",
            "Int32Value": "int32", "UInt32Value": "uint32", "BoolValue": "bool", "StringValue": "string",
            "BytesValue": "bytes"}
SPECIAL = ["Any", "Timestamp", "Duration", "FieldMask", "Struct", "Value", "ListValue", "Empty"]
SPECIAL_IN_ANY = ["Timestamp", "Duration", "Struct", "Value", "Int64Value", "Empty", "Any", "FieldMask"]


class Enum:
    def __init__(self, name, closed):
        self.name = name
        self.closed = closed
        self.values = []  # (name, number)


class Message:
    def __init__(self, name, proto3=True):
        self.name = name
        self.proto3 = proto3
        self.fields = []
        self.kind = name[16:] if name.startswith("google.protobuf.") else None


class Field:
    """`card` is one, optional, required, repeated or map; `kind` what a signature says of it. The names of an extension
    are its key in JSON, and `scope` is the file or the message in which it stands."""

    def __init__(self, name, number, type_name, card):
        self.name = name
        self.json_name = None
        self.number = number
        self.type = type_name
        self.card = card
        self.key = None
        self.oneof = None
        self.packed = False
        self.message = None
        self.enum = None
        self.scope = None

    @property
    def kind(self):
        if self.message:
            return self.message.kind or self.type
        if self.enum:
            return ("closedEnum" if self.enum.closed else "enum") if self.enum.values else "NullValue"
        return self.type


def camel(name):
    out, upper = [], False
    for letter in name:
        if letter == "_":
            upper = True
        else:
            out.append(letter.upper() if upper else letter)
            upper = False
    return "".join(out)


def well_known():
    """The messages with a JSON form of their own, by name, with their fields as the wire has them."""
    messages = {name: Message("google.protobuf." + name) for name in SPECIAL + list(WRAPPERS)}

    def add(owner, name, number, type_name, card="one", message=None, key=None, oneof=None):
        field = Field(name, number, type_name, card)
        field.json_name = camel(name)
        field.key = key
        field.oneof = oneof
        if type_name == "enum":
            field.enum = NULL_VALUE
        if message:
            field.message = messages[message]
        messages[owner].fields.append(field)

    for name, scalar in WRAPPERS.items():
        add(name, "value", 1, scalar)
    for name in ("Timestamp", "Duration"):
        add(name, "seconds", 1, "int64")
        add(name, "nanos", 2, "int32")
    add("FieldMask", "paths", 1, "string", "repeated")
    add("Any", "type_url", 1, "string")
    add("Any", "value", 2, "bytes")
    add("Struct", "fields", 1, "message", "map", "Value", "string")
    add("ListValue", "values", 1, "message", "repeated", "Value")
    add("Value", "null_value", 1, "enum", oneof=0)
    add("Value", "number_value", 2, "double", oneof=0)
    add("Value", "string_value", 3, "string", oneof=0)
    add("Value", "bool_value", 4, "bool", oneof=0)
    add("Value", "struct_value", 5, "message", message="Struct", oneof=0)
    add("Value", "list_value", 6, "message", message="ListValue", oneof=0)
    return messages


NULL_VALUE = Enum("google.protobuf.NullValue", False)
NAME_PARTS = ["foo", "Bar", "x", "Y2", "field", "i18n", "URL", "a1", "zip_code", "is"]


class Pool:
    """One random file `p`, the files it needs, and a file `q` with extensions; everything follows from `random`."""

    def __init__(self, random, extensions=False):
        """`extensions`: proto2 with some in any case."""
        self.random = random
        self.proto3 = random.random() < 0.7 and not extensions
        self.well_known = well_known()
        self.enums = [self.make_enum(index) for index in range(2)]
        self.messages = [Message(f"p.M{index}", self.proto3) for index in range(random.randint(2, 5))]
        self.groups = []
        for message in list(self.messages):
            self.fill(message, True)
        self.extensions = []  # (field, name of the message that it extends)
        if not self.proto3 and (extensions or random.random() < 0.4):
            self.extend()

    def make_enum(self, index):
        enum = Enum(f"p.E{index}", not self.proto3)
        numbers = [0] + [self.random.choice([1, 2, 7, -1, 100, 2**31 - 1, -2**31, self.random.randint(-300, 300)])
                         for _ in range(self.random.randint(0, 4))]
        for at, number in enumerate(numbers):
            enum.values.append((f"E{index}_{'vV'[at % 2]}{at}", number))
        return enum

    def names(self):
        seen = set()
        while True:
            name = "_".join(self.random.choice(NAME_PARTS) for _ in range(self.random.randint(1, 3)))
            if self.random.random() < 0.1:
                name = self.random.choice(["_" + name, name + "_", name.replace("_", "__")])
            plain = name.replace("_", "").lower()
            if plain not in seen:
                seen.add(plain)
                yield name

    def numbers(self, count):
        chosen = set()
        while len(chosen) < count:
            number = self.random.choice([self.random.randint(1, 20), self.random.randint(1, 3000), 536870911])
            if not 19000 <= number <= 19999:
                chosen.add(number)
        numbers = list(chosen)
        if self.random.random() < 0.7:
            numbers.sort()
        return numbers

    def fill(self, message, groups):
        random = self.random
        names = self.names()
        oneofs = 0
        for number in self.numbers(random.randint(1, 12)):
            field = Field(next(names), number, self.choose_type(), "one")
            self.resolve(message, field, groups)
            self.choose_cardinality(field)
            if field.card == "one" and random.random() < 0.2:
                if oneofs == 0 or random.random() < 0.3:
                    oneofs += 1
                field.oneof = oneofs - 1
            elif field.card == "one" and (not self.proto3 or random.random() < 0.25):
                field.card = "optional"
            if not self.proto3 and field.card == "optional" and not field.message and random.random() < 0.15:
                field.card = "required"
            field.json_name = camel(field.name)
            if random.random() < 0.1:
                field.json_name = random.choice(["a b", "$", "x-y", "\u00e9t\u00e9", "\U0001f600", "a\"q", "b\\s"]) + str(number)
            message.fields.append(field)
        # Members of a oneof stand together.
        message.fields.sort(key=lambda field: oneofs if field.oneof is None else field.oneof)
        message.oneof_count = oneofs

    def extend(self):
        """Some extensions of some messages, in every scope that there is."""
        random = self.random
        scopes = ["p", "q", "q.Scope"] + [message.name for message in self.messages]
        names = self.names()
        for number in random.sample([*range(4000, 4020), 100000000], random.randint(1, 8)):
            message = random.choice(self.messages)
            field = Field("ext_" + next(names), number, self.choose_type(), "optional")
            field.scope = random.choice(scopes)
            # The name of a group is in the scope that its message is in.
            self.resolve(Message(field.scope), field, True)
            if random.random() < 0.25:
                self.choose_cardinality(field, False)
            self.extensions.append((field, message.name))
            field.name = field.json_name = f"[{field.scope}.{field.name}]"
            message.fields.append(field)

    def choose_type(self):
        chance = self.random.random()
        if chance < 0.5:
            return self.random.choice(SCALARS)
        if chance < 0.6:
            return "enum"
        if chance < 0.63 and not self.proto3:
            return "group"
        return "message"

    def resolve(self, message, field, groups):
        random = self.random
        if field.type == "group" and not groups:
            field.type = "string"
        if field.type == "enum":
            field.enum = NULL_VALUE if self.proto3 and random.random() < 0.1 else random.choice(self.enums)
        elif field.type == "group":
            field.name = field.name.lower().strip("_") + f"g{field.number}"
            field.message = Message(f"{message.name}.{field.name.capitalize()}", False)
            self.groups.append((message.name, field.message))
            self.fill(field.message, False)
        elif field.type == "message":
            if random.random() < 0.4:
                field.message = random.choice(self.messages)
            else:
                field.message = self.well_known[random.choice(SPECIAL + list(WRAPPERS))]

    def choose_cardinality(self, field, may_be_map=True):
        chance = self.random.random()
        if chance < 0.2 or not may_be_map:
            field.card = "repeated"
            packable = field.type not in ("string", "bytes", "message", "group")
            field.packed = packable and self.random.random() < (0.75 if self.proto3 else 0.4)
        elif chance < 0.32 and field.type != "group":
            field.card = "map"
            field.key = self.random.choice(KEY_TYPES)

    # ---- as descriptors

    def field_proto(self, field, owner_name):
        name = field.name.strip("[]").rsplit(".", 1)[-1]
        proto = descriptor_pb2.FieldDescriptorProto(name=name, number=field.number, type=TYPE_NUMBERS[field.type],
                                                    label=1)
        if field.card == "map":
            proto.type = 11
            proto.type_name = f".{owner_name}.{self.entry_name(field)}"
        elif field.message:
            proto.type_name = "." + field.message.name
        elif field.enum:
            proto.type_name = "." + field.enum.name
        if field.card in ("repeated", "map"):
            proto.label = 3
        if field.card == "repeated" and field.packed != (self.proto3 and field.type not in (
                "string", "bytes", "message", "group")):
            proto.options.packed = field.packed
        if field.card == "required":
            proto.label = 2
        if not field.scope and (field.json_name != camel(field.name) or self.random.random() < 0.5):
            proto.json_name = field.json_name
        return proto

    @staticmethod
    def entry_name(field):
        name = camel(field.name)
        return name[0].upper() + name[1:] + "Entry"

    def message_proto(self, message):
        proto = descriptor_pb2.DescriptorProto(name=message.name.rsplit(".", 1)[1])
        for index in range(message.oneof_count):
            proto.oneof_decl.add(name=f"choice_{index}")
        for start, end in ((4000, 5000), (100000000, 100000001)) if self.extensions else ():
            proto.extension_range.add(start=start, end=end)
        for field in message.fields:
            if field.scope:
                continue
            made = self.field_proto(field, message.name)
            if field.oneof is not None:
                made.oneof_index = field.oneof
            elif field.card == "optional" and self.proto3 and not field.message:
                made.proto3_optional = True
                made.oneof_index = len(proto.oneof_decl)
                proto.oneof_decl.add(name=f"_synthetic_{field.number}")
            proto.field.append(made)
            if field.card == "map":
                entry = proto.nested_type.add(name=self.entry_name(field))
                entry.options.map_entry = True
                entry.field.add(name="key", number=1, type=TYPE_NUMBERS[field.key], label=1)
                value = entry.field.add(name="value", number=2, type=TYPE_NUMBERS[field.type], label=1)
                if field.message or field.enum:
                    value.type_name = "." + (field.message or field.enum).name
        self.add_scope(message.name, proto.nested_type, proto.extension)
        return proto

    def add_scope(self, scope, messages, extensions):
        """The groups and the extensions that stand in a file or a message."""
        for owner, group in self.groups:
            if owner == scope:
                messages.append(self.message_proto(group))
        for field, extendee in self.extensions:
            if field.scope == scope:
                made = self.field_proto(field, extendee)
                made.extendee = "." + extendee
                extensions.append(made)

    def descriptor_set(self):
        file = descriptor_pb2.FileDescriptorProto(name="p.proto", package="p",
                                                  syntax="proto3" if self.proto3 else "proto2")
        files = descriptor_pb2.FileDescriptorSet()
        for module in WELL_KNOWN_FILES:
            module.DESCRIPTOR.CopyToProto(files.file.add())
            file.dependency.append(module.DESCRIPTOR.name)
        for enum in self.enums:
            proto = file.enum_type.add(name=enum.name[2:])
            for name, number in enum.values:
                proto.value.add(name=name, number=number)
            if len({number for _, number in enum.values}) < len(enum.values):
                proto.options.allow_alias = True
        for message in self.messages:
            file.message_type.append(self.message_proto(message))
        self.add_scope("p", file.message_type, file.extension)
        files.file.append(file)
        if self.extensions:
            other = files.file.add(name="q.proto", package="q", syntax="proto2", dependency=list(file.dependency) + ["p.proto"])
            self.add_scope("q", other.message_type, other.extension)
            scope = other.message_type.add(name="Scope")
            self.add_scope("q.Scope", scope.nested_type, scope.extension)
        return files.SerializeToString(deterministic=True)
