package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"afterput/internal/bench/process"
	"afterput/internal/bench/table"
)

// connections is how many connections are made for one figure.
const connections = 300

// connect measures the CPU that a client takes to connect by TLS with what OSS has, a chain of two certificates: in
// full, and when it resumes an earlier session, as after a freeze of the instance. The client is a process of its own.
func connect(ctx context.Context, t *table.Tables, _ string) error {
	t.Begin("CPU per connection (TLS, the client alone)", "version", "handshake", "resumed")
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		chain, root, err := chain()
		if err != nil {
			return err
		}
		server.TLS = &tls.Config{Certificates: []tls.Certificate{chain}, MaxVersion: version}
		server.StartTLS()
		row := []string{tls.VersionName(version)}
		for _, resumes := range []string{"", "resume"} {
			out, err := process.Again(ctx, nil, bytes.NewReader(root), "connect", server.URL, resumes)
			if err != nil {
				return err
			}
			row = append(row, strings.TrimSpace(string(out)))
		}
		server.Close()
		t.Row(row...)
	}
	return nil
}

// connecting is the client's process: it prints what one connection takes.
func connecting(url string, resumes bool) error {
	root, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	config := &tls.Config{RootCAs: x509.NewCertPool()}
	config.RootCAs.AppendCertsFromPEM(root)
	if resumes {
		config.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	}
	client := http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	request := func() error {
		resp, err := client.Get(url)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	}
	if err := request(); err != nil { // the first session
		return err
	}
	began, err := process.CPU()
	if err != nil {
		return err
	}
	for range connections {
		if err := request(); err != nil {
			return err
		}
	}
	ended, err := process.CPU()
	if err != nil {
		return err
	}
	fmt.Printf("%d µs\n", ((ended - began) / connections).Microseconds())
	return nil
}

// chain makes a certificate for 127.0.0.1 that another one has issued, and the root of both as PEM.
func chain() (leaf tls.Certificate, root []byte, err error) {
	names := []string{"root", "issuer", "127.0.0.1"}
	var parent *x509.Certificate
	var parentKey *ecdsa.PrivateKey
	for i, name := range names {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return leaf, nil, err
		}
		c := &x509.Certificate{SerialNumber: big.NewInt(int64(i + 1)), NotBefore: time.Now().Add(-time.Hour),
			NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true, IsCA: i < 2,
			KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
		c.Subject.CommonName = name
		if i == 2 {
			c.IPAddresses = append(c.IPAddresses, loopback)
			leaf.PrivateKey = key
		}
		if parent == nil {
			parent, parentKey = c, key
		}
		der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), parentKey)
		if err != nil {
			return leaf, nil, err
		}
		if i == 0 {
			root = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
		} else {
			leaf.Certificate = append([][]byte{der}, leaf.Certificate...)
		}
		if parent, err = x509.ParseCertificate(der); err != nil {
			return leaf, nil, err
		}
		parentKey = key
	}
	return leaf, root, nil
}

var loopback = []byte{127, 0, 0, 1}
