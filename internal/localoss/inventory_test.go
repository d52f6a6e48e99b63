package localoss_test

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"hash/crc64"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"afterput/internal/localoss"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"
)

// inventory is a configuration that OSS accepts, for bucket bkt, with its lists in the bucket lists.
func inventory(id string, edit ...func(*oss.InventoryConfiguration)) *oss.PutBucketInventoryRequest {
	c := &oss.InventoryConfiguration{
		Id: &id, IsEnabled: oss.Ptr(true), IncludedObjectVersions: oss.Ptr("Current"),
		Schedule: &oss.InventorySchedule{Frequency: oss.InventoryFrequencyDaily},
		Destination: &oss.InventoryDestination{OSSBucketDestination: &oss.InventoryOSSBucketDestination{
			Format: oss.InventoryFormatCSV, AccountId: oss.Ptr("1234567890123456"),
			RoleArn: oss.Ptr("acs:ram::1234567890123456:role/AliyunOSSRole"), Bucket: oss.Ptr("acs:oss:::lists"),
			Prefix: oss.Ptr("inv/")}},
		OptionalFields: &oss.OptionalFields{Fields: []oss.InventoryOptionalFieldType{"Size", "LastModifiedDate"}},
	}
	for _, f := range edit {
		f(c)
	}
	return &oss.PutBucketInventoryRequest{Bucket: oss.Ptr("bkt"), InventoryId: &id, InventoryConfiguration: c}
}

func (w *world) putInventory(r *oss.PutBucketInventoryRequest) {
	w.Helper()
	if _, err := w.sdk.PutBucketInventory(ctx, r); err != nil {
		w.Fatal(err)
	}
}

// inventories is a world whose clock stands still, with a bucket for the lists.
type inventories struct {
	*world
	now time.Time
}

func inventoryWorld(t *testing.T) *inventories {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	w := newWorld(t, localoss.Config{Now: func() time.Time { return now }})
	if err := w.CreateBucket("lists"); err != nil {
		t.Fatal(err)
	}
	return &inventories{w, now}
}

// at is the key of the manifest of an inventory that is written now.
func (w *inventories) at(home string) string {
	return home + w.now.Format("/2006-01-02T15-04Z/") + "manifest.json"
}

// content is that of an object in the bucket lists.
func (w *world) content(key string) []byte {
	w.Helper()
	o, ok := w.Object("lists", key)
	if !ok {
		w.Fatalf("%s is not there", key)
	}
	b, err := io.ReadAll(o.Reader())
	if err != nil {
		w.Fatal(err)
	}
	return b
}

// manifest reads a manifest, and the sorted rows of all of its files, whose checksums and sizes it checks.
func (w *world) manifest(key string) (m map[string]any, rows []string) {
	w.Helper()
	text := w.content(key)
	sum := w.content(strings.TrimSuffix(key, "json") + "checksum")
	if got := fmt.Sprintf("%X", md5.Sum(text)); got != string(sum) {
		w.Errorf("manifest.checksum is %s, want %s", sum, got)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		w.Fatal(err)
	}
	for _, f := range m["files"].([]any) {
		file := f.(map[string]any)
		b := w.content(file["key"].(string))
		if fmt.Sprintf("%X", md5.Sum(b)) != file["MD5checksum"] || float64(len(b)) != file["size"] {
			w.Errorf("file %v has another MD5 or size", file)
		}
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			w.Fatal(err)
		}
		plain, err := io.ReadAll(z)
		if err != nil {
			w.Fatal(err)
		}
		rows = slices.AppendSeq(rows, strings.Lines(string(plain)))
	}
	slices.Sort(rows)
	return m, rows
}

