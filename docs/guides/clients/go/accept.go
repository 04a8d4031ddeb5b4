// Connects with TLS, and accepts a certificate of another name only because the POSH service says so.
//
//	accept HOST PORT DOMAIN SERVICE; VERIFIER_URL, VERIFIER_CA_FILE, VERIFIER_KEY_FILE, VERIFIER_TIMEOUT
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const most = 65_536 // octets of an answer, or of a line

var patience = func() time.Duration {
	if given, err := time.ParseDuration(os.Getenv("VERIFIER_TIMEOUT") + "s"); err == nil {
		return given
	}
	return 10 * time.Second
}()

type notAccepted struct{ code, message string }

func (no notAccepted) Error() string { return no.code + ": " + no.message }

// tlsConfig has the check as a part of the handshake, so it also serves libraries that make connections themselves. It reports
// why a certificate is accepted; the peer has shown that it has its key only when the handshake is over.
func tlsConfig(domain, service string, report func(why string)) *tls.Config {
	return &tls.Config{
		ServerName:         domain,
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, // VerifyConnection does what this leaves out, and more
		VerifyConnection: func(state tls.ConnectionState) error {
			chain := state.PeerCertificates
			issuers := x509.NewCertPool()
			for _, issuer := range chain[1:] {
				issuers.AddCert(issuer)
			}
			if _, err := chain[0].Verify(x509.VerifyOptions{DNSName: domain, Intermediates: issuers}); err == nil {
				report("the ordinary check suffices")
				return nil
			}
			message, err := ask(domain, service, chain)
			report(message)
			return err
		},
	}
}

// ask returns the message of a yes about exactly this, and an error for everything else.
func ask(domain, service string, chain []*x509.Certificate) (string, error) {
	certificates := make([][]byte, len(chain)) // becomes base64 in JSON
	for index, each := range chain {
		certificates[index] = each.Raw
	}
	question := map[string]any{"domain": domain, "service": service, "chain": certificates}
	status, mediaType, body, err := post(question)
	if err != nil {
		return "", notAccepted{"NoAnswer", err.Error()}
	}
	answer := parse(body)
	if status != http.StatusOK || mediaType != "application/json" {
		if mediaType != "application/problem+json" {
			answer = nil
		}
		return "", notAccepted{or(answer["code"], "NoAnswer"), or(answer["detail"], fmt.Sprint("HTTP ", status, " ", mediaType))}
	}
	if answer["valid"] == false {
		return "", notAccepted{or(answer["code"], ""), or(answer["message"], "")}
	}
	about, _ := answer["certificate"].(map[string]any)
	sum := sha256.Sum256(chain[0].Raw)
	digest, _ := json.Marshal(sum[:])
	if answer["valid"] == true && answer["verdict"] == "verified" && answer["domain"] == domain &&
		answer["service"] == service && about["sha256"] == strings.Trim(string(digest), `"`) {
		return or(answer["message"], ""), nil
	}
	return "", notAccepted{"WrongAnswer", "this is no yes about this domain, service and certificate"}
}

func post(question any) (status int, mediaType string, body []byte, err error) {
	base, err := url.Parse(os.Getenv("VERIFIER_URL"))
	if err != nil {
		return
	}
	isLocal := map[string]bool{"127.0.0.1": true, "::1": true, "localhost": true}[base.Hostname()]
	if base.Scheme != "https" && !(base.Scheme == "http" && isLocal) {
		return 0, "", nil, errors.New("VERIFIER_URL must be https, or http on this machine")
	}
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if file := os.Getenv("VERIFIER_CA_FILE"); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return 0, "", nil, err
		}
		trust.RootCAs = x509.NewCertPool()
		trust.RootCAs.AppendCertsFromPEM(pem)
	}
	text, err := json.Marshal(question)
	if err != nil {
		return
	}
	everything, cancel := context.WithTimeout(context.Background(), patience) // the body too
	defer cancel()
	target := strings.TrimRight(base.String(), "/") + "/v1/verify"
	request, err := http.NewRequestWithContext(everything, http.MethodPost, target, bytes.NewReader(text))
	if err != nil {
		return
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	if file := os.Getenv("VERIFIER_KEY_FILE"); file != "" {
		key, err := os.ReadFile(file)
		if err != nil {
			return 0, "", nil, err
		}
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(key)))
	}
	// A transport follows no redirects, and this one uses no proxy of the environment. A server keeps one, for its connections.
	transport := &http.Transport{TLSClientConfig: trust, DisableCompression: true, MaxResponseHeaderBytes: most}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		return
	}
	defer response.Body.Close()
	body, err = io.ReadAll(io.LimitReader(response.Body, most+1))
	if err == nil && len(body) > most {
		err = errors.New("the answer is too large")
	}
	mediaType, _, _ = mime.ParseMediaType(response.Header.Get("Content-Type"))
	return response.StatusCode, mediaType, body, err
}

