package deploy

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"afterput/rules"
)

// manifestTrigger is a trigger of the manifest that delivers events of OSS.
type manifestTrigger struct {
	node     *yaml.Node
	name     string
	kind     string   // Native or EventBridge
	bucket   string   // "" is every bucket of the region
	events   []string // without "oss:"; may end with ":*"
	prefixes []string // a key begins with any of these; none means any key
	suffixes []string
}

// readTrigger reads one trigger. It returns false for a trigger that does not deliver events of OSS, or that cannot be
// read.
func (m *Manifest) readTrigger(n *yaml.Node, problems *problemList) (manifestTrigger, bool) {
	t := manifestTrigger{node: n, name: textAt(n, "triggerName"), kind: textAt(n, "triggerType")}
	switch t.kind {
	case Native:
		return t, t.readNative(m.region, problems)
	case EventBridge:
		return t, t.readEventBridge(problems)
	}
	return t, false
}

// nativeEvents are the events of OSS triggers, without "oss:".
// Source: FC user guide, OSS triggers; schema of the fc3 component.
var nativeEvents = append(rules.UploadEvents(), "ObjectCreated:*", "ObjectCreated:InitiateMultipartUpload",
	"ObjectCreated:UploadPart", "ObjectCreated:UploadPartCopy", "ObjectModified:UpdateObjectMeta",
	"ObjectRemoved:AbortMultipartUpload", "ObjectRemoved:DeleteObject", "ObjectRemoved:DeleteObjects")

// readNative reads the configuration of an OSS trigger of a function in a region.
func (t *manifestTrigger) readNative(region string, problems *problemList) bool {
	if !t.readBucket(region, problems) {
		return false
	}
	events := at(t.node, "triggerConfig", "events")
	if events == nil || len(events.Content) == 0 {
		problems.add(t.node, "trigger %s has no events", t.name)
		return false
	}
	for _, e := range events.Content {
		name, ok := strings.CutPrefix(e.Value, "oss:")
		if !ok || !slices.Contains(nativeEvents, name) {
			problems.add(e, "trigger %s: OSS triggers have no event %q; "+
				"write names such as oss:ObjectCreated:PutObject", t.name, e.Value)
			continue
		}
		t.events = append(t.events, name)
	}
	t.prefixes = t.readKeyFilter("prefix", problems)
	t.suffixes = t.readKeyFilter("suffix", problems)
	return true
}

var ossARN = regexp.MustCompile(`^acs:oss:([^:]*):(.*):([^:/*]+)$`)

// readBucket reads the bucket of an OSS trigger, which must be in the function's region.
func (t *manifestTrigger) readBucket(region string, problems *problemList) bool {
	source := at(t.node, "sourceArn")
	if source == nil {
		problems.add(t.node, "trigger %s has no sourceArn, which names its bucket", t.name)
		return false
	}
	arn := ossARN.FindStringSubmatch(source.Value)
	if arn == nil || strings.Contains(arn[3], "${") || strings.HasSuffix(arn[3], "}") {
		problems.add(source, "trigger %s: sourceArn %q does not name a bucket; "+
			"write acs:oss:REGION:ACCOUNT:BUCKET, with variables that vars defines", t.name, source.Value)
		return false
	}
	t.bucket = arn[3]
	if region != "" && arn[1] != region && !strings.Contains(arn[1], "${") {
		problems.add(source, "trigger %s is on a bucket in %s, but the function is in %s; both must be in one region",
			t.name, arn[1], region)
	}
	return true
}

// readKeyFilter reads the prefix or the suffix of an OSS trigger.
func (t *manifestTrigger) readKeyFilter(field string, problems *problemList) []string {
	v := at(t.node, "triggerConfig", "filter", "key", field)
	if v == nil {
		problems.add(t.node, "trigger %s has no triggerConfig.filter.key.%s; write '' for any", t.name, field)
		return nil
	}
	if strings.Contains(v.Value, "${") {
		problems.add(v, "trigger %s: %s %q uses an undefined variable", t.name, field, v.Value)
		return nil
	}
	return []string{v.Value}
}

// delivers reports whether the trigger has the event, by its name or by a name that ends with *.
func (t *manifestTrigger) delivers(event string) bool {
	return slices.ContainsFunc(t.events, func(e string) bool { return includes(e, event) })
}

// includes reports whether an event of a trigger, which may end with *, includes another.
func includes(event, other string) bool {
	head, star := strings.CutSuffix(event, "*")
	return event == other || star && strings.HasPrefix(other, head)
}

// overlaps is OSS's test for a conflict with a trigger of this filter. Source: see [filter.overlaps].
func (t *manifestTrigger) overlaps(events []string, prefix, suffix string) bool {
	// Events may end with * here, so they are compared apart from prefix and suffix.
	sameEvent := []string{""}
	own := filter{prefix: firstOf(t.prefixes), suffix: firstOf(t.suffixes), events: sameEvent}
	if !own.overlaps(&filter{prefix: prefix, suffix: suffix, events: sameEvent}) {
		return false
	}
	return slices.ContainsFunc(events, func(e string) bool {
		return slices.ContainsFunc(t.events, func(mine string) bool { return includes(mine, e) || includes(e, mine) })
	})
}

// firstOf returns the only prefix or suffix of an OSS trigger, "" if it could not be read.
func firstOf(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}
