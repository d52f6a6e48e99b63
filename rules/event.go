package rules

// eventNames are the events after which an object is whole.
// Source: OSS user guide, event notification; FC user guide, OSS triggers.
var eventNames = []string{
	"ObjectCreated:PutObject",
	"ObjectCreated:PostObject",
	"ObjectCreated:CopyObject",
	"ObjectCreated:CompleteMultipartUpload",
	"ObjectCreated:AppendObject",
	"ObjectCreated:PutSymlink",
	"ObjectReplication:ObjectCreated",
	"ObjectReplication:ObjectModified",
}

// partEvents come before an object is whole.
var partEvents = []string{
	"ObjectCreated:InitiateMultipartUpload",
	"ObjectCreated:UploadPart",
	"ObjectCreated:UploadPartCopy",
}

// eventMask is a set of events: bit i is eventNames[i], the bit behind them
// every other event.
type eventMask uint16

// maskOf is the set of one event.
func maskOf(event string) eventMask {
	for i, name := range eventNames {
		if name == event {
			return 1 << i
		}
	}
	return 1 << len(eventNames)
}

// copyEvents are the events that a copy of ours may raise in its destination.
// Which of the two depends on its size and on the engine.
var copyEvents = maskOf("ObjectCreated:CopyObject") | maskOf("ObjectCreated:CompleteMultipartUpload")
