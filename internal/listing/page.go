package listing

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// page is one response of ListObjectsV2.
type page struct {
	entries   []Entry
	truncated bool
}

// parsePage reads a ListBucketResult document whose keys are URL-encoded.
func parsePage(document []byte) (page, error) {
	r := pageReader{elements: elements{rest: document}, count: -1}
	r.entries = make([]Entry, 0, bytes.Count(document, []byte("<Contents>")))
	for r.next() {
		if !r.end {
			if err := r.open(); err != nil {
				return r.page, err
			}
			continue
		}
		if err := r.close(); err != nil {
			return r.page, err
		}
		if r.depth == 0 {
			return r.page, r.check(r.count)
		}
	}
	return r.page, invalid("ends early")
}

// pageReader is a page that is being read.
type pageReader struct {
	elements
	page
	path  [4]string // the names of the open elements
	depth int
	entry Entry
	texts texts
	whole bool // IsTruncated was there
	count int  // KeyCount; -1 if it was not there
}

// open reads the beginning of an element.
func (r *pageReader) open() error {
	if r.depth == 0 && string(r.name) != "ListBucketResult" {
		return invalid("is a %s document", r.name)
	}
	if r.depth < len(r.path) {
		r.path[r.depth] = Intern(r.name)
	}
	if r.depth == 1 && r.path[1] == "Contents" {
		r.entry = Entry{}
	}
	r.depth++
	return nil
}

// close reads the end of an element.
func (r *pageReader) close() error {
	r.depth--
	if r.depth < 0 || r.depth < len(r.path) && r.path[r.depth] != string(r.name) {
		return invalid("has </%s> without its beginning", r.name)
	}
	switch {
	case r.depth == 0 && !r.whole:
		return invalid("does not say whether it is complete (IsTruncated)")
	case r.depth == 1 && r.path[1] == "IsTruncated":
		r.whole = true
		r.truncated = string(r.text) == "true"
	case r.depth == 1 && r.path[1] == "KeyCount":
		r.count, _ = strconv.Atoi(string(r.text))
	case r.depth == 1 && r.path[1] == "Contents":
		r.entries = append(r.entries, r.entry)
	case r.depth == 2 && r.path[1] == "Contents":
		return r.set(r.path[2], r.text)
	}
	return nil
}

// set reads one element of Contents.
func (r *pageReader) set(name string, text []byte) (err error) {
	o := &r.entry
	switch name {
	case "StorageClass":
		o.StorageClass = Intern(text)
		return nil
	case "Type":
		o.Type = Intern(text)
		return nil
	case "Size":
		if n, ok := quickNumber(text); ok {
			o.Size = n
			return nil
		}
	case "LastModified":
		if t, ok := quickTime(text); ok {
			o.LastModified = t
			return nil
		}
	case "Key", "ETag":
	default:
		return nil
	}
	if text, err = unescape(text); err != nil {
		return invalid("has a %s that is not XML: %q", name, text)
	}
	switch name {
	case "Key":
		o.Key, err = r.texts.key(text)
	case "Size":
		o.Size, err = strconv.ParseInt(string(text), 10, 64)
	case "ETag":
		o.ETag = r.texts.add(bytes.Trim(text, `"`))
	case "LastModified":
		o.LastModified, err = ParseTime(string(text))
	}
	if err != nil {
		return invalid("has an invalid %s, %q", name, text)
	}
	return nil
}

// quickNumber reads the form in which all listings have sizes, without an allocation.
func quickNumber(text []byte) (n int64, ok bool) {
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, len(text) > 0 && len(text) <= 18
}

// check refuses a page whose objects are not in the order of their keys, lack something, or are not as many as it says;
// count is -1 if it does not say.
func (p *page) check(count int) error {
	if count >= 0 && count != len(p.entries) {
		return invalid("has %d objects, and says that it has %d", len(p.entries), count)
	}
	for i := range p.entries {
		switch o := &p.entries[i]; {
		case o.Key == "" || o.LastModified.IsZero():
			return invalid("has an object without key or time")
		case i > 0 && o.Key <= p.entries[i-1].Key:
			return invalid("is not in the order of its keys: %q follows %q", o.Key, p.entries[i-1].Key)
		}
	}
	return nil
}

// UnquoteKey decodes a URL-encoded key.
func UnquoteKey(s string) (string, error) {
	if !strings.ContainsAny(s, "%+") {
		return s, nil
	}
	return url.QueryUnescape(s)
}

// ParseTime reads a time as OSS writes it, such as 2026-11-20T08:00:00.000Z.
func ParseTime(s string) (time.Time, error) {
	if t, ok := quickTime([]byte(s)); ok {
		return t, nil
	}
	return time.Parse(time.RFC3339Nano, s)
}

// quickTime reads the form in which all listings have times. time.Parse takes five times as long.
func quickTime(s []byte) (time.Time, bool) {
	const form = "dddd-dd-ddTdd:dd:dd.dddZ"
	if len(s) != len(form) {
		return time.Time{}, false
	}
	for i := range len(s) {
		if digit := s[i] >= '0' && s[i] <= '9'; digit != (form[i] == 'd') || !digit && s[i] != form[i] {
			return time.Time{}, false
		}
	}
	n := func(from, to int) (v int) {
		for _, c := range s[from:to] {
			v = 10*v + int(c-'0')
		}
		return v
	}
	year, month, day, hour, minute, second := n(0, 4), n(5, 7), n(8, 10), n(11, 13), n(14, 16), n(17, 19)
	t := time.Date(year, time.Month(month), day, hour, minute, second, n(20, 23)*1e6, time.UTC)
	valid := t.Year() == year && t.Month() == time.Month(month) && t.Day() == day &&
		hour < 24 && minute < 60 && second < 60
	return t, valid
}

// Intern is a string that is not allocated again for each object.
func Intern(b []byte) string {
	switch string(b) {
	case "Contents":
		return "Contents"
	case "Key":
		return "Key"
	case "LastModified":
		return "LastModified"
	case "ETag":
		return "ETag"
	case "Type":
		return "Type"
	case "Size":
		return "Size"
	case "StorageClass":
		return "StorageClass"
	case "Standard":
		return "Standard"
	case "IA":
		return "IA"
	case "Archive":
		return "Archive"
	case "ColdArchive":
		return "ColdArchive"
	case "DeepColdArchive":
		return "DeepColdArchive"
	case "Normal":
		return "Normal"
	case "Multipart":
		return "Multipart"
	case "Appendable":
		return "Appendable"
	case "Symlink":
		return "Symlink"
	}
	return string(b)
}
