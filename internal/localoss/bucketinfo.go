package localoss

import (
	"encoding/json"
	"encoding/xml"
	"regexp"
	"slices"
	"strings"
)

type listBucketsXML struct {
	XMLName     xml.Name `xml:"ListAllMyBucketsResult"`
	Prefix      string   `xml:",omitempty"`
	Marker      string   `xml:",omitempty"`
	MaxKeys     int      `xml:",omitempty"`
	IsTruncated bool
	NextMarker  string `xml:",omitempty"`
	Owner       ownerXML
	Buckets     []bucketXML `xml:"Buckets>Bucket"`
}

type bucketXML struct {
	CreationDate     string
	ExtranetEndpoint string
	IntranetEndpoint string
	Location         string
	Name             string
	Region           string
	StorageClass     string
	ResourceGroup    string      `xml:"ResourceGroupId"`
	Tagging          *taggingXML `xml:",omitempty"`
}

// bucketPrefix matches what the name of a bucket can begin with.
var bucketPrefix = regexp.MustCompile(`^[a-z0-9-]{0,63}$`)

// resourceGroup is the resource group of every bucket.
const resourceGroup = "rg-local"

// listBuckets returns this server as the endpoint of each bucket, so that a client which uses the
// listed endpoints does not send requests to the internet.
func (s *Server) listBuckets(r *request) (effect, *Error) {
	maxKeys, e := r.limit("max-keys", 100, 1000)
	if e != nil {
		return nil, e
	}
	tags, e := r.wantedTags()
	if e != nil {
		return nil, e
	}
	if prefix := r.param("prefix"); !bucketPrefix.MatchString(prefix) {
		return nil, invalidArgument("The prefix cannot begin the name of a bucket.", "prefix", prefix)
	}
	group := r.header("x-oss-resource-group-id")
	return func() (*Response, *Error) {
		doc := listBucketsXML{
			Prefix:  r.param("prefix"),
			Marker:  r.param("marker"),
			MaxKeys: maxKeys,
			Owner:   ownerOf(r.account()),
		}
		s.mu.RLock()
		defer s.mu.RUnlock()
		for name, b := range s.buckets.from(max(doc.Prefix, doc.Marker)) {
			if !strings.HasPrefix(name, doc.Prefix) {
				break
			}
			b.mu.RLock()
			config := b.config
			b.mu.RUnlock()
			if b.owner != r.account() {
				continue
			}
			if name <= doc.Marker || !hasTags(config.Tags, tags) || group != "" && group != resourceGroup {
				continue
			}
			if len(doc.Buckets) == maxKeys {
				doc.IsTruncated = true
				doc.NextMarker = doc.Buckets[maxKeys-1].Name
				break
			}
			doc.Buckets = append(doc.Buckets, bucketXML{
				CreationDate:     config.Created.Format(xmlTime),
				ExtranetEndpoint: r.Host,
				IntranetEndpoint: "http://" + r.Host,
				Location:         "oss-" + b.region,
				Name:             name,
				Region:           b.region,
				StorageClass:     config.Class,
				ResourceGroup:    resourceGroup,
				Tagging:          tagging(config.Tags),
			})
		}
		return r.replyXML(doc), nil
	}, nil
}

// tagging is the element of a bucket's tags; nil if it has none.
func tagging(tags []Tag) *taggingXML {
	if len(tags) == 0 {
		return nil
	}
	return &taggingXML{Tags: tags}
}

// wantedTag is a tag that buckets must have to be listed, with any value if value is nil.
type wantedTag struct {
	key   string
	value *string
}

// wantedTags reads the parameters tag-key and tag-value, or tagging: "k1":"v1","k2":"v2", or k1:v1 without quotes.
func (r *request) wantedTags() ([]wantedTag, *Error) {
	if key := r.param("tag-key"); key != "" {
		if !r.hasParam("tag-value") {
			return []wantedTag{{key, nil}}, nil
		}
		value := r.param("tag-value")
		return []wantedTag{{key, &value}}, nil
	}
	list := r.param("tagging")
	var tags map[string]string
	if err := json.Unmarshal([]byte("{"+list+"}"), &tags); err != nil {
		key, value, ok := strings.Cut(list, ":")
		if !ok || strings.Contains(list, `"`) {
			return nil, invalidArgument("The tag list is malformed.", "tagging", list)
		}
		tags = map[string]string{key: value}
	}
	var want []wantedTag
	for k, v := range tags {
		want = append(want, wantedTag{k, &v})
	}
	return want, nil
}

func hasTags(tags []Tag, want []wantedTag) bool {
	for _, w := range want {
		if !slices.ContainsFunc(tags, w.matches) {
			return false
		}
	}
	return true
}

func (w wantedTag) matches(t Tag) bool {
	return t.Key == w.key && (w.value == nil || t.Value == *w.value)
}

