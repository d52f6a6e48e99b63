package existing

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"afterput/internal/listing"
	"afterput/internal/sorted"
)

// Verdict is what became of one wanted copy when it was compared.
type Verdict string

const (
	Missing   Verdict = "missing"   // the destination does not exist
	Older     Verdict = "older"     // the destination holds another content, and is older than the source
	Different Verdict = "different" // the destination differs otherwise
	Same      Verdict = "same"      // the destination holds the copy
	// Unmoved: the destination holds the copy, but the source, which the rules delete after its copies, is still there.
	Unmoved  Verdict = "unmoved"
	Shadowed Verdict = "shadowed" // a newer source is to be copied to the same destination
	// Superseded: the source was overwritten or removed while it was looked at; its own event is handled.
	Superseded Verdict = "superseded"
	Undecided  Verdict = "undecided" // a rule asks for what only an event tells
	Failed     Verdict = "failed"    // the copy cannot be planned or compared
	Extra      Verdict = "extra"     // nothing among the sources explains the destination's object
)

// Verdicts are all verdicts about wanted copies, in the order in which they are counted and printed.
var Verdicts = []Verdict{Missing, Older, Different, Unmoved, Shadowed, Superseded, Undecided, Failed, Same}

// ByDefault are the verdicts about which something is done: a copy is made, or a move is completed.
var ByDefault = []Verdict{Missing, Older, Unmoved}

// want is a copy that the rules want of an object that is there. If it cannot be planned, Verdict says so at once, and
// there is no destination.
type want struct {
	Rule         string
	Bucket       string // of the source
	Source       listing.Entry
	ToBucket     string
	ToKey        string
	StorageClass string // which the rule sets; "" for none
	Moved        bool   // the source is deleted after its copies
	Named        bool   // the copy says what it is a copy of
	Verdict      Verdict
	Reason       string
}

// codec writes wants as records, in which names that often occur are numbers. All records of a job must be read with
// the same names.
type codec struct {
	names   []string
	numbers map[string]uint64
	latest  sorted.Record // whose memory the next one takes
}

// newCodec returns a codec for these names, such as those of the rules and of the sources.
func newCodec(names ...string) *codec {
	c := &codec{numbers: make(map[string]uint64)}
	for _, n := range slices.Concat(names, usualNames) {
		if _, known := c.numbers[n]; !known {
			c.numbers[n] = uint64(len(c.names))
			c.names = append(c.names, n)
		}
	}
	return c
}

// wantFormat is the version of the form of records.
const wantFormat = 2

// digest tells records with these names, in this form, from others.
func (c *codec) digest() string {
	sum := sha256.New()
	sum.Write([]byte{wantFormat})
	for _, n := range c.names {
		sum.Write(append([]byte(n), 0))
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// usualNames occur in any job. Their order is part of the format of a job's files.
var usualNames = []string{"", "Normal", "Multipart", "Appendable", "Symlink",
	"Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive",
	string(Missing), string(Older), string(Different), string(Same), string(Shadowed), string(Superseded),
	string(Undecided), string(Failed), string(Extra), string(Unmoved)}

// byDestination is the record of a want, in the order of destinations. Wants without a destination come first. It is
// valid until the codec writes the next.
func (c *codec) byDestination(w *want) sorted.Record {
	if w.ToBucket == "" {
		return c.record(appendObject(append(c.latest.Key[:0], 0), w.Bucket, w.Source.Key), w)
	}
	return c.record(appendObject(c.latest.Key[:0], w.ToBucket, w.ToKey), w)
}

// bySource is the record of a want, in the order of sources. It is valid until the codec writes the next.
func (c *codec) bySource(w *want) sorted.Record {
	return c.record(appendObject(c.latest.Key[:0], w.Bucket, w.Source.Key), w)
}

func (c *codec) record(key []byte, w *want) sorted.Record {
	c.latest = sorted.Record{Key: key, Value: c.appendWant(c.latest.Value[:0], w)}
	return c.latest
}

// objectKey orders objects by bucket and key.
func objectKey(bucket, key string) []byte { return appendObject(nil, bucket, key) }

func appendObject(b []byte, bucket, key string) []byte {
	return append(append(append(b, bucket...), 0), key...)
}

func (c *codec) appendWant(b []byte, w *want) []byte {
	for _, name := range [...]string{
		w.Rule, w.Bucket, w.Source.Type, w.Source.StorageClass, w.StorageClass, string(w.Verdict), w.ToBucket,
	} {
		b = c.appendName(b, name)
	}
	for _, text := range [...]string{w.Source.Key, w.ToKey, w.Source.ETag, w.Source.CRC64, w.Reason} {
		b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
	}
	b = binary.AppendUvarint(b, flags(w.Moved, w.Named))
	b = binary.AppendVarint(b, w.Source.Size)
	return binary.AppendVarint(b, w.Source.LastModified.UnixMilli())
}

// appendName writes a name as its number and 1, or as 0 and the name.
func (c *codec) appendName(b []byte, name string) []byte {
	if n, known := c.numbers[name]; known {
		return binary.AppendUvarint(b, n+1)
	}
	return append(binary.AppendUvarint(append(b, 0), uint64(len(name))), name...)
}

// want reads the value of a record.
func (c *codec) want(value []byte) (want, error) {
	r := decoder{all: string(value), rest: value, names: c.names}
	w := want{Rule: r.name(), Bucket: r.name()}
	w.Source.Type, w.Source.StorageClass, w.StorageClass = r.name(), r.name(), r.name()
	w.Verdict, w.ToBucket = Verdict(r.name()), r.name()
	w.Source.Key, w.ToKey, w.Source.ETag, w.Source.CRC64, w.Reason = r.text(), r.text(), r.text(), r.text(), r.text()
	w.Moved, w.Named = r.flags()
	w.Source.Size = r.number()
	w.Source.LastModified = time.UnixMilli(r.number()).UTC()
	if r.bad || len(r.rest) > 0 {
		return w, fmt.Errorf("a file of the job holds a record that this version of afterput cannot read")
	}
	return w, nil
}

// decoder reads what codec has written.
type decoder struct {
	all   string // the texts are parts of it
	rest  []byte
	names []string
	bad   bool
}

func (d *decoder) unsigned() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// flags are two booleans as a number.
func flags(a, b bool) (n uint64) {
	if a {
		n |= 1
	}
	if b {
		n |= 2
	}
	return n
}

func (d *decoder) flags() (a, b bool) {
	n := d.unsigned()
	return n&1 != 0, n&2 != 0
}

func (d *decoder) number() int64 {
	v, n := binary.Varint(d.rest)
	if n <= 0 {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) text() string {
	n := d.unsigned()
	if n > uint64(len(d.rest)) {
		d.bad, d.rest = true, nil
		return ""
	}
	from := len(d.all) - len(d.rest)
	d.rest = d.rest[n:]
	return d.all[from : from+int(n)]
}

func (d *decoder) name() string {
	switch n := d.unsigned(); {
	case n == 0:
		return d.text()
	case n > uint64(len(d.names)):
		d.bad = true
		return ""
	default:
		return d.names[n-1]
	}
}
