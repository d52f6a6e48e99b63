package ram

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// value is a JSON value with its position.
type value struct {
	at     int // byte offset
	scalar any // string, float64, bool, nil; json.Delim '{' or '[' for the two below
	fields []field
	items  []value
}

type field struct {
	at    int
	name  string
	value value
}

// maxDepth is the maximum nesting, more than any policy has. It limits the reader's stack.
const maxDepth = 16

// reader decodes a document into values.
type reader struct {
	data []byte
	dec  *json.Decoder
}

// read returns the only value in data. Its errors have a position.
func read(data []byte) (value, error) {
	if i := firstInvalid(data); i >= 0 {
		return value{}, errorAt(data, i, "the policy is not valid UTF-8")
	}
	r := &reader{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	v, err := r.value(0)
	if err != nil {
		return value{}, err
	}
	at := r.next()
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return value{}, errorAt(data, at, "nothing may follow the policy")
	}
	return v, nil
}

func firstInvalid(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	for i := 0; i < len(data); {
		r, width := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && width == 1 {
			return i
		}
		i += width
	}
	return -1
}

// next returns the offset of the next token.
func (r *reader) next() int {
	at := int(r.dec.InputOffset())
	for at < len(r.data) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[at]) >= 0 {
		at++
	}
	return at
}

func (r *reader) token() (json.Token, int, error) {
	at := r.next()
	token, err := r.dec.Token()
	if err == nil {
		return token, at, nil
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, at, errorAt(r.data, len(r.data), "the JSON is incomplete")
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return nil, at, errorAt(r.data, min(at, len(r.data)), "not JSON: %v", syntax)
	}
	return nil, at, errorAt(r.data, at, "%v", err)
}

func (r *reader) value(depth int) (value, error) {
	token, at, err := r.token()
	if err != nil {
		return value{}, err
	}
	v := value{at: at, scalar: token}
	if token != json.Delim('{') && token != json.Delim('[') {
		return v, nil
	}
	if depth == maxDepth {
		return value{}, errorAt(r.data, at, "nested too deeply")
	}
	for r.dec.More() {
		if token == json.Delim('[') {
			item, err := r.value(depth + 1)
			if err != nil {
				return value{}, err
			}
			v.items = append(v.items, item)
			continue
		}
		name, at, err := r.token()
		if err != nil {
			return value{}, err
		}
		f := field{at: at, name: name.(string)}
		if f.value, err = r.value(depth + 1); err != nil {
			return value{}, err
		}
		v.fields = append(v.fields, f)
	}
	_, _, err = r.token() // the closing bracket
	return v, err
}

// errorAt makes an error that begins with the line and column of an offset. Both are counted from 1,
// columns in bytes.
func errorAt(data []byte, offset int, format string, args ...any) error {
	before := data[:min(offset, len(data))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Errorf("%d:%d: %s", line, column, fmt.Sprintf(format, args...))
}