// parse returns an object, or nil. Its members are found by their exact names, as they would not be in a struct.
func parse(body []byte) map[string]any {
	decoder := json.NewDecoder(bytes.NewReader(body))
	value, err := next(decoder, 0)
	if _, after := decoder.Token(); err != nil || after != io.EOF {
		return nil
	}
	object, _ := value.(map[string]any)
	return object
}

// next decodes by hand, because encoding/json takes the last one of members that are there twice.
func next(decoder *json.Decoder, depth int) (any, error) {
	token, err := decoder.Token()
	delimiter, isDelimiter := token.(json.Delim)
	if err != nil || !isDelimiter {
		return token, err
	}
	if depth > 32 {
		return nil, errors.New("too deep")
	}
	members, elements := map[string]any{}, []any{}
	for decoder.More() {
		name := ""
		if delimiter == '{' {
			token, err := decoder.Token()
			if err != nil {
				return nil, err
			}
			name = token.(string)
		}
		value, err := next(decoder, depth+1)
		if _, isThere := members[name]; err != nil || isThere {
			return nil, fmt.Errorf("the member %q: %v", name, err)
		}
		if delimiter == '{' {
			members[name] = value
		} else {
			elements = append(elements, value)
		}
	}
	if _, err := decoder.Token(); err != nil { // what closes it
		return nil, err
	}
	if delimiter == '{' {
		return members, nil
	}
	return elements, nil
}

func or(value any, instead string) string {
	if text, isText := value.(string); isText {
		return text
	}
	return instead
}

func printable(text string) string {
	if len(text) > 500 {
		text = text[:500]
	}
	return strings.Map(func(each rune) rune {
		if each < ' ' || each > '~' {
			return '?'
		}
		return each
	}, text)
}

// talk is the application: the peer is the one that was meant. It greets, and repeats a line.
func talk(peer net.Conn) error {
	peer.SetDeadline(time.Now().Add(patience))
	lines := bufio.NewReader(io.LimitReader(peer, most))
	for _, toSay := range []string{"hello\n", ""} {
		line, err := lines.ReadString('\n')
		if err != nil {
			return err
		}
		fmt.Println(printable(strings.TrimSuffix(line, "\n")))
		if _, err := io.WriteString(peer, toSay); err != nil {
			return err
		}
	}
	return nil
}

func run(host, port, domain, service string) error {
	connection, err := net.DialTimeout("tcp", net.JoinHostPort(host, port), patience)
	if err != nil {
		return err
	}
	defer connection.Close()
	// A protocol with STARTTLS says its words on the connection here.
	accepted := ""
	peer := tls.Client(connection, tlsConfig(domain, service, func(why string) { accepted = why }))
	both, cancel := context.WithTimeout(context.Background(), 2*patience) // the handshake includes the question
	defer cancel()
	if err := peer.HandshakeContext(both); err != nil {
		return err
	}
	fmt.Println("accepted:", printable(accepted))
	return talk(peer)
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: accept HOST PORT DOMAIN SERVICE")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		no := notAccepted{}
		if !errors.As(err, &no) {
			no = notAccepted{"PeerFailed", err.Error()}
		}
		fmt.Fprintln(os.Stderr, "not accepted:", printable(no.Error()))
		os.Exit(1)
	}
}
