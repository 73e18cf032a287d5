// grpc-gateway's runtime as an oracle: reads lines of JSON, each a question, and answers with a line each.
//   - Routing: a list of bindings in order of registration and a list of requests. What it does with a request is told by
//     the handler that ran, or by the status of the answer.
//   - Field masks: descriptors, the name of a message, and bodies of it, of which each gets the mask that a PATCH has.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

type pair struct {
	Method string `json:"method"`
	Path   string `json:"path"`
}

type question struct {
	Bindings []pair `json:"bindings"`
	Requests []pair `json:"requests"`
	Masks    *masks `json:"masks"` // in place of the others
}

type masks struct {
	Files   []byte   `json:"files"` // a FileDescriptorSet
	Message string   `json:"message"`
	Bodies  [][]byte `json:"bodies"`
}

type mask struct {
	Paths []string `json:"paths"`
	Error string   `json:"error"` // empty when there is a mask
}

type outcome struct {
	Binding int               `json:"binding"` // -1: none
	Status  int               `json:"status"`
	Values  map[string]string `json:"values"`
}

type answer struct {
	Errors   []string  `json:"errors"` // of each binding, empty when it was taken
	Outcomes []outcome `json:"outcomes"`
}

func ask(q question) answer {
	var found outcome
	a := answer{Outcomes: []outcome{}}
	mux := runtime.NewServeMux(runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptSlash))
	for i, binding := range q.Bindings {
		index := i
		err := mux.HandlePath(binding.Method, binding.Path,
			func(_ http.ResponseWriter, _ *http.Request, values map[string]string) {
				found = outcome{Binding: index, Status: http.StatusOK, Values: values}
			})
		text := ""
		if err != nil {
			text = err.Error()
		}
		a.Errors = append(a.Errors, text)
	}
	for _, request := range q.Requests {
		found = outcome{Binding: -1}
		recorder := httptest.NewRecorder()
		path, err := url.PathUnescape(request.Path)
		if err != nil {
			path = request.Path
		}
		// RawPath always: what is in Path alone would be decoded twice.
		mux.ServeHTTP(recorder, &http.Request{Method: request.Method, Header: http.Header{}, Body: http.NoBody,
			URL: &url.URL{Path: path, RawPath: request.Path}})
		if found.Binding < 0 {
			found.Status = recorder.Code
		}
		a.Outcomes = append(a.Outcomes, found)
	}
	return a
}

func askMasks(q *masks) ([]mask, error) {
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(q.Files, set); err != nil {
		return nil, err
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return nil, err
	}
	found, err := files.FindDescriptorByName(protoreflect.FullName(q.Message))
	if err != nil {
		return nil, err
	}
	answer := []mask{}
	for _, body := range q.Bodies {
		message := dynamicpb.NewMessage(found.(protoreflect.MessageDescriptor))
		made, err := runtime.FieldMaskFromRequestBody(bytes.NewReader(body), message)
		if err != nil {
			answer = append(answer, mask{Error: err.Error()})
		} else {
			answer = append(answer, mask{Paths: made.Paths})
		}
	}
	return answer, nil
}

func answerTo(q question) (any, error) {
	if q.Masks != nil {
		return askMasks(q.Masks)
	}
	return ask(q), nil
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<26)
	out := bufio.NewWriter(os.Stdout)
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		found, err := answerTo(q)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		line, err := json.Marshal(found)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Fprintf(out, "%s\n", line)
		out.Flush()
	}
}
