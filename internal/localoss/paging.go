package localoss

import (
	"fmt"
	"strconv"
	"strings"
)

// encoding is how keys are written in a reply. With encoding-type=url they are URL-encoded, for clients whose XML has
// no control characters.
type encoding struct{ name string }

func (r *request) encoding() (encoding, *Error) {
	switch name := r.param("encoding-type"); name {
	case "", "url":
		return encoding{name}, nil
	default:
		return encoding{}, invalidArgument("Invalid Encoding Method specified in Request.", "encoding-type", name)
	}
}

// text returns a key as the reply has it. OSS does not encode the slash.
func (e encoding) text(s string) xmlKey {
	if e.name == "url" {
		return xmlKey(escape(s, true))
	}
	return xmlKey(s)
}

// limit reads how many entries a page may have: 1 to maximum, byDefault if the request does not say.
func (r *request) limit(name string, byDefault, maximum int) (int, *Error) {
	s := r.param(name)
	if s == "" {
		return byDefault, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maximum {
		message := fmt.Sprintf("Argument %s must be an integer between 1 and %d.", name, maximum)
		return 0, invalidArgument(message, name, s)
	}
	return n, nil
}

// commonPrefix returns the common prefix that a key is grouped under: the key up to and including
// the first delimiter after prefix, "" if there is none.
func commonPrefix(key, prefix, delimiter string) string {
	if delimiter == "" {
		return ""
	}
	if i := strings.Index(key[len(prefix):], delimiter); i >= 0 {
		return key[:len(prefix)+i+len(delimiter)]
	}
	return ""
}

// firstAfterPrefix returns the first string that is greater than every string with the prefix, "" if
// there is none.
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
