package listing

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// shelf is a bucket that can only be listed.
type shelf struct {
	keys     []string // sorted
	requests int
	mu       sync.Mutex
	fail     func(request int) error
}

func (s *shelf) InvokeOperation(
	_ context.Context, in *oss.OperationInput, _ ...func(*oss.Options),
) (*oss.OperationOutput, error) {
	s.mu.Lock()
	s.requests++
	n := s.requests
	s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(n); err != nil {
			return nil, err
		}
	}
	most, _ := strconv.Atoi(in.Parameters["max-keys"])
	after, prefix := in.Parameters["start-after"], in.Parameters["prefix"]
	at, found := slices.BinarySearch(s.keys, max(after, prefix))
	if found && after >= prefix {
		at++
	}
	var b bytes.Buffer
	b.WriteString("<?xml version=\"1.0\"?>\n<ListBucketResult>")
	given := 0
	for ; at < len(s.keys) && given < most && strings.HasPrefix(s.keys[at], prefix); at++ {
		given++
		b.WriteString("<Contents><Key>")
		b.WriteString(url.QueryEscape(s.keys[at]))
		b.WriteString("</Key><LastModified>2026-11-20T08:00:00.000Z</LastModified><ETag>&quot;AB&quot;</ETag>" +
			"<Type>Normal</Type><Size>7</Size><StorageClass>IA</StorageClass></Contents>")
	}
	truncated := at < len(s.keys) && strings.HasPrefix(s.keys[at], prefix)
	fmt.Fprintf(&b, "<IsTruncated>%t</IsTruncated></ListBucketResult>", truncated)
	return &oss.OperationOutput{StatusCode: 200, Headers: http.Header{}, Body: io.NopCloser(&b)}, nil
}

// families are keys of the kinds that people have.
func families(r *rand.Rand) map[string]func(i int) string {
	long := strings.Repeat("ein/langer/anfang/", 50)
	return map[string]func(int) string{
		"numbers":            func(i int) string { return fmt.Sprintf("obj-%07d", i) },
		"hex":                func(int) string { return fmt.Sprintf("%016x", r.Uint64()) },
		"dates":              func(i int) string { return fmt.Sprintf("logs/2026/%02d/%02d/%d.gz", i%12+1, i%28+1, i) },
		"one long beginning": func(i int) string { return fmt.Sprintf("%s%06d", long, i) },
		"Chinese": func(int) string {
			return fmt.Sprintf("照片/%c%c/%d", rune(0x4e00+r.IntN(200)), rune(0x5e00+r.IntN(20)), r.IntN(9))
		},
		"folders": func(i int) string { return fmt.Sprintf("photos/%06d/img-%09d.jpg", i/1000, i) },
		"tenants": func(i int) string {
			return fmt.Sprintf("tenants/%x/backup/2026/%02d/%d.bin", i/4000*104729%99991, i%12+1, i)
		},
		"odd": func(int) string {
			return strings.Repeat(string(rune(1+r.IntN(300))), 1+r.IntN(3)) + strconv.Itoa(r.IntN(1e6))
		},
	}
}

func TestEveryObjectIsListedOnceWhateverItsKeyAndHowManyListIt(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for name, key := range families(rand.New(rand.NewPCG(seed, 1))) {
		for _, workers := range []int{1, 3, 16} {
			s := &shelf{}
			for i := range 8_000 {
				s.keys = append(s.keys, key(i))
			}
			slices.Sort(s.keys)
			s.keys = slices.Compact(s.keys)
			got := walkAll(t, s, workers, nil)
			slices.Sort(got)
			if !slices.Equal(got, s.keys) {
				t.Fatalf("%s, %d workers: %d keys listed of %d", name, workers, len(got), len(s.keys))
			}
			if most := len(s.keys)/MaxKeys*11/10 + 2*workers + 16; s.requests > most {
				t.Errorf("%s, %d workers: %d requests for %d keys, want at most %d",
					name, workers, s.requests, len(s.keys), most)
			}
		}
	}
}

