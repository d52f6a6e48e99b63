package proof

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// farSide is what the region of the destinations is like.
type farSide struct {
	latency   time.Duration // of a request, besides what it takes in any region
	bandwidth float64       // of a request, in bytes per second; 0 is no limit
	clock     time.Duration // how far its clock is ahead, in whole seconds
	role      bool          // the destinations are of another account, and are reached as a role of it
	sessions  time.Duration // how long OSS accepts a session of the role
	failing   int           // how many requests for sessions fail at first
}

// drawFar draws a region.
func drawFar(r *rand.Rand) farSide {
	far := farSide{
		latency:   randomDuration(r, 5*time.Millisecond, 400*time.Millisecond),
		bandwidth: []float64{0, 10e6, 1e6, 50e3}[r.IntN(4)],
		clock:     time.Duration(r.IntN(7)-3) * time.Second,
	}
	if r.IntN(2) == 0 {
		far.role, far.failing = true, max(0, r.IntN(6)-3)
		far.sessions = []time.Duration{time.Hour, randomDuration(r, 3*time.Second, 40*time.Second)}[r.IntN(2)]
	}
	return far
}

// simpler returns regions that have one thing less.
func (f farSide) simpler() (all []farSide) {
	add := func(g farSide) {
		if g != f {
			all = append(all, g)
		}
	}
	g := f
	g.role, g.sessions, g.failing = false, 0, 0
	add(g)
	g = f
	g.latency, g.bandwidth = 0, 0
	add(g)
	g = f
	g.clock = 0
	add(g)
	return all
}

// delay is how much longer a request takes there that sends so many bytes.
func (f farSide) delay(sends int64) time.Duration {
	if f.bandwidth == 0 {
		return f.latency
	}
	return f.latency + time.Duration(float64(sends)/f.bandwidth*float64(time.Second))
}

// linkType is the type of every link, since no request shows that of a link whose target does not exist.
const linkType = "application/octet-stream"

// clockAhead changes the times in responses to those of a clock that is ahead.
type clockAhead struct {
	next  http.RoundTripper
	ahead time.Duration
}

var timeElement = regexp.MustCompile(`<(LastModified|Initiated)>([^<]+)<`)

func (c clockAhead) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(req)
	if err != nil || c.ahead == 0 {
		return resp, err
	}
	for _, name := range []string{"Date", "Last-Modified"} {
		if at, err := http.ParseTime(resp.Header.Get(name)); err == nil {
			resp.Header.Set(name, at.Add(c.ahead).Format(http.TimeFormat))
		}
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/xml") && resp.Body != nil {
		document, err := io.ReadAll(resp.Body)
		document = timeElement.ReplaceAllFunc(document, func(element []byte) []byte {
			all := timeElement.FindSubmatch(element)
			at, err := time.Parse("2006-01-02T15:04:05.000Z", string(all[2]))
			if err != nil {
				return element
			}
			return []byte("<" + string(all[1]) + ">" + at.Add(c.ahead).Format("2006-01-02T15:04:05.000Z") + "<")
		})
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(document), errorReader{err}))
	}
	return resp, nil
}
