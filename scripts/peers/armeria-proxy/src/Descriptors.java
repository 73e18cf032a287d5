import com.google.api.AnnotationsProto;
import com.google.api.HttpBodyProto;
import com.google.api.HttpProto;
import com.google.protobuf.AnyProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DescriptorProtos;
import com.google.protobuf.DurationProto;
import com.google.protobuf.EmptyProto;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.FieldMaskProto;
import com.google.protobuf.StructProto;
import com.google.protobuf.TimestampProto;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.WrappersProto;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The files of a FileDescriptorSet. Those that protobuf and Armeria know as generated classes stay these. */
final class Descriptors {
    private final Map<String, FileDescriptor> files = new HashMap<>();
    final List<FileDescriptor> loaded = new ArrayList<>();

    Descriptors(String path) throws IOException, DescriptorValidationException {
        for (FileDescriptor known : new FileDescriptor[] {AnnotationsProto.getDescriptor(), HttpProto.getDescriptor(),
            HttpBodyProto.getDescriptor(), AnyProto.getDescriptor(), DescriptorProtos.getDescriptor(),
            DurationProto.getDescriptor(), EmptyProto.getDescriptor(), FieldMaskProto.getDescriptor(),
            StructProto.getDescriptor(), TimestampProto.getDescriptor(), WrappersProto.getDescriptor()}) {
            files.put(known.getName(), known);
        }
        ExtensionRegistry extensions = ExtensionRegistry.newInstance();
        AnnotationsProto.registerAllExtensions(extensions);
        Map<String, FileDescriptorProto> protos = new HashMap<>();
        try (InputStream in = Files.newInputStream(Path.of(path))) {
            for (FileDescriptorProto file : FileDescriptorSet.parseFrom(in, extensions).getFileList()) {
                protos.put(file.getName(), file);
            }
        }
        for (String name : protos.keySet()) {
            load(name, protos);
        }
    }

    private FileDescriptor load(String name, Map<String, FileDescriptorProto> protos) throws DescriptorValidationException {
        FileDescriptor known = files.get(name);
        if (known != null) {
            return known;
        }
        FileDescriptorProto proto = protos.get(name);
        List<FileDescriptor> imports = new ArrayList<>();
        for (String dependency : proto.getDependencyList()) {
            imports.add(load(dependency, protos));
        }
        FileDescriptor made = FileDescriptor.buildFrom(proto, imports.toArray(new FileDescriptor[0]));
        files.put(name, made);
        loaded.add(made);
        return made;
    }

    /** All messages, where Any is looked up. */
    TypeRegistry types() {
        TypeRegistry.Builder builder = TypeRegistry.newBuilder();
        for (FileDescriptor file : files.values()) {
            for (Descriptor message : file.getMessageTypes()) {
                builder.add(message);
            }
        }
        return builder.build();
    }
}
