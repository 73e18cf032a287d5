#!/usr/bin/python3
"""Writes sample results, one NDJSON stream, to stdout.

Usage: make_sample.py [--second] [--pairs N] [--big]
    --second   another run of the same cases, for reports of several runs
    --pairs N  N more pairs of case and client
    --big      a transcript of 1,000 events, and transcripts of 64 KiB in the added pairs
"""
import argparse
import json

HOSTILE = "</script><img src=x onerror=\"window.__pwned=1\">'\"&lt;<!--\u202eevil\u2066\u2028\u200b\u0007\u0000 end"

TOPICS = [
    ("happy-path", "Ordinary calls", "Every documented request, and what the backend must receive."),
    ("path-mismatch", "Paths that nothing binds", "The backend must not be reached where nothing is bound."),
    ("streaming", "Server streaming", "Order, completeness, and failures after the 200."),
    ("length-prefix", "Message framing", "Lengths that lie, bytes that follow, prefixes that are cut."),
    ("errors", "Status mapping", "All 17 codes to HTTP status and body."),
]


def headers(t, side, fields, end=False, kind="headers"):
    return {"t": t, "from": side, "kind": kind, "conn": 1, "stream": 1, "end": end, "fields": fields}


def data(t, side, body, messages=None, end=False, shown=None):
    event = {"t": t, "from": side, "kind": "data", "conn": 1, "stream": 1, "len": len(body), "end": end,
             "hex": body[:shown].hex()}
    if messages:
        event["messages"] = messages
    return event


def grpc(text):
    body = text.encode()
    return bytes([0]) + len(body).to_bytes(4, "big") + body


def commands(case_id, client):
    return {
        "curl": "curl -i --http1.1 'http://127.0.0.1:51051/v1/reservations?room=atrium'",
        "run": "transcheck run http://127.0.0.1:51051 --backend 127.0.0.1:53000 --profile envoy --select '%s' --client %s"
        % (case_id, client),
        "backend": "transcheck backend --listen 127.0.0.1:53000 --case %s" % case_id,
    }


def client_side(events, status=200, ending="complete", http=1, **more):
    side = {"ending": ending, "detail": "", "status": status, "http": http,
            "body_len": sum(e.get("len", 0) for e in events if e["from"] == "proxy"), "cut": False, "dropped": 0,
            "events": events}
    side.update(more)
    return side


def backend_side(events, path="/reservations.v1.ReservationService/ListReservations", **more):
    side = {"path": path, "half_closed": True, "reset": None, "connection_lost": None,
            "body_len": sum(e.get("len", 0) for e in events if e["from"] == "proxy"), "cut": False, "dropped": 0,
            "events": events}
    side.update(more)
    return side


REQUEST_FIELDS = [[":method", "GET"], [":path", "/v1/reservations?room=atrium"], ["host", "127.0.0.1:51051"],
                  ["user-agent", "transcheck/0.1.0"], ["accept", "*/*"], ["authorization", "redacted"]]


def stream_transcripts(hidden):
    """A list that fails after two messages; the proxy hides it or cuts the body."""
    one, two = '{"id":"1","room":"atrium"}', '{"id":"2","room":"atrium"}'
    body = "[%s,%s" % (one, two)
    front = [
        {"t": 0, "from": "client", "kind": "connect", "conn": 1},
        headers(38, "client", REQUEST_FIELDS, end=True),
        headers(1480, "proxy", [[":status", "200"], ["content-type", "application/json"], ["server", "envoy"],
                                ["transfer-encoding", "chunked"], ["date", "Fri, 20 Nov 2026 11:00:00 GMT"]]),
        data(1512, "proxy", body.encode()),
    ]
    if hidden:
        front.append(data(1820, "proxy", b"]", end=True))
    else:
        front.append({"t": 1820, "from": "proxy", "kind": "fin", "conn": 1})
    back = [
        {"t": 402, "from": "proxy", "kind": "connect", "conn": 7},
        headers(455, "proxy", [[":method", "POST"], [":scheme", "http"],
                               [":path", "/reservations.v1.ReservationService/ListReservations"],
                               [":authority", "127.0.0.1:51051"], ["te", "trailers"],
                               ["content-type", "application/grpc"], ["x-envoy-original-path", REQUEST_FIELDS[1][1]],
                               ["x-odd-bin", {"hex": "ff00fe"}]]),
        data(470, "proxy", grpc("\n\x06atrium"), [{"flags": 0, "len": 8, "json": '{"room":"atrium"}'}], end=True),
        headers(812, "backend", [[":status", "200"], ["content-type", "application/grpc"]]),
        data(830, "backend", grpc("\n\x011\x12\x06atrium"), [{"flags": 0, "len": 11, "json": one}]),
        data(844, "backend", grpc("\n\x012\x12\x06atrium"), [{"flags": 0, "len": 11, "json": two}]),
        headers(861, "backend", [["grpc-status", "13"], ["grpc-message", "disk gone"]], end=True, kind="trailers"),
    ]
    return {"client_side": client_side(front, ending="complete" if hidden else "cut"),
            "backend_side": [backend_side(back)],
            "health": {"asked": True, "healthy": True, "attempts": 1, "detail": ""}}


