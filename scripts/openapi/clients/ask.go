// Asks whether a domain vouches for a certificate, with the client that was generated as package posh.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"posh.test/posh"
)

func isVouchedFor(url, key, domain, certificate string) (posh.Answer, *http.Response, error) {
	configuration := posh.NewConfiguration()
	configuration.Servers = posh.ServerConfigurations{{URL: url}}
	client := posh.NewAPIClient(configuration)
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	ctx = context.WithValue(ctx, posh.ContextAccessToken, key)
	question := posh.NewQuestion(domain, "xmpp-server")
	question.SetCertificate(certificate)
	return client.VerificationApi.VerificationVerify(ctx).Question(*question).Execute()
}

func main() {
	url, domain, file := os.Args[1], os.Args[2], os.Args[3]
	certificate, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	answer, response, err := isVouchedFor(url, os.Getenv("KEY"), domain, string(certificate))
	if err != nil {
		if response != nil {
			fmt.Fprintln(os.Stderr, "no verdict:", response.StatusCode)
		} else {
			fmt.Fprintln(os.Stderr, "no verdict:", err)
		}
		os.Exit(1)
	}
	fmt.Println(answer.Code)
	if !answer.Valid {
		os.Exit(1)
	}
}
