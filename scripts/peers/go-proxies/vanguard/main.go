// connectrpc.com/vanguard as a proxy from REST to gRPC, driven by a descriptor set: vanguard.Transcoder in front of a
// reverse proxy that speaks HTTP/2 without TLS to the backend.
package main

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"

	"connectrpc.com/vanguard"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"transcheck/peers/descriptors"
)

// h2cTransport dials without TLS.
func h2cTransport() http.RoundTripper {
	return &http2.Transport{
		AllowHTTP: true,
		DialTLSContext: func(ctx context.Context, network, address string, _ *tls.Config) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}
}

// unaborted lets the transcoder say what becomes of a call whose response ended early. The reverse proxy would rather panic,
// which cuts the answer to the client off, also one that the transcoder has written and ended by itself.
func unaborted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if reason := recover(); reason != nil && reason != http.ErrAbortHandler {
				panic(reason)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// Every service with a method that has an HTTP rule.
func services(descriptorSet string, backend http.Handler) ([]*vanguard.Service, error) {
	files, err := descriptors.Load(descriptorSet)
	if err != nil {
		return nil, err
	}
	var found []*vanguard.Service
	seen := map[protoreflect.FullName]bool{}
	types := dynamicpb.NewTypes(files)
	descriptors.Methods(files, func(method protoreflect.MethodDescriptor) {
		service := method.Parent().(protoreflect.ServiceDescriptor)
		if seen[service.FullName()] || len(descriptors.Rules(method)) == 0 {
			return
		}
		seen[service.FullName()] = true
		found = append(found, vanguard.NewServiceWithSchema(service, backend,
			vanguard.WithTargetProtocols(vanguard.ProtocolGRPC),
			vanguard.WithTargetCodecs(vanguard.CodecProto),
			vanguard.WithTargetCompression(vanguard.CompressionGzip),
			vanguard.WithTypeResolver(types)))
	})
	return found, nil
}

// grpcOnly hands gRPC of services that the transcoder does not know on to the backend (health and reflection, say), and nothing else.
func grpcOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := r.Header.Get("Content-Type")
		if r.ProtoMajor != 2 || !(kind == "application/grpc" || strings.HasPrefix(kind, "application/grpc+")) {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func run() error {
	listen := flag.String("listen", "127.0.0.1:51051", "address and port for HTTP")
	backend := flag.String("backend", "127.0.0.1:53000", "address and port of the gRPC server")
	set := flag.String("descriptors", "", "file with a FileDescriptorSet")
	flag.Parse()
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: *backend})
	proxy.Transport = h2cTransport()
	proxy.FlushInterval = -1 // as it arrives
	proxy.ErrorLog = log.New(os.Stderr, "reverse proxy: ", 0)
	found, err := services(*set, unaborted(proxy))
	if err != nil {
		return err
	}
	transcoder, err := vanguard.NewTranscoder(found, vanguard.WithUnknownHandler(grpcOnly(unaborted(proxy))))
	if err != nil {
		return err
	}
	return http.ListenAndServe(*listen, h2c.NewHandler(transcoder, &http2.Server{}))
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
