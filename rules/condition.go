package rules

// condition is one kind of condition of a match or except block. A block accepts an
// object if all conditions that it gives hold; a condition with several values holds if
// one of them fits. Conditions are tested in this order: those before byStorageClass are
// answered by the event, as a rule, and the others take a request.
type condition int

const (
	// byBucket (bucket) holds for objects of a bucket, which must be one of the sources.
	// Example: bucket: [photos, scans].
	byBucket condition = iota
	// byEvent (event) holds for an event by its name without "oss:".
	// Example: event: ObjectCreated:PutObject.
	byEvent
	// byPrefix (prefix) holds for keys that begin with a literal.
	// Example: prefix: in/.
	byPrefix
	// bySuffix (suffix) holds for keys that end with a literal, case included.
	// Example: suffix: [.jpg, .jpeg].
	bySuffix
	// byGlob (glob) holds for keys that match a pattern as a whole; see [keyset.Glob].
	// Example: glob: in/**/*.{csv,json}.
	byGlob
	// byRegexp (regexp) holds for keys in which an RE2 expression is found. Its named
	// groups become ${re.NAME}. Example: regexp: '^in/(?<year>\d{4})/'.
	byRegexp
	// bySize (size) holds for sizes from at-least, up to but not including below. It takes
	// a HeadObject if the event lacks the size. Example: size: {at-least: 1MiB, below: 5GiB}.
	bySize
	// byPrincipal (principal) holds for the account or RAM user that made the request, by its
	// number; * stands for any text. Example: principal: "12345*".
	byPrincipal
	// bySourceIP (source-ip) holds for the address that the request came from, or for a
	// CIDR block. Example: source-ip: 10.0.0.0/8.
	bySourceIP
	// byContentType (content-type) holds for a Content-Type without its parameters and
	// whatever its case; type/* fits all subtypes. It takes a HeadObject if the event lacks
	// it. Example: content-type: image/*.
	byContentType
	// byStorageClass (storage-class) holds for objects of a storage class. It takes a
	// HeadObject. Example: storage-class: [Standard, IA].
	byStorageClass
	// byMeta (meta) holds for objects with such user metadata, names without x-oss-meta-;
	// null means that the entry is absent. It takes a HeadObject. Example:
	// meta: {origin: [scanner, fax], draft: null}.
	byMeta
	// byTagging (tagging) holds for objects with such tags; null means that the tag is
	// absent. It takes a GetObjectTagging. Example: tagging: {review: approved}.
	byTagging

	// conditions is their number.
	conditions
)

// conditionNames are the fields of the conditions.
var conditionNames = [conditions]string{"bucket", "event", "prefix", "suffix", "glob", "regexp", "size",
	"principal", "source-ip", "content-type", "storage-class", "meta", "tagging"}
