import com.google.api.AnnotationsProto;
import com.google.api.HttpBody;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Empty;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import com.linecorp.armeria.common.grpc.GrpcJsonMarshaller;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.grpc.GrpcService;
import com.linecorp.armeria.server.grpc.GrpcServiceBuilder;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.grpc.protobuf.ProtoServiceDescriptorSupplier;
import io.grpc.protobuf.ProtoUtils;
import java.net.InetSocketAddress;
import java.util.function.Function;

/**
 * Armeria as a proxy from HTTP/JSON to gRPC: its transcoding in front of services that hand every call on, on dynamic
 * messages. Arguments: LISTEN BACKEND (127.0.0.1:PORT each), and a file with a FileDescriptorSet.
 */
public final class Proxy {
    private Proxy() {
    }

    private static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        return new InetSocketAddress(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }

    /** The messages that Armeria knows by their class are that class. */
    private static Message prototype(Descriptor type) {
        if (type == HttpBody.getDescriptor()) {
            return HttpBody.getDefaultInstance();
        }
        if (type == Empty.getDescriptor()) {
            return Empty.getDefaultInstance();
        }
        return DynamicMessage.getDefaultInstance(type);
    }

    /** What Armeria asks for the methods of a service. */
    private record ServiceSupplier(com.google.protobuf.Descriptors.ServiceDescriptor service)
        implements ProtoServiceDescriptorSupplier {
        @Override
        public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
            return service;
        }

        @Override
        public FileDescriptor getFileDescriptor() {
            return service.getFile();
        }
    }

    /** What Armeria asks for the HTTP rule of a method. */
    private record Supplier(com.google.protobuf.Descriptors.MethodDescriptor method) implements ProtoMethodDescriptorSupplier {
        @Override
        public com.google.protobuf.Descriptors.MethodDescriptor getMethodDescriptor() {
            return method;
        }

        @Override
        public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
            return method.getService();
        }

        @Override
        public FileDescriptor getFileDescriptor() {
            return method.getFile();
        }
    }

    private static MethodDescriptor.MethodType typeOf(com.google.protobuf.Descriptors.MethodDescriptor method) {
        if (method.isClientStreaming()) {
            return method.isServerStreaming() ? MethodDescriptor.MethodType.BIDI_STREAMING
                : MethodDescriptor.MethodType.CLIENT_STREAMING;
        }
        return method.isServerStreaming() ? MethodDescriptor.MethodType.SERVER_STREAMING : MethodDescriptor.MethodType.UNARY;
    }

    private static MethodDescriptor<Message, Message> described(com.google.protobuf.Descriptors.MethodDescriptor method) {
        return MethodDescriptor.<Message, Message>newBuilder()
            .setType(typeOf(method))
            .setFullMethodName(MethodDescriptor.generateFullMethodName(method.getService().getFullName(), method.getName()))
            .setRequestMarshaller(ProtoUtils.marshaller(prototype(method.getInputType())))
            .setResponseMarshaller(new Maps.Parsed(ProtoUtils.marshaller(prototype(method.getOutputType()))))
            .setSchemaDescriptor(new Supplier(method))
            .build();
    }

    private static ServerServiceDefinition relayed(com.google.protobuf.Descriptors.ServiceDescriptor service, Channel channel) {
        ServiceDescriptor.Builder descriptor = ServiceDescriptor.newBuilder(service.getFullName())
            .setSchemaDescriptor(new ServiceSupplier(service));
        var methods = service.getMethods().stream().map(Proxy::described).toList();
        methods.forEach(descriptor::addMethod);
        ServerServiceDefinition.Builder builder = ServerServiceDefinition.builder(descriptor.build());
        methods.forEach(method -> builder.addMethod(method, new Relay<>(channel, method)));
        return builder.build();
    }

    public static void main(String[] arguments) throws Exception {
        Descriptors descriptors = new Descriptors(arguments[2]);
        Channel channel = NettyChannelBuilder.forAddress(address(arguments[1])).usePlaintext().build();
        var types = descriptors.types();
        GrpcServiceBuilder builder = GrpcService.builder()
            .enableHttpJsonTranscoding(true)
            .jsonMarshallerFactory(service -> GrpcJsonMarshaller.builderForGson()
                .jsonParserCustomizer((Function<JsonFormat.Parser, JsonFormat.Parser>) parser -> parser.usingTypeRegistry(types))
                .jsonPrinterCustomizer((Function<JsonFormat.Printer, JsonFormat.Printer>) printer -> printer.usingTypeRegistry(types))
                .build());
        for (FileDescriptor file : descriptors.loaded) {
            for (com.google.protobuf.Descriptors.ServiceDescriptor service : file.getServices()) {
                if (service.getMethods().stream().anyMatch(method -> method.getOptions().hasExtension(AnnotationsProto.http))) {
                    builder.addService(relayed(service, channel));
                }
            }
        }
        Server.builder().http(address(arguments[0])).service(builder.build()).build().start().join();
    }
}
