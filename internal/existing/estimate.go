package existing

import (
	"cmp"
	"math"
	"time"

	"afterput/rules"
)

// Load is what copies take.
type Load struct {
	Tally
	Requests  int64 `json:"requests"`
	Charged   int64 `json:"charged_bytes"`             // stored; a small copy counts as the least size of its class
	Retrieved int64 `json:"retrieved_bytes,omitempty"` // of sources whose class charges reading: IA
	Records   int64 `json:"record_bytes"`              // of the event records for the deployed function
	Streamed  int64 `json:"streamed_bytes,omitempty"`  // that pass through whoever makes the copies
	Sent      int64 `json:"sent_bytes,omitempty"`      // of them, to other regions
}

func (l *Load) sum(o Load) {
	l.Copies += o.Copies
	l.Bytes += o.Bytes
	l.Requests += o.Requests
	l.Charged += o.Charged
	l.Retrieved += o.Retrieved
	l.Records += o.Records
	l.Streamed += o.Streamed
	l.Sent += o.Sent
}

// transfer adds what a copy takes whose content does not stay within OSS.
func (l *Load) transfer(w *want, streamed, sent bool) {
	if streamed && w.Verdict != Unmoved {
		l.Streamed += w.Source.Size
	}
	if sent && w.Verdict != Unmoved {
		l.Sent += w.Source.Size
	}
}

// Pace is how fast copies are made.
type Pace struct {
	QPS        float64 // requests a second at most; 0 for no limit
	InFlight   int     // objects at a time, here
	ByFunction bool    // the deployed function makes the copies, as s.backfill.yaml has it
}

// Money is an amount in CNY, by what it is charged for.
type Money struct {
	Requests  float64 `json:"requests"`
	Function  float64 `json:"function,omitempty"`      // invocations and time
	Retrieval float64 `json:"retrieval,omitempty"`     // reading sources of class IA
	Storage   float64 `json:"least_storage,omitempty"` // for as long as the class of a copy is charged at least
	Traffic   float64 `json:"traffic,omitempty"`       // to other regions, by day
}

// Total is the whole amount.
func (m Money) Total() float64 { return m.Requests + m.Function + m.Retrieval + m.Storage + m.Traffic }

func (m *Money) sum(o Money) {
	m.Requests += o.Requests
	m.Function += o.Function
	m.Retrieval += o.Retrieval
	m.Storage += o.Storage
	m.Traffic += o.Traffic
}

// Estimate is about what it takes to make copies.
type Estimate struct {
	Copies   int64   `json:"copies"`
	Bytes    int64   `json:"bytes"`
	Requests int64   `json:"requests"`
	Seconds  float64 `json:"seconds"`
	// Invocations and FunctionSeconds are those of the deployed function: its calls, and the time of all its instances.
	Invocations     int64   `json:"invocations,omitempty"`
	FunctionSeconds float64 `json:"function_seconds,omitempty"`
	CNY             Money   `json:"cny"`
	// Restores is how many of the copies have a source that is archived and restored first, and RestoresCNY what that
	// costs without DeepColdArchive, whose prices are not known.
	Restores    int64   `json:"restores,omitempty"`
	RestoresCNY float64 `json:"restores_cny,omitempty"`
}

// Time is how long it takes.
func (e Estimate) Time() time.Duration {
	return time.Duration(min(e.Seconds, math.MaxInt64/float64(2*time.Second)) * float64(time.Second))
}

// What is assumed of copies.
const (
	// usualRequest is how long a copy of a small object takes.
	usualRequest = 50 * time.Millisecond
	// An instance of the function works on so many objects of a batch at once, and s.backfill.yaml allows so many
	// instances.
	objectsInInstance = 64
	instances         = 4
	// streamRate is how many bytes a second pass through an instance of the function, or through this machine.
	streamRate = 100e6
)

