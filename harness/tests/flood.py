#!/usr/bin/python3
"""Floods an HTTP server of ours with what costs it memory, from many connections at once, and keeps to the flow control.

Usage: harness/tests/flood.py KIND PORT [CONNECTIONS [SECONDS]]; `--list` names the kinds. The tests use flood()."""

import argparse
import select
import socket
import struct
import sys
import time

ECHO = b"/transcheck.v1.EchoService/Echo"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 8, 9
END_STREAM, END_HEADERS = 1, 4
MAX_FRAME = 16384
MAX_STREAMS = 990
MAX_WINDOW = 0x7FFFFFFF


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def number(value, prefix_bits):
    """RFC 7541, section 5.1, with the bits in front of the prefix being 0."""
    most = (1 << prefix_bits) - 1
    if value < most:
        return bytes([value])
    out, value = bytearray([most]), value - most
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    out.append(value)
    return bytes(out)


def literal(name, value):
    return b"\0" + number(len(name), 7) + name + number(len(value), 7) + value


def head(path=ECHO, more=b""):
    pairs = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", path), (b":authority", b"flood"),
             (b"content-type", b"application/grpc"), (b"te", b"trailers")]
    return b"".join(literal(name, value) for name, value in pairs) + more


def head_frames(stream, block, flags, ended=True):
    """HEADERS and as many CONTINUATIONs as needed."""
    pieces = [block[at : at + MAX_FRAME] for at in range(0, len(block), MAX_FRAME)]
    out = bytearray()
    for index, piece in enumerate(pieces):
        last = END_HEADERS if ended and index == len(pieces) - 1 else 0
        out += frame(CONTINUATION if index else HEADERS, last | (0 if index else flags), stream, piece)
    return bytes(out)


def data_frames(stream, body, end):
    pieces = [body[at : at + MAX_FRAME - 1] for at in range(0, len(body), MAX_FRAME - 1)]
    for index, piece in enumerate(pieces):
        yield len(piece), frame(DATA, END_STREAM if end and index == len(pieces) - 1 else 0, stream, piece)


# ---- kinds: each yields (bytes that count for the flow control, bytes to write)

MESSAGE = b"\0" + struct.pack(">I", 65531) + b"\x0a\xf6\xff\x03" + b"x" * 65527


def bodies(path=ECHO):
    """Every stream stays open, with 64 KiB of body."""
    for stream in range(1, 2 * MAX_STREAMS, 2):
        yield 0, head_frames(stream, head(path), 0)
        yield from data_frames(stream, b"\0\x00\xff\xff\xff" + b"b" * 65531, False)


def strays():
    """The same with a path that no service has."""
    yield from bodies(b"/no.Service/Method")


def large_bodies():
    """A megabyte of body on every open stream, a part of a message that never ends."""
    for stream in range(1, 2 * MAX_STREAMS, 2):
        yield 0, head_frames(stream, head(), 0)
        yield from data_frames(stream, b"\0\x7f\xff\xff\xff" + b"b" * ((1 << 20) - 5), False)


def headers():
    """60 KiB of header fields on every open stream."""
    more = b"".join(literal(b"x-%d" % index, b"h" * 6000) for index in range(10))
    for stream in range(1, 2 * MAX_STREAMS, 2):
        yield 0, head_frames(stream, head(more=more), 0)


def half_headers():
    """A header section of 240 KiB that does not end."""
    more = b"".join(literal(b"x-%d" % index, b"h" * 6000) for index in range(40))
    yield 0, head_frames(1, head(more=more), 0, ended=False)


def idle():
    """Connections that say nothing more."""
    yield from ()


def open_streams():
    """Streams with short headers, never ended."""
    for stream in range(1, 2 * MAX_STREAMS, 2):
        yield 0, head_frames(stream, head(), 0)


def ended():
    """Short calls without end, each complete."""
    block = head(b"/no.Service/Method")
    for stream in range(1, 1 << 30, 2):
        yield 0, head_frames(stream, block, END_STREAM)


def resets():
    """Calls that are reset as soon as they are there."""
    block = head()
    for stream in range(1, 1 << 30, 2):
        yield 0, head_frames(stream, block, 0) + frame(RST_STREAM, 0, stream, struct.pack(">I", 8))


def messages():
    """One call with messages without end, that are echoed and not read."""
    yield 0, head_frames(1, head(), 0)
    piece = b"\0\0\0\0\0" * 3000
    while True:
        yield len(piece), frame(DATA, 0, 1, piece)


def pings():
    """PING and SETTINGS without end; the answers are not read."""
    while True:
        yield 0, (frame(PING, 0, 0, b"12345678") + frame(SETTINGS, 0, 0)) * 100


def unread():
    """Complete calls with 64 KiB, whose answers are allowed by every window and not read."""
    yield 0, frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", MAX_WINDOW - 65535))
    for stream in range(1, 2 * MAX_STREAMS, 2):
        yield 0, head_frames(stream, head(), 0)
        yield from data_frames(stream, MESSAGE, True)


