"""Compares the engine's templates and routing with grpc-gateway's runtime on generated templates and paths. Started by
fuzz/differential/run-routes. Everything follows from --seed, set of bindings by set of bindings (SEED/NUMBER).

Three questions: is a template taken; which binding answers a request, when of those that match the last registered one
counts (grpc-gateway's rule, for the engine a leniency); and what its variables hold. Besides, the engine's own rule (the
most specific template) must name a binding exactly where the other rule does."""

import ctypes
import os
import random
import re

from google.protobuf import descriptor_pb2

import gateway
from messages import varint

VARIABLES = ["a", "b", "c", "g.h", "g.i", "g.g.a"]
LITERALS = ["v1", "a", "b", "items", "x-y", "c.d", "~u", "A_1", "*x", "%41", "a@b", "caf\u00e9", "$&", "a=b"]
VERBS = ["go", "a", "v1", "x-y", "b.c"]
METHODS = ["GET", "POST", "DELETE"]
PER_SET = 40


class Result(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("method", ctypes.c_char_p), ("values", ctypes.c_char_p)]


class Engine:
    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.routes_new.restype = ctypes.c_void_p
        self.library.routes_new.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
        self.library.routes_free.argtypes = [ctypes.c_void_p]
        self.library.routes_match.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p,
                                              ctypes.POINTER(Result)]
        self.error = ctypes.create_string_buffer(1000)

    def template(self, text):
        """The reason for refusing it, or empty."""
        if self.library.routes_template_check(text.encode(), self.error, len(self.error)):
            return self.error.value.decode(errors="replace") or "refused"
        return ""

    def router(self, bindings):
        data = descriptor_set(bindings)
        made = self.library.routes_new(data, len(data), self.error, len(self.error))
        return made, self.error.value.decode(errors="replace")

    def match(self, router, last_registered, method, path):
        result = Result()
        self.library.routes_match(router, last_registered, method.encode(), path.encode(), ctypes.byref(result))
        if result.status != 200:
            return result.status, None, {}
        values = dict(item.split("=") for item in result.values.decode().split(";") if item)
        return 200, int(result.method[1:]), {
            name: bytes.fromhex(value).decode(errors="replace") for name, value in values.items()}


def descriptor_set(bindings):
    file = descriptor_pb2.FileDescriptorProto(name="r.proto", package="r", syntax="proto3")
    message = file.message_type.add(name="M")
    for number, name in enumerate(("a", "b", "c", "h", "i"), 1):
        message.field.add(name=name, number=number, type=9, label=1)
    message.field.add(name="g", number=9, type=11, label=1, type_name=".r.M")
    service = file.service.add(name="S")
    for index, (method, template) in enumerate(bindings):
        added = service.method.add(name=f"B{index}", input_type=".r.M", output_type=".r.M")
        number = {"GET": 2, "PUT": 3, "POST": 4, "DELETE": 5, "PATCH": 6}[method]
        text = template.encode()
        rule = bytes([number << 3 | 2]) + varint(len(text)) + text
        added.options.MergeFromString(varint(72295728 << 3 | 2) + varint(len(rule)) + rule)
    files = descriptor_pb2.FileDescriptorSet()
    files.file.append(file)
    return files.SerializeToString()


