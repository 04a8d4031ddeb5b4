// A foreign client: commands as lines of JSON in, what comes of them as lines of JSON out. See ../Driver.ts.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"

	"github.com/golang/protobuf/proto"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
)

type command struct {
	Id       int               `json:"id"`
	Do       string            `json:"do"`
	Channel  string            `json:"channel"`
	Target   string            `json:"target"`
	Ca       string            `json:"ca"`
	Cert     string            `json:"cert"`
	Key      string            `json:"key"`
	Method   string            `json:"method"`
	Request  json.RawMessage   `json:"request"`
	Requests []json.RawMessage `json:"requests"`
	IsWhole  bool              `json:"isWhole"`
	Headers  [][]string        `json:"headers"`
	Binary   [][]string        `json:"binary"`
	Timeout  int               `json:"timeoutMs"`
	Gzip     bool              `json:"gzip"`
	Count    int               `json:"count"`
	Parallel int               `json:"parallel"`
	Each     int               `json:"each"`
}

type told struct {
	Id       int             `json:"id"`
	Status   *int            `json:"status,omitempty"`
	Text     string          `json:"text,omitempty"`
	Reason   string          `json:"reason,omitempty"`
	Domain   string          `json:"domain,omitempty"`
	Instance string          `json:"instance,omitempty"`
	Field    string          `json:"field,omitempty"`
	RetryMs  int64           `json:"retryMs,omitempty"`
	Message  json.RawMessage `json:"message,omitempty"`
}

var printing sync.Mutex

func tell(what told) {
	line, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	printing.Lock()
	defer printing.Unlock()
	fmt.Println(string(line))
}

func tellMessage(id int, message proto.Message, isLast bool) {
	text, err := protojson.Marshal(proto.MessageV2(message))
	if err != nil {
		panic(err)
	}
	what := told{Id: id, Message: text}
	if isLast {
		what.Status = new(int)
	}
	tell(what)
}

// Of a call that succeeded without a message to tell, or failed.
func tellEnd(id int, err error) {
	failure := status.Convert(err)
	code := int(failure.Code())
	what := told{Id: id, Status: &code, Text: failure.Message()}
	for _, detail := range failure.Details() {
		switch found := detail.(type) {
		case *errdetails.ErrorInfo:
			what.Reason, what.Domain, what.Instance = found.Reason, found.Domain, found.Metadata["instance"]
		case *errdetails.BadRequest:
			what.Field = found.FieldViolations[0].Field
		case *errdetails.RetryInfo:
			what.RetryMs = found.RetryDelay.Seconds*1000 + int64(found.RetryDelay.Nanos)/1e6
		}
	}
	tell(what)
}

func tellCount(id int, members map[string]int) {
	text, _ := json.Marshal(members)
	tell(told{Id: id, Status: new(int), Message: text})
}

var works = map[string]func(*call) error{
	"call":    unary,
	"stream":  stream,
	"repeat":  repeat,
	"streams": manyStreams,
	"stall":   stall,
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		asked := &command{}
		if err := json.Unmarshal(lines.Bytes(), asked); err != nil {
			panic(err)
		}
		switch asked.Do {
		case "dial":
			dial(asked)
		case "send":
			callOf(asked.Id).requests <- asked.Request
		case "end":
			close(callOf(asked.Id).requests)
		case "resume":
			close(callOf(asked.Id).resumed)
		case "cancel":
			callOf(asked.Id).cancel()
		default:
			started := begin(asked)
			go func() {
				defer started.cancel()
				if err := works[asked.Do](started); err != nil {
					if _, isStatus := status.FromError(err); !isStatus {
						err = status.Error(codes.Code(99), err.Error())
					}
					tellEnd(asked.Id, err)
				}
			}()
		}
	}
}
