package main

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// ossutilFlag is a flag of ossutil's copy-object, the header that it is there for, and what stands for it here.
type ossutilFlag struct {
	name   string
	header string // as ossutil sends it for the value
	args   []string
}

// ossutilFlags are those that set a header of CopyObject. ETAG is that of the source.
var ossutilFlags = []ossutilFlag{
	{"--forbid-overwrite", "x-oss-forbid-overwrite: true", []string{"--forbid-overwrite"}},
	{"--copy-source-if-match", "x-oss-copy-source-if-match: ETAG", []string{"--copy-source-if-match", "ETAG"}},
	{"--copy-source-if-none-match", "x-oss-copy-source-if-none-match: AB",
		[]string{"--copy-source-if-none-match", "AB"}},
	{"--copy-source-if-modified-since", "x-oss-copy-source-if-modified-since: Tue, 20 Nov 2001 08:00:00 GMT",
		[]string{"--copy-source-if-modified-since", "Tue, 20 Nov 2001 08:00:00 GMT"}},
	{"--copy-source-if-unmodified-since", "x-oss-copy-source-if-unmodified-since: Fri, 20 Nov 2099 08:00:00 GMT",
		[]string{"--copy-source-if-unmodified-since", "2099-11-20T08:00:00Z"}},
	{"--metadata-directive", "x-oss-metadata-directive: REPLACE",
		[]string{"--metadata-directive", "REPLACE", "--content-type", "text/plain"}},
	{"--metadata", "x-oss-meta-a: b", []string{"--metadata-directive", "REPLACE", "--meta", "a=b"}},
	{"--cache-control", "Cache-Control: no-cache",
		[]string{"--metadata-directive", "REPLACE", "--cache-control", "no-cache"}},
	{"--content-disposition", "Content-Disposition: inline",
		[]string{"--metadata-directive", "REPLACE", "--content-disposition", "inline"}},
	{"--content-encoding", "Content-Encoding: gzip",
		[]string{"--metadata-directive", "REPLACE", "--content-encoding", "gzip"}},
	{"--content-type", "Content-Type: text/plain",
		[]string{"--metadata-directive", "REPLACE", "--content-type", "text/plain"}},
	{"--expires", "Expires: Fri, 20 Nov 2099 08:00:00 GMT",
		[]string{"--metadata-directive", "REPLACE", "--expires", "Fri, 20 Nov 2099 08:00:00 GMT"}},
	{"--object-acl", "x-oss-object-acl: public-read", []string{"--object-acl", "public-read"}},
	{"--storage-class", "x-oss-storage-class: IA", []string{"--storage-class", "IA"}},
	{"--server-side-encryption", "x-oss-server-side-encryption: KMS", []string{"--server-side-encryption", "KMS"}},
	{"--server-side-data-encryption", "x-oss-server-side-data-encryption: SM4",
		[]string{"--server-side-encryption", "KMS", "--server-side-data-encryption", "SM4"}},
	{"--server-side-encryption-key-id", "x-oss-server-side-encryption-key-id: 9468da86",
		[]string{"--server-side-encryption", "KMS", "--server-side-encryption-key-id", "9468da86"}},
	{"--tagging", "x-oss-tagging: A=1&B=2", []string{"--tagging", "A=1", "--tagging", "B=2"}},
	{"--tagging-directive", "x-oss-tagging-directive: REPLACE", []string{"--tagging-directive", "REPLACE",
		"--tagging", "A=1"}},
	{"--traffic-limit", "x-oss-traffic-limit: 819200", []string{"--traffic-limit", "819200"}},
	{"--request-payer", "x-oss-request-payer: requester", []string{"--request-payer", "requester"}},
}

// ossutilOthers are flags of ossutil's copy-object and upload-part-copy that set no header of a copy: what names the
// objects, what afterput decides itself, and where and as whom requests are sent.
var ossutilOthers = []string{"--bucket", "--key", "--copy-source", "--copy-source-range", "--part-number",
	"--upload-id", "--region", "--endpoint", "--access-key-id"}

func TestWhatStandsForAFlagOfOssutilSendsItsHeader(t *testing.T) {
	server := copyCloud(t, nil)
	src := putObject(t, server, "plain", "k", 10, 1)
	for _, f := range ossutilFlags {
		args := []string{"copy", "--dry-run", "oss://plain/k", "oss://target"}
		for _, a := range f.args {
			args = append(args, strings.ReplaceAll(a, "ETAG", src.ETag))
		}
		_, sent, _ := strings.Cut(good(t, args...), "  PUT /target/k\n")
		want := "    " + strings.ReplaceAll(f.header, "ETAG", src.ETag) + "\n"
		if !strings.Contains(strings.ToLower(sent), strings.ToLower(want)) {
			t.Errorf("%s: %q sends no %s:\n%s", f.name, args, want, sent)
		}
	}
}

func TestEachHeaderOfACopyIsInTheTableOfOssutilsFlagsAndEachFlagOfTheTableIsProved(t *testing.T) {
	var proved []string
	headers := make(map[string]bool)
	for _, f := range ossutilFlags {
		proved = append(proved, f.name)
		name, _, _ := strings.Cut(f.header, ":")
		headers[strings.ToLower(strings.Replace(name, "x-oss-meta-a", "x-oss-meta-", 1))] = true
	}
	for _, request := range []reflect.Type{
		reflect.TypeFor[oss.CopyObjectRequest](), reflect.TypeFor[oss.UploadPartCopyRequest](),
	} {
		for i := range request.NumField() {
			in := strings.Split(request.Field(i).Tag.Get("input"), ",")
			if in[0] == "header" && in[1] != "x-oss-copy-source-range" && !headers[strings.ToLower(in[1])] {
				t.Errorf("%s: no flag stands for %s", request, in[1])
			}
		}
	}
	all := slices.Sorted(slices.Values(append(proved, ossutilOthers...)))
	for _, page := range []string{"../../docs/copy.md", "../../docs/copy.zh-CN.md"} {
		_, table, _ := strings.Cut(textOf(t, page), "| ossutil | afterput copy |\n")
		var inTable []string
		for _, row := range regexp.MustCompile(`(?m)^\| ([^|]*) \|`).FindAllStringSubmatch(table, -1) {
			for _, flag := range regexp.MustCompile("`(--[a-z-]+)`").FindAllStringSubmatch(row[1], -1) {
				inTable = append(inTable, flag[1])
			}
		}
		slices.Sort(inTable)
		if inTable = slices.Compact(inTable); !slices.Equal(inTable, all) {
			t.Errorf("%s has\n%q, want\n%q", page, inTable, all)
		}
	}
}
