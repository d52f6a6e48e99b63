package dashboard

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// The picture's data: six hours of a deployment with three rules. In the fourth hour OSS refuses for load for twenty
// minutes, and in the fifth a policy lacks a right for a quarter of an hour.
var (
	begin = time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
	span  = 6 * time.Hour
)

var uploads = []struct {
	rule    string
	aMinute float64
	bytes   float64 // the median
	denied  bool    // in the fifth hour
}{
	{rule: "replicate", aMinute: 40, bytes: 2e6},
	{rule: "logs-to-archive", aMinute: 15, bytes: 3e7},
	{rule: "invoices", aMinute: 4, bytes: 2e5, denied: true},
}

// generate returns lines of the log, the same each time.
func generate() []line {
	g := generator{rand: rand.New(rand.NewPCG(1, 2))}
	for minute := time.Duration(0); minute < span; minute += time.Minute {
		hours := minute.Hours()
		for i := range uploads {
			busy := uploads[i].aMinute * (1 + 0.5*math.Sin(hours*1.3+float64(i)))
			for range int(busy + g.rand.Float64()) {
				g.event(i, hours+g.rand.Float64()/60)
			}
		}
		if minute%time.Hour == 55*time.Minute {
			g.sweep(hours)
		}
	}
	return g.lines
}

type generator struct {
	rand   *rand.Rand
	lines  []line
	events int
}

// event adds the lines of the attempts of one event.
func (g *generator) event(upload int, hours float64) {
	u := uploads[upload]
	g.events++
	lag := 0.5 + g.rand.ExpFloat64()*0.4
	for retry := range 4 {
		code, message := "", ""
		if now := hours + lag/3600; now > 3.2 && now < 3.53 && g.rand.Float64() < 0.35 {
			code, message = "TotalQpsLimitExceeded", "OSS refused for load until time ran out"
		} else if u.denied && now > 4.4 && now < 4.65 {
			code, message = "AccessDenied", "the role lacks oss:PutObject on my-finance"
		} else if g.rand.Float64() < 0.0004 {
			code, message = "NoAnswer", "OSS did not answer; the next attempt checks again"
		}
		l := g.add(hours+lag/3600, "copy", line{"request_id": fmt.Sprintf("1-%08x", g.events), "rule": u.rule,
			"source": "oss://my-uploads/k", "destination": "oss://my-replica/k", "method": "CopyObject", "parts": 0.0,
			"bytes": math.Round(u.bytes * math.Exp(g.rand.NormFloat64())), "seconds": 0.02 + g.rand.ExpFloat64()*0.02})
		if retry > 0 {
			l["retry_count"] = float64(retry)
		}
		if code == "" {
			l["outcome"], l["lag_seconds"] = "copied", lag
			if retry > 0 && g.rand.Float64() < 0.2 {
				l["outcome"] = "unchanged"
			}
			return
		}
		l["level"], l["outcome"], l["code"], l["error"] = "ERROR", "failed", code, message
		l["permanent"] = code == "AccessDenied"
		lag += 60 * math.Pow(2, float64(retry)) * (0.5 + g.rand.Float64())
	}
}

func (g *generator) sweep(hours float64) {
	missing := 0.0
	if hours > 4.65 && hours < 5 {
		missing = 9
	}
	g.add(hours, "sweep", line{"request_id": fmt.Sprintf("1-sweep-%.0f", hours), "complete": true, "phase": "copy",
		"objects": 3000.0, "found_missing": missing, "found_older": 0.0, "copied": missing, "failed": 0.0,
		"seconds": 4.0})
}

func (g *generator) add(hours float64, msg string, l line) line {
	l["__time__"] = math.Floor(float64(begin.Unix()) + hours*3600)
	l["time"], l["level"], l["msg"] = "", "INFO", msg
	g.lines = append(g.lines, l)
	return l
}
