// Package inventory reads OSS's inventories: lists of a bucket's objects that OSS makes daily or weekly.
package inventory

import (
	"compress/gzip"
	"context"
	"crypto/md5"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/listing"
	"afterput/internal/osscall"
)

// Inventory is a list of a bucket's objects that OSS has made: a manifest, and the files it names, in no particular
// order. Source: OSS user guide, bucket inventory.
type Inventory struct {
	url     string
	bucket  string
	created time.Time
	files   []File

	oss     GetOSS
	home    string // the bucket that has the files
	columns columns
}

// File is one gzip-compressed file of an inventory.
type File struct {
	Key  string `json:"key"`
	Size int64  `json:"size"`
	MD5  string `json:"MD5checksum"`
}

// GetOSS is what reading an inventory asks of the service. *oss.Client is one.
type GetOSS interface {
	GetObject(context.Context, *oss.GetObjectRequest, ...func(*oss.Options)) (*oss.GetObjectResult, error)
}

// manifest is the content of manifest.json.
type manifest struct {
	Created     string `json:"creationTimestamp"` // seconds since 1970
	Destination string `json:"destinationBucket"`
	Format      string `json:"fileFormat"`
	Schema      string `json:"fileSchema"`
	Files       []File `json:"files"`
	Source      string `json:"sourceBucket"`
}

// IsManifest reports whether a URL may be that of an inventory's manifest.
func IsManifest(url string) bool {
	bucket, key, ok := osscall.CutURL(url)
	return ok && bucket != "" && path.Base(key) == "manifest.json"
}

// Open reads the manifest of an inventory, whose URL [IsManifest] accepts, and checks it against the checksum
// that lies beside it.
func Open(ctx context.Context, client GetOSS, url string) (*Inventory, error) {
	bucket, key, _ := osscall.CutURL(url)
	content, err := getAll(ctx, client, bucket, key)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", url, err)
	}
	sum, err := getAll(ctx, client, bucket, path.Join(path.Dir(key), "manifest.checksum"))
	if err != nil {
		return nil, fmt.Errorf("read manifest.checksum beside %s: %w; it is there once an inventory is complete",
			url, err)
	}
	if !sameMD5(strings.TrimSpace(string(sum)), md5.Sum(content)) {
		return nil, fmt.Errorf("%s is damaged: its MD5 is not the one in manifest.checksum", url)
	}
	var m manifest
	if err := json.Unmarshal(content, &m); err != nil {
		return nil, fmt.Errorf("%s is not the manifest of an inventory: %w", url, err)
	}
	inv := &Inventory{url: url, bucket: m.Source, files: m.Files, oss: client, home: bucket}
	if !strings.EqualFold(m.Format, "CSV") {
		return nil, fmt.Errorf("%s lists files of format %q; afterput reads CSV", url, m.Format)
	}
	if inv.bucket == "" {
		return nil, fmt.Errorf("%s does not name its sourceBucket", url)
	}
	seconds, err := strconv.ParseInt(m.Created, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%s has the creationTimestamp %q; want seconds since 1970", url, m.Created)
	}
	inv.created = time.Unix(seconds, 0).UTC()
	if inv.columns, err = columnsOf(m.Schema); err != nil {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	return inv, nil
}

func getAll(ctx context.Context, client GetOSS, bucket, key string) (content []byte, err error) {
	err = osscall.Send(ctx, "GetObject", func(ctx context.Context) error {
		res, err := client.GetObject(ctx, &oss.GetObjectRequest{Bucket: &bucket, Key: &key})
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		content, err = io.ReadAll(io.LimitReader(res.Body, 64<<20))
		return err
	})
	return content, err
}

func sameMD5(text string, sum [md5.Size]byte) bool {
	return strings.EqualFold(text, hex.EncodeToString(sum[:]))
}

// columns says which column has what, counted from 0; -1 for none.
type columns struct {
	number                                                         int
	key, size, modified, etag, class, objectType, multipart, crc64 int
	isLatest, isMarker                                             int
}

// columnsOf reads a fileSchema. The names are compared without case; the page of OSS has one of them in two spellings.
func columnsOf(schema string) (columns, error) {
	var names []string
	for name := range strings.SplitSeq(schema, ",") {
		names = append(names, strings.ToLower(strings.TrimSpace(name)))
	}
	of := func(name string) int { return slices.Index(names, name) }
	c := columns{number: len(names), key: of("key"), size: of("size"), modified: of("lastmodifieddate"),
		etag: of("etag"), class: of("storageclass"), objectType: of("objecttype"),
		multipart: of("ismultipartuploaded"), crc64: of("crc64"),
		isLatest: of("islatest"), isMarker: of("isdeletemarker")}
	for name, column := range map[string]int{"Key": c.key, "Size": c.size, "LastModifiedDate": c.modified} {
		if column < 0 {
			return c, fmt.Errorf("the inventory has no column %s (it has %s): add it to the inventory's settings, "+
				"and use the next one", name, schema)
		}
	}
	return c, nil
}

