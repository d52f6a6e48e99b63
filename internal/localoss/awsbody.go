package localoss

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"strconv"
	"strings"
)

// hashedBody hashes a body while it is read.
type hashedBody struct {
	io.ReadCloser
	hash hash.Hash
}

func (b *hashedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.hash.Write(p[:n])
	return n, err
}

// checkPayload compares the body that was read with the SHA-256 that an AWS signature covers.
func (r *request) checkPayload() *Error {
	if r.payload != nil && hex.EncodeToString(r.payload.Sum(nil)) != strings.ToLower(r.payloadSum) {
		return &Error{
			Code:    InvalidArgument,
			Message: "The value of x-amz-content-sha256 is not the SHA-256 of the body.",
			EC:      "0002-00000427",
			Detail:  []Detail{{"ArgumentName", "x-amz-content-sha256"}, {"ArgumentValue", r.payloadSum}},
		}
	}
	return nil
}

// maxAWSChunk is the maximum size of a signed chunk. The SDKs of AWS send 128 KiB.
const maxAWSChunk = 16 << 20

// errChunkSignature is returned for a body with a chunk whose signature is wrong.
var errChunkSignature = errors.New("the signature of a chunk does not match")

// awsChunks reads a body in chunks, "SIZE;chunk-signature=HEX", a line end, the bytes, a line end; each is signed
// together with the signature of the one before, and the last is empty.
type awsChunks struct {
	source *bufio.Reader
	close  io.Closer
	aws
	chunk *bytes.Reader // what is left of the verified chunk
	err   error
}

// readAWSChunks makes the body that of the object. Its length must be announced.
func (r *request) readAWSChunks(v aws) *Error {
	n, err := parseNumber(r.header("x-amz-decoded-content-length"))
	if err != nil {
		return refuse(MissingContentLength, "")
	}
	r.Body = &awsChunks{source: bufio.NewReader(r.Body), close: r.Body, aws: v, chunk: bytes.NewReader(nil)}
	r.ContentLength = n
	encodings := strings.Split(r.header("Content-Encoding"), ",")
	var kept []string
	for _, name := range encodings {
		if name = strings.TrimSpace(name); name != "" && name != "aws-chunked" {
			kept = append(kept, name)
		}
	}
	r.Header.Set("Content-Encoding", strings.Join(kept, ","))
	return nil
}

func (c *awsChunks) Read(p []byte) (int, error) {
	for c.chunk.Len() == 0 && c.err == nil {
		c.err = c.next()
	}
	if c.chunk.Len() > 0 {
		return c.chunk.Read(p)
	}
	return 0, c.err
}

func (c *awsChunks) Close() error { return c.close.Close() }

// next reads and verifies one chunk; io.EOF after the last.
func (c *awsChunks) next() error {
	line, err := c.source.ReadString('\n')
	if err != nil {
		return io.ErrUnexpectedEOF
	}
	size, signature, _ := strings.Cut(strings.TrimSpace(line), ";chunk-signature=")
	n, err := strconv.ParseInt(size, 16, 64)
	if err != nil || n < 0 || n > maxAWSChunk {
		return io.ErrUnexpectedEOF
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(c.source, data); err != nil {
		return io.ErrUnexpectedEOF
	}
	if _, err := c.source.ReadString('\n'); err != nil && n > 0 {
		return io.ErrUnexpectedEOF
	}
	empty, sum := sha256.Sum256(nil), sha256.Sum256(data)
	toSign := strings.Join([]string{awsAlgorithm + "-PAYLOAD", c.stamp, c.scope, c.signature,
		hex.EncodeToString(empty[:]), hex.EncodeToString(sum[:])}, "\n")
	if hex.EncodeToString(sign(c.key, toSign)) != signature {
		return errChunkSignature
	}
	c.signature = signature
	if c.chunk.Reset(data); n == 0 {
		return io.EOF
	}
	return nil
}
