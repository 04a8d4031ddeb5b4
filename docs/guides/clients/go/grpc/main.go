// Connects by TLS, and sends data only if the verification service says that the certificate is the domain's.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	posh "posh/v1"
)

// Over TLS, unless the service is on this machine and has no CA: the key must not travel in plain text.
func connectTo(endpoint string) (*grpc.ClientConn, error) {
	host, _, err := net.SplitHostPort(endpoint)
	if err != nil {
		return nil, err
	}
	file := os.Getenv("VERIFIER_CA_FILE")
	if file == "" && (host == "localhost" || net.ParseIP(host).IsLoopback()) {
		return grpc.Dial(endpoint, grpc.WithInsecure(), grpc.WithNoProxy())
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if file != "" {
		config.RootCAs = x509.NewCertPool()
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("no certificate in " + file)
		}
	}
	return grpc.Dial(endpoint, grpc.WithTransportCredentials(credentials.NewTLS(config)))
}

func withKey(ctx context.Context) (context.Context, error) {
	file := os.Getenv("VERIFIER_KEY_FILE")
	if file == "" {
		return ctx, nil
	}
	key, err := os.ReadFile(file)
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+strings.TrimSpace(string(key))), err
}

// The code of a problem, or the status where there is none.
func reasonOf(failure *status.Status) string {
	for _, detail := range failure.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.Reason
		}
	}
	return failure.Code().String()
}

// Returns nil, or why no data may be sent. The leaf comes first.
func verify(endpoint, domain, service string, presented []*x509.Certificate) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	ctx, err := withKey(ctx)
	if err != nil {
		return err
	}
	conn, err := connectTo(endpoint)
	if err != nil {
		return err
	}
	defer conn.Close()
	chain := &posh.CertificateChain{}
	for _, certificate := range presented {
		chain.Certificates = append(chain.Certificates, certificate.Raw)
	}
	question := &posh.Question{Domain: domain, Service: service, Presented: &posh.Question_Chain{Chain: chain}}
	response, err := posh.NewVerificationServiceClient(conn).Verify(ctx, &posh.VerifyRequest{Question: question})
	if err != nil {
		failure := status.Convert(err)
		return fmt.Errorf("%s: %s", reasonOf(failure), failure.Message())
	}
	answer := response.GetAnswer()
	if answer == nil {
		return errors.New("WrongAnswer: there is no answer")
	}
	if !answer.Valid {
		return fmt.Errorf("%s: %s", answer.Code, answer.Message)
	}
	hash := sha256.Sum256(presented[0].Raw)
	isAsked := answer.Domain == domain && answer.Service == service
	if !isAsked || !bytes.Equal(answer.GetCertificate().GetSha256(), hash[:]) {
		return errors.New("WrongAnswer: the answer is about something else")
	}
	return nil
}

func run(address, domain, service, endpoint string) error {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	// The service decides, in verify.
	config := &tls.Config{ServerName: domain, InsecureSkipVerify: true}
	conn, err := tls.DialWithDialer(dialer, "tcp", address, config)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := verify(endpoint, domain, service, conn.ConnectionState().PeerCertificates); err != nil {
		return err
	}
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	text := make([]byte, 1024)
	length, err := conn.Read(text)
	if err != nil {
		return err
	}
	fmt.Println(string(text[:length]))
	if _, err := conn.Write([]byte("hello")); err != nil {
		return err
	}
	length, err = conn.Read(text)
	if err != nil {
		return err
	}
	fmt.Println(string(text[:length]))
	return nil
}

func main() {
	if len(os.Args) != 6 {
		fmt.Fprintln(os.Stderr, "usage: main HOST PORT DOMAIN SERVICE VERIFIER")
		os.Exit(1)
	}
	if err := run(net.JoinHostPort(os.Args[1], os.Args[2]), os.Args[3], os.Args[4], os.Args[5]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
