// A service of Twirp in front of gRPC: the server that protoc-gen-twirp makes of the reservation service, whose methods call the
// backend. Routes, codecs, error JSON and HTTP statuses are Twirp's own; metadata and codes are handed on here.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/twitchtv/twirp"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"transcheck/peers/twirp/reservations"
)

// What belongs to HTTP, to gRPC or to this hop, and is no metadata of the call.
var notMetadata = map[string]bool{"accept": true, "accept-encoding": true, "connection": true, "content-encoding": true,
	"content-length": true, "content-type": true, "host": true, "te": true, "transfer-encoding": true, "user-agent": true}

type headerKey struct{}

// withHeader keeps the request's header in its context, where Twirp's methods find it.
func withHeader(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), headerKey{}, r.Header)))
	})
}

func outgoing(ctx context.Context) context.Context {
	header, _ := ctx.Value(headerKey{}).(http.Header)
	md := metadata.MD{}
	for name, values := range header {
		name = strings.ToLower(name)
		if !notMetadata[name] && !strings.HasPrefix(name, "grpc-") && !strings.HasSuffix(name, "-bin") {
			md.Append(name, values...)
		}
	}
	return metadata.NewOutgoingContext(ctx, md)
}

// Codes that Twirp writes as gRPC does in lower case, but for these.
var errorCodes = map[codes.Code]twirp.ErrorCode{
	codes.Canceled: twirp.Canceled, codes.Unknown: twirp.Unknown, codes.InvalidArgument: twirp.InvalidArgument,
	codes.DeadlineExceeded: twirp.DeadlineExceeded, codes.NotFound: twirp.NotFound, codes.AlreadyExists: twirp.AlreadyExists,
	codes.PermissionDenied: twirp.PermissionDenied, codes.ResourceExhausted: twirp.ResourceExhausted,
	codes.FailedPrecondition: twirp.FailedPrecondition, codes.Aborted: twirp.Aborted, codes.OutOfRange: twirp.OutOfRange,
	codes.Unimplemented: twirp.Unimplemented, codes.Internal: twirp.Internal, codes.Unavailable: twirp.Unavailable,
	codes.DataLoss: twirp.DataLoss, codes.Unauthenticated: twirp.Unauthenticated,
}

type server struct {
	backend *grpc.ClientConn
}

func invoke[Answer proto.Message](ctx context.Context, s *server, method string, request proto.Message, answer Answer) (Answer, error) {
	var header metadata.MD
	err := s.backend.Invoke(outgoing(ctx), "/reservations.v1.ReservationService/"+method, request, answer, grpc.Header(&header))
	for name, values := range header {
		for i, value := range values {
			if name == "content-type" || strings.HasPrefix(name, "grpc-") || strings.HasSuffix(name, "-bin") {
				continue
			}
			if i == 0 {
				_ = twirp.SetHTTPResponseHeader(ctx, name, value)
			} else {
				_ = twirp.AddHTTPResponseHeader(ctx, name, value)
			}
		}
	}
	if err == nil {
		return answer, nil
	}
	code, known := errorCodes[status.Code(err)]
	if !known {
		code = twirp.Unknown
	}
	return answer, twirp.NewError(code, status.Convert(err).Message())
}

func (s *server) CreateReservation(ctx context.Context, request *reservations.CreateReservationRequest) (*reservations.Reservation, error) {
	return invoke(ctx, s, "CreateReservation", request, &reservations.Reservation{})
}

func (s *server) GetReservation(ctx context.Context, request *reservations.GetReservationRequest) (*reservations.Reservation, error) {
	return invoke(ctx, s, "GetReservation", request, &reservations.Reservation{})
}

// Twirp has no streams; its generator takes the method for a unary one.
func (s *server) ListReservations(context.Context, *reservations.ListReservationsRequest) (*reservations.Reservation, error) {
	return nil, twirp.NewError(twirp.Unimplemented, "the method streams")
}

func (s *server) DeleteReservation(ctx context.Context, request *reservations.DeleteReservationRequest) (*emptypb.Empty, error) {
	return invoke(ctx, s, "DeleteReservation", request, &emptypb.Empty{})
}

func run() error {
	listen := flag.String("listen", "127.0.0.1:51051", "address and port for HTTP")
	backend := flag.String("backend", "127.0.0.1:53000", "address and port of the gRPC server")
	flag.Parse()
	conn, err := grpc.NewClient("passthrough:///"+*backend, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDisableRetry())
	if err != nil {
		return err
	}
	handler := withHeader(reservations.NewReservationServiceServer(&server{backend: conn}))
	return http.ListenAndServe(*listen, h2c.NewHandler(handler, &http2.Server{}))
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