// Estimate is about what the copies of one rule take that were found to be made, at this pace; of all rules for "".
// Copies whose class the rule leaves to the destination's bucket count as Standard.
func (c Counts) Estimate(rule string, p Pace) (e Estimate) {
	var all Load
	for name, classes := range c.ToDo {
		if rule != "" && name != rule {
			continue
		}
		for class, l := range classes {
			all.sum(l)
			e.CNY.sum(l.price(class))
		}
	}
	if rule == "" {
		e.restores(c.Restores)
	}
	return e.of(all, p)
}

// price is what OSS charges for copies that get this class.
func (l Load) price(class string) Money {
	p := priceOf(class)
	const gib = 1 << 30
	return Money{
		Requests:  p.Requests * float64(l.Requests) / 10_000,
		Storage:   p.Month * float64(l.Charged) / gib * p.Least.Hours() / (30 * day).Hours(),
		Retrieval: priceOf("IA").Retrieval * float64(l.Retrieved) / gib,
		Traffic:   rules.TrafficByDay * float64(l.Sent) / gib,
	}
}

// priceOf is the price of a class, by default that of Standard.
func priceOf(class string) classPrice {
	if p, ok := classPrices[class]; ok {
		return p
	}
	return classPrices[standard]
}

// of completes an estimate with what a load takes.
func (e Estimate) of(l Load, p Pace) Estimate {
	e.Copies, e.Bytes, e.Requests = l.Copies, l.Bytes, l.Requests
	work, transfer := float64(l.Requests)*usualRequest.Seconds(), float64(l.Streamed)/streamRate
	e.Seconds = max(work/float64(max(1, p.InFlight)), transfer)
	if p.ByFunction && l.Copies > 0 {
		e.Invocations = (l.Records + MaxPayload - 1) / MaxPayload
		e.FunctionSeconds = max(work/objectsInInstance, transfer)
		e.Seconds = e.FunctionSeconds / float64(min(instances, e.Invocations))
	}
	if p.QPS > 0 {
		e.Seconds = max(e.Seconds, float64(l.Requests)/p.QPS)
	}
	if p.ByFunction && l.Copies > 0 {
		f := functionPrice
		e.CNY.Function = f.CU * (f.CUPerInvocation*float64(e.Invocations) + f.CUPerSecond*e.FunctionSeconds)
		e.CNY.Function = max(e.CNY.Function, f.LeastForEachHour*math.Ceil(e.Seconds/time.Hour.Seconds()))
	}
	return e
}

// ForMillion is about what the copies for each million objects of the sources take, if all are like those that a sample
// looked at; the zero value without a sample.
func (c Counts) ForMillion(p Pace) (e Estimate) {
	if c.Sampled == 0 {
		return e
	}
	times := 1e6 / float64(c.Sampled)
	scaled := Counts{ToDo: map[string]map[string]Load{}}
	for rule, classes := range c.ToDo {
		scaled.ToDo[rule] = map[string]Load{}
		for class, l := range classes {
			scaled.ToDo[rule][class] = l.times(times)
		}
	}
	return scaled.Estimate("", p)
}

func (l Load) times(f float64) Load {
	scaled := func(n int64) int64 { return int64(math.Round(float64(n) * f)) }
	return Load{Tally: Tally{scaled(l.Copies), scaled(l.Bytes)}, Requests: scaled(l.Requests),
		Charged: scaled(l.Charged), Retrieved: scaled(l.Retrieved), Records: scaled(l.Records),
		Streamed: scaled(l.Streamed), Sent: scaled(l.Sent)}
}

// loadOf is what one copy takes, with so many requests and an event record of so many bytes.
func loadOf(w *want, requests, record int) Load {
	if w.Verdict == Unmoved { // nothing is copied
		return Load{Tally: Tally{Copies: 1}, Requests: int64(requests), Records: int64(record)}
	}
	l := Load{Tally: Tally{1, w.Source.Size}, Requests: int64(requests),
		Charged: max(w.Source.Size, priceOf(w.StorageClass).LeastSize), Records: int64(record)}
	if priceOf(cmp.Or(w.Source.StorageClass, standard)).Retrieval > 0 {
		l.Retrieved = w.Source.Size
	}
	return l
}
