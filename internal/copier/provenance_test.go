package copier_test

import (
	"fmt"
	"testing"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/rules"
)

// naming is a plan whose copy carries the name of its source.
func naming(c *rules.Copy) { c.NamesSource = true }

func TestACopyCarriesTheNameOfItsSourceWhateverItsSize(t *testing.T) {
	byEachMethod(t, setup{}, func(t *testing.T, w *world) {
		event := w.put(large, 1, localoss.WithHeader("x-oss-meta-a", "1"),
			localoss.WithHeader("Content-Type", "image/png"))
		w.wantOutcome(w.copy(w.ctx, event, plan(naming)), copier.Copied)
		o, _ := w.Object(to, key)
		const name = "oss://source-bucket/dir/a%20b%2Bc%25d%20%E4%B8%AD%E6%96%87.bin "
		if o.Meta["afterput-source"] != name+fmt.Sprint(o.CRC64) || o.Meta["a"] != "1" || o.ContentType != "image/png" {
			t.Errorf("the copy has metadata %v and type %s, CRC-64 %d", o.Meta, o.ContentType, o.CRC64)
		}
	})
}

func TestACopyOfAnObjectThatItsClientEncryptedIsMadeWithoutTheName(t *testing.T) {
	byEachMethod(t, setup{}, func(t *testing.T, w *world) {
		event := w.put(large, 1, localoss.WithHeader("x-oss-meta-client-side-encryption-key", "k"))
		w.wantOutcome(w.copy(w.ctx, event, plan(naming)), copier.Copied)
		if o, _ := w.Object(to, key); o.Meta["afterput-source"] != "" {
			t.Errorf("the copy has metadata %v", o.Meta)
		}
	})
}

func TestWhatACopySaysOfItsSourceIsBelievedOnlyWhileItsContentIsTheSame(t *testing.T) {
	for _, c := range []struct {
		copyOf, crc64, bucket, key string
		ok                         bool
	}{
		{"oss://b/k 12", "12", "b", "k", true},
		{"oss://b/k", "12", "b", "k", true}, // OSS did not know the CRC-64 of the source
		{"oss://b/a%20/%E4%B8%AD 12", "12", "b", "a /中", true},
		{"oss://b/k 12", "13", "b", "k", false},
		{"oss://b/k 12", "", "b", "k", false},
		{"oss://b/a+b 12", "12", "b", "a+b", false},
		{"b/k 12", "12", "b", "k", false},
		{"", "12", "", "", false},
	} {
		bucket, key, ok := copier.CopiedFrom(rules.Head{CopyOf: c.copyOf, CRC64: c.crc64})
		if ok != c.ok || bucket != c.bucket || key != c.key {
			t.Errorf("%q with CRC-64 %q: %s/%s %t", c.copyOf, c.crc64, bucket, key, ok)
		}
	}
}
