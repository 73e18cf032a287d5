// What grpc-go reports of calls, for harness/tests/client_words_test.
// Usage: client NAME=ADDR:PORT...     each is called once, all at the same time; stream-... as a server-streaming method
// Prints a line of JSON per call: {"name": ..., "code": number, "message": text, "delivered": whether a message came}.
// The message type has one string as its field 1, as google.protobuf.StringValue. What is used here is in grpc-go since
// 2019 and still there, so that one program is built with each release.
package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/golang/protobuf/ptypes/wrappers"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/status"
)

type outcome struct {
	Name      string `json:"name"`
	Code      uint32 `json:"code"`
	Message   string `json:"message"`
	Delivered bool   `json:"delivered"`
}

var streamed = &grpc.StreamDesc{ServerStreams: true}

// stream reads until the end; it returns whether a message came.
func stream(ctx context.Context, conn *grpc.ClientConn) (bool, error) {
	delivered := false
	call, err := conn.NewStream(ctx, streamed, "/Prod/Alive")
	if err == nil {
		err = call.SendMsg(&wrappers.StringValue{Value: "Hello"})
	}
	if err == nil || err == io.EOF {
		err = call.CloseSend()
	}
	for err == nil {
		if err = call.RecvMsg(&wrappers.StringValue{}); err == nil {
			delivered = true
		}
	}
	if err == io.EOF {
		err = nil
	}
	return delivered, err
}

func call(name, address string) outcome {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	delivered := false
	conn, err := grpc.Dial("passthrough:///"+address, grpc.WithInsecure())
	if err == nil {
		defer conn.Close()
		if strings.HasPrefix(name, "stream-") {
			delivered, err = stream(ctx, conn)
		} else {
			err = conn.Invoke(ctx, "/Prod/Alive", &wrappers.StringValue{Value: "Hello"}, &wrappers.StringValue{})
			delivered = err == nil
		}
	}
	said := status.Convert(err)
	return outcome{name, uint32(said.Code()), said.Message(), delivered}
}

func main() {
	var mutex sync.Mutex
	var calls sync.WaitGroup
	out := json.NewEncoder(os.Stdout)
	for _, word := range os.Args[1:] {
		name, address, _ := strings.Cut(word, "=")
		calls.Add(1)
		go func() {
			defer calls.Done()
			said := call(name, address)
			mutex.Lock()
			defer mutex.Unlock()
			out.Encode(said)
		}()
	}
	calls.Wait()
}