// URL is that of the manifest.
func (inv *Inventory) URL() string { return inv.url }

// Bucket is the bucket whose objects are listed.
func (inv *Inventory) Bucket() string { return inv.bucket }

// Created is when the inventory was made: objects that were put later may be missing.
func (inv *Inventory) Created() time.Time { return inv.created }

// Files is how many files the inventory has.
func (inv *Inventory) Files() int { return len(inv.files) }

// Read reads one file of the inventory, counted from 0: page is called with some objects at a time, current versions
// only. The file is checked before the first of them is passed on.
func (inv *Inventory) Read(ctx context.Context, n int, page func([]listing.Entry) error) error {
	file := inv.files[n]
	local, err := inv.download(ctx, file)
	if err != nil {
		return fmt.Errorf("read %s: %w", osscall.URL(inv.home, file.Key), err)
	}
	defer func() {
		_ = local.Close()
		_ = os.Remove(local.Name())
	}()
	if err := inv.parse(local, page); err != nil {
		return fmt.Errorf("read %s: %w", osscall.URL(inv.home, file.Key), err)
	}
	return nil
}

// download writes a file into a temporary one, and checks it.
func (inv *Inventory) download(ctx context.Context, file File) (local *os.File, err error) {
	local, err = os.CreateTemp("", "afterput-inventory")
	if err != nil {
		return nil, err
	}
	var sum hash.Hash
	err = osscall.Call{Op: "GetObject"}.Do(ctx, func(ctx context.Context) error {
		if _, err := local.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if err := local.Truncate(0); err != nil {
			return err
		}
		res, err := inv.oss.GetObject(ctx, &oss.GetObjectRequest{Bucket: &inv.home, Key: &file.Key})
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		sum = md5.New()
		_, err = io.Copy(io.MultiWriter(local, sum), res.Body)
		return err
	})
	if err == nil && !strings.EqualFold(hex.EncodeToString(sum.Sum(nil)), file.MD5) {
		err = errors.New("the file is damaged: its MD5 is not the one in the manifest")
	}
	if err == nil {
		_, err = local.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = local.Close()
		_ = os.Remove(local.Name())
		return nil, err
	}
	return local, nil
}

func (inv *Inventory) parse(compressed io.Reader, page func([]listing.Entry) error) error {
	plain, err := gzip.NewReader(compressed)
	if err != nil {
		return err
	}
	rows := csv.NewReader(plain)
	rows.FieldsPerRecord = inv.columns.number
	rows.ReuseRecord = true
	entries := make([]listing.Entry, 0, listing.MaxKeys)
	for {
		row, err := rows.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		e, current, err := inv.columns.entry(row)
		if err != nil {
			line, _ := rows.FieldPos(0)
			return fmt.Errorf("line %d: %w", line, err)
		}
		if !current {
			continue
		}
		if entries = append(entries, e); len(entries) == listing.MaxKeys {
			if err := page(slices.Clone(entries)); err != nil {
				return err
			}
			entries = entries[:0]
		}
	}
	if len(entries) == 0 {
		return nil
	}
	return page(slices.Clone(entries))
}

// entry reads a row; current is false for a delete marker and for a version that is not the current one.
func (c *columns) entry(row []string) (e listing.Entry, current bool, err error) {
	text := func(column int) string {
		if column < 0 {
			return ""
		}
		return strings.TrimSpace(row[column])
	}
	if strings.EqualFold(text(c.isMarker), "true") || strings.EqualFold(text(c.isLatest), "false") {
		return e, false, nil
	}
	if e.Key, err = listing.UnquoteKey(row[c.key]); err != nil || e.Key == "" {
		return e, false, fmt.Errorf("%q is not a key", row[c.key])
	}
	if e.Size, err = strconv.ParseInt(text(c.size), 10, 64); err != nil {
		return e, false, fmt.Errorf("%q is not a size", text(c.size))
	}
	if e.LastModified, err = inventoryTime(text(c.modified)); err != nil {
		return e, false, err
	}
	e.ETag = strings.Trim(text(c.etag), `"`)
	e.StorageClass, e.Type = listing.Intern([]byte(text(c.class))), listing.Intern([]byte(text(c.objectType)))
	e.CRC64 = text(c.crc64)
	if e.Type == "" && strings.EqualFold(text(c.multipart), "true") {
		e.Type = "Multipart"
	}
	return e, true, nil
}

// inventoryTime reads a time as OSS's documentation shows it, 2025-04-14T07-06-00Z, or in another usual form, since
// it is shown by one example only. Source: OSS user guide, bucket inventory.
func inventoryTime(s string) (time.Time, error) {
	if t, err := listing.ParseTime(s); err == nil {
		return t.UTC(), nil
	}
	for _, form := range []string{
		"2006-01-02T15-04-05Z", "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.RFC1123,
	} {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC(), nil
		}
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 {
		if n > 1e11 {
			return time.UnixMilli(n).UTC(), nil
		}
		return time.Unix(n, 0).UTC(), nil
	}
	return time.Time{}, fmt.Errorf("%q is not a time", s)
}
