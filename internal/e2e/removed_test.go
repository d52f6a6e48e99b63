package e2e_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/localcloud"
)

// mirrorFile is the rules file of the example that deletes and moves.
func mirrorFile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", "mirror.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// withDeleteMarkerEvents takes OSS's FAQ at its word, which its page on events contradicts.
func withDeleteMarkerEvents(c *localcloud.Config) { c.OSS.DeleteMarkerEvents = true }

// resultsFor lists what became of an object, by destination.
func (w *world) resultsFor(source string) (all []string) {
	for _, r := range w.reports() {
		for _, o := range r.Objects {
			if "oss://"+o.Bucket+"/"+o.Key != source {
				continue
			}
			for _, c := range o.Copies {
				all = append(all, string(c.Result)+" "+c.Destination)
			}
		}
	}
	slices.Sort(all)
	return all
}

func (w *world) enableVersioning(buckets ...string) {
	w.t.Helper()
	for _, b := range buckets {
		if _, err := w.client.PutBucketVersioning(w.t.Context(), &oss.PutBucketVersioningRequest{Bucket: &b,
			VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersionEnabled}}); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) delete(bucket, key string) {
	w.t.Helper()
	_, err := w.client.DeleteObject(w.t.Context(), &oss.DeleteObjectRequest{Bucket: &bucket, Key: &key})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestRemovalsAreFollowedAndObjectsMovedWithTheGeneratedTriggersAndPolicy(t *testing.T) {
	d := startDeployment(t, mirrorFile(t), withDeleteMarkerEvents)
	d.enableVersioning("documents", "documents-replica", "intake", "workbench")
	d.upload("documents", "a.txt", nil)
	d.upload("documents", "stays.txt", nil)
	d.upload("intake", "b.txt", nil)
	d.waitForEvents()
	if n := len(d.OSS.Versions("intake", "b.txt")); n != 0 {
		t.Errorf("%d versions of the moved object are left", n)
	}
	if _, there := d.OSS.Object("workbench", "b.txt"); !there {
		t.Error("the moved object is nowhere")
	}
	d.delete("documents", "a.txt")
	d.waitForEvents()
	if _, there := d.OSS.Object("documents-replica", "a.txt"); there {
		t.Error("the copy of the removed object is there")
	}
	if n := len(d.OSS.Versions("documents-replica", "a.txt")); n != 2 {
		t.Errorf("%d versions of the copy, want it and a delete marker", n)
	}
	if _, there := d.OSS.Object("documents-replica", "stays.txt"); !there {
		t.Error("the copy of an object that is there was deleted")
	}
	want := []string{"copied oss://documents-replica/a.txt", "deleted oss://documents-replica/a.txt"}
	if got := d.resultsFor("oss://documents/a.txt"); !slices.Equal(got, want) {
		t.Errorf("results %q, want %q", got, want)
	}
	want = []string{"copied oss://workbench/b.txt", "deleted oss://intake/b.txt"}
	if got := d.resultsFor("oss://intake/b.txt"); !slices.Equal(got, want) {
		t.Errorf("results %q, want %q", got, want)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.deniedActions != nil {
		t.Errorf("the policy denied %q", d.deniedActions)
	}
}

func TestMissedRemovalsAreFoundByTheTool(t *testing.T) {
	text := strings.Replace(replicate, "      - bucket: target-bucket\n", `      - bucket: target-bucket
    delete: [{bucket: target-bucket, without-versioning: true}]
`, 1)
	w := start(t, text) // its triggers bring no removals
	w.put("in/removed", "x")
	w.put("in/stays", "x")
	w.waitForEvents()
	w.delete(sourceBucket, "in/removed")
	tool := w.tool(text)
	_, said := tool.run(t, "backfill", tool.rules, "--delete-extra", "--yes", "--yes")
	if !strings.Contains(said, "1 deleted, 0 kept, 0 failed") {
		t.Errorf("%s", said)
	}
	if _, there := w.OSS.Object(targetBucket, "in/removed"); there {
		t.Error("the copy is there")
	}
	if _, there := w.OSS.Object(targetBucket, "in/stays"); !there {
		t.Error("another copy was deleted")
	}
}