def answers():
    """Calls without a body, whose answers are allowed by every window and not read."""
    yield 0, frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", MAX_WINDOW - 65535))
    for stream in range(1, 2 * MAX_STREAMS, 2):
        yield 0, head_frames(stream, head(), END_STREAM)


def http1_bodies():
    """HTTP/1.1 requests with 3 of 4 megabytes of body."""
    yield 0, b"POST /v1/echo HTTP/1.1\r\nhost: flood\r\ncontent-type: application/json\r\ncontent-length: 4000000\r\n\r\n"
    for _ in range(48):
        yield 0, b"b" * 65536


def http1_pipelined():
    """HTTP/1.1 requests without end, whose answers are not read."""
    request = b"GET /v1/none HTTP/1.1\r\nhost: flood\r\n\r\n" * 100
    while True:
        yield 0, request


KINDS = {kind.__name__.replace("_", "-"): kind for kind in (
    bodies, strays, large_bodies, headers, half_headers, idle, open_streams, ended, resets, messages, pings, unread,
    answers, http1_bodies, http1_pipelined)}
NEVER_READ = {"messages", "pings", "unread", "answers", "http1-pipelined"}  # once the server's window is known


class Connection:
    """One connection that writes what its kind yields as fast as the peer takes it."""

    def __init__(self, port, kind):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.http2 = not kind.startswith("http1")
        self.pieces = KINDS[kind]()
        self.held = None
        self.out = bytearray()
        self.input = bytearray()
        self.window = 65535
        self.stays_silent = kind in NEVER_READ
        self.reads = self.http2 or not self.stays_silent
        self.sent = 0
        self.done = False
        if self.http2:
            settings = struct.pack(">HI", 4, MAX_WINDOW) if self.stays_silent else b""
            self.out += PREFACE + frame(SETTINGS, 0, 0, settings)

    def fill(self):
        while len(self.out) < 262144:
            if self.held is None:
                self.held = next(self.pieces, None)
            if self.held is None:
                return
            cost, piece = self.held
            if cost > self.window:
                return
            self.window -= cost
            self.out += piece
            self.held = None

    def write(self):
        self.fill()
        if self.out:
            count = self.socket.send(self.out)
            del self.out[:count]
            self.sent += count

    def wants_write(self):
        return bool(self.out) or self.held is None or self.held[0] <= self.window

    def read(self):
        """Takes window updates; where answers are not read, only what is there of them already."""
        data = self.socket.recv(65536)
        if not data:
            self.done = True
        if not self.http2:
            return
        self.input += data
        at = 0
        while len(self.input) - at >= 9:
            length = int.from_bytes(self.input[at : at + 3], "big")
            if len(self.input) - at < 9 + length:
                break
            if self.input[at + 3] == WINDOW_UPDATE and self.input[at + 5 : at + 9] == b"\0\0\0\0":
                self.window += int.from_bytes(self.input[at + 9 : at + 13], "big")
                self.reads = not self.stays_silent
            at += 9 + length
        del self.input[:at]


def flood(kind, port, connections=64, seconds=5.0):
    """Returns (bytes written, connections that the server ended). All connections stay open until the time is over."""
    all_connections, ended_count = [], 0
    poller = select.epoll()
    limit = time.monotonic() + seconds
    by_fd = {}
    for _ in range(connections):
        try:
            connection = Connection(port, kind)
        except OSError:
            ended_count += 1
            continue
        all_connections.append(connection)
        by_fd[connection.socket.fileno()] = connection
        poller.register(connection.socket, select.EPOLLOUT | (select.EPOLLIN if connection.reads else 0))
    while time.monotonic() < limit:
        for number_, events in poller.poll(0.2):
            connection = by_fd[number_]
            try:
                if events & select.EPOLLIN:
                    connection.read()
                if events & select.EPOLLOUT:
                    connection.write()
            except BlockingIOError:
                pass
            except OSError:
                connection.done = True
            if connection.done:
                poller.unregister(connection.socket)
                ended_count += 1
                continue
            wants = (select.EPOLLOUT if connection.wants_write() else 0) | (select.EPOLLIN if connection.reads else 0)
            poller.modify(connection.socket, wants)
    for connection in all_connections:
        connection.socket.close()
    return sum(connection.sent for connection in all_connections), ended_count


def main():
    if "--list" in sys.argv:
        print("\n".join(f"{name:16} {kind.__doc__}" for name, kind in KINDS.items()))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("port", type=int)
    parser.add_argument("connections", type=int, nargs="?", default=64)
    parser.add_argument("seconds", type=float, nargs="?", default=5.0)
    arguments = parser.parse_args()
    sent, ended_count = flood(arguments.kind, arguments.port, arguments.connections, arguments.seconds)
    print(f"{arguments.kind}: {sent >> 20} MiB written, {ended_count} connections ended by the server")


if __name__ == "__main__":
    main()