class Generator:
    """Of templates and of paths for them; the comparison with Envoy has one with more kinds of variables and values."""

    def __init__(self, chooser, variables=VARIABLES):
        self.random = chooser
        self.variables = variables

    # ---- templates

    def segments(self, count, last):
        """Plain segments; "**" only at the end of the template."""
        made = []
        for index in range(count):
            chance = self.random.random()
            if chance < 0.5:
                made.append(self.random.choice(LITERALS[:6] if self.random.random() < 0.9 else LITERALS))
            elif chance < 0.75 or not last or index + 1 < count:
                made.append("*")
            else:
                made.append("**")
        return made

    def template(self):
        random = self.random
        parts, variables = [], random.sample(self.variables, len(self.variables))
        count = random.randint(1, 4)
        for index in range(count):
            last = index + 1 == count
            if random.random() >= 0.4:
                parts.extend(self.segments(1, last))
            elif random.random() < 0.4:
                parts.append("{%s}" % variables.pop())
            else:
                inner = self.segments(random.randint(1, 3), last)
                parts.append("{%s=%s}" % (variables.pop(), "/".join(inner)))
        text = "/" + "/".join(parts)
        if random.random() < 0.25:
            text += ":" + random.choice(VERBS)
        if random.random() < 0.12:
            text = self.spoil(text)
        return text

    def spoil(self, text):
        random = self.random
        choice = random.randrange(5)
        at = random.randint(0, len(text))
        if choice == 0:
            return text[:at] + random.choice("/{}*:=.%?# \t\"\\a") + text[at:]
        if choice == 1:
            return text[:at] + text[at + 1:]
        if choice == 2:
            return text + random.choice(["/", "//", ":", ":a:b", "/**", "/{a}", "/{a=**}", "}", ":a/b", "/*:"])
        if choice == 3:
            return text.replace("*", random.choice(["**", "***", "{a=*}", "*a", ""]), 1)
        return text.replace("{", random.choice(["{a={", "{.", "{a.", "{1", "{{", "{a-b=", "{ "]), 1)

    # ---- paths

    def path(self, template):
        """One that the template may match."""
        random = self.random
        verb = re.search(r":([^/{}:]*)$", template)
        body = re.sub(r"\{([^=}]*)(=[^}]*)?\}", self.opened, template[:verb.start()] if verb else template)
        parts = []
        for segment in body.split("/")[1:]:
            segment, _, name = segment.partition("\0")
            if segment == "**":
                parts.extend(self.value() for _ in range(random.randint(0, 3)))
            else:
                parts.append(self.value(name) if segment == "*" else segment)
        path = "/" + "/".join(parts)
        if verb:
            path += ":" + verb[1]
        if random.random() < 0.3:
            path = self.bend(path)
        return path

    @staticmethod
    def opened(variable):
        """The segments of a variable; behind a single one its name."""
        name, segments = variable[1], (variable[2] or "=*")[1:]
        return f"*\0{name}" if segments == "*" else segments

    def value(self, name=""):  # pylint: disable=unused-argument
        """For any variable; `name` is that of one that holds this segment alone."""
        random = self.random
        chance = random.random()
        if chance < 0.5:
            return random.choice(["a", "b", "v1", "items", "1", "x-y", "z"])
        return random.choice(["a%20b", "%2F", "a%2fb", "%41", "caf%C3%A9", "a:b", "a:go", ":go", "%3Ago", "x%25", "%252F", "a+b",
                              "~", "a;b", "@", "a,b", "%2E%2E", "..", ".", "%7B", "*", "%2A", "a=b", "$", "%00", "%ff", "caf\u00e9",
                              "%", "%zz", "%4", "(x)", "!", "'"])

    def bend(self, path):
        random = self.random
        choice = random.randrange(8)
        parts = path.split("/")
        at = random.randint(1, len(parts) - 1)
        if choice == 0:
            return path + "/"
        if choice == 1:
            parts.insert(at, "")
        elif choice == 2:
            parts[at] = self.value()
        elif choice == 3:
            del parts[at]
        elif choice == 4:
            return path + ":" + random.choice(VERBS + ["", "no"])
        elif choice == 5:
            parts.insert(at, self.value())
        elif choice == 6:
            parts[at] = "".join("%%%02X" % ord(letter) if letter < "\x7f" else letter for letter in parts[at][:1]) + parts[at][1:]
        else:
            parts[at] = parts[at].upper()
        return "/".join(parts) or "/"


def canonical(text):
    """Percent triplets decoded where that changes no meaning: RFC 3986, section 6.2.2.2, and for the rest of what may
    stand in a segment."""
    def decode(found):
        letter = chr(int(found[1], 16))
        return letter if " " < letter < "\x7f" and letter not in "/%:{}*=?#" else found[0].upper()

    return re.sub(r"%([0-9A-Fa-f]{2})", decode, text)


def difference(ours, theirs):
    """How the values of the variables differ."""
    pairs = [(value, theirs.get(name)) for name, value in ours.items() if value != theirs.get(name)]
    if ours.keys() != theirs.keys():
        return "names"
    if all(other == value + "/" for value, other in pairs):
        return "slash-behind"
    decoded = [[re.sub("%2[Ff]", "/", text) for text in pair] for pair in pairs]
    if all(value == other for value, other in decoded):
        return "slash-decoded"
    if all(value.rstrip("/") == other.rstrip("/") for value, other in decoded):
        return "slash-behind-and-decoded"
    return "different"


def shape(template):
    """The template without the names of variables: two of one shape match the same paths."""
    return re.sub(r"\{[^=}]*=([^}]*)\}|\{[^}]*\}", lambda found: found[1] or "*", template)


