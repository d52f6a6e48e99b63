package copier_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/state"
	"afterput/rules"
)

// wrongAnswers are what may come with status 200 in place of a document.
var wrongAnswers = map[string]string{
	"a page":           htmlPage,
	"an error":         internalError,
	"another document": `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>`,
	"nothing":          "",
	"half":             `<?xml version="1.0"?><Tagging><TagSet>`,
	"a hollow Tagging": `<Tagging></Tagging>`,
	"hollow parts":     `<ListPartsResult></ListPartsResult>`,
	"no text at all":   "\x00\x01",
}

func getting(query string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == http.MethodGet && r.URL.Query().Has(query) }
}

func TestTagsAreNotLostToA200ThatIsNotTheirAnswer(t *testing.T) {
	for name, body := range wrongAnswers {
		t.Run(name, func(t *testing.T) {
			p := &frontEnd{is: getting("tagging"), status: 200, body: body, left: 1}
			inWorld(t, setup{via: p.via, options: inParts()}, func(t *testing.T, w *world) {
				out := w.copy(w.ctx, w.put(large, 1, localoss.WithHeader("x-oss-tagging", "a=b")), plan())
				w.wantOutcome(out, copier.Copied)
				if o, _ := w.Object(to, key); len(o.Tags) != 1 {
					t.Errorf("the copy has tags %v", o.Tags)
				}
			})
		})
		t.Run(name+", always", func(t *testing.T) {
			p := &frontEnd{is: getting("tagging"), status: 200, body: body, left: 100}
			inWorld(t, setup{via: p.via, options: inParts()}, func(t *testing.T, w *world) {
				out := w.copy(w.ctx, w.put(large, 1, localoss.WithHeader("x-oss-tagging", "a=b")), plan())
				w.wantOutcome(out, copier.Failed)
				if out.Error.Permanent || out.Error.Code != "NoAnswer" {
					t.Errorf("%+v", out.Error)
				}
				w.wantAbsent()
			})
		})
	}
}

func TestNoTagsAreNotBelievedWhereHeadObjectCountsSome(t *testing.T) {
	p := &frontEnd{is: getting("tagging"), status: 200, body: `<Tagging><TagSet></TagSet></Tagging>`, left: 2}
	inWorld(t, setup{via: p.via, options: inParts()}, func(t *testing.T, w *world) {
		out := w.copy(w.ctx, w.put(large, 1, localoss.WithHeader("x-oss-tagging", "a=b")), plan())
		w.wantOutcome(out, copier.Copied)
		if o, _ := w.Object(to, key); len(o.Tags) != 1 {
			t.Errorf("the copy has tags %v", o.Tags)
		}
	})
}

func TestPartsAreNotCopiedAgainAfterA200ThatIsNotTheirList(t *testing.T) {
	for name, body := range wrongAnswers {
		p := &frontEnd{is: getting("uploadId"), status: 200, body: body, left: 2}
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{via: p.via, options: inParts()}, func(t *testing.T, w *world) {
				w.wantOutcome(w.copy(w.ctx, w.put(large, 1), plan()), copier.Copied)
				if n := w.Counts()["UploadPartCopy"]; n != parts {
					t.Errorf("%d parts were copied, want %d", n, parts)
				}
				w.wantCopy()
				w.wantTidy()
			})
		})
	}
}

func TestPartsThatAListLacksAreCopiedOnceMore(t *testing.T) {
	second := regexp.MustCompile(`(?s)<Part>\s*<PartNumber>2<.*?</Part>`)
	drop := func(body string) string { return second.ReplaceAllString(body, "") }
	for name, times := range map[string]int{"once": 1, "always": 100} {
		l := &editedList{edit: drop, left: times}
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{via: l.via, options: inParts()}, func(t *testing.T, w *world) {
				out := w.copy(w.ctx, w.put(large, 1), plan())
				if l.edited == 0 {
					t.Fatal("no list was changed")
				}
				const uploads = 3 // at most
				if n := w.Counts()["UploadPartCopy"]; n > uploads*(parts+1) || times == 1 && n != parts+1 {
					t.Errorf("%d parts were copied of %d", n, parts)
				}
				if times == 1 {
					w.wantOutcome(out, copier.Copied)
					w.wantTidy()
					return
				}
				w.wantOutcome(out, copier.Failed)
				if out.Error.Permanent {
					t.Errorf("%+v", out.Error)
				}
				w.wantAbsent()
			})
		})
	}
}

func TestOtherAnswersUnder200AreCheckedToo(t *testing.T) {
	acl := func(c *rules.Copy) { c.ObjectACL = "private" }
	for op, is := range map[string]func(*http.Request) bool{
		"HeadObject": func(r *http.Request) bool { return r.Method == http.MethodHead },
		"PutObject": func(r *http.Request) bool {
			return r.Method == http.MethodPut && strings.Contains(r.URL.Path, state.DefaultPrefix)
		},
		"ListObjectsV2": getting("list-type"),
		"DeleteObject":  func(r *http.Request) bool { return r.Method == http.MethodDelete },
		"Initiate": func(r *http.Request) bool {
			return r.Method == http.MethodPost && r.URL.Query().Has("uploads")
		},
	} {
		p := &frontEnd{is: is, status: 200, body: htmlPage, left: 1}
		t.Run(op, func(t *testing.T) {
			inWorld(t, setup{via: p.via, options: inParts()}, func(t *testing.T, w *world) {
				w.wantOutcome(w.copy(w.ctx, w.put(large, 1), plan(acl)), copier.Copied)
				w.wantCopy()
				w.wantTidy()
				if p.sent < 2 {
					t.Errorf("%s was sent %d times: its wrong answer was believed", op, p.sent)
				}
			})
		})
	}
}

// editedList changes the answers to ListParts.
type editedList struct {
	next         http.RoundTripper
	edit         func(string) string
	left, edited int
}

// via puts the editing before next.
func (l *editedList) via(next http.RoundTripper) http.RoundTripper { l.next = next; return l }

func (l *editedList) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if err != nil || l.left == 0 || !getting("uploadId")(r) {
		return resp, err
	}
	l.left--
	body := read(resp)
	if changed := l.edit(body); changed != body {
		l.edited++
		body = changed
	}
	p := &frontEnd{is: func(*http.Request) bool { return true }, status: 200, body: body, left: 1, header: resp.Header}
	return p.RoundTrip(r)
}
