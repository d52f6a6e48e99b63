// Package page is the page of afterput local: what happens in a local cloud, to be watched and changed in a browser on
// the same machine. A [Page] records events, invocations and requests ([Page.Watch]) and serves what it knows, with the
// loader of the rules and the planner themselves. It is rendered by html/template; what happens is sent as server-sent
// events, a few times a second however much that is.
//
// Keys and contents of objects are data: the browser gets them as JSON and shows them as text. Who may send requests is
// decided in guard.go.
package page

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/localcloud"
	"afterput/internal/localfc"
	"afterput/internal/localoss"
	"afterput/rules"
)

// RulesFile is the file of the rules in force. It is called concurrently.
type RulesFile interface {
	Name() string
	// Text is what is in the file now.
	Text() ([]byte, error)
	// Load loads a text as the file's would be.
	Load(text []byte) (*rules.Set, error)
	// InForce is the set that the function goes by.
	InForce() *rules.Set
	// Save writes a text that loads into the file and puts it in force.
	Save(text []byte) error
}

// Page is the page of one cloud.
type Page struct {
	rules   RulesFile
	hub     *hub
	trouble *trouble
	guard   *guard

	cloud  *localcloud.Cloud
	client *oss.Client

	server  *http.Server
	ended   context.Context // ends with Close
	end     context.CancelFunc
	players sync.WaitGroup
}

// New makes the page of a rules file.
func New(file RulesFile) *Page {
	p := &Page{rules: file, hub: newHub(file.InForce), trouble: newTrouble()}
	p.ended, p.end = context.WithCancel(context.Background())
	return p
}

// Watch has a cloud that is to be started report to the page what happens.
func (p *Page) Watch(c *localcloud.Config) {
	onEvent := c.OSS.OnEvent
	c.OSS.OnEvent = func(payload []byte) {
		p.hub.event(payload)
		if onEvent != nil {
			onEvent(payload)
		}
	}
	c.OSS.Intercept = localoss.Chain(p.hub.intercept, p.trouble.intercept, c.OSS.Intercept)
	onResult := c.FC.OnResult
	c.FC.OnResult = func(r localfc.Result) {
		p.hub.result(&r)
		if onResult != nil {
			onResult(r)
		}
	}
}

// CheckAddr says why the page cannot be served at an address: only this machine may reach it.
func CheckAddr(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return errors.New("want HOST:PORT such as 127.0.0.1:8000; port 0 takes a free one")
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("want a loopback address such as 127.0.0.1:0: the page can change the rules")
	}
	return nil
}

// Serve serves the page of the cloud, which was started with [Page.Watch], until [Page.Close]. The URL carries the
// token without which no request is accepted.
func (p *Page) Serve(addr string, cloud *localcloud.Cloud) (url string, err error) {
	if err := CheckAddr(addr); err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("the page: %w; choose another address", err)
	}
	p.cloud, p.client = cloud, cloud.Client()
	p.hub.attach(cloud)
	p.guard = newGuard(listener.Addr().(*net.TCPAddr))
	p.server = &http.Server{Handler: p.handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.server.Serve(listener) }() // ends with Close
	return p.guard.url(), nil
}

// Close stops serving.
func (p *Page) Close() error {
	p.end()
	p.players.Wait()
	if p.server == nil {
		return nil
	}
	return p.server.Close()
}
