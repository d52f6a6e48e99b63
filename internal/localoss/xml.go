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

// maxXMLBody is the maximum size of an XML body in bytes: DeleteMultipleObjects may have 2 MiB, and
// a list of 10,000 parts is smaller.
const maxXMLBody = 2 << 20

// readXML reads the body into doc.
func (r *request) readXML(doc any) *Error {
	body, e := r.readBody(maxXMLBody)
	if e != nil {
		return e
	}
	return parseXML(body, doc)
}

// parseXML reads one document. Go's decoder expands no entities, so that a small document cannot
// become a large one.
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

// Keys may contain control characters, which XML 1.0 cannot express. Clients write them all the same, as they are or as
// character references, and OSS reads them; Go's decoder does not. They are therefore replaced,
// before decoding, by characters of Unicode's last private-use plane.
const maskBase = 0x10FF00

var controlReference = regexp.MustCompile(`&#(x[0-9A-Fa-f]{1,6}|[0-9]{1,7});`)

// maskControls replaces control characters and references to them; false if the body already has one of the
// characters that replace them.
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
		if err != nil || !isControl(rune(n)) {
			return ref
		}
		return []byte(string(rune(maskBase + n)))
	})
	if bytes.ContainsFunc(out, isControl) {
		out = bytes.Map(func(c rune) rune {
			if isControl(c) {
				return c + maskBase
			}
			return c
		}, out)
	}
	return out, !ambiguous
}

// isControl reports whether XML 1.0 cannot express the character. No key can have NUL.
func isControl(c rune) bool { return c > 0 && c < 0x20 && c != '\t' && c != '\n' && c != '\r' }

func isMask(c rune) bool { return c > maskBase && c < maskBase+0x20 }

// xmlKey is an object's key, or a part of one, in an XML body.
type xmlKey string

// MarshalXML writes control characters as they are, as OSS does.
func (k xmlKey) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	return e.EncodeElement(struct {
		Text string `xml:",innerxml"`
	}{keyEscaper.Replace(string(k))}, start)
}

var keyEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;",
	"\t", "&#x9;", "\n", "&#xA;", "\r", "&#xD;")

// UnmarshalText restores the control characters.
func (k *xmlKey) UnmarshalText(text []byte) error {
	*k = xmlKey(strings.Map(func(c rune) rune {
		if isMask(c) {
			return c - maskBase
		}
		return c
	}, string(text)))
	return nil
}