// The requests are those that listing by one worker takes, and one in 25 and a dozen more.
func TestSeveralWorkersListALongRangeAtTheSameTimeWithFewRequestsMore(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	all := families(rand.New(rand.NewPCG(seed, 3)))
	for _, name := range []string{"numbers", "hex", "dates", "folders", "tenants"} {
		synctest.Test(t, func(t *testing.T) {
			const latency = 20 * time.Millisecond
			s := &shelf{fail: func(int) error { time.Sleep(latency); return nil }}
			for i := range 100_000 {
				s.keys = append(s.keys, all[name](i))
			}
			slices.Sort(s.keys)
			s.keys = slices.Compact(s.keys)
			pages := (len(s.keys) + MaxKeys - 1) / MaxKeys
			began := time.Now()
			if got := walkAll(t, s, 16, nil); len(got) != len(s.keys) {
				t.Errorf("%s: %d keys listed of %d", name, len(got), len(s.keys))
			}
			if took, one := time.Since(began), time.Duration(pages)*latency; took > one*2/3 {
				t.Errorf("%s: it takes %s, and %s with one worker", name, took, one)
			}
			if most := pages + pages/25 + 12 + 12; s.requests > most {
				t.Errorf("%s: %d requests for %d pages, want at most %d", name, s.requests, pages, most)
			}
		})
	}
}

