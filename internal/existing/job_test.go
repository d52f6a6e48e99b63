package existing_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"afterput/internal/existing"
	"afterput/internal/listing"
	"afterput/internal/osscall"
)

// books has rules of the kinds that matter here: a copy under the same key, one under a key of another order, and one
// in parts of the objects only.
const books = `
version: 1
sources: [uploads]
rules:
  - name: replica
    match: {}
    copy: [{bucket: replica}]
  - name: by-name
    match: {suffix: 5.jpg}
    copy: [{bucket: sorted, key: "${base}"}]
`

func TestABackfillCopiesWhatIsMissingOnceAndNothingElse(t *testing.T) {
	w := newWorld(t, "uploads", "replica", "sorted")
	w.put("uploads", 3000, key)
	set := load(t, books)
	ctx := osscall.WithCredentials(t.Context(), keys)
	j, err := w.run(ctx, set, existing.NewMemory())
	if err != nil {
		t.Fatal(err)
	}
	w.verify(3000, 300)
	c := j.Counts()
	if got := c.Of(existing.Missing).Copies; got != 3300 || c.Objects != 3000 || c.Done.Copied.Copies != 3300 {
		t.Errorf("counts: %+v", c)
	}
	copies := w.requests["CopyObject"]
	if copies != 3300 {
		t.Errorf("%d CopyObject for 3300 copies", copies)
	}
	before := maps.Clone(w.requests)
	j, err = w.run(ctx, set, existing.NewMemory())
	if err != nil {
		t.Fatal(err)
	}
	if got := j.Counts().Of(existing.Same).Copies; got != 3300 {
		t.Errorf("a second run finds %d of 3300 in place", got)
	}
	if n := w.requests["ListObjectsV2"] - before["ListObjectsV2"]; n > 8+8 {
		t.Errorf("a second run lists %d pages", n)
	}
	if w.requests["CopyObject"] != copies || w.requests["HeadObject"] != before["HeadObject"] {
		t.Errorf("a second run copies or reads: before %v, after %v", before, w.requests)
	}
}

// verify checks the destinations.
func (w *world) verify(replicas, sorted int) {
	w.t.Helper()
	if r, s := len(w.Objects("replica")), len(w.Objects("sorted")); r != replicas || s != sorted {
		w.t.Errorf("%d replicas and %d sorted, want %d and %d", r, s, replicas, sorted)
	}
	for _, o := range w.Objects("replica") {
		src, ok := w.Object("uploads", o.Key)
		if !ok || src.CRC64 != o.CRC64 {
			w.t.Errorf("%s differs from its source", o.Key)
		}
	}
	for destination, n := range w.written {
		if n > 2 {
			w.t.Errorf("%s was written %d times", destination, n)
		}
	}
}

func TestABackfillThatIsKilledAgainAndAgainCopiesNothingTwiceButWhatWasInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { killedAgainAndAgain(t, 0) })
}

func TestTheSameWithSoLittleMemoryThatItsFilesAreRewritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { killedAgainAndAgain(t, 1) })
}

func killedAgainAndAgain(t *testing.T, memory int) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	w := newWorld(t, "uploads", "replica", "sorted")
	w.put("uploads", 3000, key)
	set := load(t, books)
	folder := t.TempDir()
	store, err := existing.NewFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	w.memory = memory
	kills := 0
	var j *existing.Job
	for {
		w.killAt = 1 + r.IntN(400)
		var err error
		if j, err = w.run(context.WithoutCancel(t.Context()), set, store); err == nil {
			break
		}
		if kills++; kills > 500 {
			t.Fatal("it never ends: ", err)
		}
		w.killAt = 0
		if _, err := existing.Open(t.Context(), w.config(set, store)); err != nil {
			t.Fatal(err)
		}
		noLeftovers(t, folder)
	}
	w.killAt = 0
	w.verify(3000, 300)
	twice := 0
	for _, n := range w.written {
		twice += n - 1
	}
	if most := kills * 8; twice > most {
		t.Errorf("%d copies were made twice with %d kills of 8 in flight", twice, kills)
	}
	c := j.Counts()
	d := c.Done
	sum := d.Copied.Copies + d.Unchanged.Copies + d.Skipped.Copies + d.Failed.Copies
	if c.Of(existing.Missing).Copies != 3300 || c.Objects != 3000 || sum != 3300 || d.Failed.Copies != 0 {
		t.Errorf("after %d kills: %+v", kills, c)
	}
}

