package copier

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"afterput/internal/osscall"
	"afterput/rules"
)

// A copy into a source bucket raises an event with which the function runs again. The rules
// predict whether that ends. In case a prediction is wrong, the copies of a chain are counted in
// the metadata of what they write, and the chain is cut where the count reaches the limit,
// whatever the rules say. See docs/design.md, "Chains are counted".

// A count ends chainLife after the first copy of its chain: later, somebody has copied the object
// back to where the chain begins, now and then. The copies of an endless loop need seconds.
const chainLife = 24 * time.Hour

// mostCounted is how many copies of a chain may be counted. The first is not if it is certain to be
// the copy of an upload.
const mostCounted = rules.MaxHops + 1

// countChain reads how many copies led to the source, and fails if this one would be one too many.
// If it is not, the copy carries the new count: it replaces the metadata by what it would have
// been, and the count. Links are not counted: copies cannot set their metadata.
func (c *copying) countChain(ctx context.Context) error {
	if !c.plan.MayContinueChain {
		return nil
	}
	head, err := c.src.Head()
	if IsLink(head, err) {
		return nil
	}
	if err != nil {
		return err
	}
	now := c.src.Object.Time
	if now.IsZero() { // an event without a time
		now = head.LastModified
	}
	count, began := countOf(head, now)
	if count >= mostCounted {
		return osscall.NewError(osscall.KindPermanent, "plan", "ChainTooLong",
			"%s is the result of %d copies, each triggered by the one before, which is probably an endless loop: run "+
				"afterput explain for this object, and let the rules exclude what they write; to copy this object "+
				"all the same, remove its metadata x-oss-meta-%s", c.src.URL(), count, rules.HopsMeta)
	}
	counted := *c.plan
	counted.Headers, counted.Meta = c.headersAndMeta(head)
	counted.MetadataDirective = rules.DirectiveReplace
	c.plan = &counted
	c.hops = fmt.Sprintf("%d %s", count+1, began.UTC().Format(time.RFC3339))
	return nil
}

// countOf is how many copies led to the object that HeadObject shows, each triggered by the one
// before, and when the first was; 0 and now if that is not known, or was long ago.
func countOf(head rules.Head, now time.Time) (count int, began time.Time) {
	number, since, _ := strings.Cut(head.Hops, " ")
	count, err := strconv.Atoi(number)
	if err != nil || count < 0 {
		return 0, now
	}
	began, err = time.Parse(time.RFC3339, since)
	if age := now.Sub(began); err != nil || age > chainLife || age < -chainLife {
		return 0, now
	}
	return count, began
}
