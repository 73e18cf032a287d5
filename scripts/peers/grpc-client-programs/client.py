"""What grpcio (C-core) reports of calls, for harness/tests/client_words_test.
Usage: client.py NAME=ADDR:PORT...     each is called once, all at the same time; stream-... as a server-streaming method
Prints a line of JSON per call: {"name": ..., "code": number, "message": text, "delivered": whether a message came}."""

import concurrent.futures
import json
import sys

import grpc

REQUEST = b"\n\x05Hello"


def parse(message):
    """A message whose one field is the string 1, or an empty one: the same that the other clients know."""
    if message and (len(message) < 2 or message[0] != 10 or message[1] != len(message) - 2):
        raise ValueError("no such message")
    return message


def call(word):
    name, address = word.split("=", 1)
    said = {"name": name, "code": 0, "message": "", "delivered": False}
    with grpc.insecure_channel(address) as channel:
        try:
            if name.startswith("stream-"):
                for _ in channel.unary_stream("/Prod/Alive", None, parse)(REQUEST, timeout=3):
                    said["delivered"] = True
            else:
                said["delivered"] = channel.unary_unary("/Prod/Alive", None, parse)(REQUEST, timeout=3) is not None
        except grpc.RpcError as failed:
            said["code"] = failed.code().value[0]
            said["message"] = failed.details()
    return said


def main():
    with concurrent.futures.ThreadPoolExecutor(max_workers=32) as pool:
        for said in pool.map(call, sys.argv[1:]):
            print(json.dumps(said))


if __name__ == "__main__":
    main()