func TestTheFirstInventoryIsWrittenWhenItIsConfigured(t *testing.T) {
	w := inventoryWorld(t)
	w.put("dir/a b+中.txt", "text", func(r *oss.PutObjectRequest) {
		r.Tagging, r.StorageClass, r.ServerSideEncryption = oss.Ptr("a=b&c=d"), "IA", oss.Ptr("AES256")
	})
	if err := w.PutSparse("bkt", "large", 3<<30); err != nil {
		t.Fatal(err)
	}
	w.names()
	w.putInventory(inventory("daily", func(c *oss.InventoryConfiguration) {
		c.OptionalFields.Fields = []oss.InventoryOptionalFieldType{"ObjectType", "Size", "StorageClass",
			"LastModifiedDate", "IsMultipartUploaded", "EncryptionStatus", "TaggingCount", "ObjectAcl",
			"TransitionTime", "ETag", "Crc64"}
	}))
	m, rows := w.manifest(w.at("inv/bkt/daily"))
	file := m["files"].([]any)[0].(map[string]any)["key"].(string)
	if !strings.HasPrefix(file, "inv/bkt/daily/data/") || !strings.HasSuffix(file, ".csv.gz") {
		t.Errorf("the list is %s", file)
	}
	delete(m, "files")
	if d := cmp.Diff(map[string]any{"creationTimestamp": fmt.Sprint(w.now.Unix()),
		"destinationBucket": "lists", "fileFormat": "CSV",
		"fileSchema": "Bucket, Key, ObjectType, Size, StorageClass, LastModifiedDate, IsMultipartUploaded, " +
			"EncryptionStatus, TaggingCount, ObjectAcl, TransitionTime, ETag, CRC64",
		"sourceBucket": "bkt", "version": "2019-09-01"}, m); d != "" {
		t.Error(d)
	}
	large, _ := w.Object("bkt", "large")
	stamp := w.now.Format("2006-01-02T15-04-05Z")
	want := []string{
		fmt.Sprintf(`bkt,"dir%%2Fa%%20b%%2B%%E4%%B8%%AD.txt","Normal","4","IA","%s","false","true","2","default","",`+
			`"1CB251EC0D568DE6A929B520C4AED8D1","%d"`+"\n",
			stamp, crc64.Checksum([]byte("text"), crc64.MakeTable(crc64.ECMA))),
		fmt.Sprintf(`bkt,"large","Multipart","3221225472","Standard","%s","true","false","0","default",`+
			`"","%s","%d"`+"\n", stamp, large.ETag, large.CRC64),
	}
	if d := cmp.Diff(want, rows); d != "" {
		t.Error(d)
	}
	if got := w.names(); !slices.Equal(got, slices.Repeat([]string{"ObjectCreated:PutObject"}, 3)) {
		t.Errorf("events: %v", got)
	}
}

func TestAnInventoryOfAllVersionsSaysWhichIsTheLatestAndWhichAMarker(t *testing.T) {
	w := inventoryWorld(t)
	if err := w.CreateBucket("versions", localoss.WithVersioning()); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int64{1, 2} {
		if err := w.PutSparse("versions", "k", size); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.PutSparse("versions", "gone", 3); err != nil {
		t.Fatal(err)
	}
	_, err := w.sdk.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: oss.Ptr("versions"), Key: oss.Ptr("gone")})
	if err != nil {
		t.Fatal(err)
	}
	stamp := w.now.Format("2006-01-02T15-04-05Z")
	for versions, want := range map[string][]string{
		"All": {`"gone","ID","false","false","3","T"`, `"gone","ID","true","true","","T"`,
			`"k","ID","false","false","1","T"`, `"k","ID","true","false","2","T"`},
		"Current": {`"k","2","T"`},
	} {
		r := inventory(versions, func(c *oss.InventoryConfiguration) { c.IncludedObjectVersions = &versions })
		r.Bucket = oss.Ptr("versions")
		w.putInventory(r)
		_, rows := w.manifest(w.at("inv/versions/" + versions))
		var got []string
		for _, row := range rows {
			row = strings.ReplaceAll(strings.TrimPrefix(strings.TrimSpace(row), "versions,"), stamp, "T")
			for _, v := range slices.Concat(w.Versions("versions", "k"), w.Versions("versions", "gone")) {
				row = strings.ReplaceAll(row, v.VersionID, "ID")
			}
			got = append(got, row)
		}
		slices.Sort(got)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", versions, d)
		}
	}
}

