"""Compares the engine's JSON mapping with libprotobuf 3.21 and with PyPI's protobuf on generated descriptors, documents
and messages. Started by fuzz/differential/run, which prepares what it needs.

Everything follows from --seed: each pool of descriptors has a seed of its own (SEED/POOL), which a report names and
--only repeats. A disagreement that known.json does not explain makes the exit code 1."""

import argparse
import collections
import json
import os
import random
import sys
import time

import compare
import descriptors
import documents
import implementations
import messages
import trees

HERE = os.path.dirname(os.path.abspath(__file__))
PER_POOL = 100


class Run:
    def __init__(self, options):
        self.options = options
        self.engine = implementations.load("engine", options.libraries)
        self.others = {name: implementations.load(name, options.libraries) for name in options.oracle}
        entries = []
        if options.known != os.devnull:
            with open(options.known, encoding="utf-8") as file:
                entries = json.load(file)["entries"]
        self.known = {name: compare.Known(entries, name) for name in options.oracle}
        self.counts = collections.Counter()
        self.unexplained = {}
        self.pool_name = ""

    def report(self, oracle, signature, name, example):
        self.counts[oracle, "disagreements"] += 1
        if self.known[oracle].find(signature):
            return
        self.counts[oracle, "unexplained"] += 1
        key = oracle, signature
        if key not in self.unexplained:
            self.unexplained[key] = [0, self.pool_name, name, example]
            if self.options.progress:
                print(f"# unexplained: {oracle}: {signature}; pool {self.pool_name}", file=sys.stderr, flush=True)
        self.unexplained[key][0] += 1
        if len(example) < len(self.unexplained[key][3]):
            self.unexplained[key][1:] = [self.pool_name, name, example]

    def document(self, chooser, made, pools):
        """One JSON document, and the message it stands for printed again."""
        tree, name = made.document()
        text = documents.encode(tree, made.space)
        noise = chooser.random() < 0.15
        if noise:
            text = spoil_bytes(chooser, text)
        self.counts["documents"] += 1
        disagree = [oracle for oracle, pool in pools.items() if pool.json_to_binary(name, text)]
        for oracle in disagree:
            if noise:
                explained = pools[oracle].explain_noise(name, text, len(disagree) == len(self.others))
            else:
                explained = pools[oracle].explain_json(name, trees.copy(tree), text)
            self.report(oracle, explained[0], name, explained[1])
        code, wire = self.first_engine.json_to_binary(name, text)
        if code == 0:
            self.counts["accepted documents"] += 1
            for oracle, pool in pools.items():
                for check in (pool.binary_to_json, pool.printed):
                    kind = check(name, wire)
                    if kind:
                        again = None if noise else trees.copy(tree)
                        self.report(oracle, *self.explain_accepted(pool, check, kind, name, again, text))

    def explain_accepted(self, pool, check, kind, name, tree, text):
        """The signature of a disagreement about what a document was read as."""
        def shows():
            code, wire = self.first_engine.json_to_binary(name, documents.encode(tree))
            return code == 0 and check(name, wire) == kind

        if tree is None:
            return f"{kind[0]} from-json {compare.noise_labels(text)}", name, text
        trees.shrink(tree, shows)
        return f"{kind[0]} from-json {compare.collapse(trees.labels(tree))}", name, documents.encode(tree)

    def message(self, made, pools):
        tree, name = made.message()
        wire = messages.encode(tree)
        self.counts["messages"] += 1
        for oracle, pool in pools.items():
            for check in (pool.binary_to_json, pool.printed):
                if check is pool.printed and self.counts["messages"] % 4:
                    continue
                if check(name, wire):
                    again = trees.copy(tree)
                    signature, small = pool.explain_wire(name, again, check)
                    self.report(oracle, signature, name, small)

    def one_pool(self, seed, count):
        self.pool_name = seed
        chooser = random.Random(seed)
        pool = descriptors.Pool(chooser, self.options.extensions)
        data = pool.descriptor_set()
        try:
            engine = self.engine.pool(data)
        except ValueError as error:
            self.report(self.options.oracle[0], "descriptors ours=refuse", "", str(error).encode())
            return
        self.first_engine = engine
        # libprotobuf 3.21 has no JSON for groups, and none for extensions.
        others = {name: oracle.pool(data) for name, oracle in self.others.items()
                  if name == "python" or not (pool.groups or pool.extensions)}
        pools = {name: compare.Comparison(engine, other) for name, other in others.items()}
        texts = documents.Documents(chooser, pool)
        wires = messages.Messages(chooser, pool)
        for _ in range(count):
            if chooser.random() < self.options.messages:
                self.message(wires, pools)
            else:
                self.document(chooser, texts, pools)
        for closing in [engine, *others.values()]:
            closing.close()

    def all_pools(self):
        if self.options.only:
            self.one_pool(self.options.only, PER_POOL)
            return
        started = last = time.monotonic()
        done = 0
        while done < self.options.documents:
            self.one_pool(f"{self.options.seed}/{done // PER_POOL}", min(PER_POOL, self.options.documents - done))
            done += PER_POOL
            if self.options.progress and time.monotonic() - last > 30:
                last = time.monotonic()
                print(f"# {done} after {last - started:.0f} s, {len(self.unexplained)} signatures unexplained",
                      file=sys.stderr, flush=True)

    def summary(self):
        counts = self.counts
        print(f"{counts['documents']} documents ({counts['accepted documents']} accepted by the engine) "
              f"and {counts['messages']} messages")
        for oracle in self.options.oracle:
            met = [entry for entry in self.known[oracle].entries if entry["met"]]
            print(f"{oracle}: {counts[oracle, 'disagreements']} disagreements, of {len(met)} known kinds; "
                  f"{counts[oracle, 'unexplained']} unexplained")
            for entry in sorted(met, key=lambda entry: -entry["met"]):
                if self.options.verbose:
                    print(f"    {entry['met']:7}  {entry['id']}")
            if self.options.verbose:
                for entry in self.known[oracle].entries:
                    if not entry["met"]:
                        print(f"    never met: {entry['id']}")
        for (oracle, signature), (times, pool, name, example) in sorted(
                self.unexplained.items(), key=lambda item: -item[1][0])[:self.options.show]:
            print(f"UNEXPLAINED {oracle}: {signature}\n    {times} times; pool {pool}, {name}: {example[:200]!r}")
        return 1 if self.unexplained else 0


