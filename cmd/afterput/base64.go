package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
)

// decodeBase64 decodes JSON in Base64, padded or not, which may have white space anywhere: many tools wrap it at 76
// columns.
func decodeBase64(text []byte) (decoded []byte, ok bool) {
	unpadded := bytes.TrimRight(bytes.Join(bytes.Fields(text), nil), "=")
	decoded, err := base64.RawStdEncoding.AppendDecode(nil, unpadded)
	return decoded, err == nil && json.Valid(decoded)
}

// endOfBase64 returns where the message that begins a text ends: with the line on which its JSON ends. What is not JSON
// in Base64 ends as damagedLines says.
func endOfBase64(text []byte) int {
	characters := &base64Characters{text: text}
	decoder := json.NewDecoder(base64.NewDecoder(base64.RawStdEncoding, characters))
	var value json.RawMessage
	if err := decoder.Decode(&value); err != nil {
		return damagedLines(text)
	}
	needed := int(decoder.InputOffset()*4+2) / 3 // 3 bytes are 4 characters
	at := 0
	for ; needed > 0; at++ {
		if !isSpace(text[at]) {
			needed--
		}
	}
	end := at + lineLength(text[at:])
	next := end
	for range 8 { // padding, or a line break in Base64, may be on lines of its own
		line := lineLength(text[next:])
		if line == 0 || len(bytes.TrimSpace(text[next:next+line])) > 4 {
			break
		}
		next += line
		if _, ok := decodeBase64(text[:next]); ok {
			end = next
		}
	}
	return end
}

// damagedLines returns the length of a message that cannot be read: its first line and, if it is wrapped, the lines
// of the same length after it and the shorter one that ends it. It ends before a line on which an object begins, so
// that it costs none of the messages after it.
func damagedLines(text []byte) int {
	first := lineLength(text)
	at, last := first, !isBase64(text[:first])
	for !last && at < len(text) {
		length := lineLength(text[at:])
		line := text[at : at+length]
		if length > first || !isBase64(line) || beginsObject(line) {
			break
		}
		at, last = at+length, length < first
	}
	return at
}

// lineLength returns the length of the first line of a text, with its line break.
func lineLength(text []byte) int {
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		return i + 1
	}
	return len(text)
}

// isBase64 reports whether a line consists of characters of Base64.
func isBase64(line []byte) bool {
	line = bytes.TrimRight(bytes.TrimSpace(line), "=")
	rest, _ := io.ReadAll(&base64Characters{text: line}) // never fails
	return len(line) > 0 && len(rest) == len(bytes.Join(bytes.Fields(line), nil))
}

// beginsObject reports whether the Base64 on a line begins with {.
func beginsObject(line []byte) bool {
	return len(line) > 1 && line[0] == 'e' && 'w' <= line[1] && line[1] <= 'z'
}

// base64Characters reads the characters of Base64 that a text begins with, without white space and padding. It reads
// no further than it has to: the text may be a file of many messages.
type base64Characters struct{ text []byte }

func (r *base64Characters) Read(p []byte) (n int, err error) {
	for ; n < len(p) && len(r.text) > 0; r.text = r.text[1:] {
		c := r.text[0]
		switch {
		case isSpace(c):
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '+', c == '/':
			p[n] = c
			n++
		default:
			r.text = nil
			return n, io.EOF
		}
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
