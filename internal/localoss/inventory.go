package localoss

import (
	"encoding/xml"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of inventories. Sources: OSS API reference, PutBucketInventory and ListBucketInventory; EC 0020-00000044.
const (
	maxInventories    = 1000 // of a bucket
	inventoriesOnPage = 100
	maxInventoryID    = 192
)

// inventoryConfig is an inventory of a bucket: the list of its objects that OSS writes now and then.
type inventoryConfig struct {
	XMLName     xml.Name             `xml:"InventoryConfiguration" json:"-"`
	ID          string               `xml:"Id"`
	IsEnabled   string               // true or false
	Filter      *inventoryFilter     `xml:",omitempty" json:",omitempty"`
	Destination inventoryDestination `xml:"Destination>OSSBucketDestination"`
	Frequency   string               `xml:"Schedule>Frequency"`
	DayOfMonth  string               `xml:"Schedule>DayOfMonth,omitempty" json:",omitempty"`
	Versions    string               `xml:"IncludedObjectVersions"` // All or Current
	Fields      []string             `xml:"OptionalFields>Field"`
	// Incremental is refused: OSS offers it in one region, on request.
	Incremental *struct{} `xml:"IncrementalInventory" json:"-"`
}

type inventoryDestination struct {
	Format     string
	AccountID  string               `xml:"AccountId"`
	RoleARN    string               `xml:"RoleArn"`
	Bucket     string               // acs:oss:::NAME
	Prefix     string               `xml:",omitempty" json:",omitempty"`
	Encryption *inventoryEncryption `xml:",omitempty" json:",omitempty"`
}

// inventoryEncryption has one of the two.
type inventoryEncryption struct {
	SSEOSS *struct{}     `xml:"SSE-OSS" json:",omitempty"`
	SSEKMS *inventoryKMS `xml:"SSE-KMS" json:",omitempty"`
}

type inventoryKMS struct {
	KeyID string `xml:"KeyId,omitempty" json:",omitempty"`
}

// inventoryFilter selects the objects that an inventory lists. Its numbers are texts, "" for no limit.
type inventoryFilter struct {
	Prefix   string `xml:",omitempty" json:",omitempty"`
	Since    string `xml:"LastModifyBeginTimeStamp,omitempty" json:",omitempty"` // seconds since 1970
	Until    string `xml:"LastModifyEndTimeStamp,omitempty" json:",omitempty"`
	Smallest string `xml:"LowerSizeBound,omitempty" json:",omitempty"` // bytes
	Largest  string `xml:"UpperSizeBound,omitempty" json:",omitempty"`
	Classes  string `xml:"StorageClass,omitempty" json:",omitempty"` // with commas between; "" and All for all
}

const inventoryBucketARN = "acs:oss:::"

// targetBucket is the bucket that gets the lists.
func (c *inventoryConfig) targetBucket() string {
	return strings.TrimPrefix(c.Destination.Bucket, inventoryBucketARN)
}

// inventoryNode is a node of an inventory's configuration, and what is wrong with it. The ECs are those of the page of
// each; "" where no page is known.
type inventoryNode struct {
	name, value       string
	required, invalid string // EC of a request without the node, and of an invalid value
	valid             bool
}

var inventoryRole = regexp.MustCompile(`^acs:ram::` + accountID + `:role/[A-Za-z0-9.-]{1,64}$`)

// check refuses a configuration that OSS refuses. id is that of the request's address.
func (c *inventoryConfig) check(id string) *Error {
	if c.Incremental != nil {
		return notImplemented("IncrementalInventory")
	}
	d := &c.Destination
	if d.Encryption != nil && d.Encryption.SSEOSS != nil && d.Encryption.SSEKMS != nil {
		return refuse(MalformedXML, "An inventory has one kind of encryption.")
	}
	const at = "Destination/OSSBucketDestination/"
	for _, n := range []inventoryNode{
		{"Id", c.ID, "0020-00000005", "0020-00000044", len(c.ID) <= maxInventoryID && utf8.ValidString(c.ID)},
		{"IsEnabled", c.IsEnabled, "0020-00000007", "0020-00000006", c.IsEnabled == "true" || c.IsEnabled == "false"},
		{at + "Format", d.Format, "0020-00000012", "", d.Format == "CSV"},
		{at + "AccountId", d.AccountID, "", "0020-00000028", d.AccountID == accountID},
		{at + "RoleArn", d.RoleARN, "0020-00000014", "", inventoryRole.MatchString(d.RoleARN)},
		{at + "Bucket", d.Bucket, "", "0020-00000030", strings.HasPrefix(d.Bucket, inventoryBucketARN)},
		{at + "Bucket", d.Bucket, "", "0020-00000032", bucketName.MatchString(c.targetBucket())},
		{"Schedule/Frequency", c.Frequency, "0020-00000017", "",
			slices.Contains([]string{"Daily", "Weekly", "Monthly", "Once"}, c.Frequency)},
		{"IncludedObjectVersions", c.Versions, "", "0020-00000037", c.Versions == "All" || c.Versions == "Current"},
	} {
		if n.value == "" {
			return n.refuse(n.required, "The request has no node "+n.name+".")
		}
		if !n.valid {
			return n.refuse(n.invalid, "The value of the node "+n.name+" is invalid.")
		}
	}
	for _, n := range c.optionalNodes() {
		if n.value != "" && !n.valid {
			return n.refuse(n.invalid, "The value of the node "+n.name+" is invalid.")
		}
	}
	if c.ID != id {
		return inventoryNode{name: "inventoryId", value: id}.refuse("0020-00000043",
			"The parameter inventoryId differs from the node Id.")
	}
	return nil
}

func (n inventoryNode) refuse(ec, message string) *Error {
	e := invalidArgument(message, n.name, n.value)
	e.EC = ec
	return e
}

func (c *inventoryConfig) optionalNodes() (nodes []inventoryNode) {
	const firstTime, lastTime = 1262275200, 253402271999
	number := func(value string, least, most int64) bool {
		n, err := strconv.ParseInt(value, 10, 64)
		return err == nil && n >= least && n <= most
	}
	nodes = append(nodes, inventoryNode{name: "Schedule/DayOfMonth", value: c.DayOfMonth,
		valid: number(c.DayOfMonth, 1, 31)})
	for _, f := range c.Fields {
		nodes = append(nodes, inventoryNode{name: "OptionalFields/Field", value: f, invalid: "0020-00000036",
			valid: inventoryFields[f] != nil})
	}
	f := c.Filter
	if f == nil {
		return nodes
	}
	for class := range strings.SplitSeq(f.Classes, ",") {
		nodes = append(nodes, inventoryNode{name: "Filter/StorageClass", value: class, invalid: "0020-00000026",
			valid: class == "All" || slices.Contains(classes, class)})
	}
	return append(nodes,
		inventoryNode{name: "Filter/LastModifyBeginTimeStamp", value: f.Since, invalid: "0020-00000008",
			valid: number(f.Since, firstTime, lastTime)},
		inventoryNode{name: "Filter/LastModifyEndTimeStamp", value: f.Until,
			valid: number(f.Until, firstTime, lastTime)},
		inventoryNode{name: "Filter/LowerSizeBound", value: f.Smallest, valid: number(f.Smallest, 0, maxObjectSize)},
		inventoryNode{name: "Filter/UpperSizeBound", value: f.Largest, valid: number(f.Largest, 1, maxObjectSize)})
}

// has reports whether the inventory lists a version. A delete marker has neither size nor class.
func (f *inventoryFilter) has(key string, v *version) bool {
	if f == nil {
		return true
	}
	within := func(n int64, least, most string) bool {
		low, _ := strconv.ParseInt(least, 10, 64)
		high, err := strconv.ParseInt(most, 10, 64)
		return n >= low && (err != nil || n <= high)
	}
	if !strings.HasPrefix(key, f.Prefix) || !within(v.Modified.Unix(), f.Since, f.Until) {
		return false
	}
	all := f.Classes == "" || slices.Contains(strings.Split(f.Classes, ","), "All")
	return v.Marker || within(v.Content.size, f.Smallest, f.Largest) &&
		(all || slices.Contains(strings.Split(f.Classes, ","), v.Attrs.Class))
}

// putBucketInventory adds an inventory. OSS writes the first one as soon as it is configured; here it is written before
// the reply. See [Server.WriteInventory] for the next ones.
func (s *Server) putBucketInventory(r *request) (effect, *Error) {
	var c inventoryConfig
	if e := r.readXML(&c); e != nil {
		if e.Code == MalformedXML {
			e.EC = "0020-00000004"
		}
		return nil, e
	}
	// The tests of the Python SDK v1 write True, and find the classes in order.
	c.IsEnabled = strings.ToLower(c.IsEnabled)
	if c.Filter != nil {
		classes := strings.Split(c.Filter.Classes, ",")
		slices.Sort(classes)
		c.Filter.Classes = strings.Join(classes, ",")
	}
	if e := c.check(r.param("inventoryId")); e != nil {
		return nil, e
	}
	add := s.changeBucket(r, func(b *bucket) (*Response, *Error) { return s.addInventory(r, b, &c) })
	return func() (*Response, *Error) {
		if _, known := s.bucket(c.targetBucket()); !known {
			n := inventoryNode{name: "Destination/OSSBucketDestination/Bucket", value: c.Destination.Bucket}
			return nil, n.refuse("0020-00000033", "The bucket of the node "+n.name+" does not exist.")
		}
		resp, e := add()
		if e != nil || c.IsEnabled != "true" {
			return resp, e
		}
		_, r.events, e = s.writeInventory(r.call.Bucket, &c)
		return resp, e
	}, nil
}

func (s *Server) addInventory(r *request, b *bucket, c *inventoryConfig) (*Response, *Error) {
	if _, known := b.config.inventory(c.ID); known {
		return nil, &Error{Code: InventoryAlreadyExist, Detail: []Detail{{"InventoryId", c.ID}}}
	}
	if len(b.config.Inventories) == maxInventories {
		return nil, refuse(InventoryExceedLimit, "")
	}
	config := b.config
	config.Inventories = append(slices.Clone(config.Inventories), *c)
	slices.SortFunc(config.Inventories, func(a, b inventoryConfig) int { return strings.Compare(a.ID, b.ID) })
	if e := s.commit(b, mutation{Bucket: b.name, Config: &config}); e != nil {
		return nil, e
	}
	return r.reply(http.StatusOK), nil
}

// inventory finds an inventory.
func (c *bucketConfig) inventory(id string) (found inventoryConfig, known bool) {
	i := slices.IndexFunc(c.Inventories, func(i inventoryConfig) bool { return i.ID == id })
	if i < 0 {
		return found, false
	}
	return c.Inventories[i], true
}

func noSuchInventory(id string) *Error {
	return &Error{Code: NoSuchInventory, Detail: []Detail{{"InventoryId", id}}}
}

func (s *Server) getBucketInventory(r *request) (effect, *Error) {
	id := r.param("inventoryId")
	return s.readBucket(r, func(b *bucket) (*Response, *Error) {
		c, known := b.config.inventory(id)
		if !known {
			return nil, noSuchInventory(id)
		}
		return r.replyXML(c), nil
	}), nil
}

type listInventoriesXML struct {
	XMLName     xml.Name          `xml:"ListInventoryConfigurationsResult"`
	Inventories []inventoryConfig `xml:"InventoryConfiguration"`
	IsTruncated bool
	Token       string `xml:"ContinuationToken,omitempty"`
	NextToken   string `xml:"NextContinuationToken,omitempty"`
}

// listBucketInventory lists inventories by id. The token of the next page is the last id of this one.
func (s *Server) listBucketInventory(r *request) (effect, *Error) {
	token := r.param("continuation-token")
	return s.readBucket(r, func(b *bucket) (*Response, *Error) {
		if len(b.config.Inventories) == 0 {
			return nil, noSuchInventory("")
		}
		doc := listInventoriesXML{Token: token}
		for _, c := range b.config.Inventories {
			if c.ID <= token {
				continue
			}
			if doc.IsTruncated = len(doc.Inventories) == inventoriesOnPage; doc.IsTruncated {
				doc.NextToken = doc.Inventories[inventoriesOnPage-1].ID
				break
			}
			doc.Inventories = append(doc.Inventories, c)
		}
		return r.replyXML(doc), nil
	}), nil
}

// deleteBucketInventory removes an inventory. The lists that were written for it stay. As the tests of the Go SDK v1
// assert, it need not exist.
func (s *Server) deleteBucketInventory(r *request) (effect, *Error) {
	id := r.param("inventoryId")
	return s.changeConfig(r, http.StatusNoContent, func(c *bucketConfig) {
		c.Inventories = slices.DeleteFunc(slices.Clone(c.Inventories),
			func(c inventoryConfig) bool { return c.ID == id })
	}), nil
}

// withoutInventoryID refuses a request that needs the parameter inventoryId.
func (s *Server) withoutInventoryID(*request) (effect, *Error) {
	return nil, inventoryNode{name: "inventoryId"}.refuse("0020-00000002", "The parameter inventoryId is missing.")
}
