// The function of the story, once per rung of the ladder, for scripts/peers/lambda. Its argument says which, as a handler's
// name does in the settings of a function.
// Each handler has what its author had learned so far, and no more.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"google.golang.org/protobuf/proto"

	"transcheck/lambda/api"
)

type handler func(events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error)

var handlers = map[string]handler{
	"json":           jsonText,
	"text":           text,
	"undecoded":      undecoded,
	"message":        message,
	"message-base64": messageBase64,
	"prefixed":       prefixed,
	"bridged":        bridged,
	"failed":         failed,
	"failed-http":    failedHTTP,
}

// What the first function of a tutorial does.
func jsonText(events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	return events.APIGatewayProxyResponse{Body: `{"message":"Hello, world."}`, StatusCode: 200}, nil
}

func text(events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	return events.APIGatewayProxyResponse{
		Body:       "Hello, world.",
		Headers:    map[string]string{"Content-Type": "application/grpc+proto"},
		StatusCode: 200,
	}, nil
}

// alive returns the message in protobuf's binary form.
func alive() ([]byte, error) {
	return proto.Marshal(&api.AliveResponse{Message: "Hello, world."})
}

// grpcAnswer is what the later handlers have in common.
func grpcAnswer(body string, isBase64 bool) events.APIGatewayProxyResponse {
	return events.APIGatewayProxyResponse{
		Body:            body,
		Headers:         map[string]string{"Content-Type": "application/grpc+proto", "grpc-status": "0"},
		IsBase64Encoded: isBase64,
		StatusCode:      200,
	}
}

// Base64, but nothing says so.
func undecoded(events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	b, err := alive()
	return grpcAnswer(base64.StdEncoding.EncodeToString(b), false), err
}

// The bytes as they are; these happen to be text, too.
func message(events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	b, err := alive()
	return grpcAnswer(string(b), false), err
}

func messageBase64(events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	b, err := alive()
	return grpcAnswer(base64.StdEncoding.EncodeToString(b), true), err
}

// withPrefix puts flag and length before a message.
func withPrefix(data []byte) []byte {
	prefix := make([]byte, 5, 5+len(data))
	binary.BigEndian.PutUint32(prefix[1:], uint32(len(data)))
	return append(prefix, data...)
}

// All that a function can do.
func prefixed(events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	b, err := alive()
	return grpcAnswer(base64.StdEncoding.EncodeToString(withPrefix(b)), true), err
}

// For a bridge that puts the prefix before the message itself: a message by itself, and nothing of gRPC.
func bridged(events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	b, err := alive()
	return events.APIGatewayProxyResponse{
		Body:            base64.StdEncoding.EncodeToString(b),
		Headers:         map[string]string{"Content-Type": "application/x-protobuf"},
		IsBase64Encoded: true,
		StatusCode:      200,
	}, err
}

// An error as gRPC tells it, but among the headers: behind a message that some library had begun already.
func failed(events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	answer := grpcAnswer(base64.StdEncoding.EncodeToString(withPrefix(nil)), true)
	answer.Headers["grpc-status"] = "5"
	answer.Headers["grpc-message"] = "gone"
	return answer, nil
}

// An error as an HTTP service tells it.
func failedHTTP(events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	answer := grpcAnswer(base64.StdEncoding.EncodeToString(withPrefix(nil)), true)
	delete(answer.Headers, "grpc-status")
	answer.StatusCode = 503
	return answer, nil
}

func main() {
	name := os.Args[len(os.Args)-1]
	handle, known := handlers[name]
	if !known {
		log.Fatalf("there is no handler %q", name)
	}
	log.SetFlags(0)
	lambda.Start(func(request events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
		body, _ := json.Marshal(request.Body)
		log.Printf("function %s received: %s", name, body)
		return handle(request)
	})
}
