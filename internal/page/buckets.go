package page

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"afterput/internal/localoss"
	"afterput/internal/osscall"
	"afterput/rules"
)

// bucketJSON is a bucket in the list of all.
type bucketJSON struct {
	Name       string `json:"name"`
	Region     string `json:"region"`
	Owner      string `json:"owner"`
	ACL        string `json:"acl"`
	Class      string `json:"class"`
	Versioning string `json:"versioning"`
	Source     bool   `json:"source"`
}

func (p *Page) getBuckets(*http.Request) (any, error) {
	sources := p.rules.InForce().Sources()
	all := []bucketJSON{}
	for _, b := range p.cloud.OSS.Buckets() {
		all = append(all, bucketJSON{Name: b.Name, Region: b.Region, Owner: b.Owner, ACL: b.ACL, Class: b.StorageClass,
			Versioning: b.Versioning, Source: slices.Contains(sources, b.Name)})
	}
	return all, nil
}

// objectJSON is one version of an object.
type objectJSON struct {
	Key        string            `json:"key"`
	VersionID  string            `json:"version_id"`
	Marker     bool              `json:"marker,omitempty"`
	Size       int64             `json:"size"`
	Modified   time.Time         `json:"modified"`
	Properties map[string]string `json:"properties,omitempty"`
}

type uploadJSON struct {
	Key       string    `json:"key"`
	ID        string    `json:"id"`
	Initiated time.Time `json:"initiated"`
	Parts     int       `json:"parts"`
	Size      int64     `json:"size"`
}

// getObjects are the objects of a bucket, and the uploads under way, whose keys begin with a prefix: a page of those
// after a key.
func (p *Page) getObjects(r *http.Request) (any, error) {
	bucket, prefix := r.FormValue("bucket"), r.FormValue("prefix")
	objects, uploads := []objectJSON{}, []uploadJSON{}
	for _, o := range p.cloud.OSS.Page(bucket, prefix, r.FormValue("after"), window) {
		objects = append(objects, objectJSON{Key: o.Key, VersionID: o.VersionID, Marker: o.DeleteMarker, Size: o.Size,
			Modified: o.LastModified})
	}
	for _, u := range p.cloud.OSS.Uploads(bucket) {
		if len(uploads) < window && strings.HasPrefix(u.Key, prefix) {
			uploads = append(uploads, uploadJSON{u.Key, u.ID, u.Initiated, u.Parts, u.Size})
		}
	}
	return map[string]any{"objects": objects, "uploads": uploads, "more": len(objects) == window}, nil
}

// properties are what can differ between an object and its copy, by the names of the rules' fields.
func properties(o *localoss.Object) map[string]string {
	all := map[string]string{
		"key": o.Key, "size": strconv.FormatInt(o.Size, 10), "etag": o.ETag, "type": o.Type,
		"crc64": strconv.FormatUint(o.CRC64, 10), "last-modified": o.LastModified.Format(time.RFC3339),
		"storage-class": o.StorageClass, "object-acl": o.ACL, "content-type": o.ContentType,
		"cache-control": o.CacheControl, "content-disposition": o.ContentDisposition,
		"content-encoding": o.ContentEncoding, "content-language": o.ContentLanguage, "expires": o.Expires,
		"server-side-encryption": o.ServerSideEncryption, "symlink-target": o.SymlinkTarget,
	}
	for _, t := range o.Tags {
		all["tagging."+t.Key] = t.Value
	}
	for name, value := range o.Meta {
		all["meta."+name] = value
	}
	for name, value := range all {
		if value == "" {
			delete(all, name)
		}
	}
	return all
}

// getObject is an object with all its versions, and side by side with what it is a copy of or what is copied of it.
func (p *Page) getObject(r *http.Request) (any, error) {
	name := objectName{r.FormValue("bucket"), r.FormValue("key")}
	versions := []objectJSON{}
	for _, o := range p.cloud.OSS.Versions(name.bucket, name.key) {
		versions = append(versions,
			objectJSON{o.Key, o.VersionID, o.DeleteMarker, o.Size, o.LastModified, properties(o)})
	}
	if len(versions) == 0 {
		return nil, &refused{http.StatusNotFound, "the object does not exist"}
	}
	compared := p.compared(name)
	for _, c := range compared {
		for i := range c.Rows {
			if c.Rows[i].Because != nil {
				translate(r, c.Rows[i].Because)
			}
		}
	}
	answer := map[string]any{"bucket": name.bucket, "versions": versions, "compared": compared}
	if why := p.whyNoCopy(name); why != nil {
		why.Reason = said(r, why.Reason)
		answer["why"] = why
	}
	return answer, nil
}

