"""Compares the engine's templates, routing and binding with a running Envoy on generated rules and requests. Started by
fuzz/differential/run-envoy. Everything follows from --seed, pool by pool (SEED/NUMBER).

Of each rule: is it taken. Of each request to a pool of rules that both take: which method answers, and what is the
request message. Two listeners with options of their own are asked: one that leaves paths alone, and one that normalises
them; the engine is asked with the leniencies that say what Envoy does by these options."""

import argparse
import base64
import os
import re
import signal
import socket
import sys
import tempfile

import envoy_causes
import envoy_pool
import routes
from envoy_normalise import normalise
from envoy_peer import Client, Envoy, Gone, listener
from engine_requests import Answer, Engine
from findings import Findings

HERE = os.path.dirname(os.path.abspath(__file__))
ALWAYS = ["trailing-slash", "double-star-middle", "malformed-percent", "known-verbs", "empty-segments",
          "valueless-query", "query-last-wins", "query-beats-path", "query-beside-body", "body-beats-path",
          "unknown-fields", "nested-bindings", "well-known-variables", "loose-times"]
UNESCAPING = {"ALL_CHARACTERS_EXCEPT_RESERVED": ["keep-reserved"], "ALL_CHARACTERS_EXCEPT_SLASH": [],
              "ALL_CHARACTERS": ["full-expansion"]}
TRIES = 80  # requests that cutting one disagreement down may cost


class Front:
    """A listener with its options, and the engine with the leniencies that these are."""

    def __init__(self, chooser, name, port):
        self.name = name
        self.port = port
        self.client = None
        self.manager, self.filter, self.leniencies = {}, {}, list(ALWAYS)
        self.normal = name.startswith("normal")
        self.choose(chooser)
        self.engine = None

    def choose(self, random):
        unescaping = "ALL_CHARACTERS_EXCEPT_RESERVED" if not self.normal else random.choice(list(UNESCAPING))
        self.filter["url_unescape_spec"] = unescaping
        self.leniencies += UNESCAPING[unescaping]
        if not self.normal:
            return
        self.manager = {"normalize_path": True, "merge_slashes": random.random() < 0.7,
                        "path_with_escaped_slashes_action": random.choice(["KEEP_UNCHANGED", "UNESCAPE_AND_FORWARD"])}
        if random.random() < 0.5:
            self.filter["query_param_unescape_plus"] = True
            self.leniencies.append("plus-is-space")
        if random.random() < 0.3:
            self.filter["ignore_unknown_query_parameters"] = True
            self.leniencies.append("unknown-query")

    def path(self, request):
        """What the transcoder should get to see."""
        return normalise(request.path, self.manager) if self.normal else request.path

    def listener(self, data):
        return listener(self.name, data, self.port, self.manager, self.filter)

    def read(self, status, body):
        """Envoy's answer."""
        if status != 200:
            return Answer(status, why=body.decode(errors="replace"))
        name, method, target, message = body.split(b"\n")
        if name.decode() != self.name:
            raise Gone(f"an answer of {name} to a request to {self.name}")
        path = target.split(b"?")[0].decode(errors="surrogateescape")
        if not method:
            return Answer(404, path=path)
        message = base64.b64decode(message)
        if message[:1] != b"\0" or int.from_bytes(message[1:5], "big") != len(message) - 5:
            return Answer(200, method.decode().removeprefix("/r.S/"), None, path=path)
        return Answer(200, method.decode().removeprefix("/r.S/"), message[5:], path=path)


def free_ports(count):
    """Below the range from which the system takes ports of its own."""
    found, port = [], 20000 + os.getpid() % 8000
    while len(found) < count:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                found.append(port)
            except OSError:
                pass
        port += 1
    return found


