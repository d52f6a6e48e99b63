package rules

const (
	byBucket condition = iota
	byEvent
	byPrefix
	bySuffix
	byGlob
	byRegexp
	bySize
	byPrincipal
	bySourceIP
	byContentType
	byStorageClass
	byMeta
	byTagging
	conditions
)

// condition is one thing a block can ask, in the order they are tested: those
// that cost no request come first.
type condition int

// conditionNames are the fields of the conditions.
var conditionNames = [conditions]string{"bucket", "event", "prefix", "suffix", "glob", "regexp", "size",
	"principal", "source-ip", "content-type", "storage-class", "meta", "tagging"}
