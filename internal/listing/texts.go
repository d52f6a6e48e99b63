package listing

import (
	"encoding/hex"
	"strings"
)

// textsChunk is how many bytes of texts are allocated together.
const textsChunk = 16 << 10

// texts makes strings of the texts of a page, hundreds with one allocation.
type texts struct {
	chunk   strings.Builder
	decoded []byte // the latest key
}

// add is a text as a string.
func (t *texts) add(text []byte) string {
	if t.chunk.Cap()-t.chunk.Len() < len(text) {
		t.chunk.Reset() // what it has given stays
		t.chunk.Grow(max(textsChunk, len(text)))
	}
	from := t.chunk.Len()
	t.chunk.Write(text)
	return t.chunk.String()[from:]
}

// key is a URL-encoded key as a string, as [UnquoteKey] decodes it.
func (t *texts) key(encoded []byte) (string, error) {
	t.decoded = t.decoded[:0]
	for i := 0; i < len(encoded); i++ {
		c := [1]byte{encoded[i]}
		switch c[0] {
		case '+':
			c[0] = ' '
		case '%':
			if n, err := hex.Decode(c[:], encoded[i+1:min(i+3, len(encoded))]); err != nil || n == 0 {
				return UnquoteKey(string(encoded)) // its error says what is wrong
			}
			i += 2
		}
		t.decoded = append(t.decoded, c[0])
	}
	return t.add(t.decoded), nil
}
