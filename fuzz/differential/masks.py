"""Compares the field mask that the engine's leniency `patch-mask` gives a PATCH with what grpc-gateway's runtime makes of
the same body, on generated descriptors and documents. Started by fuzz/differential/run-masks. Everything follows from
--seed, pool by pool (SEED/NUMBER). Bodies that the engine refuses for themselves are passed over."""

import base64
import os
import random

from google.protobuf import descriptor_pb2, field_mask_pb2

import descriptors
import documents
import gateway
from engine_requests import Engine
from messages import varint

PER_POOL = 100


def with_updates(data, names):
    """The pool, and for each of its messages a method PATCH /NUMBER that has it as body field and a field mask."""
    files = descriptor_pb2.FileDescriptorSet.FromString(data)
    file = files.file.add(name="update.proto", package="update", syntax="proto3")
    file.dependency.extend(each.name for each in files.file[:-1])
    service = file.service.add(name="S")
    for index, name in enumerate(names):
        message = file.message_type.add(name=f"Update{index}")
        message.field.add(name="body", number=1, type=11, label=1, type_name="." + name)
        message.field.add(name="mask", number=2, type=11, label=1, type_name=".google.protobuf.FieldMask")
        method = service.method.add(name=f"B{index}", input_type=f".update.Update{index}",
                                    output_type=f".update.Update{index}")
        path = f"/{index}".encode()
        rule = bytes([6 << 3 | 2]) + varint(len(path)) + path + bytes([7 << 3 | 2, 4]) + b"body"
        method.options.MergeFromString(varint(72295728 << 3 | 2) + varint(len(rule)) + rule)
    return files.SerializeToString()


def fields(wire):
    """Number and bytes of each length-delimited field; there are no others."""
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = wire[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(wire):
        tag, size = number(), number()
        yield tag >> 3, wire[at:at + size]
        at += size


class Run(gateway.Comparison):
    COUNTED = "bodies"

    def __init__(self, options):
        super().__init__(options, "grpc-gateway-masks")
        self.engine = Engine(os.path.join(options.libraries, "libengine.so"))

    def ask(self, data, name, bodies):
        return self.question({"masks": {"files": base64.b64encode(data).decode(), "message": name,
                                        "bodies": [base64.b64encode(body).decode() for body in bodies]}})

    def ours(self, loaded, index, body):
        """The paths; None where the mask is refused; or "" for a body that is."""
        answer = self.engine.ask(loaded, "PATCH", f"/{index}", body)
        if answer.status == 200:
            masks = [value for number, value in fields(answer.message) if number == 2]
            return list(field_mask_pb2.FieldMask.FromString(masks[0]).paths) if len(masks) == 1 else masks
        return None if answer.why.startswith("field mask: ") else ""

    def one_set(self, seed):
        chooser = random.Random(seed)
        pool = descriptors.Pool(chooser)
        names = [message.name for message in pool.messages]
        data = with_updates(pool.descriptor_set(), names)
        loaded, why = self.engine.load(data, ["patch-mask"])
        if not loaded:
            self.report("descriptors ours=refuse", (seed, why))
            return
        made = documents.Documents(chooser, pool)
        bodies = {name: [] for name in names}
        for _ in range(PER_POOL):
            tree, name = made.document()
            bodies[name].append(documents.encode(tree, made.space))
        for index, (name, each) in enumerate(bodies.items()):
            for body, theirs in zip(each, self.ask(data, name, each)):
                self.compare(seed, name, body, self.ours(loaded, index, body), theirs)
        self.engine.free(loaded)

    def compare(self, seed, name, body, ours, theirs):
        self.counts["bodies"] += 1
        if ours == "":
            return
        self.counts["masks"] += 1
        if ours is None or theirs["error"]:
            self.counts["refused"] += 1
            if (ours is None) != bool(theirs["error"]):
                self.report(f"mask ours={'refuse' if ours is None else 'accept'}", (seed, name, body, ours, theirs))
        elif ours != (theirs["paths"] or []):
            self.report("mask paths=different", (seed, name, body, ours, theirs["paths"]))

    def summary(self):
        counts = self.counts
        print(f"{counts['bodies']} bodies ({counts['masks']} accepted), {counts['refused']} without a mask")
        return self.tell()


if __name__ == "__main__":
    gateway.main(Run, __doc__, "documents", 10000)