def spoil_bytes(chooser, text):
    for _ in range(chooser.choice([1, 1, 2, 3])):
        at = chooser.randint(0, len(text))
        choice = chooser.randrange(4)
        if choice == 0:
            text = text[:at] + bytes([chooser.choice(b"{}[]\",:\\'0eE.-+ tfnu/*\x00\x80\xff\xef")]) + text[at:]
        elif choice == 1:
            text = text[:at] + text[at + chooser.randint(1, 3):]
        elif choice == 2:
            text = text[:at]
        else:
            start = chooser.randint(0, len(text))
            text = text[:at] + text[start:start + chooser.randint(1, 8)] + text[at:]
    return text


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--documents", type=int, default=10000, help="JSON documents and binary messages together")
    parser.add_argument("--messages", type=float, default=0.3, help="share of binary messages")
    parser.add_argument("--oracle", action="append", choices=["libprotobuf", "python"])
    parser.add_argument("--libraries", required=True, help="folder of the two shared libraries")
    parser.add_argument("--known", default=os.path.join(HERE, "known.json"), help="table of what is known")
    parser.add_argument("--only", metavar="SEED/POOL", help="one pool of descriptors")
    parser.add_argument("--extensions", action="store_true", help="only pools of proto2 with extensions")
    parser.add_argument("--show", type=int, default=40, help="unexplained signatures to print")
    parser.add_argument("--verbose", action="store_true", help="how often each known kind was met")
    parser.add_argument("--progress", action="store_true")
    options = parser.parse_args()
    options.oracle = options.oracle or ["libprotobuf", "python"]
    return options


if __name__ == "__main__":
    run = Run(parse_options())
    run.all_pools()
    sys.exit(run.summary())
