package inventory

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"

	"afterput/internal/listing"
)

// shelf has objects by key.
type shelf map[string][]byte

func (s shelf) GetObject(
	_ context.Context, r *oss.GetObjectRequest, _ ...func(*oss.Options),
) (*oss.GetObjectResult, error) {
	content, ok := s[*r.Key]
	if !ok {
		return nil, &oss.ServiceError{StatusCode: http.StatusNotFound, Code: "NoSuchKey", Message: "no " + *r.Key}
	}
	return &oss.GetObjectResult{Body: io.NopCloser(bytes.NewReader(content))}, nil
}

const at = "oss://reports/inv/uploads/daily/2026-11-20T00-00Z/manifest.json"

// written is an inventory of these files, each lines of CSV.
func written(schema string, files ...string) shelf {
	s := shelf{}
	var list []string
	for i, text := range files {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = io.WriteString(z, text)
		_ = z.Close()
		key := fmt.Sprintf("inv/uploads/daily/data/%d.csv.gz", i)
		s[key] = b.Bytes()
		list = append(list,
			fmt.Sprintf(`{"MD5checksum":"%X","key":"%s","size":%d}`, md5.Sum(b.Bytes()), key, b.Len()))
	}
	s.manifest(fmt.Sprintf(`{"creationTimestamp":"1763596800","destinationBucket":"reports","fileFormat":"CSV",`+
		`"fileSchema":"%s","files":[%s],"sourceBucket":"uploads","version":"2019-09-01"}`, schema,
		strings.Join(list, ",")))
	return s
}

func (s shelf) manifest(text string) {
	const home = "inv/uploads/daily/2026-11-20T00-00Z/"
	s[home+"manifest.json"] = []byte(text)
	s[home+"manifest.checksum"] = fmt.Appendf(nil, "%X", md5.Sum([]byte(text)))
}

// read reads a whole inventory.
func read(t *testing.T, s shelf) (all []listing.Entry, err error) {
	t.Helper()
	inv, err := Open(t.Context(), s, at)
	if err != nil {
		return nil, err
	}
	if inv.Bucket() != "uploads" || !inv.Created().Equal(time.Unix(1763596800, 0)) {
		t.Errorf("inventory of %s, %s", inv.Bucket(), inv.Created())
	}
	for n := range inv.Files() {
		err := inv.Read(t.Context(), n, func(page []listing.Entry) error { all = append(all, page...); return nil })
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func TestColumnsAreFoundByTheirNamesInAnyOrderAndSpelling(t *testing.T) {
	want := []listing.Entry{
		{Key: "a b+中.csv", Size: 12, ETag: "AB", StorageClass: "IA", Type: "Multipart", CRC64: "99",
			LastModified: time.Date(2026, 11, 19, 8, 0, 0, 0, time.UTC)},
		{Key: "line\nbreak,\"quote", Size: 0, ETag: "CD", StorageClass: "Standard", Type: "Normal", CRC64: "1",
			LastModified: time.Date(2026, 11, 19, 8, 0, 1, 0, time.UTC)},
	}
	for name, s := range map[string]shelf{
		"current versions": written("Bucket, Key, Size, StorageClass, LastModifiedDate, ETag, ObjectType, Crc64",
			"uploads,\"a%20b%2B%E4%B8%AD.csv\",\"12\",\"IA\","+
				"2026-11-19T08-00-00Z,\"\"\"AB\"\"\",Multipart,99\n",
			"\"uploads\",\"line%0Abreak%2C%22quote\",\"0\",\"Standard\","+
				"\"2026-11-19 08:00:01\",\"CD\",\"Normal\",\"1\"\n"),
		"another order, and a space as +": written("bucket,key,CRC64,etag,objecttype,lastmodifieddate,"+
			"storageclass,size",
			"uploads,a+b%2B%E4%B8%AD.csv,99,AB,Multipart,1763539200,IA,12\n"+
				"uploads,line%0Abreak%2C%22quote,1,CD,Normal,2026-11-19T08:00:01Z,Standard,0\n"),
		"all versions": written("Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, "+
			"StorageClass, ObjectType, Crc64",
			"uploads,a%20b%2B%E4%B8%AD.csv,v2,true,false,12,2026-11-19T08:00:00Z,AB,IA,Multipart,99\n"+
				"uploads,a%20b%2B%E4%B8%AD.csv,v1,false,false,7,2026-11-01T08:00:00Z,XX,IA,Multipart,98\n"+
				"uploads,gone.csv,v9,true,true,,2026-11-19T09:00:00Z,,,,\n"+
				"uploads,line%0Abreak%2C%22quote,v1,true,false,0,2026-11-19T08:00:01Z,CD,Standard,Normal,1\n"),
	} {
		t.Run(name, func(t *testing.T) {
			if name == "another order, and a space as +" {
				want[0].LastModified = time.Unix(1763539200, 0).UTC()
			} else {
				want[0].LastModified = time.Date(2026, 11, 19, 8, 0, 0, 0, time.UTC)
			}
			got, err := read(t, s)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAnInventoryThatCannotBeReadSaysWhy(t *testing.T) {
	const schema, row = "Bucket, Key, Size, LastModifiedDate", "uploads,a,1,2026-11-19T08:00:00Z\n"
	damaged := written(schema, row)
	damaged["inv/uploads/daily/data/0.csv.gz"][12] ^= 1
	unfinished := written(schema, row)
	delete(unfinished, "inv/uploads/daily/2026-11-20T00-00Z/manifest.checksum")
	changed := written(schema, row)
	changed["inv/uploads/daily/2026-11-20T00-00Z/manifest.json"][3] = 'x'
	orc := shelf{}
	orc.manifest(`{"creationTimestamp":"1","fileFormat":"ORC","fileSchema":"Key","sourceBucket":"uploads"}`)
	for name, c := range map[string]struct {
		s    shelf
		want string
	}{
		"a file with another checksum": {damaged, "its MD5 is not the one in the manifest"},
		"a manifest without checksum":  {unfinished, "is there once an inventory is complete"},
		"a manifest with another one":  {changed, "its MD5 is not the one in manifest.checksum"},
		"a column that is missing":     {written("Bucket, Key, Size", ""), "has no column LastModifiedDate"},
		"another format":               {orc, "afterput reads CSV"},
		"a size that is none":          {written(schema, "uploads,a,big,1\n"), `"big" is not a size`},
		"a time that is none":          {written(schema, "uploads,a,1,yesterday\n"), `"yesterday" is not a time`},
		"a row that is too short":      {written(schema, "uploads,a,1\n"), "wrong number of fields"},
	} {
		if _, err := read(t, c.s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, err := Open(t.Context(), shelf{}, "oss://reports/inv/list.csv"); err == nil {
		t.Error("something other than a manifest was opened")
	}
}
