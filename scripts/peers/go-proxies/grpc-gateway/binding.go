package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// binding is one HTTP rule of a method.
type binding struct {
	method   protoreflect.MethodDescriptor
	rpc      string // "/package.Service/Method"
	path     string
	body     string // "", "*" or a field
	response string // response_body
	filter   *utilities.DoubleArray
}

var variable = regexp.MustCompile(`\{([^=}]+)`)

func newBinding(method protoreflect.MethodDescriptor, rule *annotations.HttpRule, path string) *binding {
	// What the path and the body take is no query parameter.
	var taken [][]string
	for _, found := range variable.FindAllStringSubmatch(path, -1) {
		taken = append(taken, strings.Split(found[1], "."))
	}
	if rule.GetBody() != "" && rule.GetBody() != "*" {
		taken = append(taken, []string{rule.GetBody()})
	}
	return &binding{
		method:   method,
		rpc:      "/" + string(method.Parent().FullName()) + "/" + string(method.Name()),
		path:     path,
		body:     rule.GetBody(),
		response: rule.GetResponseBody(),
		filter:   utilities.NewDoubleArray(taken),
	}
}

func invalid(format string, values ...any) error {
	return status.Errorf(codes.InvalidArgument, format, values...)
}

// bind puts the path and the query into the message.
func (b *binding) bind(message proto.Message, r *http.Request, params map[string]string) error {
	for _, found := range variable.FindAllStringSubmatch(b.path, -1) {
		value, ok := params[found[1]]
		if !ok {
			return invalid("missing parameter %s", found[1])
		}
		if err := runtime.PopulateFieldFromPath(message, found[1], value); err != nil {
			return invalid("type mismatch, parameter: %s, error: %v", found[1], err)
		}
	}
	if b.body == "*" {
		return nil
	}
	if err := r.ParseForm(); err != nil {
		return invalid("%v", err)
	}
	if err := runtime.PopulateQueryParameters(message, r.Form, b.filter); err != nil {
		return invalid("%v", err)
	}
	return nil
}

// decodeField reads the body as one field of the message. Generated code hands the address of the field to the
// marshaler; a dynamic message has none, so what is no message goes through an object with this one member.
func (b *binding) decodeField(message *dynamicpb.Message, marshaler runtime.Marshaler, body io.Reader) error {
	field := message.Descriptor().Fields().ByName(protoreflect.Name(b.body))
	if field.Message() != nil && !field.IsList() && !field.IsMap() {
		return marshaler.NewDecoder(body).Decode(message.Mutable(field).Message().Interface())
	}
	var value json.RawMessage
	if err := json.NewDecoder(body).Decode(&value); err != nil {
		return err
	}
	name, err := json.Marshal(field.JSONName())
	if err != nil {
		return err
	}
	return marshaler.Unmarshal(bytes.Join([][]byte{[]byte("{"), name, []byte(":"), value, []byte("}")}, nil), message)
}

// fillMask does what generated code does for a PATCH whose request has an update_mask: without one it names what the
// body names.
func (b *binding) fillMask(message *dynamicpb.Message, r *http.Request, body []byte) error {
	mask := message.Descriptor().Fields().ByName("update_mask")
	if r.Method != http.MethodPatch || b.body == "" || b.body == "*" || mask == nil || mask.Message() == nil ||
		mask.Message().FullName() != "google.protobuf.FieldMask" || len(body) == 0 {
		return nil
	}
	paths := mask.Message().Fields().ByName("paths")
	if message.Get(mask).Message().Get(paths).List().Len() > 0 {
		return nil
	}
	field := message.Descriptor().Fields().ByName(protoreflect.Name(b.body))
	found, err := runtime.FieldMaskFromRequestBody(bytes.NewReader(body), message.Get(field).Message().Interface())
	if err != nil {
		return invalid("%v", err)
	}
	list := message.Mutable(mask).Message().Mutable(paths).List()
	for _, path := range found.GetPaths() {
		list.Append(protoreflect.ValueOfString(path))
	}
	return nil
}

// request makes the one request message of a method that takes one.
func (b *binding) request(marshaler runtime.Marshaler, r *http.Request, params map[string]string) (*dynamicpb.Message, error) {
	message := dynamicpb.NewMessage(b.method.Input())
	var read bytes.Buffer
	body := io.TeeReader(r.Body, &read)
	var err error
	switch b.body {
	case "":
	case "*":
		err = marshaler.NewDecoder(body).Decode(message)
	default:
		err = b.decodeField(message, marshaler, body)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, invalid("%v", err)
	}
	_, _ = io.Copy(io.Discard, r.Body)
	if err := b.fillMask(message, r, read.Bytes()); err != nil {
		return nil, err
	}
	return message, b.bind(message, r, params)
}

// reply is what a call answers: one message, or a stream.
type reply struct {
	next func() (proto.Message, error)
}

// bodied is a response of which only one field is shown, as generated wrappers of response_body are.
type bodied struct {
	*dynamicpb.Message
	field protoreflect.FieldDescriptor
}

