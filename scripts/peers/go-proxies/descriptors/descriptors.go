// Package descriptors reads a FileDescriptorSet for proxies that are built without generated code.
package descriptors

import (
	"fmt"
	"os"

	// For its side effect: without it google.api.http stays an unknown field of MethodOptions.
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// Load reads the set and registers its messages, enums and extensions with the global registry, where Any and the query
// parameters of enums are looked up. What the program is linked with stays.
func Load(path string) (*protoregistry.Files, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(data, set); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		registerTypes(file)
		return true
	})
	return files, nil
}

// scope is a file or a message: what holds types.
type scope interface {
	Messages() protoreflect.MessageDescriptors
	Enums() protoreflect.EnumDescriptors
	Extensions() protoreflect.ExtensionDescriptors
}

func registerTypes(in scope) {
	types := protoregistry.GlobalTypes
	for i := range in.Messages().Len() {
		message := in.Messages().Get(i)
		if _, err := types.FindMessageByName(message.FullName()); err != nil && !message.IsMapEntry() {
			_ = types.RegisterMessage(dynamicpb.NewMessageType(message))
		}
		registerTypes(message)
	}
	for i := range in.Enums().Len() {
		enum := in.Enums().Get(i)
		if _, err := types.FindEnumByName(enum.FullName()); err != nil {
			_ = types.RegisterEnum(dynamicpb.NewEnumType(enum))
		}
	}
	for i := range in.Extensions().Len() {
		extension := in.Extensions().Get(i)
		if _, err := types.FindExtensionByName(extension.FullName()); err != nil {
			_ = types.RegisterExtension(dynamicpb.NewExtensionType(extension))
		}
	}
}

// Methods calls visit for each method of each service.
func Methods(files *protoregistry.Files, visit func(protoreflect.MethodDescriptor)) {
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				visit(methods.Get(j))
			}
		}
		return true
	})
}

// Rules are the HTTP rule of a method and its additional bindings; none without an annotation.
func Rules(method protoreflect.MethodDescriptor) []*annotations.HttpRule {
	rule, ok := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	if !ok || rule == nil {
		return nil
	}
	return append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...)
}
