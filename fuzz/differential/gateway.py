"""What the comparisons with grpc-gateway's runtime share: the program of routes/ as a process, and how they are started."""

import argparse
import json
import os
import subprocess
import sys

from findings import Findings

HERE = os.path.dirname(os.path.abspath(__file__))


class Comparison(Findings):
    """One has one_set(seed), which counts what it asked in counts[COUNTED], and summary()."""

    COUNTED = "requests"

    def __init__(self, options, oracle):
        super().__init__(options, oracle, "grpc-gateway")
        self.oracle = subprocess.Popen([options.oracle], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def question(self, question):
        self.oracle.stdin.write(json.dumps(question).encode() + b"\n")
        self.oracle.stdin.flush()
        return json.loads(self.oracle.stdout.readline())

    def all_sets(self, count):
        if self.options.only:
            self.one_set(self.options.only)
            return
        number = 0
        while self.counts[self.COUNTED] < count:
            self.one_set(f"{self.options.seed}/{number}")
            number += 1


def main(comparison, description, size, default):
    """`size`: the option that says how much."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seed", default="1")
    parser.add_argument(f"--{size}", type=int, default=default)
    parser.add_argument("--only", metavar="SEED/NUMBER")
    parser.add_argument("--known", default=os.path.join(HERE, "known.json"))
    parser.add_argument("--libraries", required=True)
    parser.add_argument("--oracle", required=True, help="the program of fuzz/differential/routes")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    run = comparison(options)
    run.all_sets(getattr(options, size))
    code = run.summary()
    run.oracle.stdin.close()
    run.oracle.wait()
    sys.exit(code)