func TestAnInventoryListsWhatItsFilterSelects(t *testing.T) {
	w := inventoryWorld(t)
	w.put("a/1", "1")
	w.put("a/22", "22", func(r *oss.PutObjectRequest) { r.StorageClass = "IA" })
	w.put("a/333", "333")
	w.put("b/1", "1")
	now := w.now.Unix()
	for i, c := range []struct {
		filter oss.InventoryFilter
		want   int
	}{
		{oss.InventoryFilter{}, 4},
		{oss.InventoryFilter{Prefix: oss.Ptr("a/")}, 3},
		{oss.InventoryFilter{LowerSizeBound: oss.Ptr(int64(2))}, 2},
		{oss.InventoryFilter{UpperSizeBound: oss.Ptr(int64(2)), Prefix: oss.Ptr("a/")}, 2},
		{oss.InventoryFilter{StorageClass: oss.Ptr("Archive,IA")}, 1},
		{oss.InventoryFilter{StorageClass: oss.Ptr("All")}, 4},
		{oss.InventoryFilter{LastModifyBeginTimeStamp: &now, LastModifyEndTimeStamp: &now}, 4},
		{oss.InventoryFilter{LastModifyBeginTimeStamp: oss.Ptr(now + 1)}, 0},
		{oss.InventoryFilter{LastModifyEndTimeStamp: oss.Ptr(now - 1)}, 0},
	} {
		id := fmt.Sprint("f", i)
		w.putInventory(inventory(id, func(inv *oss.InventoryConfiguration) { inv.Filter = &c.filter }))
		key := w.at("inv/bkt/" + id)
		if _, written := w.Object("lists", key); !written && c.want == 0 {
			continue // OSS writes no inventory of nothing
		}
		if _, rows := w.manifest(key); len(rows) != c.want {
			t.Errorf("%d: %d rows, want %d", i, len(rows), c.want)
		}
	}
}

func TestALargeInventoryHasSeveralFilesInNoOrder(t *testing.T) {
	w := inventoryWorld(t)
	const objects = 25_000
	for i := range objects {
		if err := w.PutSparse("bkt", fmt.Sprintf("%05d", i), 1); err != nil {
			t.Fatal(err)
		}
	}
	w.putInventory(inventory("off", func(c *oss.InventoryConfiguration) { c.IsEnabled = oss.Ptr(false) }))
	if all := w.Objects("lists"); len(all) > 0 {
		t.Errorf("a disabled inventory wrote %d objects", len(all))
	}
	url, err := w.WriteInventory("bkt", "off")
	if err != nil {
		t.Fatal(err)
	}
	m, rows := w.manifest(strings.TrimPrefix(url, "oss://lists/"))
	if files := len(m["files"].([]any)); files != 3 || len(slices.Compact(rows)) != objects {
		t.Errorf("%d files with %d objects", files, len(rows))
	}
	for _, id := range []string{"other", ""} {
		if _, err := w.WriteInventory("bkt", id); err == nil || !strings.Contains(err.Error(), "NoSuchInventory") {
			t.Errorf("an inventory %q was written: %v", id, err)
		}
	}
}

