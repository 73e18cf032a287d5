// grpc-gateway without generated code: a runtime.ServeMux whose handlers do for each HTTP rule of a descriptor set what
// protoc-gen-grpc-gateway's handlers do, on dynamic messages. Everything that a user of grpc-gateway meets (matching,
// marshalers, query parameters, headers, errors, streams) is the runtime's.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/reflect/protoreflect"

	"transcheck/peers/descriptors"
)

// pattern gives the HTTP method and the path template of a rule.
func pattern(rule *annotations.HttpRule) (method, path string) {
	switch kind := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return http.MethodGet, kind.Get
	case *annotations.HttpRule_Put:
		return http.MethodPut, kind.Put
	case *annotations.HttpRule_Post:
		return http.MethodPost, kind.Post
	case *annotations.HttpRule_Delete:
		return http.MethodDelete, kind.Delete
	case *annotations.HttpRule_Patch:
		return http.MethodPatch, kind.Patch
	case *annotations.HttpRule_Custom:
		return kind.Custom.GetKind(), kind.Custom.GetPath()
	}
	return "", ""
}

// serve answers one request of a binding.
func (b *binding) serve(mux *runtime.ServeMux, conn *grpc.ClientConn) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		inbound, outbound := runtime.MarshalerForRequest(mux, r)
		annotated, err := runtime.AnnotateContext(ctx, mux, r, b.rpc, runtime.WithHTTPPathPattern(b.path))
		if err != nil {
			runtime.HTTPError(ctx, mux, outbound, w, r, err)
			return
		}
		reply, meta, err := b.call(annotated, conn, inbound, r, params)
		annotated = runtime.NewServerMetadataContext(annotated, meta)
		if err != nil {
			runtime.HTTPError(annotated, mux, outbound, w, r, err)
			return
		}
		if b.method.IsStreamingServer() {
			runtime.ForwardResponseStream(annotated, mux, outbound, w, r, reply.next, mux.GetForwardResponseOptions()...)
			return
		}
		message, err := reply.next()
		if err != nil {
			runtime.HTTPError(annotated, mux, outbound, w, r, err)
			return
		}
		runtime.ForwardResponseMessage(annotated, mux, outbound, w, r, message, mux.GetForwardResponseOptions()...)
	}
}

func handler(descriptorSet string, conn *grpc.ClientConn) (http.Handler, error) {
	files, err := descriptors.Load(descriptorSet)
	if err != nil {
		return nil, err
	}
	mux := runtime.NewServeMux()
	descriptors.Methods(files, func(method protoreflect.MethodDescriptor) {
		for _, rule := range descriptors.Rules(method) {
			verb, path := pattern(rule)
			b := newBinding(method, rule, path)
			if failed := mux.HandlePath(verb, path, b.serve(mux, conn)); failed != nil && err == nil {
				err = fmt.Errorf("%s: %s %s: %w", method.FullName(), verb, path, failed)
			}
		}
	})
	return mux, err
}

func run() error {
	listen := flag.String("listen", "127.0.0.1:51051", "address and port for HTTP")
	backend := flag.String("backend", "127.0.0.1:53000", "address and port of the gRPC server")
	set := flag.String("descriptors", "", "file with a FileDescriptorSet")
	flag.Parse()
	conn, err := grpc.NewClient(*backend, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	mux, err := handler(*set, conn)
	if err != nil {
		return err
	}
	return http.ListenAndServe(*listen, h2c.NewHandler(mux, &http2.Server{}))
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