// noLeftovers checks that a job's folder has no file that the job does not know.
func noLeftovers(t *testing.T, folder string) {
	t.Helper()
	progress, err := os.ReadFile(filepath.Join(folder, "job.json"))
	if err != nil && !os.IsNotExist(err) { // it may have been killed before there was a job
		t.Fatal(err)
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := f.Name(); name != "job.json" && !bytes.Contains(progress, []byte(`"`+name+`"`)) {
			t.Errorf("%s was left over", name)
		}
	}
}

func TestAComparisonThatIsKilledAtAnyRequestOrWriteGoesOnFromThere(t *testing.T) {
	for name, from := range map[string]func(*world, *existing.Config){
		"listings": func(*world, *existing.Config) {},
		"inventories": func(w *world, c *existing.Config) {
			c.Inventories = []existing.Inventory{&list{w, "uploads"}, &list{w, "replica"}}
		},
		"a list of keys": func(w *world, c *existing.Config) {
			c.Keys = map[string][]string{}
			for _, o := range w.Objects("uploads") {
				c.Keys["uploads"] = append(c.Keys["uploads"], o.Key)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { comparisonKilledAnywhere(t, from) })
		})
	}
}

// otherPrefix are rules that want none of these objects.
var otherPrefix = strings.ReplaceAll(replicate, "match: {}", "match: {prefix: other/}")

// newSlowWorld has a source of so many objects, each of which is a page of the listing that takes 5 s.
func newSlowWorld(t *testing.T, pages int) *world {
	w := newWorld(t, "uploads", "replica")
	w.rewrite = func(query string, _ []byte) []byte {
		time.Sleep(5 * time.Second)
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Error(err)
		}
		n := 1
		for fmt.Sprintf("%03d", n) <= values.Get("start-after") {
			n++
		}
		return fmt.Appendf(nil, "<ListBucketResult><IsTruncated>%t</IsTruncated><Contents><Key>%03d</Key>"+
			"<LastModified>2026-11-01T00:00:00.000Z</LastModified></Contents></ListBucketResult>", n < pages, n)
	}
	return w
}

// keysOfPages is a list with each of these objects and 999 keys behind it that do not exist.
func keysOfPages(pages int) map[string][]string {
	var list []string
	for i := range pages * listing.MaxKeys {
		list = append(list, strings.TrimSuffix(fmt.Sprintf("%03d/%03d", i/1000+1, i%1000), "/000"))
	}
	return map[string][]string{"uploads": list}
}

func TestAListOfKeysIsLookedUpByAllWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const pages, workers = 20, 4
		w := newSlowWorld(t, pages)
		c := w.config(load(t, otherPrefix), existing.NewMemory())
		c.Workers, c.Keys = workers, keysOfPages(pages)
		began := time.Now()
		j, err := w.compare(osscall.WithCredentials(t.Context(), keys), nil, c)
		if err != nil || j.Counts().Unwanted != pages {
			t.Fatalf("%v, %+v", err, j.Counts())
		}
		if took := time.Since(began).Seconds(); took > 5*1.1*2*pages/workers {
			t.Errorf("it takes %.0f s", took)
		}
		time.Sleep(time.Minute) // so that pages end that were requested ahead
	})
}

// Nothing is wanted, so that no records make the job remember where it stands.
func TestASlowEnumerationThatIsStoppedListsAgainOnlyWhatItListedLast(t *testing.T) {
	const pages = 20
	for name, keys := range map[string]map[string][]string{"a listing": nil, "a list of keys": keysOfPages(pages)} {
		for _, killed := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, killed %t", name, killed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { slowEnumerationStopped(t, pages, keys, killed) })
			})
		}
	}
}

