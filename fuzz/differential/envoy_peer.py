"""A running Envoy whose listeners come from a file that it watches, and a client that sends it many requests.

A listener is a grpc_json_transcoder and behind it a Lua filter that answers in the place of a backend: with the path,
the path before transcoding, and the bytes that would have gone out. So each answer tells by itself what Envoy made of
its request."""

import base64
import json
import os
import re
import socket
import subprocess
import time

FILTERS = "type.googleapis.com/envoy.extensions.filters."
ANSWER = """
function envoy_on_request(handle)
  local headers = handle:headers()
  local path, original = headers:get(":path"), headers:get("x-envoy-original-path")
  local transcoded = headers:get("content-type") == "application/grpc" and original ~= nil
  local buffer = handle:body()
  local bytes = buffer and transcoded and buffer:getBytes(0, buffer:length()) or ""
  handle:respond({[":status"] = "200", ["content-type"] = "text/plain"},
    table.concat({"%s", transcoded and path or "", original or path, handle:base64Escape(bytes)}, "\\n"))
end
"""
WAIT_S = 10
CONNECTIONS = 16


# A service without methods, for the listener whose line in the log ends a load.
EMPTY = bytes.fromhex("0a0b0a016512017232030a0153")  # file { name: "e" package: "r" service { name: "S" } }


class Gone(Exception):
    """Envoy has ended, or does not answer."""


def listener(name, descriptor_set, port=None, connection=None, transcoder=None):
    """`port` None: only to see whether Envoy takes it. `connection`, `transcoder`: options of the connection manager
    and of the filter."""
    filters = [{"name": "transcoder", "typed_config": {
        "@type": FILTERS + "http.grpc_json_transcoder.v3.GrpcJsonTranscoder", "services": ["r.S"],
        "convert_grpc_status": True, "proto_descriptor_bin": base64.b64encode(descriptor_set).decode(),
        **(transcoder or {})}}]
    if port:
        filters.append({"name": "answer", "typed_config": {
            "@type": FILTERS + "http.lua.v3.Lua", "default_source_code": {"inline_string": ANSWER % name}}})
    filters.append({"name": "router", "typed_config": {"@type": FILTERS + "http.router.v3.Router"}})
    manager = {
        "@type": FILTERS + "network.http_connection_manager.v3.HttpConnectionManager", "stat_prefix": "front",
        "codec_type": "HTTP1", "http_protocol_options": {"allow_custom_methods": True},
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
            {"match": {"prefix": "/"}, "direct_response": {"status": 500}}]}]},
        "http_filters": filters, "delayed_close_timeout": "0s", **(connection or {})}
    address = {"address": "127.0.0.1", "port_value": port or 1}
    if not port:  # an address of its own, which is never bound
        address = {"address": "127.%d.%d.%d" % tuple(int(name.lstrip("v")) >> shift & 255 for shift in (16, 8, 0)),
                   "port_value": 1}
    return {"@type": "type.googleapis.com/envoy.config.listener.v3.Listener", "name": name, "bind_to_port": bool(port),
            "address": {"socket_address": address},
            "filter_chains": [{"filters": [{"name": "manager", "typed_config": manager}]}]}


class Envoy:
    def __init__(self, binary, folder):
        self.binary = binary
        self.folder = folder
        self.process = None
        self.log = None
        self.generation = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def write_listeners(self, listeners):
        """The file appears at once and whole: Envoy reads it when it is moved into place."""
        with open(self.path("next.json"), "w", encoding="utf-8") as file:
            json.dump({"resources": listeners}, file)
        os.rename(self.path("next.json"), self.path("listeners.json"))

    def start(self):
        with open(self.path("envoy.json"), "w", encoding="utf-8") as file:
            json.dump({"node": {"id": "differential", "cluster": "differential"},
                       "dynamic_resources": {"lds_config": {
                           "path_config_source": {"path": self.path("listeners.json")}, "resource_api_version": "V3"}}},
                      file)
        with open(self.path("log"), "wb") as log:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                [self.binary, "-c", self.path("envoy.json"), "--concurrency", "1", "--use-dynamic-base-id",
                 "--disable-hot-restart", "--drain-time-s", "1", "-l", "warning",
                 "--component-log-level", "upstream:info,misc:error,lua:error"],
                stdout=subprocess.DEVNULL, stderr=log)
        self.log = open(self.path("log"), encoding="utf-8", errors="replace")  # pylint: disable=consider-using-with

    def load(self, listeners):
        """Only these from now on. The reason of each that Envoy refuses, by its name."""
        self.generation += 1
        end = listener(f"v{0xff0000 + self.generation % 0xfff0}", EMPTY)
        self.write_listeners([*listeners, end])
        if not self.process:
            self.start()
        refused, text = {}, ""
        deadline = time.monotonic() + WAIT_S
        while f"listener '{end['name']}'" not in text:
            text += self.log.read()
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Gone(f"exit code {self.process.poll()}: {text[-1500:]}")
            time.sleep(0.005)
        for name, reason in re.findall(r"listener '([^']+)' config rejected: (.*)", text):
            refused[name] = reason
        if end["name"] in refused:
            raise Gone(refused[end["name"]])
        return refused

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(WAIT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.log.close()
        self.process = None


class Connection:
    """HTTP/1.1, kept alive, one request at a time: Envoy closes connections on which many are written ahead. Reads
    answers with a content-length."""

    def __init__(self, envoy, port):
        self.envoy = envoy
        self.port = port
        self.socket = None
        self.data = b""

    def open(self):
        deadline = time.monotonic() + WAIT_S
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_S)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.data = b""
                return
            except ConnectionRefusedError:
                if self.envoy.process.poll() is not None or time.monotonic() > deadline:
                    raise Gone(f"nothing listens at port {self.port}") from None
                time.sleep(0.01)

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None

    def send(self, request):
        if not self.socket:
            self.open()
        try:
            self.socket.sendall(request)
        except OSError:
            pass  # it was closed, which reading tells

    def more(self):
        try:
            data = self.socket.recv(1 << 16)
        except TimeoutError:
            raise Gone(f"no answer in {WAIT_S} s") from None
        except ConnectionResetError:
            return False
        self.data += data
        return bool(data)

    def answer(self):
        """Status and body; None when it was closed before."""
        while b"\r\n\r\n" not in self.data:
            if not self.more():
                self.close()
                return None
        head, self.data = self.data.split(b"\r\n\r\n", 1)
        length = int((re.search(rb"\r\ncontent-length: (\d+)", head) or [0, 0])[1])
        while len(self.data) < length:
            if not self.more():
                self.close()
                return None
        body, self.data = self.data[:length], self.data[length:]
        if b"\r\nconnection: close" in head:
            self.close()
        return int(head.split(b" ", 2)[1]), body


class Client:
    """Several connections to one port."""

    def __init__(self, envoy, port):
        self.connections = [Connection(envoy, port) for _ in range(CONNECTIONS)]

    def close(self):
        for connection in self.connections:
            connection.close()

    def again(self, connection, request):
        """On a connection of its own. Status 0: closed without an answer twice."""
        connection.send(request)
        return connection.answer() or (0, b"")

    def ask(self, requests):
        """Pairs of status and body, as many as requests (bytes)."""
        answers = []
        for at in range(0, len(requests), CONNECTIONS):
            pairs = list(zip(self.connections, requests[at:at + CONNECTIONS]))
            for connection, request in pairs:
                connection.send(request)
            answers += [connection.answer() or self.again(connection, request) for connection, request in pairs]
        return answers
