package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang/protobuf/proto"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/encoding/gzip"
	_ "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	_ "posh/v1"
)

type channel struct {
	*grpc.ClientConn
	// Connections that were opened.
	dials int32
}

type call struct {
	*command
	*channel
	ctx      context.Context
	cancel   context.CancelFunc
	requests chan json.RawMessage
	resumed  chan struct{}
}

var (
	channels = map[string]*channel{}
	calls    sync.Map
)

func callOf(id int) *call {
	found, _ := calls.Load(id)
	return found.(*call)
}

func dial(asked *command) {
	made := &channel{}
	dialer := func(ctx context.Context, address string) (net.Conn, error) {
		atomic.AddInt32(&made.dials, 1)
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	}
	security := grpc.WithInsecure()
	if asked.Ca != "" {
		config := &tls.Config{RootCAs: x509.NewCertPool()}
		config.RootCAs.AppendCertsFromPEM([]byte(asked.Ca))
		if asked.Cert != "" {
			pair, err := tls.X509KeyPair([]byte(asked.Cert), []byte(asked.Key))
			if err != nil {
				panic(err)
			}
			config.Certificates = []tls.Certificate{pair}
		}
		security = grpc.WithTransportCredentials(credentials.NewTLS(config))
	}
	sizes := grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(1<<26), grpc.MaxCallSendMsgSize(1<<26))
	conn, err := grpc.Dial(asked.Target, security, sizes, grpc.WithContextDialer(dialer))
	if err != nil {
		panic(err)
	}
	made.ClientConn = conn
	channels[asked.Channel] = made
}

func begin(asked *command) *call {
	ctx, cancel := context.WithCancel(context.Background())
	if asked.Timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(asked.Timeout)*time.Millisecond)
	}
	for _, header := range asked.Headers {
		ctx = metadata.AppendToOutgoingContext(ctx, header[0], header[1])
	}
	for _, header := range asked.Binary {
		octets, _ := hex.DecodeString(header[1])
		ctx = metadata.AppendToOutgoingContext(ctx, header[0], string(octets))
	}
	made := &call{
		command: asked, channel: channels[asked.Channel], ctx: ctx, cancel: cancel,
		requests: make(chan json.RawMessage, 1024), resumed: make(chan struct{}),
	}
	calls.Store(asked.Id, made)
	return made
}

func (c *call) options() []grpc.CallOption {
	if c.Gzip {
		return []grpc.CallOption{grpc.UseCompressor(gzip.Name)}
	}
	return nil
}

// The types that protoc made for the messages of a method. A missing one is called with those of `Verify`.
func (c *call) messages() (func() proto.Message, func() proto.Message) {
	name := protoreflect.FullName(strings.ReplaceAll(c.Method, "/", "."))
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	if err != nil {
		found, _ = protoregistry.GlobalFiles.FindDescriptorByName("posh.v1.VerificationService.Verify")
	}
	method := found.(protoreflect.MethodDescriptor)
	return maker(method.Input()), maker(method.Output())
}

func maker(described protoreflect.MessageDescriptor) func() proto.Message {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(described.FullName())
	if err != nil {
		panic(err)
	}
	return func() proto.Message { return proto.MessageV1(kind.New().Interface()) }
}

func parse(text json.RawMessage, message proto.Message) error {
	return protojson.Unmarshal(text, proto.MessageV2(message))
}

func unary(c *call) error {
	makeAsked, makeAnswered := c.messages()
	asked, answered := makeAsked(), makeAnswered()
	if err := parse(c.Request, asked); err != nil {
		return err
	}
	if err := c.Invoke(c.ctx, "/"+c.Method, asked, answered, c.options()...); err != nil {
		return err
	}
	tellMessage(c.Id, answered, true)
	return nil
}

func stream(c *call) error {
	makeAsked, makeAnswered := c.messages()
	kind := &grpc.StreamDesc{ClientStreams: !strings.HasSuffix(c.Method, "/Watch"), ServerStreams: true}
	opened, err := c.NewStream(c.ctx, kind, "/"+c.Method, c.options()...)
	if err != nil {
		return err
	}
	for _, request := range c.Requests {
		c.requests <- request
	}
	if c.IsWhole {
		close(c.requests)
	}
	go func() {
		for request := range c.requests {
			asked := makeAsked()
			if parse(request, asked) != nil || opened.SendMsg(asked) != nil {
				return
			}
			if !kind.ClientStreams {
				break
			}
		}
		opened.CloseSend()
	}()
	for {
		answered := makeAnswered()
		err := opened.RecvMsg(answered)
		if err == io.EOF {
			tellEnd(c.Id, nil)
			return nil
		}
		if err != nil {
			return err
		}
		tellMessage(c.Id, answered, false)
	}
}
