import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.util.Set;

/** A method that hands its call on to the backend: metadata, messages, back-pressure, cancellation and the status. */
final class Relay<Q, R> implements ServerCallHandler<Q, R> {
    /** What belongs to one connection or to the framing; gRPC writes its own. */
    private static final Set<String> HOP_BY_HOP = Set.of("accept", "accept-encoding", "connection", "content-length",
        "content-type", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "user-agent");

    private final Channel channel;
    private final MethodDescriptor<Q, R> method;

    Relay(Channel channel, MethodDescriptor<Q, R> method) {
        this.channel = channel;
        this.method = method;
    }

    private static boolean isForwarded(String name) {
        return !name.startsWith(":") && !name.startsWith("grpc-") && !HOP_BY_HOP.contains(name);
    }

    private static <T> void copy(Metadata to, Metadata from, Metadata.Key<T> key) {
        Iterable<T> values = from.getAll(key);
        if (values != null) {
            values.forEach(value -> to.put(key, value));
        }
    }

    /** Armeria's metadata holds every header of the request, pseudo-headers, too. */
    private static Metadata forwarded(Metadata headers) {
        Metadata kept = new Metadata();
        for (String name : headers.keys()) {
            if (!isForwarded(name)) {
                continue;
            }
            if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
                copy(kept, headers, Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER));
            } else {
                copy(kept, headers, Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
            }
        }
        return kept;
    }

    @Override
    public ServerCall.Listener<Q> startCall(ServerCall<Q, R> front, Metadata headers) {
        ClientCall<Q, R> back = channel.newCall(method, CallOptions.DEFAULT);
        back.start(new ClientCall.Listener<>() {
            @Override
            public void onHeaders(Metadata received) {
                front.sendHeaders(received);
                back.request(1);
            }

            @Override
            public void onMessage(R message) {
                front.sendMessage(message);
                back.request(1);
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
                front.close(status, trailers);
            }
        }, forwarded(headers));
        back.request(1);
        front.request(1);
        return new ServerCall.Listener<>() {
            @Override
            public void onMessage(Q message) {
                back.sendMessage(message);
                front.request(1);
            }

            @Override
            public void onHalfClose() {
                back.halfClose();
            }

            @Override
            public void onCancel() {
                back.cancel("the client is gone", null);
            }
        };
    }
}
