package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"afterput/internal/localoss"
	"afterput/internal/terminal"
)

// backfillRules copy some objects once, some twice, and some not at all.
const backfillRules = `version: 1
sources: [photo-uploads]
rules:
  - name: replicate
    match: {prefix: photos/}
    copy:
      - bucket: photo-replica
  - name: archive-originals
    match: {prefix: photos/, suffix: .raw}
    copy:
      - bucket: photo-archive
        key: "originals/${dir.base}/${base}"
        storage-class: Archive
`

// backfillDemo has a tool copy what is there already, kills its process in the middle, and starts it again.
type backfillDemo struct {
	tool    string // path of the command line tool
	objects int
	out     io.Writer

	oss     *localoss.Server
	command []string // of the backfill
	env     []string

	mu      sync.Mutex
	written map[string]int // copies, by destination
	copies  int
	killAt  int // the number of copies at which the process is killed
	process *os.Process
}

// run runs the demo. It stops when ctx ends.
func (d *backfillDemo) run(ctx context.Context) (err error) {
	folder, err := os.MkdirTemp("", "afterput-demo")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	rulesFile := filepath.Join(folder, "rules.yaml")
	if err := os.WriteFile(rulesFile, []byte(backfillRules), 0o600); err != nil {
		return err
	}
	d.written = make(map[string]int)
	if d.oss, err = localoss.New(localoss.Config{Intercept: d.intercept}); err != nil {
		return err
	}
	front := httptest.NewServer(d.oss)
	defer func() { front.Close(); err = errors.Join(err, d.oss.Close()) }()
	d.env = []string{"OSS_REGION=cn-hangzhou", "OSS_ENDPOINT=" + front.URL,
		"ALIBABA_CLOUD_ACCESS_KEY_ID=local", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=local"}
	d.command = []string{"backfill", rulesFile, "--job", filepath.Join(folder, "job"), "--yes"}

	terminal.Fprintf(d.out, "OSS listens on %s. The rules:\n\n%s\n", front.URL, terminal.Lines(backfillRules))
	expected, there, err := d.upload()
	if err != nil {
		return err
	}
	terminal.Fprintf(d.out, "photo-uploads has %d objects; %d of their %d copies are in place.\n\n", d.objects, there,
		len(expected))
	if err := d.backfill(ctx, len(expected)-there); err != nil {
		return err
	}
	return d.verify(ctx, expected, there, rulesFile)
}

// wanted is what a destination must be.
type wanted struct {
	size  int64
	crc   uint64
	class string
}

// upload makes the objects, each tenth of them unwanted and each fifth an original, and the replicas of two thirds. It
// returns what each destination must be, and how many are so already.
func (d *backfillDemo) upload() (expected map[string]wanted, there int, err error) {
	for _, bucket := range []string{"photo-uploads", "photo-replica", "photo-archive"} {
		if err := d.oss.CreateBucket(bucket); err != nil {
			return nil, 0, err
		}
	}
	expected = make(map[string]wanted)
	put := func(bucket, key string, i int) {
		if err == nil {
			err = d.oss.PutSparse(bucket, key, sizeOf(i), localoss.WithSeed(uint64(i/sizes+1)))
		}
	}
	for i := range d.objects {
		day, name := fmt.Sprintf("%02d", i%28+1), fmt.Sprintf("IMG_%06d.jpg", i)
		switch {
		case i%10 == 7:
			put("photo-uploads", "thumbnails/"+name, i)
			continue
		case i%5 == 0:
			name = fmt.Sprintf("IMG_%06d.raw", i)
		}
		key := "photos/" + day + "/" + name
		put("photo-uploads", key, i)
		source, _ := d.oss.Object("photo-uploads", key)
		if err != nil {
			return nil, 0, err
		}
		expected["photo-replica/"+key] = wanted{source.Size, source.CRC64, "Standard"}
		if i%5 == 0 {
			expected["photo-archive/originals/"+day+"/"+name] = wanted{source.Size, source.CRC64, "Archive"}
		}
		if i%3 > 0 {
			put("photo-replica", key, i)
			there++
		}
	}
	return expected, there, err
}

// sizes is how many objects in a row have different sizes. The next ones differ in their content.
const sizes = 4000

// sizeOf is the size of an object, which takes no memory. A few are copied in parts.
func sizeOf(i int) int64 {
	if i%20_000 == 500 {
		return 300 << 20
	}
	return int64(i%sizes) << 10
}

// intercept counts the copies, and kills the process in the middle of one.
func (d *backfillDemo) intercept(
	_ context.Context, call *localoss.Call, next func() *localoss.Response,
) *localoss.Response {
	r := next()
	if r == nil || r.Code != "" || call.Name != "CopyObject" && call.Name != "CompleteMultipartUpload" {
		return r
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.written[call.Bucket+"/"+call.Key]++
	if d.copies++; d.copies == d.killAt {
		_ = d.process.Kill()
	}
	return r
}

// backfill starts the process of the backfill, kills it when half of the copies are made, and starts it again.
func (d *backfillDemo) backfill(ctx context.Context, missing int) error {
	terminal.Fprintf(d.out, "$ afterput %s\n", commandLine(d.command))
	began := time.Now()
	cmd := d.afterput(ctx, d.command...)
	d.mu.Lock()
	d.killAt = missing / 2
	err := cmd.Start()
	d.process = cmd.Process
	d.mu.Unlock()
	if err != nil {
		return err
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() >= 0 {
		return fmt.Errorf("the backfill was not killed: %w", err)
	}
	killed := time.Since(began)
	terminal.Fprintf(d.out, "killed (SIGKILL) after %d of %d copies, %.1f s\n\n", missing/2, missing, killed.Seconds())
	status := append(slices.Clone(d.command[:len(d.command)-1]), "--status") // instead of --yes
	for _, args := range [][]string{status, d.command} {
		terminal.Fprintf(d.out, "$ afterput %s\n", commandLine(args))
		if err := d.afterput(ctx, args...).Run(); err != nil {
			return fmt.Errorf("afterput %s after the kill: %w", commandLine(args), err)
		}
		terminal.Fprintf(d.out, "\n")
	}
	took := time.Since(began)
	terminal.Fprintf(d.out, "%d copies in %.1f s: %.0f a second\n\n", missing, took.Seconds(),
		float64(missing)/took.Seconds())
	return nil
}

// commandLine is a command as a user would write it.
func commandLine(args []string) (line string) {
	for i, a := range args {
		if i > 0 {
			line += " "
		}
		line += terminal.Escape(filepath.Base(a))
	}
	return line
}

// afterput is a run of the tool, which prints what it prints.
func (d *backfillDemo) afterput(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, d.tool, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = d.env, d.out, d.out
	return cmd
}

// verify compares every destination with what it must be, and has the tool compare source and destinations once more.
func (d *backfillDemo) verify(ctx context.Context, expected map[string]wanted, there int, rulesFile string) error {
	terminal.Fprintf(d.out, "Verifying every destination …\n")
	requests := d.oss.Counts()
	found, again, err := d.compare(expected)
	if err != nil {
		return err
	}
	if err := d.afterput(ctx, "diff", rulesFile).Run(); err != nil {
		return fmt.Errorf("afterput diff after the backfill: %w", err)
	}
	terminal.Fprintf(d.out, "\nAll verified: %d destinations, size, content and class of each, and nothing else.\n"+
		"%d were there before and were not written. The kill lost nothing; %d copies, which were in flight, were made "+
		"again.\n"+
		"Requests: %d ListObjectsV2, %d HeadObject, %d CopyObject, %d UploadPartCopy.\n", found, there, again,
		requests["ListObjectsV2"], requests["HeadObject"], requests["CopyObject"], requests["UploadPartCopy"])
	return nil
}

// compare counts the destinations, and the copies that were made again. The error names every difference.
func (d *backfillDemo) compare(expected map[string]wanted) (found, again int, err error) {
	var differ []error
	for _, bucket := range []string{"photo-replica", "photo-archive"} {
		for _, o := range d.oss.Objects(bucket) {
			name := bucket + "/" + o.Key
			want, known := expected[name]
			if got := (wanted{o.Size, o.CRC64, o.StorageClass}); !known || got != want {
				differ = append(differ, fmt.Errorf("oss://%s is %+v, want %+v", name, got, want))
			}
			found++
			again += max(0, d.written[name]-1)
		}
	}
	if found != len(expected) {
		differ = append(differ, fmt.Errorf("%d destinations, want %d", found, len(expected)))
	}
	return found, again, errors.Join(differ...)
}
