package page_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"afterput/internal/localcloud"
	"afterput/internal/page"
	"afterput/rules"
)

// function is the compiled function, built once.
var function string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "page")
	if err != nil {
		panic(err)
	}
	function = filepath.Join(dir, "function")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", function, "../../function")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the function: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// testFile is a rules file in memory.
type testFile struct {
	mu   sync.Mutex
	text []byte
	set  *rules.Set
}

const testRules = `version: 1
sources: [photos]
rules:
  - name: replicate
    match: {prefix: in/}
    copy:
      - bucket: replica
        storage-class: IA
        tagging: {by: "${rule}"}
  - name: keep
    match: {prefix: keep/}
    copy: [{bucket: vault}]
`

func (f *testFile) Name() string { return "rules.yaml" }

func (f *testFile) Text() ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text, nil
}

func (f *testFile) Load(text []byte) (*rules.Set, error) { return rules.Load("rules.yaml", text, nil) }

func (f *testFile) InForce() *rules.Set {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.set
}

func (f *testFile) Save(text []byte) error {
	set, err := f.Load(text)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.text, f.set = slices.Clone(text), set
	return err
}

// world is the page of a cloud in which the compiled function runs.
type world struct {
	t      *testing.T
	cloud  *localcloud.Cloud
	file   *testFile
	base   string // the page's URL without the path
	token  string
	client *http.Client
}

func newWorld(t *testing.T) *world { return newWorldOf(t, testRules) }

// newWorldOf is a world with other rules.
func newWorldOf(t *testing.T, text string) *world {
	t.Helper()
	file := &testFile{}
	if err := file.Save([]byte(text)); err != nil {
		t.Fatal(err)
	}
	p := page.New(file)
	config := localcloud.Config{Function: function, Rules: rulesOnDisk(t, text), Sources: []string{"photos"},
		Destinations: []string{"replica", "vault"}, Triggers: []localcloud.Trigger{
			{Bucket: "photos", Events: []string{"ObjectCreated:*", "ObjectRemoved:*"}}}}
	p.Watch(&config)
	cloud, err := localcloud.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cloud.Close(); err != nil {
			t.Error(err)
		}
	})
	address, err := p.Serve("127.0.0.1:0", cloud)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	base, token, _ := strings.Cut(address, "/?token=")
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &world{t: t, cloud: cloud, file: file, base: base, token: token, client: &http.Client{Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func rulesOnDisk(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// send sends a request as a command line does, with the token in the URL; change may make it another one.
func (w *world) send(
	method, path string, body any, change func(*http.Request),
) (status int, header http.Header, text string) {
	w.t.Helper()
	var content io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			w.t.Fatal(err)
		}
		content = bytes.NewReader(data)
	}
	address, err := url.Parse(w.base + path)
	if err != nil {
		w.t.Fatal(err)
	}
	query := address.Query()
	query.Set("token", w.token)
	address.RawQuery = query.Encode()
	r, err := http.NewRequestWithContext(w.t.Context(), method, address.String(), content)
	if err != nil {
		w.t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	answer, err := w.client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(all)
}

// get reads the JSON of a path.
func get[T any](w *world, path string) (value T) {
	w.t.Helper()
	return decoded[T](w, http.MethodGet, path, nil)
}

// post sends JSON and reads the answer.
func post[T any](w *world, path string, body any) (value T) {
	w.t.Helper()
	return decoded[T](w, http.MethodPost, path, body)
}

func decoded[T any](w *world, method, path string, body any) (value T) {
	w.t.Helper()
	status, _, text := w.send(method, path, body, nil)
	if status != http.StatusOK {
		w.t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		w.t.Fatalf("%s: %v\n%s", path, err, text)
	}
	return value
}