class Run(Findings):
    def __init__(self, options):
        super().__init__(options, "envoy", "Envoy")
        self.engine = Engine(os.path.join(options.libraries, "libengine.so"))
        self.message = envoy_pool.message_class()
        self.envoy = None
        self.pool = []
        self.seed = None
        self.number = 0
        self.ports = free_ports(4)

    # ---- rules

    def rules(self, seed, made):
        """Those that both take, and no two of them for one method and path."""
        data = [envoy_pool.descriptor_set([rule]) for rule in made]
        refused = self.envoy.load([listener(f"v{index + 1}", each) for index, each in enumerate(data)])
        taken = []
        for index, rule in enumerate(made):
            loaded, why = self.engine.load(data[index], ALWAYS)
            self.engine.free(loaded)
            theirs = refused.get(f"v{index + 1}", "")
            self.counts["templates"] += len(rule.each())
            if bool(loaded) != bool(theirs):
                if loaded:
                    taken.append(rule)
                continue
            what = f"rule ours={'accept' if loaded else 'refuse'} theirs={'refuse' if theirs else 'accept'}"
            self.report(f"{what} {envoy_causes.rule_cause(rule, why)}", (seed, rule, why or theirs))
        return self.without_duplicates(taken)

    def without_duplicates(self, rules):
        seen, kept = set(), []
        for rule in rules:
            keys = [(each.kind, routes.canonical(routes.shape(each.template))) for each in rule.each()]
            if len(set(keys)) == len(keys) and not seen & set(keys):
                seen |= set(keys)
                kept.append(rule)
        return kept

    # ---- requests

    def normal_form(self, data):
        """A message as something to compare: fields by name; None when the bytes are none."""
        try:
            return self.message.FromString(data)
        except Exception:  # pylint: disable=broad-exception-caught
            return None

    def difference(self, ours, theirs):
        """Names of the fields that differ."""
        one, two = self.normal_form(ours), self.normal_form(theirs)
        if one is None or two is None:
            return "unreadable"
        if one.SerializeToString(deterministic=True) == two.SerializeToString(deterministic=True):
            return ""
        fields = [{field.name: str(value) for field, value in message.ListFields()} for message in (one, two)]
        differ = [name for name in fields[0] | fields[1] if fields[0].get(name) != fields[1].get(name)]
        return "+".join(sorted(differ)) or "unknown"

    def compare(self, request, ours, theirs):
        """How the two answers disagree, or None. A request that is not transcoded because a query parameter names
        nothing looks like one that no rule matches."""
        if ours.status == theirs.status == 200:
            if ours.method != theirs.method:
                return "request method=different"
            if theirs.message is None:
                return "request message=none"
            fields = self.difference(ours.message, theirs.message)
            return f"request message=different:{fields}" if fields else None
        if ours.status == theirs.status or (ours.status == 400 and theirs.status == 404 and request.query):
            return None
        return f"request ours={ours.status} theirs={theirs.status}"

    def ours(self, front, request, path):
        return self.engine.ask(front.engine, request.method, request.target(path), request.body.encode())

    def outcome(self, front, request, found):
        """Both answers, after the check of what Envoy made of the path."""
        theirs = front.read(*found)
        path = front.path(request)
        if theirs.path is not None and theirs.path != path:
            labels = "only-slashes" if theirs.path == "//" else routes.marks(None, request.path)
            self.report(f"normalise {labels}", (self.seed, front.manager, request.path, path, theirs.path))
            path = theirs.path
        if path is None:
            return Answer(400, why="no path"), theirs
        return self.ours(front, request, path), theirs

    def again(self, front, request):
        self.counts["tries"] += 1
        return self.outcome(front, request, front.client.ask([request.bytes()])[0])

    def smaller(self, request):
        """Requests with a little less in them."""
        if request.body:
            yield request.copy(body="")
        for at in range(len(request.query)):
            yield request.copy(query=request.query[:at] + request.query[at + 1:])
        parts = request.path.split("/")
        for at in range(len(parts) - 1, 0, -1):
            yield request.copy(path="/".join(parts[:at] + parts[at + 1:]) or "/")
        for at in range(len(parts) - 1, 0, -1):
            if parts[at] not in ("", "a"):
                yield request.copy(path="/".join(parts[:at] + ["a"] + parts[at + 1:]))
            head, colon, verb = parts[at].rpartition(":")
            if colon and head not in ("", "a"):
                yield request.copy(path="/".join(parts[:at] + [f"a:{verb}"] + parts[at + 1:]))

    def cut_down(self, front, request, kind):
        tries, smaller = TRIES, True
        while smaller:
            smaller = False
            for candidate in self.smaller(request):
                tries -= 1
                if tries < 0:
                    return request
                if self.compare(candidate, *self.again(front, candidate)) == kind:
                    request, smaller = candidate, True
                    break
        return request

    def explain(self, front, seed, request, kind):
        request = self.cut_down(front, request, kind)
        ours, theirs = self.again(front, request)
        path = front.path(request) or request.path
        labels = envoy_causes.request_marks(request, path, ours.template)
        if envoy_causes.literals_encoded(ours.template, path) or re.search(":[^/]*%[^/]*$", path):
            labels = "encoded-literal"
        elif "%" in path:
            plain = request.copy(path=envoy_pool.as_sent(routes.canonical(request.path)))
            if self.compare(plain, *self.again(front, plain)) is None:
                labels = "encoded"
        if self.any_method(front, request, path):
            labels += ",any-method"
        rules = [self.pool[int(name[1:])] for name in sorted({ours.method, theirs.method} - {""})]
        kind, _, fields = kind.partition(":")
        if ours.status != theirs.status:
            kind = f"request ours={envoy_causes.cause(ours)} theirs={envoy_causes.cause(theirs)}"
        if fields == "unreadable":
            kind += ":unreadable"
        elif fields and fields == ours.body and not request.body:
            kind += ":empty-body"
        elif fields and request.body:
            field = "all" if ours.body == "*" else envoy_causes.field_type(ours.body)
            kind += ":body-and-query" if request.query else f":body={field}"
        self.report(f"{kind} {labels}", (seed, front.name, front.filter, str(request), ours, theirs, rules))

    def any_method(self, front, request, path):
        """Whether a rule for any method matches a path with a verb, or would without it."""
        other = request.copy(method="NOBODY")
        bare = re.sub(":[^:/]*$", "", path)
        paths = [path, bare.replace(":", "%3A")]
        return bare != path and any(self.ours(front, other, each).method for each in paths)

    def ask(self, front, seed, requests):
        answers = front.client.ask([request.bytes() for request in requests])
        for request, found in zip(requests, answers):
            ours, theirs = self.outcome(front, request, found)
            self.counts["requests"] += 1
            self.counts["matched"] += theirs.status == 200
            kind = self.compare(request, ours, theirs)
            if kind:
                self.explain(front, seed, request, kind)

    def one_pool(self, seed):
        self.seed = seed
        size = self.options.pool
        made = envoy_pool.Generator(seed, size)
        rules = self.rules(seed, [made.rule() for _ in range(size)])
        self.pool = rules
        data = envoy_pool.descriptor_set(rules)
        ports = self.ports[:2] if self.number % 2 else self.ports[2:]
        fronts = [Front(made.random, f"{name}{self.number}", port) for name, port in zip(("plain", "normal"), ports)]
        refused = self.envoy.load([front.listener(data) for front in fronts])
        for front in fronts:
            front.engine, why = self.engine.load(data, front.leniencies)
            if refused or why:
                raise Gone(f"a pool of rules that are taken one by one is not: {why or refused}")
            front.client = Client(self.envoy, front.port)
            self.ask(front, seed, [made.request(rules) for _ in range(self.options.per_pool)])
            front.client.close()
            self.engine.free(front.engine)
        self.counts["pools"] += 1

    def all_pools(self):
        with tempfile.TemporaryDirectory(prefix="transcheck-envoy-") as folder:
            self.envoy = Envoy(self.options.envoy, folder)
            try:
                while self.options.only or self.counts["templates"] < self.options.templates:
                    seed = self.options.only or f"{self.options.seed}/{self.number}"
                    self.number += 1
                    self.one_pool_watched(seed)
                    if self.options.only:
                        break
            finally:
                self.envoy.stop()

    def one_pool_watched(self, seed):
        try:
            self.one_pool(seed)
        except Gone as gone:
            self.report("envoy gone", (seed, str(gone)))
            self.envoy.stop()
        if self.options.progress:
            print(f"{seed}: {dict(self.counts)}", file=sys.stderr, flush=True)

    def summary(self):
        counts = self.counts
        print(f"{counts['pools']} pools, {counts['templates']} templates, {counts['requests']} requests "
              f"({counts['matched']} transcoded), {counts['tries']} to cut disagreements down")
        return self.tell()

    def how_to_repeat(self, example):
        return (f"fuzz/differential/run-envoy --pool {self.options.pool} --per-pool {self.options.per_pool} "
                f"--only {example[0]}")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--templates", type=int, default=1000, help="at least, in all")
    parser.add_argument("--pool", type=int, default=200, help="rules in a pool")
    parser.add_argument("--per-pool", type=int, default=2000, help="requests to each of the two listeners of a pool")
    parser.add_argument("--only", metavar="SEED/NUMBER")
    parser.add_argument("--known", default=os.path.join(HERE, "envoy_known.json"))
    parser.add_argument("--libraries", required=True)
    parser.add_argument("--envoy", required=True, help="the program")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--progress", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    run = Run(parse_options())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # Envoy ends with it
    run.all_pools()
    sys.exit(run.summary())