func TestInventoriesAreConfiguredListedAndDeleted(t *testing.T) {
	w := inventoryWorld(t)
	bkt := oss.Ptr("bkt")
	list := func(token *string) (ids []string, next *string) {
		request := &oss.ListBucketInventoryRequest{Bucket: bkt, ContinuationToken: token}
		res, err := w.sdk.ListBucketInventory(ctx, request)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range res.ListInventoryConfigurationsResult.InventoryConfigurations {
			ids = append(ids, *c.Id)
		}
		return ids, res.ListInventoryConfigurationsResult.NextContinuationToken
	}
	_, err := w.sdk.ListBucketInventory(ctx, &oss.ListBucketInventoryRequest{Bucket: bkt})
	w.refused(err, 404, "NoSuchInventory", "")
	first := inventory("i0000", func(c *oss.InventoryConfiguration) {
		c.Filter = &oss.InventoryFilter{Prefix: oss.Ptr("in/"), LowerSizeBound: oss.Ptr(int64(1024))}
		c.Destination.OSSBucketDestination.Encryption = &oss.InventoryEncryption{
			SseKms: &oss.SSEKMS{KeyId: oss.Ptr("k")}}
		c.Schedule = &oss.InventorySchedule{Frequency: "Monthly", DayOfMonth: oss.Ptr(31)}
	})
	w.putInventory(first)
	for i := range 999 {
		w.putInventory(inventory(fmt.Sprintf("i%04d", i+1)))
	}
	_, err = w.sdk.PutBucketInventory(ctx, inventory("i1000"))
	w.refused(err, 400, "InventoryExceedLimit", "")
	_, err = w.sdk.PutBucketInventory(ctx, inventory("i0007"))
	w.refused(err, 409, "InventoryAlreadyExist", "")
	var all []string
	pages := 0
	for ids, next := list(nil); ; ids, next = list(next) {
		all = append(all, ids...)
		if pages++; next == nil {
			break
		}
	}
	if pages != 10 || len(all) != 1000 || !slices.IsSorted(all) {
		t.Errorf("%d inventories on %d pages", len(all), pages)
	}
	get := &oss.GetBucketInventoryRequest{Bucket: bkt, InventoryId: oss.Ptr("i0000")}
	one, err := w.sdk.GetBucketInventory(ctx, get)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(first.InventoryConfiguration, one.InventoryConfiguration); d != "" {
		t.Error(d)
	}
	remove := &oss.DeleteBucketInventoryRequest{Bucket: bkt, InventoryId: oss.Ptr("i0000")}
	if res, err := w.sdk.DeleteBucketInventory(ctx, remove); err != nil || res.StatusCode != 204 {
		t.Errorf("%v %v", res, err)
	}
	if _, err := w.sdk.DeleteBucketInventory(ctx, remove); err != nil {
		t.Error("an inventory that is not there: ", err)
	}
	_, err = w.sdk.GetBucketInventory(ctx, get)
	w.refused(err, 404, "NoSuchInventory", "")
	if ids, _ := list(nil); ids[0] != "i0001" {
		t.Errorf("the first is %s", ids[0])
	}
}