// Keys of 1,023 bytes are the longest.
func TestLongKeysWithALongCommonBeginningTakeNeitherManyRequestsNorMuchMemory(t *testing.T) {
	const objects = 100_000
	head := strings.Repeat("a-folder/", 100)
	s := &shelf{}
	for i := range objects {
		s.keys = append(s.keys, fmt.Sprintf("%s%0*d", head, 1023-len(head), i))
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, most, pages, got := heap(), uint64(0), 0, 0
	w := Walk{Lister: &Lister{OSS: s}, Bucket: "b", Workers: 4,
		Page: func(_ context.Context, entries []Entry) (func([]Range), error) {
			return func([]Range) {
				if got, pages = got+len(entries), pages+1; pages%20 == 0 {
					most = max(most, heap())
				}
			}, nil
		}}
	if err := w.Run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got != objects {
		t.Errorf("%d objects were listed of %d", got, objects)
	}
	if want := objects/MaxKeys*26/25 + 12 + 8; s.requests > want {
		t.Errorf("%d requests, want at most %d", s.requests, want)
	}
	// A page of such keys has 1.2 MB as it is sent, and as much again as it is read.
	if used := (int64(most) - int64(before)) >> 20; used > 32 {
		t.Errorf("%d MiB are held while they are listed, want at most 32", used)
	}
}

func walkAll(t *testing.T, s *shelf, workers int, ranges []Range) (got []string) {
	t.Helper()
	w := Walk{Lister: &Lister{OSS: s}, Bucket: "b", Workers: workers,
		Page: func(_ context.Context, entries []Entry) (func([]Range), error) {
			return func([]Range) {
				for _, e := range entries {
					got = append(got, e.Key)
				}
			}, nil
		}}
	if err := w.Run(t.Context(), ranges); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAWalkThatIsStoppedGoesOnWhereItWas(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	for name, key := range families(r) {
		s := &shelf{}
		for i := range 6_000 {
			s.keys = append(s.keys, key(i))
		}
		slices.Sort(s.keys)
		s.keys = slices.Compact(s.keys)
		var got []string
		var left []Range
		for stops := 0; ; stops++ {
			until, pages := 1+r.IntN(4), new(atomic.Int64)
			stop := fmt.Errorf("stopped")
			w := Walk{Lister: &Lister{OSS: s}, Bucket: "b", Workers: 1 + r.IntN(5),
				Page: func(_ context.Context, entries []Entry) (func([]Range), error) {
					if pages.Add(1) > int64(until) {
						return nil, stop
					}
					return func(now []Range) {
						for _, e := range entries {
							got = append(got, e.Key)
						}
						left = now
					}, nil
				}}
			if err := w.Run(t.Context(), left); err == nil {
				break
			}
			if stops > 1000 {
				t.Fatal("it never ends")
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, s.keys) {
			t.Errorf("%s: %d keys listed of %d, each once", name, len(got), len(s.keys))
		}
	}
}

func TestAPageThatIsNoListingIsRefused(t *testing.T) {
	const object = "<Contents><Key>%s</Key><LastModified>2026-11-20T08:00:00.000Z</LastModified><ETag>x</ETag>" +
		"<Type>Normal</Type><Size>7</Size><StorageClass>IA</StorageClass></Contents>"
	for name, document := range map[string]string{
		"another document": "<ListAllMyBucketsResult></ListAllMyBucketsResult>",
		"a page":           "<html><body>busy</body></html>",
		"cut off":          "<ListBucketResult><Contents><Key>a</Key>",
		"no end":           "<ListBucketResult></ListBucketResult>",
		"no key": "<ListBucketResult><IsTruncated>false</IsTruncated>" + fmt.Sprintf(object, "") +
			"</ListBucketResult>",
		"a key that is cut in its encoding": "<ListBucketResult><IsTruncated>false</IsTruncated>" +
			fmt.Sprintf(object, "a%4") + "</ListBucketResult>",
		"a number that is none": "<ListBucketResult><IsTruncated>false</IsTruncated>" +
			strings.Replace(fmt.Sprintf(object, "a"), "7", "many", 1) + "</ListBucketResult>",
		"a time that is none": "<ListBucketResult><IsTruncated>false</IsTruncated>" +
			strings.Replace(fmt.Sprintf(object, "a"), "2026-11", "2026-13", 1) + "</ListBucketResult>",
		"an object is left out": "<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>2</KeyCount>" +
			fmt.Sprintf(object, "a") + "</ListBucketResult>",
		"twice the same": "<ListBucketResult><IsTruncated>false</IsTruncated>" + fmt.Sprintf(object+object, "a", "a") +
			"</ListBucketResult>",
		"backwards": "<ListBucketResult><IsTruncated>false</IsTruncated>" + fmt.Sprintf(object+object, "b", "a") +
			"</ListBucketResult>",
	} {
		if p, err := parsePage([]byte(document)); err == nil {
			t.Errorf("%s was taken for a listing: %+v", name, p)
		}
	}
}

func TestAPageIsReadAsOSSWritesIt(t *testing.T) {
	p, err := parsePage([]byte(`<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment --><ListBucketResult xmlns="http://x">
  <Name>b</Name><Prefix/><MaxKeys>2</MaxKeys><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
  <Contents><Key>a%20b%2Bc&amp;%E4%B8%AD</Key><LastModified>2026-11-20T08:00:00.250Z</LastModified>
    <ETag>&quot;5B3C1A2E&quot;</ETag><Type>Multipart</Type><Size>12</Size><StorageClass>ColdArchive</StorageClass>
    <Owner><ID>1</ID><DisplayName>Key</DisplayName></Owner></Contents>
</ListBucketResult>`))
	if err != nil {
		t.Fatal(err)
	}
	want := Entry{Key: "a b+c&中", Size: 12, ETag: "5B3C1A2E", Type: "Multipart", StorageClass: "ColdArchive",
		LastModified: time.Date(2026, 11, 20, 8, 0, 0, 250e6, time.UTC)}
	if len(p.entries) != 1 || p.entries[0] != want || !p.truncated {
		t.Errorf("got  %+v\nwant %+v, and that more follows", p, want)
	}
}

func TestKeysOfAPageStayAsTheyWereReadHoweverManyAndLongTheyAre(t *testing.T) {
	s := &shelf{}
	for i := range MaxKeys {
		s.keys = append(s.keys, fmt.Sprintf("%03d %s+%%中", i, strings.Repeat("é", i%500)))
	}
	out, _ := s.InvokeOperation(t.Context(), (&Lister{}).input("b", "", "", MaxKeys))
	document, _ := io.ReadAll(out.Body)
	p, err := parsePage(document)
	clear(document) // the buffer is used for the next page
	if err != nil || len(p.entries) != MaxKeys {
		t.Fatalf("%d entries, %v", len(p.entries), err)
	}
	for i, e := range p.entries {
		if e.Key != s.keys[i] {
			t.Fatalf("key %d is %q, want %q", i, e.Key, s.keys[i])
		}
	}
}

func BenchmarkPage(b *testing.B) {
	s := &shelf{}
	for i := range MaxKeys {
		s.keys = append(s.keys, fmt.Sprintf("logs/2026/11/20/machine-%04d.gz", i))
	}
	out, _ := s.InvokeOperation(b.Context(), (&Lister{}).input("b", "", "", MaxKeys))
	document, _ := io.ReadAll(out.Body)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parsePage(document); err != nil {
			b.Fatal(err)
		}
	}
}
