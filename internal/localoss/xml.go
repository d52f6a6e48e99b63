package localoss

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// maxXMLBody is the most bytes of an XML body: DeleteMultipleObjects may have
// 2 MiB, and a list of 10,000 parts is less.
const maxXMLBody = 2 << 20

// readXML reads a whole small body into doc.
func (r *request) readXML(doc any) *Error {
	body, e := r.readBody(maxXMLBody)
	if e != nil {
		return e
	}
	return parseXML(body, doc)
}

// parseXML reads a document and nothing after it. Go's decoder expands no
// entities, so that no document grows.
func parseXML(body []byte, doc any) *Error {
	body, ok := maskControls(body)
	if !ok {
		return refuse(MalformedXML, "")
	}
	d := xml.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(doc); err != nil {
		return refuse(MalformedXML, "")
	}
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if _, more := t.(xml.StartElement); more || err != nil {
			return refuse(MalformedXML, "")
		}
	}
}

// Keys may hold control characters, which XML 1.0 has no form for. Clients
// write them as references all the same, and OSS reads them; Go's decoder does
// not. They go past it as characters of Unicode's last private-use plane.
const maskBase = 0x10FF00

var controlReference = regexp.MustCompile(`&#(x[0-9A-Fa-f]{1,6}|[0-9]{1,7});`)

// maskControls replaces references to control characters; false if the body
// has one of the characters that stand for them.
func maskControls(body []byte) ([]byte, bool) {
	ambiguous := bytes.ContainsFunc(body, isMask)
	out := controlReference.ReplaceAllFunc(body, func(ref []byte) []byte {
		digits := string(ref[2 : len(ref)-1])
		base := 10
		if digits[0] == 'x' {
			digits, base = digits[1:], 16
		}
		n, err := strconv.ParseUint(digits, base, 32)
		ambiguous = ambiguous || isMask(rune(n))
		if err != nil || n >= 0x20 || n == 0 || n == '\t' || n == '\n' || n == '\r' {
			return ref
		}
		return []byte(string(rune(maskBase + n)))
	})
	return out, !ambiguous
}

func isMask(c rune) bool { return c > maskBase && c < maskBase+0x20 }

// xmlKey is a key in an XML body.
type xmlKey string

// UnmarshalText reads the key with its control characters.
func (k *xmlKey) UnmarshalText(text []byte) error {
	*k = xmlKey(strings.Map(func(c rune) rune {
		if isMask(c) {
			return c - maskBase
		}
		return c
	}, string(text)))
	return nil
}
