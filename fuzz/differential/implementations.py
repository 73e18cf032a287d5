"""The implementations that are compared: the engine and libprotobuf as shared libraries, PyPI's protobuf here.

Each converts to (code, bytes): 0 and the result, 1 and the reason for refusing, or 3 where it would end its program."""

import ctypes
import multiprocessing
import os
import signal

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message, message_factory

ACCEPTED, REFUSED, DIED = 0, 1, 3


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
        files = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set).file
        return ChildPool(files) if any(map(requires, files)) else PythonPool(files)


def requires(node):
    """Whether a file or a message has required fields."""
    if isinstance(node, descriptor_pb2.FileDescriptorProto):
        return any(map(requires, node.message_type))
    return any(field.label == field.LABEL_REQUIRED for field in node.field) or any(map(requires, node.nested_type))


class ChildPool:
    """A PythonPool in a process of its own: upb may crash where it names the required fields that are missing. A crash
    is an answer; the next question starts another process."""

    def __init__(self, files):
        self.files = files
        self.start()

    def start(self):
        self.connection, inside = multiprocessing.Pipe()
        self.child = os.fork()
        if self.child == 0:
            self.connection.close()
            code = 1
            try:
                serve(PythonPool(self.files), inside)
                code = 0
            finally:
                os._exit(code)  # nothing of the parent's is written or closed here
        inside.close()

    def close(self):
        self.connection.close()
        return os.waitpid(self.child, 0)[1]

    def call(self, *question):
        try:
            self.connection.send(question)
            return self.connection.recv()
        except (EOFError, ConnectionError):
            status = self.close()
            if not os.WIFSIGNALED(status):
                raise
            self.start()
            return DIED, signal.Signals(os.WTERMSIG(status)).name.encode()

    def json_to_binary(self, name, json):
        return self.call("json_to_binary", name, json)

    def binary_to_json(self, name, wire):
        return self.call("binary_to_json", name, wire)

    def normalize(self, name, wire):
        return self.call("normalize", name, wire)


def serve(pool, connection):
    try:
        while True:
            function, name, data = connection.recv()
            connection.send(getattr(pool, function)(name, data))
    except EOFError:
        pass


class PythonPool:
    def __init__(self, files):
        self.descriptors = descriptor_pool.DescriptorPool()
        for file in files:
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
