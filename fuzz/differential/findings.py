"""What a comparison of requests found: counted, looked up in the table of what is known, and told at the end."""

import collections
import json
import os

from compare import Known


class Findings:
    def __init__(self, options, oracle, name):
        self.options = options
        self.name = name
        entries = []
        if options.known != os.devnull:
            with open(options.known, encoding="utf-8") as file:
                entries = json.load(file)["entries"]
        self.known = Known(entries, oracle)
        self.counts = collections.Counter()
        self.unexplained = {}

    def report(self, signature, example):
        self.counts["disagreements"] += 1
        if self.known.find(signature):
            return
        self.counts["unexplained"] += 1
        entry = self.unexplained.setdefault(signature, [0, example])
        entry[0] += 1
        if len(str(example)) < len(str(entry[1])):
            entry[1] = example

    def how_to_repeat(self, example):
        """The line that says how to repeat one, or nothing."""

    def tell(self):
        """Prints all of it; the exit code."""
        met = [entry for entry in self.known.entries if entry["met"]]
        print(f"{self.name}: {self.counts['disagreements']} disagreements, of {len(met)} known kinds; "
              f"{self.counts['unexplained']} unexplained")
        if self.options.verbose:
            for entry in sorted(self.known.entries, key=lambda entry: -entry["met"]):
                print(f"    {entry['met']:7}  {entry['id']}")
        for signature, (times, example) in sorted(self.unexplained.items(), key=lambda item: -item[1][0])[:60]:
            print(f"UNEXPLAINED {self.name}: {signature}\n    {times} times; {str(example)[:900]}")
            line = self.how_to_repeat(example)
            if line:
                print(f"    again: {line}")
        return 1 if self.unexplained else 0