// slowEnumerationStopped stops an enumeration, which then can still remember where it stands, unless it is killed.
func slowEnumerationStopped(t *testing.T, pages int, list map[string][]string, killed bool) {
	const stopAt, sinceSaved = 16, 7 // requests of 5 s each: it remembers after 30 s
	w := newSlowWorld(t, pages)
	set := load(t, otherPrefix)
	store := existing.NewMemory()
	var j *existing.Job
	var err error
	for _, w.killAt = range []int{stopAt, 0} {
		ctx, cancel := context.WithCancel(osscall.WithCredentials(t.Context(), keys))
		c := w.config(set, store)
		if killed {
			c.Store = mortal{store, ctx, w}
		}
		c.Workers, c.Keys = 1, list
		j, err = w.compare(ctx, cancel, c)
		cancel()
	}
	objects := max(pages, len(list["uploads"]))
	if err != nil || j.Counts().Unwanted != int64(pages) || j.Counts().Objects != int64(objects) {
		t.Fatalf("%v, %+v", err, j.Counts())
	}
	once := pages
	if list != nil {
		once = 2 * pages // a thousand keys begin and end within a page
	}
	if n := w.requests["ListObjectsV2"]; n > once+sinceSaved {
		t.Errorf("%d pages were listed with a stop at request %d, want at most %d", n, stopAt, once+sinceSaved)
	}
}

// list is an inventory of a bucket in three files.
type list struct {
	*world
	bucket string
}

func (l *list) URL() string        { return "oss://lists/" + l.bucket + "/manifest.json" }
func (l *list) Bucket() string     { return l.bucket }
func (l *list) Created() time.Time { return time.Now().Add(time.Hour) }
func (l *list) Files() int         { return 3 }

func (l *list) Read(_ context.Context, file int, page func([]listing.Entry) error) error {
	var entries []listing.Entry
	for i, o := range l.Objects(l.bucket) {
		if i%l.Files() == file {
			entries = append(entries, listing.Entry{Key: o.Key, Size: o.Size, ETag: o.ETag, Type: o.Type,
				LastModified: o.LastModified, StorageClass: o.StorageClass})
		}
	}
	for some := range slices.Chunk(entries, 200) {
		l.mayKill()
		if err := page(some); err != nil {
			return err
		}
	}
	return nil
}

func comparisonKilledAnywhere(t *testing.T, from func(*world, *existing.Config)) {
	w := newWorld(t, "uploads", "replica", "sorted")
	w.put("uploads", 1500, key)
	w.memory = 1 // a job is saved after each page
	set := load(t, books)
	compare := func(store existing.Store) (*existing.Job, error) {
		ctx, cancel := context.WithCancel(osscall.WithCredentials(t.Context(), keys))
		defer cancel()
		c := w.config(set, mortal{store, ctx, w})
		from(w, &c)
		return w.compare(ctx, cancel, c)
	}
	for n := 1; ; n++ {
		store := existing.NewMemory()
		w.killAt = n
		_, _ = compare(store)
		left := w.killAt
		w.killAt = 0
		j, err := compare(store)
		if err != nil {
			t.Fatalf("after a kill at %d: %v", n, err)
		}
		if c := j.Counts(); c.Objects != 1500 || c.Unwanted > 0 || c.Of(existing.Missing).Copies != 1650 ||
			c.Copies().Copies != 1650 || len(c.Rules["replica"]) != 1 {
			t.Errorf("after a kill at %d: %+v", n, c)
		}
		if left > 0 { // it has ended before
			t.Logf("%d requests and writes", n-left)
			return
		}
	}
}

// fullDisk is a store that has room for so many runs, and for its progress.
type fullDisk struct {
	existing.Store
	room int
}

var errFull = errors.New("no space left on device")

func (d *fullDisk) Put(ctx context.Context, name string, content []byte) error {
	if strings.HasSuffix(name, ".run") {
		if d.room--; d.room < 0 {
			return errFull
		}
	}
	return d.Store.Put(ctx, name, content)
}

