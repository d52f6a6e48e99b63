package localoss

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// WriteInventory writes an inventory of a bucket now, and returns the URL of its manifest; "" if no object is in it,
// for which OSS writes none.
//
// OSS writes the first inventory as soon as it is configured, and more of them every day, week or month, at night.
// PutBucketInventory does the former, before it replies: a client need not wait for it. The latter would never be seen
// on a server that runs for minutes, so it is left to this method. A client that wants another inventory deletes the
// configuration and puts it again.
//
// Several inventories in one minute have one manifest, that of the last one, since its key has no seconds.
func (s *Server) WriteInventory(bucket, id string) (manifest string, err error) {
	b, unlock, e := s.rlock(bucket)
	if e != nil {
		return "", fmt.Errorf("write inventory %s of %s: %w", id, bucket, e)
	}
	c, known := b.config.inventory(id)
	unlock()
	if !known {
		return "", fmt.Errorf("write inventory %s of %s: %w", id, bucket, noSuchInventory(id))
	}
	key, raised, e := s.writeInventory(bucket, &c)
	s.deliver(raised)
	if e != nil {
		return "", fmt.Errorf("write inventory %s of %s: %w", id, bucket, e)
	}
	if key == "" {
		return "", nil
	}
	return "oss://" + c.targetBucket() + "/" + key, nil
}

// inventoryRow is one version of an object, or a delete marker.
type inventoryRow struct {
	key    string
	latest bool
	*version
}

// inventoryFields are the fields that a configuration may ask for; a delete marker has none of them. TransitionTime is
// that of a lifecycle rule, and the last access is not tracked here: they are empty, and null as OSS writes it then.
var inventoryFields = map[string]func(*version) string{
	"Size":                func(v *version) string { return strconv.FormatInt(v.Content.size, 10) },
	"LastModifiedDate":    func(v *version) string { return v.Modified.Format(inventoryTime) },
	"ETag":                func(v *version) string { return v.ETag },
	"StorageClass":        func(v *version) string { return v.Attrs.Class },
	"IsMultipartUploaded": func(v *version) string { return strconv.FormatBool(v.Type == typeMultipart) },
	"EncryptionStatus":    func(v *version) string { return strconv.FormatBool(v.Attrs.SSE != "") },
	"ObjectAcl":           func(v *version) string { return v.Attrs.ACL },
	"TaggingCount":        func(v *version) string { return strconv.Itoa(len(v.Attrs.Tags)) },
	"ObjectType":          func(v *version) string { return v.Type },
	"Crc64":               func(v *version) string { return strconv.FormatUint(v.Content.crc, 10) },
	"TransitionTime":      func(*version) string { return "" },
	"LastAccessDate":      func(*version) string { return "null" },
	"LastAccessTimestamp": func(*version) string { return "null" },
}

// inventoryTime is how a list writes a time. Source: OSS user guide, bucket inventory, the example of a list.
const inventoryTime = "2006-01-02T15-04-05Z"

// inventoryFile is a file as the manifest names it.
type inventoryFile struct {
	MD5  string `json:"MD5checksum"`
	Key  string `json:"key"`
	Size int    `json:"size"`
}

// inventoryManifest is manifest.json.
type inventoryManifest struct {
	Created     string          `json:"creationTimestamp"` // seconds since 1970
	Destination string          `json:"destinationBucket"`
	Format      string          `json:"fileFormat"`
	Schema      string          `json:"fileSchema"`
	Files       []inventoryFile `json:"files"`
	Source      string          `json:"sourceBucket"`
	Version     string          `json:"version"`
}

// writeInventory writes the lists and then the manifest, whose key it returns with the events of all.
// Source of the format: OSS user guide, bucket inventory.
func (s *Server) writeInventory(bucket string, c *inventoryConfig) (key string, raised []event, e *Error) {
	began := s.now()
	rows, versioned, e := s.inventoryRows(bucket, c)
	if e != nil || len(rows) == 0 {
		return "", nil, e
	}
	home := bucket + "/" + c.ID + "/"
	if prefix := strings.TrimSuffix(c.Destination.Prefix, "/"); prefix != "" {
		home = prefix + "/" + home
	}
	put := func(name string, content []byte) {
		if e == nil {
			var more []event
			more, e = s.putInventoryFile(c, home+name, content)
			raised = append(raised, more...)
		}
	}
	m := inventoryManifest{Created: strconv.FormatInt(began.Unix(), 10), Destination: c.targetBucket(), Format: "CSV",
		Schema: c.schema(), Source: bucket, Version: "2019-09-01"}
	id := s.id()
	uuid := fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
	for chunk := range slices.Chunk(rows, s.config.InventoryRows) {
		name := "data/" + uuid + ".csv.gz"
		if n := len(m.Files); n > 0 {
			name = fmt.Sprintf("data/%s-%d.csv.gz", uuid, n)
		}
		content := c.list(bucket, versioned, chunk)
		put(name, content)
		m.Files = append(m.Files, inventoryFile{upperMD5(content), home + name, len(content)})
	}
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // texts and numbers
	}
	at := began.Format("2006-01-02T15-04Z") + "/"
	put(at+"manifest.checksum", []byte(upperMD5(text)))
	put(at+"manifest.json", text) // its presence says that the inventory is complete
	return home + at + "manifest.json", raised, e
}