def marks(template, path):
    """What may be unusual about a question, for its signature."""
    found = set()
    if path is not None:
        parts = path.split("/")[1:]
        if "" in parts[:-1]:
            found.add("empty-segment")
        if parts[-1:] == [""]:
            found.add("trailing-slash")
        if parts[-1][:1] == ":":
            found.add("only-verb")
        elif ":" in parts[-1]:
            found.add("colon")
        if re.search(r"%(?![0-9A-Fa-f]{2})", path):
            found.add("bad-percent")
        elif "%" in path:
            found.add("percent")
        if any(ord(letter) > 126 for letter in path):
            found.add("foreign")
    if template is not None:
        if re.search(r"\*\*.*/", template.split(":")[0]):
            found.add("stars-not-last")
        if re.search(r":.*[:/]|:$", re.sub(r"\{[^}]*\}", "", template)):
            found.add("verb-form")
        literal = re.sub(r"\{([^=}]*=)?|\}", "", template)
        if re.search(r"[^/A-Za-z0-9_.~*:-]", literal):
            found.add("odd-literal")
        if re.search(r"[^/]\*|\*[^*/:]|\*\*\*", literal):
            found.add("star-in-segment")
        if re.search(r"//|/$|/:", literal) or not template.startswith("/"):
            found.add("empty-segment-in-template")
        names = [name.split("=")[0] for name in re.findall(r"\{([^}]*)\}", template)]
        if len(set(names)) < len(names):
            found.add("variable-twice")
        if any(not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", name) for name in names):
            found.add("odd-name")
        if re.search(r"\{[^}]*\{|\}\}|\{[^}]*$|^[^{]*\}|\}[^/:]|[^/]\{", template):
            found.add("braces")
    return ",".join(sorted(found)) or "plain"


class Run(gateway.Comparison):
    def __init__(self, options):
        super().__init__(options, "grpc-gateway")
        self.engine = Engine(os.path.join(options.libraries, "libengine.so"))

    def ask(self, bindings, requests):
        answer = self.question({"bindings": [{"method": method, "path": path} for method, path in bindings],
                                "requests": [{"method": method, "path": path} for method, path in requests]})
        outcomes = []
        for outcome in answer["outcomes"]:
            status = {501: 405}.get(outcome["status"], outcome["status"])
            outcomes.append((status, outcome["binding"] if outcome["binding"] >= 0 else None, outcome["values"] or {}))
        return answer["errors"], outcomes

    def templates(self, made):
        """Those that both take."""
        errors, _ = self.ask([("GET", template) for template in made], [])
        taken = []
        for template, theirs in zip(made, errors):
            ours = self.engine.template(template)
            self.counts["templates"] += 1
            if bool(ours) != bool(theirs):
                what = f"template ours={'refuse' if ours else 'accept'} theirs={'refuse' if theirs else 'accept'}"
                self.report(f"{what} {marks(template, None)}", (template, ours or theirs))
            elif not ours:
                taken.append(template)
        return taken

    def compare(self, bindings, router, request, theirs):
        """One request: the signature of the disagreement, or None."""
        ours = self.engine.match(router, 1, *request)
        own = self.engine.match(router, 0, *request)
        self.counts["requests"] += 1
        self.counts["matched"] += ours[0] == 200
        if (ours[0] in (200, 400)) != (own[0] in (200, 400)):
            return f"specificity both-rules last-registered={ours[0]} most-specific={own[0]}", ours, own
        if ours == theirs:
            return None
        if ours[0] != theirs[0]:
            return f"request ours={ours[0]} theirs={theirs[0]}", ours, theirs
        if ours[1] != theirs[1]:
            return "request binding=different", ours, theirs
        return f"request values={difference(ours[2], theirs[2])}", ours, theirs

    def one_set(self, seed):
        made = Generator(random.Random(seed))
        templates = self.templates([made.template() for _ in range(8)])
        shapes, bindings = set(), []
        for template in templates:
            method = made.random.choice(METHODS[:2] if made.random.random() < 0.9 else METHODS)
            names = re.findall(r"\{([^=}]*)", template)
            if (method, shape(template)) not in shapes and set(names) <= set(VARIABLES):
                shapes.add((method, shape(template)))
                bindings.append((method, template))
        if not bindings:
            return
        router, error = self.engine.router(bindings)
        if not router:
            self.report(f"router ours=refuse theirs=accept {' '.join(error.split()[-4:])}", (bindings, error))
            return
        requests = [(made.random.choice(METHODS), made.path(made.random.choice(bindings)[1])) for _ in range(PER_SET)]
        _, outcomes = self.ask(bindings, requests)
        for request, theirs in zip(requests, outcomes):
            found = self.compare(bindings, router, request, theirs)
            if found:
                self.report_request(found, bindings, request)
        self.engine.library.routes_free(router)

    def report_request(self, found, bindings, request):
        """Alone with one binding, if that shows it too; the signature tells of that template and of the path."""
        kind, ours, theirs = found
        if "%" in request[1] or any("%" in template for _, template in bindings):
            _, outcomes = self.ask([(method, canonical(template)) for method, template in bindings],
                                   [(request[0], canonical(request[1]))])
            if outcomes[0] == ours or (outcomes[0][:2] == ours[:2] != theirs[:2]):
                self.report("request theirs=canonical percent", (bindings, request, ours, theirs))
                return
            if kind == "request values=different" and outcomes[0][:2] == ours[:2]:
                kind = f"request values={difference(ours[2], outcomes[0][2])}"
                self.report(f"{kind} canonical percent", (bindings, request, ours, outcomes[0]))
                return
        for binding in bindings:
            router, _ = self.engine.router([binding])
            _, outcomes = self.ask([binding], [request])
            alone = self.compare([binding], router, request, outcomes[0])
            self.counts["requests"] -= 1
            self.engine.library.routes_free(router)
            if alone and alone[0] == kind:
                star = "**" if "**" in binding[1] else ""
                verb = "+verb" if re.search(r":[^/{}]*$", binding[1]) else ""
                self.report(f"{kind} one{star}{verb} {marks(None, request[1])}", (binding, request, alone[1:]))
                return
        self.report(f"{kind} several {marks(None, request[1])}", (bindings, request, ours, theirs))

    def summary(self):
        counts = self.counts
        print(f"{counts['templates']} templates, {counts['requests']} requests ({counts['matched']} matched)")
        return self.tell()


if __name__ == "__main__":
    gateway.main(Run, __doc__, "requests", 20000)