func TestEachMistakeInAnInventoryHasItsError(t *testing.T) {
	w := inventoryWorld(t)
	type (
		config = oss.InventoryConfiguration
		target = oss.InventoryOSSBucketDestination
	)
	to := func(f func(*target)) func(*config) {
		return func(c *config) { f(c.Destination.OSSBucketDestination) }
	}
	filter := func(f oss.InventoryFilter) func(*config) { return func(c *config) { c.Filter = &f } }
	for ec, edit := range map[string]func(*config){
		"0020-00000005":   func(c *config) { c.Id = nil },
		"0020-00000007":   func(c *config) { c.IsEnabled = nil },
		"0020-00000008":   filter(oss.InventoryFilter{LastModifyBeginTimeStamp: oss.Ptr(int64(1))}),
		"0020-00000012":   to(func(d *target) { d.Format = "" }),
		"0020-00000014":   to(func(d *target) { d.RoleArn = nil }),
		"0020-00000017":   func(c *config) { c.Schedule = nil },
		"0020-00000026":   filter(oss.InventoryFilter{StorageClass: oss.Ptr("Standard,UNKNOWN")}),
		"0020-00000028":   to(func(d *target) { d.AccountId = oss.Ptr("123456789") }),
		"0020-00000030":   to(func(d *target) { d.Bucket = oss.Ptr("acs:oss::bucketname:oss") }),
		"0020-00000032":   to(func(d *target) { d.Bucket = oss.Ptr("acs:oss:::bk") }),
		"0020-00000033":   to(func(d *target) { d.Bucket = oss.Ptr("acs:oss:::other") }),
		"0020-00000036":   func(c *config) { c.OptionalFields.Fields[0] = "StartTime" },
		"0020-00000037":   func(c *config) { c.IncludedObjectVersions = oss.Ptr("test") },
		"0020-00000043":   func(c *config) { c.Id = oss.Ptr("report2") },
		"0020-00000044":   func(c *config) { c.Id = oss.Ptr(strings.Repeat("x", 193)) },
		"0017-00000901":   func(c *config) { c.Schedule.Frequency = "Hourly" },
		"0017-00000901 2": filter(oss.InventoryFilter{UpperSizeBound: oss.Ptr(int64(0))}),
		"0017-00000901 3": func(c *config) { c.Schedule.DayOfMonth = oss.Ptr(32) },
		"0017-00000901 4": to(func(d *target) { d.RoleArn = oss.Ptr("acs:ram::1:role/x") }),
	} {
		t.Run(ec, func(t *testing.T) {
			w.T = t
			_, err := w.sdk.PutBucketInventory(ctx, inventory("report1", edit))
			w.refused(err, 400, "InvalidArgument", strings.Fields(ec)[0])
		})
	}
	w.T = t
	send := func(method string, parameters map[string]string, body string) error {
		in := &oss.OperationInput{OpName: "Inventory", Method: method, Parameters: parameters, Bucket: oss.Ptr("bkt"),
			Body: strings.NewReader(body)}
		_, err := w.sdk.InvokeOperation(ctx, in)
		return err
	}
	report := map[string]string{"inventory": "", "inventoryId": "report1"}
	w.refused(send("PUT", report, "<RootNode><Id>report1</Id></RootNode>"), 400, "MalformedXML", "0020-00000004")
	w.refused(send("PUT", report, "<InventoryConfiguration><Id>report1</Id><IsEnabled>other</IsEnabled>"+
		"</InventoryConfiguration>"), 400, "InvalidArgument", "0020-00000006")
	w.refused(send("PUT", report, "<InventoryConfiguration><IncrementalInventory><IsEnabled>true</IsEnabled>"+
		"</IncrementalInventory></InventoryConfiguration>"), 501, "NotImplemented", "")
	for _, method := range []string{"PUT", "DELETE"} {
		w.refused(send(method, map[string]string{"inventory": ""}, ""), 400, "InvalidArgument", "0020-00000002")
	}
	if all := w.Objects("lists"); len(all) > 0 {
		t.Errorf("a refused configuration wrote %d objects", len(all))
	}
}

func TestTheListsAreEncryptedAsTheConfigurationSays(t *testing.T) {
	w := inventoryWorld(t)
	w.put("a", "1")
	for want, encryption := range map[string]*oss.InventoryEncryption{
		"AES256": {SseOss: oss.Ptr("")}, "KMS": {SseKms: &oss.SSEKMS{KeyId: oss.Ptr("9468")}}, "": nil,
	} {
		id := "encrypted" + strings.ToLower(want)
		w.putInventory(inventory(id, func(c *oss.InventoryConfiguration) {
			c.Destination.OSSBucketDestination.Encryption = encryption
			c.Destination.OSSBucketDestination.Prefix = nil
		}))
		o, ok := w.Object("lists", w.at("bkt/"+id))
		if !ok || o.ServerSideEncryption != want || want == "KMS" && o.ServerSideEncryptionKeyID != "9468" {
			t.Errorf("%s: %+v", want, o)
		}
	}
}

func TestInventoriesOutliveARestart(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, localoss.Config{Data: dir})
	if err := w.CreateBucket("lists"); err != nil {
		t.Fatal(err)
	}
	w.put("a", "1")
	w.putInventory(inventory("daily"))
	before := len(w.Objects("lists"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	again := newWorld(t, localoss.Config{Data: dir})
	if url, err := again.WriteInventory("bkt", "daily"); err != nil || len(again.Objects("lists")) == before {
		t.Errorf("%s %v", url, err)
	}
}