func upperMD5(content []byte) string {
	sum := md5.Sum(content)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// inventoryRows are what an inventory lists, as the bucket is at one moment. OSS does not say in which order lists have
// them, so they are in none here: the same random one for the same keys.
func (s *Server) inventoryRows(bucket string, c *inventoryConfig) (rows []inventoryRow, versioned bool, e *Error) {
	b, unlock, e := s.rlock(bucket)
	if e != nil {
		return nil, false, e
	}
	defer unlock()
	for key, entry := range b.keys.from("") {
		for i, v := range entry.versions {
			latest := i == len(entry.versions)-1
			if c.Filter.has(key, v) && (c.Versions == "All" || latest && !v.Marker) {
				rows = append(rows, inventoryRow{key, latest, v})
			}
		}
	}
	rand.New(rand.NewPCG(0, 0)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return rows, b.config.Versioning != "", nil
}

// schema names the columns. OSS writes one of them in other letters than its configuration.
func (c *inventoryConfig) schema() string {
	columns := []string{"Bucket", "Key"}
	if c.Versions == "All" {
		columns = append(columns, "VersionId", "IsLatest", "IsDeleteMarker")
	}
	for _, f := range c.Fields {
		columns = append(columns, cmp.Or(map[string]string{"Crc64": "CRC64"}[f], f))
	}
	return strings.Join(columns, ", ")
}

// list makes one file. Every value but the bucket is in quotes.
func (c *inventoryConfig) list(bucket string, versioned bool, rows []inventoryRow) []byte {
	var compressed bytes.Buffer
	w := gzip.NewWriter(&compressed)
	var line []byte
	add := func(value string) { line = append(append(append(line, `,"`...), value...), '"') }
	for _, r := range rows {
		line = append(line[:0], bucket...)
		add(escape(r.key, false))
		if c.Versions == "All" {
			id := r.ID
			if !versioned {
				id = ""
			}
			add(id)
			add(strconv.FormatBool(r.latest))
			add(strconv.FormatBool(r.Marker))
		}
		for _, f := range c.Fields {
			switch {
			case !r.Marker:
				add(inventoryFields[f](r.version))
			case f == "LastModifiedDate":
				add(r.Modified.Format(inventoryTime))
			default:
				add("")
			}
		}
		_, _ = w.Write(append(line, '\n')) // into memory
	}
	_ = w.Close()
	return compressed.Bytes()
}

// putInventoryFile puts an object as OSS's inventory role does, which may do everything here.
func (s *Server) putInventoryFile(c *inventoryConfig, key string, body []byte) ([]event, *Error) {
	r := &request{Request: &http.Request{Method: http.MethodPut, Header: http.Header{}}, srv: s}
	r.call.Bucket, r.call.Key, r.call.RequestID, r.call.SourceIP = c.targetBucket(), key, s.requestID(), "127.0.0.1"
	switch encryption := c.Destination.Encryption; {
	case encryption == nil:
	case encryption.SSEKMS != nil:
		r.Header.Set("x-oss-server-side-encryption", "KMS")
		set(r.Header, "x-oss-server-side-encryption-key-id", encryption.SSEKMS.KeyID)
	case encryption.SSEOSS != nil:
		r.Header.Set("x-oss-server-side-encryption", "AES256")
	}
	a, e := r.readAttrs("Standard")
	if e != nil {
		return nil, e
	}
	sum := md5.New()
	stored, err := s.store.write(bytes.NewReader(body), int64(len(body)), maxPutSize, sum)
	if err != nil {
		return nil, bodyError(err)
	}
	etag := strings.ToUpper(hex.EncodeToString(sum.Sum(nil)))
	b, unlock, e := s.lock(r.call.Bucket)
	if e != nil {
		return nil, e
	}
	defer unlock()
	v := &version{Type: typeNormal, ETag: etag, Modified: s.now(), Content: stored, Attrs: a}
	e = s.put(r, b, v, "ObjectCreated:PutObject")
	return r.events, e
}
