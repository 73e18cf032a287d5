"""The implementations that are compared: the engine and libprotobuf as shared libraries, PyPI's protobuf here.

Each converts to (code, bytes): 0 and the result, or 1 and the reason for refusing."""

import ctypes
import os

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message, message_factory

ACCEPTED, REFUSED = 0, 1


class Result(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("bytes", ctypes.POINTER(ctypes.c_char)), ("len", ctypes.c_size_t)]


class Library:
    """One of the two shared libraries (mapping.h)."""

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.mapping_new.restype = ctypes.c_void_p
        self.library.mapping_new.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
        self.library.mapping_free.argtypes = [ctypes.c_void_p]
        for name in ("json_to_binary", "binary_to_json", "normalize"):
            function = getattr(self.library, "mapping_" + name)
            function.restype = None
            function.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t,
                                 ctypes.POINTER(Result)]

    def pool(self, descriptor_set):
        return LibraryPool(self.library, descriptor_set)


class LibraryPool:
    def __init__(self, library, descriptor_set):
        error = ctypes.create_string_buffer(1000)
        self.library = library
        self.mapping = library.mapping_new(descriptor_set, len(descriptor_set), error, len(error))
        if not self.mapping:
            raise ValueError(error.value.decode(errors="replace"))
        self.result = Result()
        self.reference = ctypes.byref(self.result)

    def close(self):
        self.library.mapping_free(self.mapping)

    def call(self, function, name, data):
        function(self.mapping, name.encode(), data, len(data), self.reference)
        result = self.result
        if result.code == 2:
            raise KeyError(name)
        return result.code, ctypes.string_at(result.bytes, result.len)

    def json_to_binary(self, name, json):
        return self.call(self.library.mapping_json_to_binary, name, json)

    def binary_to_json(self, name, wire):
        return self.call(self.library.mapping_binary_to_json, name, wire)

    def normalize(self, name, wire):
        return self.call(self.library.mapping_normalize, name, wire)


def refusal(error):
    return REFUSED, f"{type(error).__name__}: {error}".encode(errors="replace")


class Python:
    """google.protobuf.json_format over upb."""

    @staticmethod
    def pool(descriptor_set):
        return PythonPool(descriptor_set)


class PythonPool:
    def __init__(self, descriptor_set):
        self.descriptors = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(descriptor_set).file:
            self.descriptors.Add(file)
        self.classes = {}

    def close(self):
        self.classes = {}

    def make(self, name):
        if name not in self.classes:
            descriptor = self.descriptors.FindMessageTypeByName(name)
            self.classes[name] = message_factory.GetMessageClass(descriptor)
        return self.classes[name]

    def json_to_binary(self, name, json):
        made = self.make(name)()
        try:
            json_format.Parse(json, made, descriptor_pool=self.descriptors)
            return ACCEPTED, made.SerializePartialToString(deterministic=True)
        except Exception as error:  # pylint: disable=broad-except
            return refusal(error)

    def binary_to_json(self, name, wire):
        made = self.make(name)()
        try:
            made.MergeFromString(wire)
            return ACCEPTED, json_format.MessageToJson(made, indent=None, ensure_ascii=False,
                                                       descriptor_pool=self.descriptors).encode()
        except Exception as error:  # pylint: disable=broad-except
            return refusal(error)

    def normalize(self, name, wire):
        made = self.make(name)()
        try:
            made.MergeFromString(wire)
            return ACCEPTED, made.SerializePartialToString(deterministic=True)
        except message.DecodeError as error:
            return refusal(error)


def load(name, folder):
    if name == "python":
        return Python()
    return Library(os.path.join(folder, {"engine": "libengine.so", "libprotobuf": "liblibprotobuf.so"}[name]))
