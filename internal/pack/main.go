// Command pack makes the zip that Function Compute runs a function from:
//
//	pack FOLDER FILE.zip
//
// It puts the files of FOLDER at the top of the zip and prints its size and
// SHA-256. The same files give the same bytes on every machine and at any time:
// names are sorted, times fixed, and of the modes only the run bit is kept.
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: pack FOLDER FILE.zip")
	}
	folder, file := args[0], args[1]
	content, err := pack(os.DirFS(folder))
	if err != nil {
		return fmt.Errorf("pack %s: %w", folder, err)
	}
	if err := os.WriteFile(file, content, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s  %d bytes (%.2f MiB)\nsha256  %x\n",
		file, len(content), float64(len(content))/(1<<20), sha256.Sum256(content))
	return nil
}

// epoch is the earliest time a zip can hold.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// pack returns the zip of a folder's files. A folder without a file that may be
// run is an error: FC would refuse the function when it first runs.
func pack(folder fs.FS) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	runnable := false
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is not a plain file", name)
		}
		content, err := fs.ReadFile(folder, name)
		if err != nil {
			return err
		}
		header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: epoch}
		header.SetMode(0o644)
		if info.Mode()&0o111 != 0 {
			header.SetMode(0o755)
			runnable = true
		}
		w, err := z.CreateHeader(header)
		if err != nil {
			return err
		}
		_, err = w.Write(content)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !runnable {
		return nil, fmt.Errorf("no file in it has its run bit set: build the function first (make package)")
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
