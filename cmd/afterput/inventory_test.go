package main

import (
	"bytes"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"afterput/internal/localoss"
)

// shelf is a local OSS with objects from ten minutes ago, and inventories of them in the bucket lists.
type shelf struct {
	*localoss.Server
	t     *testing.T
	sdk   *oss.Client
	ago   atomic.Int64 // how much the clock of OSS is behind
	rules string
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{t: t}
	s.ago.Store(int64(10 * time.Minute))
	config := localoss.Config{InventoryRows: 1000,
		Now: func() time.Time { return time.Now().Add(-time.Duration(s.ago.Load())) }}
	s.Server = cloudWith(t, config, "replica", "lists")
	if err := s.CreateBucket("photos", localoss.WithVersioning()); err != nil {
		t.Fatal(err)
	}
	s.sdk = oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint(os.Getenv("OSS_ENDPOINT")).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local")))
	s.rules = files(t, map[string]string{"rules.yaml": replicatePhotos})("rules.yaml")
	return s
}

// later puts the clock of OSS forward: times that OSS shows have no fractions of a second.
func (s *shelf) later() { s.ago.Add(int64(-2 * time.Second)) }

func (s *shelf) put(bucket, key string, size int64, seed int, options ...localoss.ObjectOption) {
	s.t.Helper()
	if err := s.PutSparse(bucket, key, size, append(options, localoss.WithSeed(uint64(seed)))...); err != nil {
		s.t.Fatal(err)
	}
}

// inventory has OSS write an inventory of a bucket, and gives the URL of its manifest.
func (s *shelf) inventory(bucket, versions string, fields ...oss.InventoryOptionalFieldType) string {
	s.t.Helper()
	writeInventory(s.t, s.sdk, bucket, versions, fields...)
	return "oss://lists/" + s.find(bucket+"/daily/", "manifest.json")
}

// writeInventory has OSS write an inventory of a bucket into the bucket lists.
func writeInventory(
	t *testing.T, c *oss.Client, bucket, versions string, fields ...oss.InventoryOptionalFieldType,
) {
	t.Helper()
	_, err := c.PutBucketInventory(t.Context(), &oss.PutBucketInventoryRequest{
		Bucket: &bucket, InventoryId: oss.Ptr("daily"), InventoryConfiguration: &oss.InventoryConfiguration{
			Id: oss.Ptr("daily"), IsEnabled: oss.Ptr(true), IncludedObjectVersions: &versions,
			Schedule:       &oss.InventorySchedule{Frequency: oss.InventoryFrequencyDaily},
			OptionalFields: &oss.OptionalFields{Fields: fields},
			Destination: &oss.InventoryDestination{OSSBucketDestination: &oss.InventoryOSSBucketDestination{
				Format: oss.InventoryFormatCSV, AccountId: oss.Ptr("1234567890123456"),
				RoleArn: oss.Ptr("acs:ram::1234567890123456:role/AliyunOSSRole"), Bucket: oss.Ptr("acs:oss:::lists")}},
		}})
	if err != nil {
		t.Fatal(err)
	}
}

// find is the key of the object in the bucket lists that begins and ends so.
func (s *shelf) find(begins, ends string) string {
	s.t.Helper()
	for _, o := range s.Objects("lists") {
		if strings.HasPrefix(o.Key, begins) && strings.HasSuffix(o.Key, ends) {
			return o.Key
		}
	}
	s.t.Fatalf("no object %s…%s", begins, ends)
	return ""
}

// edit changes an object of the bucket lists.
func (s *shelf) edit(key string, change func([]byte) []byte) []byte {
	s.t.Helper()
	o, _ := s.Object("lists", key)
	content, err := io.ReadAll(o.Reader())
	if err != nil {
		s.t.Fatal(err)
	}
	content = change(content)
	_, err = s.sdk.PutObject(s.t.Context(), &oss.PutObjectRequest{
		Bucket: oss.Ptr("lists"), Key: &key, Body: bytes.NewReader(content)})
	if err != nil {
		s.t.Fatal(err)
	}
	return content
}

// run runs the tool, which is to exit with this code and to print this, and gives the requests it sent.
func (s *shelf) run(exits int, want string, args ...string) map[string]int {
	s.t.Helper()
	s.ResetCounts()
	code, out, problems := command(s.t, args...)
	if code != exits || !strings.Contains(out+problems, want) {
		s.t.Errorf("%v: exit %d, want %d and %q:\n%s%s", args, code, exits, want, out, problems)
	}
	return s.Counts()
}

var inventoryFields = []oss.InventoryOptionalFieldType{
	"StorageClass", "LastModifiedDate", "Crc64", "Size", "ObjectType", "ETag"}

