"""What the end-to-end tests share: free ports, processes that are always ended, runs of transcheck, results, a relay."""

import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(ROOT, "build")))
TRANSCHECK = os.path.join(BUILD, "transcheck")



def report_formats():
    """The names of the report formats, of which each is an option, too, from their table (reports/formats.h)."""
    printed = subprocess.run([os.path.join(BUILD, "tables")], stdout=subprocess.PIPE, check=True).stdout
    return [row["name"] for row in json.loads(printed)["formats"]]


_used_ports = set()


def free_port():
    """A loopback port that nobody listens on and that this process has not handed out before. Below the range from which
    the system takes the ports of outgoing connections, so that none of these gets in the way later."""
    while True:
        port = random.randrange(12000, 32000)
        with socket.socket() as probe:
            if port in _used_ports or probe.connect_ex(("127.0.0.1", port)) == 0:
                continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _used_ports.add(port)
        return port


def excuse(kind, axis, path="*"):
    """What a waiver excuses."""
    return {"kind": kind, "axis": axis, "path": path}


class Run:
    """One finished `transcheck run`: exit code, output, and the lines of its results."""

    def __init__(self, code, stdout, stderr, results):
        self.code, self.stdout, self.stderr = code, stdout, stderr
        self.lines = []
        if os.path.exists(results):
            with open(results, encoding="utf-8") as stream:
                self.lines = [json.loads(line) for line in stream if line.endswith("\n")]
        self.run = next((line for line in self.lines if line["type"] == "run"), None)
        cases = {}
        for line in self.lines:
            if line["type"] == "case":
                cases[line["id"], line["client"]] = line  # a later one is a correction of the first
        self.cases = list(cases.values())
        self.events = [line for line in self.lines if line["type"] == "event"]
        self.totals = next((line for line in self.lines if line["type"] == "totals"), None)

    def verdicts(self):
        return {(case["id"], case["client"]): case["verdict"] for case in self.cases}

    def case(self, case_id, client):
        return next(case for case in self.cases if case["id"] == case_id and case["client"] == client)

    def kinds(self, verdict="fail"):
        return {
            (case["id"], case["client"]): case["reasons"][0]["kind"] if case["reasons"] else ""
            for case in self.cases
            if case["verdict"] == verdict
        }

    def reasons(self):
        """Of what failed or was unstable, for a message: the kind alone explains no failure that does not come again."""
        return {f"{case['id']} ({case['client']}) is {case['verdict']}": case["reasons"]
                for case in self.cases if case["verdict"] in ("fail", "unstable", "error")}


class Folder:
    """A temporary folder and the processes started with it; both are gone at the end."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="transcheck-test-")
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            end(process)
        for name in os.listdir(self.path):
            os.unlink(os.path.join(self.path, name))
        os.rmdir(self.path)

    def file(self, name, text=None):
        path = os.path.join(self.path, name)
        if text is not None:
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
        return path

    def start(self, argv, **options):
        process = subprocess.Popen(argv, start_new_session=True, **options)
        self.processes.append(process)
        return process


def end(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()


def wait_listening(port, timeout=20, host="127.0.0.1"):
    limit = time.monotonic() + timeout
    while time.monotonic() < limit:
        with socket.socket() as probe:
            if probe.connect_ex((host, port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"nothing listens on port {port}")


def reference_command(port, backend, *options):
    words = [TRANSCHECK, "reference", "--listen", f"127.0.0.1:{port}", "--backend", f"127.0.0.1:{backend}", *options]
    return words


def run_arguments(folder, front, backend, *options):
    return [
        TRANSCHECK, "run", f"http://127.0.0.1:{front}", "--backend", f"127.0.0.1:{backend}",
        "--results", folder.file("results.ndjson"), *options,
    ]


def run(folder, front, backend, *options, timeout=600, env=None):
    done = subprocess.run(
        run_arguments(folder, front, backend, *options), capture_output=True, timeout=timeout, check=False,
        env={**os.environ, **(env or {})},
    )
    return Run(
        done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"),
        folder.file("results.ndjson"),
    )


def run_reference(folder, *options, defect=None, reference_options=(), **more):
    """The suite against the reference transcoder, started by --proxy-cmd."""
    front, backend = free_port(), free_port()
    words = list(reference_options)
    if defect:
        words += ["--defect", defect]
    command = "exec " + " ".join(reference_command(front, backend, *words))
    return run(folder, front, backend, "--proxy-cmd", command, *options, **more)


class Relay:
    """A TCP relay in front of a proxy, in a thread. `on_request(bytes)` sees what the client sends in one piece and returns
    what goes on, or None to close the connection at once."""

    def __init__(self, target, on_request=lambda data: data, port=0):
        self.target, self.on_request = target, on_request
        self.listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.running = True
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        self.listener.settimeout(0.2)
        while self.running:
            try:
                client, _ = self.listener.accept()
            except (TimeoutError, OSError):
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            with client, socket.create_connection(("127.0.0.1", self.target)) as server:
                while self.running:
                    ready, _, _ = select.select([client, server], [], [], 0.2)
                    if client in ready:
                        data = client.recv(65536)
                        data = self.on_request(data) if data else None
                        if not data:
                            return
                        server.sendall(data)
                    if server in ready:
                        data = server.recv(65536)
                        if not data:
                            return
                        client.sendall(data)
        except OSError:
            pass

    def close(self):
        self.running = False
        self.thread.join()
        self.listener.close()


def main(module):
    """Runs every function named test_*; `test_NAME...` as arguments select; ends with the line that is counted."""
    passed = failed = 0
    wanted = sys.argv[1:]
    for name, function in list(vars(module).items()):
        if not name.startswith("test_") or (wanted and name not in wanted):
            continue
        started = time.monotonic()
        try:
            function()
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {name}: {type(error).__name__}: {error}", flush=True)
            if os.environ.get("VERBOSE"):
                import traceback

                traceback.print_exc()
        else:
            passed += 1
            print(f"ok {name} ({time.monotonic() - started:.1f} s)", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def check(condition, text, seen=None):
    """An assertion that tells what was seen."""
    if not condition:
        detail = f"; seen: {seen}" if seen is not None else ""
        raise AssertionError(f"{text}{detail}"[:3000])
