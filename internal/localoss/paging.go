package localoss

import (
	"strconv"
	"strings"
)

// encoding is how keys are written in a reply: encoding-type=url makes them
// safe for XML, which has no form for control characters.
type encoding struct{ name string }

func (r *request) encoding() (encoding, *Error) {
	switch name := r.param("encoding-type"); name {
	case "", "url":
		return encoding{name}, nil
	default:
		return encoding{}, invalidArgument("Invalid Encoding Method specified in Request.", "encoding-type", name)
	}
}

// text writes a key. OSS leaves the slash as it is.
func (e encoding) text(s string) string {
	if e.name == "url" {
		return escape(s, true)
	}
	return s
}

// limit reads a page's length: 1 to most, default otherwise.
func (r *request) limit(name string, otherwise, most int) (int, *Error) {
	s := r.param(name)
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > most {
		return 0, invalidArgument("Argument "+name+" must be an integer between 1 and "+strconv.Itoa(most)+".", name, s)
	}
	return n, nil
}

// group gives the common prefix that hides a key: up to and with the first
// delimiter after the prefix asked for; "" if there is none.
func commonPrefix(key, prefix, delimiter string) string {
	if delimiter == "" {
		return ""
	}
	if i := strings.Index(key[len(prefix):], delimiter); i >= 0 {
		return key[:len(prefix)+i+len(delimiter)]
	}
	return ""
}

// after is the first text that is greater than every text with the prefix,
// "" if there is none.
func firstAfterPrefix(prefix string) string {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] != 0xFF {
			b[i]++
			return string(b[:i+1])
		}
	}
	return ""
}
