package localoss

import (
	"io"
	"strconv"
	"time"
)

// trafficLimit reads x-oss-traffic-limit in bit/s, 0 for none. OSS's pages say from 819,200; the tests of ali-oss have
// 645,763 accepted.
func (r *request) trafficLimit() (int64, *Error) {
	s := defaultTo(r.header("x-oss-traffic-limit"), r.param("x-oss-traffic-limit"))
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 645763 || n > 838860800 {
		return 0, invalidArgument("The traffic limit must be between 819200 and 838860800 bit/s.",
			"x-oss-traffic-limit", s)
	}
	return n, nil
}

// paced is a body that is read no faster than a traffic limit allows.
type paced struct {
	io.Reader
	limit   int64 // bit/s
	began   time.Time
	read    int64
	delayed time.Duration
}

// pace paces a body; with limit 0 it returns the body itself.
func pace(body io.Reader, limit int64) io.Reader {
	if limit == 0 {
		return body
	}
	return &paced{Reader: body, limit: limit, began: time.Now()}
}

func (p *paced) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	p.read += int64(n)
	due := time.Duration(float64(p.read) * 8 / float64(p.limit) * float64(time.Second))
	if early := due - time.Since(p.began); early > 0 {
		time.Sleep(early)
		p.delayed += early
	}
	return n, err
}