type bucketInfoXML struct {
	XMLName                xml.Name `xml:"BucketInfo"`
	AccessMonitor          string   `xml:"Bucket>AccessMonitor"`
	BlockPublicAccess      bool     `xml:"Bucket>BlockPublicAccess"`
	Comment                string   `xml:"Bucket>Comment"`
	CreationDate           string   `xml:"Bucket>CreationDate"`
	CrossRegionReplication string   `xml:"Bucket>CrossRegionReplication"`
	DataRedundancyType     string   `xml:"Bucket>DataRedundancyType"`
	ExtranetEndpoint       string   `xml:"Bucket>ExtranetEndpoint"`
	IntranetEndpoint       string   `xml:"Bucket>IntranetEndpoint"`
	Location               string   `xml:"Bucket>Location"`
	Name                   string   `xml:"Bucket>Name"`
	ResourceGroup          string   `xml:"Bucket>ResourceGroupId"`
	StorageClass           string   `xml:"Bucket>StorageClass"`
	TransferAcceleration   string   `xml:"Bucket>TransferAcceleration"`
	Versioning             string   `xml:"Bucket>Versioning,omitempty"`
	Owner                  ownerXML `xml:"Bucket>Owner"`
	Grant                  string   `xml:"Bucket>AccessControlList>Grant"`
	SSEAlgorithm           string   `xml:"Bucket>ServerSideEncryptionRule>SSEAlgorithm"`
	LogBucket              string   `xml:"Bucket>BucketPolicy>LogBucket"`
	LogPrefix              string   `xml:"Bucket>BucketPolicy>LogPrefix"`
}

func (s *Server) getBucketInfo(r *request) (effect, *Error) {
	return s.bucketDocument(r, func(b *bucket) any {
		location := "oss-" + b.region
		return bucketInfoXML{
			AccessMonitor:          "Disabled",
			BlockPublicAccess:      true,
			CreationDate:           b.config.Created.Format(xmlTime),
			CrossRegionReplication: "Disabled",
			DataRedundancyType:     b.config.Redundancy,
			ExtranetEndpoint:       location + ".aliyuncs.com",
			IntranetEndpoint:       location + "-internal.aliyuncs.com",
			Location:               location,
			Name:                   b.name,
			ResourceGroup:          resourceGroup,
			StorageClass:           b.config.Class,
			TransferAcceleration:   "Disabled",
			Versioning:             b.config.Versioning,
			Owner:                  ownerOf(b.owner),
			Grant:                  b.config.ACL,
			SSEAlgorithm:           "None",
		}
	}), nil
}

type locationXML struct {
	XMLName xml.Name `xml:"LocationConstraint"`
	Region  string   `xml:",chardata"`
}

func (s *Server) getBucketLocation(r *request) (effect, *Error) {
	return s.bucketDocument(r, func(b *bucket) any { return locationXML{Region: "oss-" + b.region} }), nil
}

type statXML struct {
	XMLName                xml.Name `xml:"BucketStat"`
	Storage                int64
	ObjectCount            int64
	MultipartUploadCount   int64
	LiveChannelCount       int64
	LastModifiedTime       int64
	StandardStorage        int64
	StandardObjectCount    int64
	IAStorage              int64 `xml:"InfrequentAccessStorage"`
	IARealStorage          int64 `xml:"InfrequentAccessRealStorage"`
	IAObjectCount          int64 `xml:"InfrequentAccessObjectCount"`
	ArchiveStorage         int64
	ArchiveRealStorage     int64
	ArchiveObjectCount     int64
	ColdArchiveStorage     int64
	ColdArchiveRealStorage int64
	ColdArchiveObjectCount int64
	DeepArchiveStorage     int64 `xml:"DeepColdArchiveStorage"`
	DeepArchiveRealStorage int64 `xml:"DeepColdArchiveRealStorage"`
	DeepArchiveObjectCount int64 `xml:"DeepColdArchiveObjectCount"`
	MultipartPartCount     int64
	DeleteMarkerCount      int64
}

// minBilledSize is the minimum size that OSS bills for an object outside Standard.
const minBilledSize = 64 << 10

func (s *Server) getBucketStat(r *request) (effect, *Error) {
	return s.bucketDocument(r, func(b *bucket) any {
		doc := statXML{MultipartUploadCount: int64(b.uploads.count)}
		if b.keys.count > 0 {
			doc.LastModifiedTime = s.now().Unix()
		}
		for _, u := range b.uploads.from(uploadKey{}) {
			doc.MultipartPartCount += int64(u.parts.count)
		}
		for _, e := range b.keys.from("") {
			for _, v := range e.versions {
				doc.add(v)
			}
		}
		return doc
	}), nil
}

func (doc *statXML) add(v *version) {
	if v.Marker {
		doc.DeleteMarkerCount++
		return
	}
	size := v.Content.size
	billed := max(size, minBilledSize)
	doc.Storage += size
	doc.ObjectCount++
	switch v.Attrs.Class {
	case "Standard":
		doc.StandardStorage += size
		doc.StandardObjectCount++
	case "IA":
		doc.IAStorage += billed
		doc.IARealStorage += size
		doc.IAObjectCount++
	case "Archive":
		doc.ArchiveStorage += billed
		doc.ArchiveRealStorage += size
		doc.ArchiveObjectCount++
	case "ColdArchive":
		doc.ColdArchiveStorage += billed
		doc.ColdArchiveRealStorage += size
		doc.ColdArchiveObjectCount++
	case "DeepColdArchive":
		doc.DeepArchiveStorage += billed
		doc.DeepArchiveRealStorage += size
		doc.DeepArchiveObjectCount++
	}
}