def long_transcripts(events):
    """Many small messages: what one failing pair of a thousand messages looks like."""
    front = [headers(10, "client", REQUEST_FIELDS, end=True), headers(400, "proxy", [[":status", "200"]])]
    back = [headers(200, "proxy", [[":method", "POST"], [":path", "/x.Y/List"]], end=True),
            headers(220, "backend", [[":status", "200"]])]
    for i in range(events // 2):
        text = '{"id":"%d"}' % i
        back.append(data(230 + 2 * i, "backend", grpc(text), [{"flags": 0, "len": len(text), "json": text}]))
        front.append(data(420 + 2 * i, "proxy", text.encode()))
    return {"client_side": client_side(front, cut=True, dropped=12), "backend_side": [backend_side(back)]}


def case(case_id, client, level, verdict, title, why="", cites=(), reasons=(), **more):
    line = {"type": "case", "id": case_id, "version": 1, "topic": case_id.split("/")[0], "client": client,
            "level": level, "title": title, "why": why, "cites": list(cites), "behaviours": [], "verdict": verdict,
            "reasons": list(reasons), "duration_us": 1834,
            "request": {"method": "GET", "path": "/v1/reservations?room=atrium"}}
    line["commands"] = commands(case_id, client)
    line.update(more)
    return line


def reason(axis, kind, expected, observed):
    return {"axis": axis, "kind": kind, "expected": expected, "observed": observed}


def plain_pass(case_id, title, fields_status="200", level="must", cites=("http.proto",), method="GET", path="/v1/reservations/7"):
    front = [{"t": 0, "from": "client", "kind": "connect", "conn": 1},
             headers(30, "client", [[":method", method], [":path", path]], end=True),
             headers(910, "proxy", [[":status", fields_status], ["content-type", "application/json"]]),
             data(930, "proxy", b'{"id":"7"}', end=True)]
    back = [headers(400, "proxy", [[":method", "POST"], [":path", "/reservations.v1.ReservationService/GetReservation"]]),
            data(410, "proxy", grpc("\n\x017"), [{"flags": 0, "len": 3, "json": '{"id":"7"}'}], end=True),
            headers(600, "backend", [[":status", "200"], ["content-type", "application/grpc"]]),
            data(610, "backend", grpc("\n\x017"), [{"flags": 0, "len": 3, "json": '{"id":"7"}'}]),
            headers(620, "backend", [["grpc-status", "0"]], end=True, kind="trailers")]
    for client in ("h1", "h2"):
        yield case(case_id, client, level, "pass", title, "A client that follows the documentation gets no answer.", cites,
                   request={"method": method, "path": path},
                   client_side=client_side(front, int(fields_status), http=1 if client == "h1" else 2),
                   backend_side=[backend_side(back, "/reservations.v1.ReservationService/GetReservation")])


def failing_cases(second):
    hidden = reason("ending", "failure-hidden",
                    "any sign of the failure: a cut body, a reset, an error element, or trailers with the status",
                    "status 200, 2 messages, a complete body; grpc-status 13 of the backend is nowhere to be seen")
    for client in ("h1", "h2"):
        fails = client == "h1" and not second
        yield case("streaming/error-after-two-messages", client, "must", "fail" if fails else "pass",
                   "A stream that fails after two messages does not look complete",
                   "The 200 is already on the wire; a clean end of the body would report success for a failed call: "
                   "a client that lists reservations would believe that there are only two.",
                   ["INV-1", "envoy#5011"], [hidden] if fails else [], version=2, behaviours=["S-06"],
                   attempts=[{"verdict": "fail", "note": "in parallel with others", "reasons": [hidden]}] if fails else [],
                   **stream_transcripts(fails))
    yield case("path-mismatch/extra-segment", "h1", "should", "pass" if second else "fail",
               "A path with one segment too many is refused by the proxy",
               "What nothing binds must not wake a backend: it answers with a status of its own, and logs fill with noise.",
               ["http.proto", "RFC 9110 section 15.5.5"],
               [] if second else
               [reason("request", "reached", "no call reaches the backend",
                       "1 call: /v1/reservations/7/blabla with content-type application/json"),
                reason("response", "wrong-status", "404", "415")],
               request={"method": "GET", "path": "/v1/reservations/7/blabla"},
               client_side=client_side([headers(20, "client", [[":method", "GET"], [":path", "/v1/reservations/7/blabla"]], end=True),
                                        headers(700, "proxy", [[":status", "415"]], end=True)], 415),
               backend_side=[backend_side([headers(330, "proxy", [[":method", "GET"], [":path", "/v1/reservations/7/blabla"]], end=True),
                                           headers(350, "backend", [[":status", "415"]], end=True)],
                                          "/v1/reservations/7/blabla")])
    yield case("path-mismatch/extra-segment", "h2", "should", "pass", "A path with one segment too many is refused by the proxy",
               cites=["http.proto"])


def hostile_case():
    fields = [[HOSTILE, HOSTILE], ["x-hex", {"hex": "00ff80"}], ["x-long", "a" * 3000]]
    messages = [{"flags": 1, "len": 9, "error": HOSTILE}, {"flags": 0, "len": 20, "json": json.dumps({"id": HOSTILE})},
                {"flags": 255, "len": 4294967295, "json": "{not json " + HOSTILE}]
    front = [headers(5, "client", fields), headers(10, "proxy", fields + [[":status", "299"]]),
             data(12, "proxy", bytes(range(256)) + HOSTILE.encode(), messages),
             {"t": 13, "from": "proxy", "kind": "raw", "conn": 1, "len": 99999, "hex": "16030100"},
             {"t": 14, "from": "proxy", "kind": "goaway", "conn": 1, "code": 4294967295, "code_name": HOSTILE},
             {"t": 15, "from": "proxy", "kind": "rst", "conn": 1, "stream": 1, "code": 8, "code_name": "CANCEL"},
             {"t": 16, "from": "proxy", "kind": "reset", "conn": 1},
             {"t": 5000000, "from": "client", "kind": "timeout", "note": "5000 ms"},
             {"t": 5000001, "from": "client", "kind": "note", "note": HOSTILE}]
    return case("length-prefix/hostile-answer", "h1", "must", "fail", HOSTILE, HOSTILE, [HOSTILE, "CVE-2023-44487"],
                [reason("response", "malformed", HOSTILE, HOSTILE + " " + "b" * 2000),
                 reason("health", "unhealthy", "an ordinary request succeeds", "connection refused, 3 times")],
                request={"method": HOSTILE, "path": {"hex": "2fff00"}}, note=HOSTILE,
                commands={"curl": "curl $'http://x/\\xff'" + HOSTILE, "run": HOSTILE, "backend": HOSTILE},
                waiver={"reason": HOSTILE, "link": "javascript:alert(1)", "problem": "mismatch"},
                client_side=client_side(front, 299, "reset", detail=HOSTILE),
                backend_side=[backend_side([], {"hex": "ff"}, reset=8, connection_lost="rst", half_closed=False),
                              backend_side([headers(7, "proxy", fields)], HOSTILE, cut=True)],
                health={"asked": True, "healthy": False, "attempts": 3, "detail": HOSTILE})


def other_verdicts():
    yield case("streaming/error-before-first-message", "h1", "must", "acceptable",
               "An error before the first message is an error", cites=["INV-1"], duration_us=2401)
    yield case("streaming/compressed-without-encoding", "h1", "should", "unsupported",
               "A compressed message without an encoding is an error", cites=["PROTOCOL-HTTP2 \"Compression\""],
               note="the profile says: compression is not implemented", duration_us=0)
    yield case("errors/details", "h2", "should", "skipped", "Details of an error reach the client", cites=["AIP-193"],
               note="the proxy does not speak HTTP/2 without TLS", duration_us=0)
    yield case("errors/unicode-message", "h1", "should", "waived", "A message in unicode arrives as it was sent",
               "People read it.", ["PROTOCOL-HTTP2 \"Status-Message\"", "AIP-193"],
               [reason("response", "wrong-error", "message \u201cdisk \u2014 gone\u201d", "message \u201cdisk ??? gone\u201d")],
               waiver={"reason": "Percent-encoded bytes above 0x7f are shown as they are.", "link": "envoy#5011"})
    yield case("errors/status-7", "h1", "should", "pass", "PERMISSION_DENIED is 403", cites=["code.proto"],
               waiver={"reason": "401 was seen in 1.39.", "link": "https://example.com/1", "problem": "stale"})
    yield case("errors/harness", "h1", "must", "error", "A case that the harness could not judge", cites=["INV-3"],
               note="no file descriptor was left (24: Too many open files)")


def added_pairs(count, big):
    for i in range(count):
        more = long_transcripts(20)
        if big:
            more["client_side"]["events"].append(data(9000, "proxy", bytes(j % 256 for j in range(65536))))
            more["backend_side"][0]["events"].append(data(9001, "backend", bytes(j % 251 for j in range(65536))))
        verdict = "fail" if i % 29 == 7 else "pass"
        reasons = [reason("response", "wrong-body", "one", "two")] if verdict == "fail" else []
        yield case("happy-path/added-%04d" % (i // 2), ("h1", "h2")[i % 2], ("must", "should", "may")[i % 3], verdict,
                   "An added case, number %d" % (i // 2), "", ["http.proto"], reasons, duration_us=800 + i, **more)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--second", action="store_true")
    parser.add_argument("--pairs", type=int, default=0)
    parser.add_argument("--big", action="store_true")
    args = parser.parse_args()
    lines = []
    for name, title in (("get", "A reservation is read"), ("create", "A reservation is made"), ("delete", "A reservation is deleted")):
        lines.extend(plain_pass("happy-path/" + name, title))
    lines.extend(failing_cases(args.second))
    if not args.second:
        lines.append(hostile_case())
    lines.extend(other_verdicts())
    if args.big:
        lines.append(case("streaming/thousand-messages", "h1", "must", "fail", "A thousand messages arrive in order",
                          "", ["INV-1"], [reason("response", "wrong-body", "1,000 messages", "999 messages")],
                          **long_transcripts(1000)))
    lines.extend(added_pairs(args.pairs, args.big))
    run = {"type": "run", "format": 1, "transcheck": "0.1.0",
           "started": "2026-11-21T09:30:00Z" if args.second else "2026-11-20T11:00:00Z",
           "url": "http://127.0.0.1:51051", "backend": "127.0.0.1:53000",
           "proxy_name": "envoy 1.41" if args.second else "envoy 1.40",
           "profile": {"name": "envoy", "title": "Envoy grpc_json_transcoder", "version": "1.41" if args.second else "1.40"},
           "options": ["--jobs", "8", "--header", "authorization: redacted"], "clients": ["h1", "h2"],
           "libraries": {"nghttp2": "1.52.0", "curl": "7.88.1"},
           "topics": [{"name": n, "title": t, "about": a} for n, t, a in TOPICS],
           "planned": [[line["id"], line["client"]] for line in lines] + [["errors/lost", "h2"]]}
    totals = {"type": "totals", "planned": len(run["planned"]), "must_failed": 0, "should_failed": 0,
              "waiver_problems": [{"id": "errors/status-7", "client": "h1", "kind": "wrong-status", "problem": "stale"}],
              "proxy_died": 0 if args.second else 1, "strays": 1, "interrupted": False, "exit": 1, "duration_us": 5123456,
              "diagnosis": ""}
    for verdict in ("pass", "acceptable", "fail", "unsupported", "skipped", "waived", "error"):
        totals[verdict] = sum(line["verdict"] == verdict for line in lines)
    for level in ("must", "should"):
        totals[level + "_failed"] = sum(line["verdict"] == "fail" and line["level"] == level for line in lines)
    totals["error"] += 1
    events = [] if args.second else [
        {"type": "event", "t": 2100345, "text": "the proxy died (signal 6) in length-prefix/hostile-answer and was started again"}]
    for line in [run] + lines + events + [totals]:
        print(json.dumps(line, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()
