import com.linecorp.armeria.server.ServiceRequestContext;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.util.Set;
import java.util.concurrent.TimeUnit;

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

    /** What Armeria made of the client's grpc-timeout; without one the call has none. */
    private static CallOptions options() {
        ServiceRequestContext context = ServiceRequestContext.current();
        if (context.request().headers().get("grpc-timeout") == null || context.requestTimeoutMillis() <= 0) {
            return CallOptions.DEFAULT;
        }
        return CallOptions.DEFAULT.withDeadlineAfter(context.requestTimeoutMillis(), TimeUnit.MILLISECONDS);
    }

    /** The answer of the backend goes to the front. As in grpc-java's own stubs, a call that answers once has one message. */
    private final class Answer extends ClientCall.Listener<R> {
        private final ServerCall<Q, R> front;
        private final ClientCall<Q, R> back;
        private int messages;

        Answer(ServerCall<Q, R> front, ClientCall<Q, R> back) {
            this.front = front;
            this.back = back;
        }

        private boolean isMiscounted() {
            return method.getType().serverSendsOneMessage() && messages != 1;
        }

        @Override
        public void onHeaders(Metadata received) {
            front.sendHeaders(received);
            back.request(1);
        }

        @Override
        public void onMessage(R message) {
            messages++;
            if (messages == 1 || !isMiscounted()) {
                front.sendMessage(message);
            }
            back.request(1);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            boolean wrong = status.isOk() && isMiscounted();
            front.close(wrong ? Status.INTERNAL.withDescription(messages + " messages in a call that has one") : status, trailers);
        }
    }

    @Override
    public ServerCall.Listener<Q> startCall(ServerCall<Q, R> front, Metadata headers) {
        ClientCall<Q, R> back = channel.newCall(method, options());
        back.start(new Answer(front, back), forwarded(headers));
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