func (m bodied) XXX_ResponseBody() any {
	value := m.Get(m.field)
	switch {
	case m.field.IsList() && m.field.Message() != nil: // the marshaler looks at the type of the elements
		list := []proto.Message{}
		for i := range value.List().Len() {
			list = append(list, value.List().Get(i).Message().Interface())
		}
		return list
	case m.field.IsList():
		list := []any{}
		for i := range value.List().Len() {
			list = append(list, element(m.field, value.List().Get(i)))
		}
		return list
	case m.field.IsMap():
		entries := map[string]any{}
		value.Map().Range(func(key protoreflect.MapKey, item protoreflect.Value) bool {
			entries[key.String()] = element(m.field.MapValue(), item)
			return true
		})
		return entries
	}
	return element(m.field, value)
}

func element(field protoreflect.FieldDescriptor, value protoreflect.Value) any {
	if field.Message() != nil {
		if body, err := httpBody(value.Message().Interface()); err == nil && body != nil {
			return body
		}
		return value.Message().Interface()
	}
	if field.Enum() != nil {
		if found := field.Enum().Values().ByNumber(value.Enum()); found != nil {
			return string(found.Name())
		}
		return int32(value.Enum())
	}
	return value.Interface()
}

// httpBody is an HttpBody as the type that the runtime's marshaler knows; nil: the message is none.
func httpBody(message proto.Message) (*httpbody.HttpBody, error) {
	if message.ProtoReflect().Descriptor().FullName() != "google.api.HttpBody" {
		return nil, nil
	}
	wire, err := proto.Marshal(message)
	if err != nil {
		return nil, err
	}
	body := &httpbody.HttpBody{}
	return body, proto.Unmarshal(wire, body)
}

// shown is the response as the runtime is to have it.
func (b *binding) shown(message *dynamicpb.Message) (proto.Message, error) {
	if body, err := httpBody(message); body != nil || err != nil {
		return body, err
	}
	if b.response != "" {
		return bodied{message, message.Descriptor().Fields().ByName(protoreflect.Name(b.response))}, nil
	}
	return message, nil
}

func (b *binding) call(ctx context.Context, conn *grpc.ClientConn, marshaler runtime.Marshaler, r *http.Request,
	params map[string]string) (reply, runtime.ServerMetadata, error) {
	var meta runtime.ServerMetadata
	if b.method.IsStreamingClient() || b.method.IsStreamingServer() {
		return b.stream(ctx, conn, marshaler, r, params)
	}
	in, err := b.request(marshaler, r, params)
	if err != nil {
		return reply{}, meta, err
	}
	out := dynamicpb.NewMessage(b.method.Output())
	err = conn.Invoke(ctx, b.rpc, in, out, grpc.Header(&meta.HeaderMD), grpc.Trailer(&meta.TrailerMD))
	return reply{func() (proto.Message, error) { return b.shown(out) }}, meta, err
}

// stream opens a call with a stream on one side or on both.
func (b *binding) stream(ctx context.Context, conn *grpc.ClientConn, marshaler runtime.Marshaler, r *http.Request,
	params map[string]string) (reply, runtime.ServerMetadata, error) {
	var meta runtime.ServerMetadata
	desc := &grpc.StreamDesc{ClientStreams: b.method.IsStreamingClient(), ServerStreams: b.method.IsStreamingServer()}
	var in *dynamicpb.Message
	if !desc.ClientStreams {
		var err error
		if in, err = b.request(marshaler, r, params); err != nil {
			return reply{}, meta, err
		}
	}
	call, err := conn.NewStream(ctx, desc, b.rpc)
	if err != nil {
		return reply{}, meta, err
	}
	if desc.ClientStreams && desc.ServerStreams {
		go func() { _ = b.sendAll(call, marshaler, r.Body) }()
	} else if desc.ClientStreams {
		if err := b.sendAll(call, marshaler, r.Body); err != nil {
			return reply{}, meta, err
		}
	} else if err := errors.Join(call.SendMsg(in), call.CloseSend()); err != nil {
		return reply{}, meta, err
	}
	var header metadata.MD
	if header, err = call.Header(); err != nil {
		return reply{}, meta, err
	}
	meta.HeaderMD = header
	next := func() (proto.Message, error) {
		out := dynamicpb.NewMessage(b.method.Output())
		if err := call.RecvMsg(out); err != nil {
			return nil, err
		}
		return b.shown(out)
	}
	if desc.ServerStreams {
		return reply{next}, meta, nil
	}
	message, err := next()
	meta.TrailerMD = call.Trailer()
	return reply{func() (proto.Message, error) { return message, nil }}, meta, err
}

// sendAll sends each JSON value of the body as one message, then ends the client's half.
func (b *binding) sendAll(call grpc.ClientStream, marshaler runtime.Marshaler, body io.Reader) error {
	decoder := marshaler.NewDecoder(body)
	for {
		message := dynamicpb.NewMessage(b.method.Input())
		err := decoder.Decode(message)
		if errors.Is(err, io.EOF) {
			return call.CloseSend()
		}
		if err != nil {
			return invalid("Failed to decode request: %v", err)
		}
		if err := call.SendMsg(message); err != nil {
			if errors.Is(err, io.EOF) { // the server has ended the call: RecvMsg says how
				return nil
			}
			return err
		}
	}
}
