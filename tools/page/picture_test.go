package page

import (
	"bytes"
	"image/png"
	"os"
	"testing"
)

// With -update, docs/page.png is the page after six uploads, one of which is copied in parts.
func TestThePictureForTheREADME(t *testing.T) {
	const path = "../../docs/page.png"
	if !*update {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := png.DecodeConfig(file); err != nil {
			t.Error(err)
		}
		t.Skip("the picture is taken again with UPDATE=1")
	}
	l := serve(t, "")
	b := l.open(look{width: 1480, height: 800})
	b.play()
	b.click("[data-trouble=slow]")
	b.describe("app-logs", "logs/huge/trace.bin", "2TiB", "application/octet-stream")
	b.until(`document.querySelector('.copy-line progress')?.value > 0.04`)
	b.until(`document.querySelector('#graph').textContent.includes('size is 2TiB')`)
	eval[any](b, `document.activeElement.blur()`)
	picture := b.picture()
	if _, err := png.Decode(bytes.NewReader(picture)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, picture, 0o644); err != nil {
		t.Fatal(err)
	}
	b.click("[data-trouble=slow]")
}