// noCopy says why there is no copy of an object in a source.
type noCopy struct {
	Rule   string `json:"rule"` // the nearest one, "" if there is none for the bucket
	Reason string `json:"reason"`
	Line   int    `json:"line"`
	Row    int    `json:"row"` // of the object's newest event; 0 if it is no longer kept
}

// whyNoCopy says why no rule in force takes an object; nil if one does, or none ever sees it.
func (p *Page) whyNoCopy(name objectName) *noCopy {
	o, ok := p.cloud.OSS.Object(name.bucket, name.key)
	d := p.hub.current()
	if !ok || !slices.Contains(d.set.Sources(), name.bucket) {
		return nil
	}
	event := eventFor(name, o, p.cloud.Region())
	plan, err := d.set.Plan(event, newFacts(o))
	if err != nil || len(plan.Copies) > 0 {
		return nil
	}
	why := &noCopy{}
	if all := verdicts(&plan); len(all) > 0 {
		why.Rule, why.Reason, why.Line = all[0].Rule, all[0].Reason, all[0].Line
	}
	p.hub.mu.Lock()
	defer p.hub.mu.Unlock()
	if row := p.hub.byName[name]; row != nil && nameOf(&row.object) == name {
		why.Row = row.id
	}
	return why
}

// comparison is a source beside its copy.
type comparison struct {
	Rule   string       `json:"rule"`
	Line   int          `json:"line"`
	Source string       `json:"source"` // oss://bucket/key
	Copy   string       `json:"copy"`
	There  bool         `json:"there"` // the copy is
	Rows   []difference `json:"rows"`
}

// difference is one property of both. Because is what the rules say of it.
type difference struct {
	Name    string       `json:"name"`
	Source  string       `json:"source"`
	Copy    string       `json:"copy"`
	Because *rules.Value `json:"because,omitempty"`
}

// compared sets an object beside its copies, and beside its source if one of the events that are kept made it.
func (p *Page) compared(name objectName) []comparison {
	all := p.copiesOf(name, nil)
	p.hub.mu.Lock()
	row := p.hub.byName[name]
	if row != nil && nameOf(&row.object) == name { // its own event; which copy it is, the row before says
		row = p.hub.find(row.by)
	}
	p.hub.mu.Unlock()
	if row != nil && nameOf(&row.object) != name {
		all = append(p.copiesOf(nameOf(&row.object), &name), all...)
	}
	return all
}

// copiesOf compares a source with the copies that the rules in force want of it; only says which one alone.
func (p *Page) copiesOf(source objectName, only *objectName) []comparison {
	all := []comparison{}
	o, ok := p.cloud.OSS.Object(source.bucket, source.key)
	d := p.hub.current()
	if !ok || !slices.Contains(d.set.Sources(), source.bucket) {
		return all
	}
	plan, err := d.set.Plan(eventFor(source, o, p.cloud.Region()), newFacts(o))
	if err != nil {
		return all
	}
	for i := range plan.Copies {
		c := &plan.Copies[i]
		if only != nil && (objectName{c.Bucket, c.Key}) != *only {
			continue
		}
		there, ok := p.cloud.OSS.Object(c.Bucket, c.Key)
		one := comparison{Rule: c.Rule, Line: c.Line, Source: osscall.URL(source.bucket, source.key),
			Copy: osscall.URL(c.Bucket, c.Key), There: ok, Rows: []difference{}}
		if ok {
			one.Rows = differences(source.bucket, properties(o), c, properties(there))
		}
		all = append(all, one)
	}
	return all
}

// differences lists the properties of a source and its copy, those that differ first.
func differences(bucket string, source map[string]string, c *rules.Copy, made map[string]string) []difference {
	source["bucket"], made["bucket"] = bucket, c.Bucket
	var names []string
	for name := range source {
		names = append(names, name)
	}
	for name := range made {
		if _, both := source[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	slices.SortStableFunc(names, func(a, b string) int {
		return order(source[a] != made[a]) - order(source[b] != made[b])
	})
	values := c.Values()
	var all []difference
	for _, name := range names {
		if name == "type" { // Normal or Multipart: how it was written, which no rule is about
			continue
		}
		one := difference{Name: name, Source: source[name], Copy: made[name], Because: because(values, name)}
		all = append(all, one)
	}
	return all
}

// because is what the rules say of a property, of a tag or an entry of the metadata with its own line; nil for nothing.
func because(values []rules.Value, name string) *rules.Value {
	field, entry, _ := strings.Cut(name, ".")
	i := slices.IndexFunc(values, func(v rules.Value) bool { return v.Field == name || v.Field == field })
	if i < 0 {
		return nil
	}
	value := values[i]
	if line, ok := value.EntryLines[entry]; ok {
		value.Line = line
	}
	return &value
}

func order(differs bool) int {
	if differs {
		return 0
	}
	return 1
}
