// The baseline in Go: the same handler as http.ts beside it, with net/http and encoding/json.
package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"os"
)

type question struct {
	Domain      string `json:"domain"`
	Service     string `json:"service"`
	Certificate string `json:"certificate"`
}

type answer struct {
	Valid   bool   `json:"valid"`
	Verdict string `json:"verdict"`
	Domain  string `json:"domain"`
	Sha256  string `json:"sha256"`
}

func main() {
	digests, err := os.ReadFile(os.Getenv("DIGESTS"))
	if err != nil {
		panic(err)
	}
	known := make(map[string][32]byte)
	for at := 0; at < len(digests); at += 32 {
		var digest [32]byte
		copy(digest[:], digests[at:at+32])
		known[fmt.Sprintf("d%07d.example", at/32)] = digest
	}
	http.HandleFunc("/v1/verify", func(response http.ResponseWriter, request *http.Request) {
		var asked question
		if err := json.NewDecoder(request.Body).Decode(&asked); err != nil {
			http.Error(response, err.Error(), http.StatusBadRequest)
			return
		}
		block, _ := pem.Decode([]byte(asked.Certificate))
		if block == nil {
			http.Error(response, "no certificate", http.StatusBadRequest)
			return
		}
		digest := sha256.Sum256(block.Bytes)
		expected, found := known[asked.Domain]
		valid := found && digest == expected
		verdict := "mismatch"
		if valid {
			verdict = "verified"
		}
		body, _ := json.Marshal(answer{valid, verdict, asked.Domain, base64.StdEncoding.EncodeToString(digest[:])})
		response.Header().Set("Content-Type", "application/json")
		response.Write(body)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	panic(http.Serve(listener, nil))
}