func TestInventoriesReplaceTheListingsOfSourceAndDestination(t *testing.T) {
	const objects, there, inParts = 1_440, 1_040, 10 // more than one file each
	s := newShelf(t)
	for i := range objects {
		var options []localoss.ObjectOption
		if i%100 == 0 { // the copy in parts of an object has another ETag
			options = append(options, localoss.WithETag(fmt.Sprintf("%032X-2", i)))
		}
		s.put("photos", fmt.Sprintf("a b+%%/中 %05d.jpg", i), int64(i%5), i+1, options...)
	}
	s.put("photos", "gone", 1, 1)
	s.put("photos", "overwritten", 1, 1)
	s.put("replica", "overwritten", 1, 1)
	_, err := s.sdk.DeleteObject(t.Context(), &oss.DeleteObjectRequest{Bucket: oss.Ptr("photos"), Key: oss.Ptr("gone")})
	if err != nil {
		t.Fatal(err)
	}
	s.later()
	for i := range there {
		s.put("replica", fmt.Sprintf("a b+%%/中 %05d.jpg", i), int64(i%5), i+1)
	}
	s.put("photos", "overwritten", 2, 2)
	s.later()
	from, to := s.inventory("photos", "All", inventoryFields...), s.inventory("replica", "Current", inventoryFields...)

	sent := s.run(exitBad, "400 missing (800 bytes), 1 older", "diff", s.rules, "--inventory", from, "--inventory", to)
	if sent["ListObjectsV2"] > 0 || sent["HeadObject"] > 0 || sent["GetObject"] > 9 {
		t.Errorf("diff by inventories sent %v", sent)
	}
	sent = s.run(exitBad, "400 missing (800 bytes), 1 older", "diff", s.rules)
	if sent["HeadObject"] < inParts {
		t.Errorf("without CRC-64s, those in parts are to be read; sent %v", sent)
	}
	// Spelt as in the configuration, the column is found as well.
	manifest := strings.TrimPrefix(from, "oss://lists/")
	text := s.edit(manifest, func(b []byte) []byte { return bytes.Replace(b, []byte("CRC64"), []byte("Crc64"), 1) })
	s.edit(strings.Replace(manifest, ".json", ".checksum", 1), func([]byte) []byte {
		return fmt.Appendf(nil, "%X", md5.Sum(text))
	})
	args := []string{"backfill", s.rules, "--inventory", from, "--inventory", to, "--yes", "--job",
		filepath.Join(t.TempDir(), "job")}
	sent = s.run(exitGood, "401 copied", args...)
	if sent["CopyObject"] != 401 || sent["ListObjectsV2"] > 0 {
		t.Errorf("backfill by inventories sent %v", sent)
	}
	s.run(exitGood, "1441 same", "diff", s.rules)
	s.run(exitGood, "401 unchanged", "backfill", s.rules, "--inventory", from, "--inventory", to, "--yes") // old by now
}

func TestObjectsThatAreNewerThanAnInventoryAreLeftToTheirEvents(t *testing.T) {
	s := newShelf(t)
	s.put("photos", "before", 1, 1)
	s.put("photos", "removed", 1, 1)
	s.put("replica", "other", 1, 1)
	s.later()
	from := s.inventory("photos", "Current", inventoryFields...)
	to := s.inventory("replica", "Current", inventoryFields...)
	s.later()
	s.put("photos", "after", 1, 1)
	remove := &oss.DeleteObjectRequest{Bucket: oss.Ptr("photos"), Key: oss.Ptr("removed")}
	_, err := s.sdk.DeleteObject(t.Context(), remove)
	if err != nil {
		t.Fatal(err)
	}
	// The source is listed: what is in the listing and newer than the destination's inventory is superseded.
	s.run(exitBad, "1 missing (1 bytes), 1 superseded", "diff", s.rules, "--inventory", to)
	s.run(exitBad, "put after the inventory of replica was made: its event copies it", "diff", s.rules, "--inventory",
		to)
	// The source's inventory does not have it, but has one that was removed since.
	s.run(exitBad, "2 missing", "diff", s.rules, "--inventory", from, "--inventory", to)
	s.run(exitGood, "1 copied (1 bytes), 0 unchanged, 1 skipped or superseded, 0 failed", "backfill", s.rules,
		"--inventory", from, "--inventory", to, "--yes")
	if _, copied := s.Object("replica", "after"); copied {
		t.Error("an object that is newer than the inventory was copied")
	}
}

func TestAnInventoryThatCannotBeUsedIsRefusedWithTheReason(t *testing.T) {
	s := newShelf(t)
	s.put("photos", "a", 1, 1)
	s.put("replica", "b", 1, 1)
	if err := s.CreateBucket("elsewhere"); err != nil {
		t.Fatal(err)
	}
	s.put("elsewhere", "c", 1, 1)
	s.later()
	good := s.inventory("photos", "Current", inventoryFields...)
	noSize := s.inventory("replica", "Current", "ETag", "LastModifiedDate")
	other := s.inventory("elsewhere", "Current", inventoryFields...)

	s.run(exitBad, "1 missing", "diff", s.rules, "--inventory", good)
	s.run(exitBad, "lists bucket elsewhere, which is neither a source nor a destination", "diff", s.rules,
		"--inventory", other)
	s.run(exitBad, "the inventory has no column Size", "diff", s.rules, "--inventory", noSize)
	s.run(exitUsage, "two of them list photos", "diff", s.rules, "--inventory", good, "--inventory", good)
	s.run(exitBad, "NoSuchKey", "diff", s.rules, "--inventory", "oss://lists/none/manifest.json")

	list := s.find("photos/daily/data/", ".csv.gz")
	whole := s.edit(list, func(b []byte) []byte { return b })
	s.edit(list, func(b []byte) []byte { b = bytes.Clone(b); b[len(b)/2] ^= 1; return b })
	s.run(exitBad, "read oss://lists/"+list+": the file is damaged", "diff", s.rules, "--inventory", good)
	s.run(exitBad, "is damaged", "backfill", s.rules, "--inventory", good, "--yes")
	s.edit(list, func([]byte) []byte { return whole })
	s.run(exitBad, "1 missing", "diff", s.rules, "--inventory", good)

	manifest := strings.TrimPrefix(good, "oss://lists/")
	s.edit(manifest, func(b []byte) []byte {
		var m map[string]any
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		m["sourceBucket"] = "replica"
		b, _ = json.Marshal(m)
		return b
	})
	s.run(exitBad, "its MD5 is not the one in manifest.checksum", "diff", s.rules, "--inventory", good)
	if all := s.Objects("replica"); len(all) != 1 {
		t.Errorf("%d objects were copied", len(all)-1)
	}
}
