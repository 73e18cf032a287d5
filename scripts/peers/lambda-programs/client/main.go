// The client of the story, for scripts/peers/lambda: one call of Prod.Alive, and what came of it.
// Usage: client -server_addr ADDR:PORT      exit code: 0 the call succeeded, 1 it did not
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"transcheck/lambda/api"
)

var serverAddr = flag.String("server_addr", "127.0.0.1:51051", "the gateway, as host:port")

func main() {
	flag.Parse()
	log.SetFlags(0)
	conn, err := grpc.NewClient("passthrough:///"+*serverAddr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatalf("fail to dial: %v", err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	resp, err := api.NewProdClient(conn).Alive(ctx, &api.AliveRequest{Message: "Hello"})
	if err != nil {
		log.Fatalf("err making request: %v", err)
	}
	fmt.Println(resp)
}
