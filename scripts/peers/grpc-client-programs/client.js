// What @grpc/grpc-js reports of calls, for harness/tests/client_words_test.
// Usage: node client.js FOLDER-OF-NODE_MODULES NAME=ADDR:PORT...
//        each is called once, all at the same time; stream-... as a server-streaming method
// Prints a line of JSON per call: {"name": ..., "code": number, "message": text, "delivered": whether a message came}.
"use strict";

const grpc = require(require("path").resolve(process.argv[2], "@grpc/grpc-js"));
const request = Buffer.from("\n\x05Hello");
const same = (message) => message;

// A message whose one field is the string 1, or an empty one: the same that the other clients know.
function parse(message) {
  if (message.length > 0 && (message[0] !== 10 || message[1] !== message.length - 2)) {
    throw new Error("no such message");
  }
  return message;
}

function call(word) {
  const at = word.indexOf("=");
  const name = word.slice(0, at);
  const client = new grpc.Client(word.slice(at + 1), grpc.credentials.createInsecure());
  const options = { deadline: Date.now() + 3000 };
  const said = { name, code: 0, message: "", delivered: false };
  let told = false;
  const end = (failed) => {
    if (told) return;
    told = true;
    said.code = failed ? failed.code : 0; // undefined and NaN are null in JSON
    said.code ??= null;
    said.message = (failed && failed.details) || "";
    console.log(JSON.stringify(said));
    client.close();
  };
  if (name.startsWith("stream-")) {
    const stream = client.makeServerStreamRequest("/Prod/Alive", same, parse, request, new grpc.Metadata(), options);
    stream.on("data", () => (said.delivered = true));
    stream.on("error", end);
    stream.on("end", () => setImmediate(end));
  } else {
    client.makeUnaryRequest("/Prod/Alive", same, parse, request, new grpc.Metadata(), options, (failed) => {
      said.delivered = !failed;
      end(failed);
    });
  }
}

process.argv.slice(3).forEach(call);
