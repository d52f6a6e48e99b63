package rules

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"afterput/events"
)

// explained is what a set makes of an object given as
// "oss://bucket/key, size 64KiB, tagging a=b".
func explained(t *testing.T, set *Set, line string) string {
	o, facts := parseObject(t, []byte(objectText(t, line)))
	if o.IsRemoval() {
		return deletionsText(set, o)
	}
	plan, err := set.Plan(o, facts)
	if err != nil {
		return "  refused: " + err.Error() + "\n"
	}
	var b strings.Builder
	if len(facts.asked) > 0 {
		fmt.Fprintf(&b, "  asks %s\n", strings.Join(facts.asked, ", "))
	}
	verdicts := plan.Verdicts()
	for _, v := range verdicts {
		indent := "  "
		if len(verdicts) > 1 {
			fmt.Fprintf(&b, "  %s: %s", v.Rule, v.Answer)
			if v.Reason != "" {
				b.WriteString(", " + v.Reason)
			}
			b.WriteString("\n")
			indent = "    "
		} else if v.Answer != Matched {
			fmt.Fprintf(&b, "  %s: %s\n", v.Answer, v.Reason)
		}
		for _, i := range v.Copies {
			b.WriteString(copyText(&plan.Copies[i], indent))
		}
		for _, s := range v.Shadowed {
			fmt.Fprintf(&b, "%snot made: %s, %s writes it\n", indent, s.Destination, s.By)
		}
		for range v.Needless {
			fmt.Fprintf(&b, "%snot made: it is the object itself, and nothing would change\n", indent)
		}
	}
	return b.String()
}

// deletionsText is what is deleted, if it is a copy, when an object was removed.
func deletionsText(set *Set, o events.Object) string {
	deletions, err := set.Removal(o)
	if err != nil {
		return "  refused: " + err.Error() + "\n"
	}
	if len(deletions) == 0 {
		return "  nothing is deleted\n"
	}
	var b strings.Builder
	for _, d := range deletions {
		if d.Err != nil {
			fmt.Fprintf(&b, "  fails: %v\n", d.Err)
			continue
		}
		fmt.Fprintf(&b, "  deletes oss://%s/%s (%s)\n", d.Bucket, d.Key, d.Rule)
	}
	return b.String()
}

// objectText is the object of such a line as parseObject reads it.
func objectText(t *testing.T, line string) string {
	fields := strings.Split(line, ", ")
	bucket, key, ok := strings.Cut(strings.TrimPrefix(fields[0], "oss://"), "/")
	if !ok {
		t.Fatalf("not an object: %q", line)
	}
	text := "bucket: " + bucket + "\nkey: " + key + "\n"
	for _, f := range fields[1:] {
		name, value, _ := strings.Cut(f, " ")
		switch name {
		case "size":
			n, err := ParseSize(value)
			if err != nil {
				t.Fatal(err)
			}
			value = strconv.FormatInt(n, 10)
		case "storage-class":
			name = "class"
		case "tagging":
			name = "tags"
		}
		text += name + ": " + value + "\n"
	}
	return text
}

// copyText is a planned copy: where it goes, what it carries other than its
// source, and what follows from it.
func copyText(c *Copy, indent string) string {
	if errors.Is(c.Err, ErrFolderMarker) {
		return fmt.Sprintf("%sskipped: %v\n", indent, c.Err)
	}
	if c.Err != nil {
		return fmt.Sprintf("%sfails: %v\n", indent, c.Err)
	}
	var b strings.Builder
	in := ""
	if c.details.inPlace {
		in = " in place"
	}
	fmt.Fprintf(&b, "%s→ oss://%s/%s%s\n", indent, c.Bucket, c.Key, in)
	for _, f := range sentFields(c) {
		if f.Value != "" {
			fmt.Fprintf(&b, "%s    %s: %s\n", indent, f.Key, f.Value)
		}
	}
	if c.NamesSource {
		fmt.Fprintf(&b, "%s    names its source\n", indent)
	}
	if c.DeleteSource {
		fmt.Fprintf(&b, "%s    delete-source: true\n", indent)
	}
	for _, h := range c.Chain() {
		perhaps := ""
		if !h.Sure {
			perhaps = "perhaps "
		}
		if h.Unchanged {
			fmt.Fprintf(&b, "%s  %s%sthen %s leaves it unchanged\n", indent, strings.Repeat("  ", h.Depth-1), perhaps,
				h.Rule)
			continue
		}
		fmt.Fprintf(&b, "%s  %s%sthen %s → oss://%s/%s\n", indent, strings.Repeat("  ", h.Depth-1), perhaps, h.Rule,
			h.Bucket, h.Key)
	}
	return b.String()
}

// sentFields are the fields of the request that are not left to OSS's defaults.
func sentFields(c *Copy) []Pair {
	none := func(s string) string {
		if s == "" {
			return "none"
		}
		return s
	}
	instant := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format(time.RFC3339)
	}
	fields := []Pair{{"storage-class", c.StorageClass}, {"object-acl", c.ObjectACL}}
	if c.TaggingDirective == DirectiveReplace {
		fields = append(fields, Pair{"tagging", none(pairsText(c.Tags))})
	}
	if c.MetadataDirective == DirectiveReplace {
		h := c.Headers
		fields = append(fields, Pair{"cache-control", h.CacheControl},
			Pair{"content-type", cmp.Or(h.ContentType, defaultContentType)},
			Pair{"content-disposition", h.ContentDisposition},
			Pair{"content-encoding", h.ContentEncoding}, Pair{"content-language", h.ContentLanguage},
			Pair{"expires", h.Expires},
			Pair{"meta", none(pairsText(c.Meta))})
	}
	fields = append(fields, Pair{"server-side-encryption", c.ServerSideEncryption},
		Pair{"server-side-encryption-key-id", c.ServerSideEncryptionKeyID},
		Pair{"server-side-data-encryption", c.ServerSideDataEncryption})
	if c.ForbidOverwrite {
		fields = append(fields, Pair{"forbid-overwrite", "true"})
	}
	if c.FollowSymlinks {
		fields = append(fields, Pair{"follow-symlinks", "true"})
	}
	fields = append(fields, Pair{"region", c.Region}, Pair{"role", c.Role}, Pair{"external-id", c.ExternalID},
		Pair{"restore", restoreText(c)})
	if c.TrafficLimit > 0 {
		fields = append(fields, Pair{"traffic-limit", strconv.FormatInt(c.TrafficLimit, 10)})
	}
	return append(fields, Pair{"request-payer", c.RequestPayer}, Pair{"copy-source-if-match", c.CopySourceIfMatch},
		Pair{"copy-source-if-none-match", c.CopySourceIfNoneMatch},
		Pair{"copy-source-if-modified-since", instant(c.CopySourceIfModifiedSince)},
		Pair{"copy-source-if-unmodified-since", instant(c.CopySourceIfUnmodifiedSince)})
}
