import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor.Marshaller;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Maps of dynamic messages, made as generated classes make them: of the entries with the same key the last one counts. */
final class Maps {
    private Maps() {
    }

    private static List<Message> entries(List<?> list) {
        Map<Object, Message> kept = new LinkedHashMap<>();
        for (Object item : list) {
            Message entry = (Message) item;
            kept.put(entry.getField(entry.getDescriptorForType().findFieldByNumber(1)), lastWins(entry));
        }
        return List.copyOf(kept.values());
    }

    static Message lastWins(Message message) {
        Message.Builder builder = message.toBuilder();
        message.getAllFields().forEach((field, value) -> {
            if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
                return;
            }
            if (field.isMapField()) {
                builder.setField(field, entries((List<?>) value));
            } else if (field.isRepeated()) {
                builder.setField(field, ((List<?>) value).stream().map(item -> lastWins((Message) item)).toList());
            } else {
                builder.setField(field, lastWins((Message) value));
            }
        });
        return builder.build();
    }

    record Parsed(Marshaller<Message> plain) implements Marshaller<Message> {
        @Override
        public InputStream stream(Message message) {
            return plain.stream(message);
        }

        @Override
        public Message parse(InputStream bytes) {
            return lastWins(plain.parse(bytes));
        }
    }
}
