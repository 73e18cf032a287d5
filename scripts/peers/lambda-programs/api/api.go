// Package api is hello.proto as protoc-gen-go and protoc-gen-go-grpc make it: scripts/peers/lambda has them write into the build
// folder, and shows the results to the compiler as if they stood here (go build -overlay).
package api