func TestAJobWhoseDiskWasFullGoesOnOnceThereIsRoom(t *testing.T) { synctest.Test(t, diskWasFull) }

func diskWasFull(t *testing.T) {
	w := newWorld(t, "uploads", "replica", "sorted")
	w.put("uploads", 1500, key)
	w.memory = 1 // a job is saved after each page
	set, ctx := load(t, books), osscall.WithCredentials(t.Context(), keys)
	for room := 0; ; room++ {
		store := existing.NewMemory()
		_, err := w.compare(ctx, nil, w.config(set, &fullDisk{store, room}))
		if err == nil {
			return
		}
		if !errors.Is(err, errFull) {
			t.Fatalf("room for %d: %v", room, err)
		}
		j, err := w.compare(ctx, nil, w.config(set, store))
		if err != nil {
			t.Fatalf("after room for %d: %v", room, err)
		}
		if c := j.Counts(); c.Objects != 1500 || c.Of(existing.Missing).Copies != 1650 || c.Copies().Copies != 1650 {
			t.Errorf("after room for %d: %+v", room, c)
		}
	}
}

func TestFindingsSayWhatDiffers(t *testing.T) { synctest.Test(t, findingsSayWhatDiffers) }

func findingsSayWhatDiffers(t *testing.T) {
	w := newWorld(t, "uploads", "replica", "sorted")
	ctx := osscall.WithCredentials(t.Context(), keys)
	set := load(t, strings.Replace(books, "[{bucket: replica}]", "[{bucket: replica, storage-class: IA}]", 1))
	put := func(bucket, key string, size int64) {
		time.Sleep(time.Second)
		if err := w.PutSparse(bucket, key, size); err != nil {
			t.Fatal(err)
		}
	}
	put("replica", "older", 3)
	put("uploads", "older", 4)
	put("uploads", "other", 4)
	put("replica", "other", 5)
	put("uploads", "class", 4)
	put("replica", "class", 4)
	put("uploads", "a/5.jpg", 1)
	put("uploads", "b/5.jpg", 2)
	var got []string
	c := w.config(set, existing.NewMemory())
	c.Found = func(f existing.Finding) error {
		got = append(got, fmt.Sprint(f.Verdict, " ", f.Source, " ", f.Destination, ": ", f.Reason))
		return nil
	}
	j, err := existing.Open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Compare(ctx); err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	want := []string{
		"different oss://uploads/class oss://replica/class: storage class Standard, the rule says IA",
		"different oss://uploads/other oss://replica/other: 5 bytes, the source has 4",
		"missing oss://uploads/a/5.jpg oss://replica/a/5.jpg: ",
		"missing oss://uploads/b/5.jpg oss://replica/b/5.jpg: ",
		"missing oss://uploads/b/5.jpg oss://sorted/5.jpg: ",
		"older oss://uploads/older oss://replica/older: 3 bytes, the source has 4",
		"shadowed oss://uploads/a/5.jpg oss://sorted/5.jpg: the newer oss://uploads/b/5.jpg is copied there",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestADestinationThatMustNotBeOverwrittenIsInPlaceOnceItExists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "uploads", "replica", "sorted")
		set := load(t, strings.Replace(books, "[{bucket: replica}]", "[{bucket: replica, forbid-overwrite: true}]", 1))
		w.put("replica", 10, key)
		time.Sleep(time.Hour)
		for i := range 20 {
			if err := w.PutSparse("uploads", key(i), int64(20+i)); err != nil {
				t.Fatal(err)
			}
		}
		ctx := osscall.WithCredentials(context.WithoutCancel(t.Context()), keys)
		for n := range 2 {
			j, err := w.run(ctx, set, existing.NewMemory())
			if err != nil {
				t.Fatal(err)
			}
			missing := int64(12 * (1 - n)) // two of them by name
			if c := j.Counts(); c.Of(existing.Older).Copies != 0 || c.Of(existing.Missing).Copies != missing {
				t.Errorf("run %d: %+v; want %d missing", n+1, c, missing)
			}
		}
	})
}
