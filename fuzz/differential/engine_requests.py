"""The engine's transcoding of requests (requests.h) for the comparisons."""

import collections
import ctypes


class Result(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("method", ctypes.c_char_p), ("body", ctypes.c_char_p),
                ("path", ctypes.c_char_p), ("message", ctypes.c_void_p), ("message_len", ctypes.c_size_t),
                ("why", ctypes.c_char_p)]


Answer = collections.namedtuple("Answer", "status method message why template body path",
                                defaults=("", "", "", "", "", None))


class Engine:
    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.requests_new.restype = ctypes.c_void_p
        self.library.requests_new.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_char_p,
                                              ctypes.c_size_t]
        self.library.requests_free.argtypes = [ctypes.c_void_p]
        self.library.requests_ask.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p,
                                              ctypes.c_size_t, ctypes.POINTER(Result)]
        self.error = ctypes.create_string_buffer(1000)

    def load(self, descriptor_set, leniencies):
        """What answers requests, or None and the reason."""
        made = self.library.requests_new(descriptor_set, len(descriptor_set), ",".join(leniencies).encode(),
                                         self.error, len(self.error))
        return made, "" if made else self.error.value.decode(errors="replace")

    def free(self, loaded):
        self.library.requests_free(loaded)

    def ask(self, loaded, method, target, body):
        result = Result()
        self.library.requests_ask(loaded, method.encode(), target.encode(), body, len(body), ctypes.byref(result))
        message = ctypes.string_at(result.message, result.message_len) if result.message_len else b""
        return Answer({405: 404}.get(result.status, result.status), result.method.decode(), message,
                      result.why.decode(errors="replace"), result.path.decode(errors="replace"), result.body.decode())
