package copier

import (
	"context"
	"fmt"
	"time"

	"afterput/internal/osscall"
	"afterput/rules"
)

// A copy into a source bucket raises an event with which the function runs again. The rules
// predict whether that ends. In case a prediction is wrong, the copies of a chain are counted in
// the metadata of what they write, and the chain is cut where the count reaches the limit,
// whatever the rules say. See docs/design.md, "Chains are counted".

// chainLife is how long a count is valid: later, the object was copied by somebody, not by the
// chain it once came from. An event that is older has been discarded by Function Compute.
const chainLife = 7 * 24 * time.Hour

// countChain reads how many copies led to the source, and fails if this one would be one too many.
// If it is not, the copy carries the new count: it replaces the metadata by what it would have
// been, and the count. Links are not counted: copies cannot set their metadata.
func (c *copying) countChain(ctx context.Context) error {
	if !c.plan.MayContinueChain {
		return nil
	}
	head, err := c.src.Head()
	if isLink(head, err) {
		return nil
	}
	if err != nil {
		return err
	}
	hops := c.hopsOf(head) + 1
	if hops > rules.MaxHops {
		return osscall.NewError(osscall.KindPermanent, "plan", "ChainTooLong",
			"%s is the result of %d copies, each triggered by the one before; a chain may have %d, since it is "+
				"probably an endless loop: run afterput explain for this object, and let the rules exclude what "+
				"they write; to copy this object all the same, remove its metadata x-oss-meta-%s",
			c.src.URL(), hops, rules.MaxHops+1, rules.HopsMeta)
	}
	counted := *c.plan
	counted.Headers, counted.Meta = c.headersAndMeta(head)
	counted.MetadataDirective = rules.DirectiveReplace
	c.plan = &counted
	c.hops = fmt.Sprintf("%d %s", hops, c.src.Object.Time.UTC().Format(time.RFC3339))
	return nil
}

// hopsOf is how many copies led to the object that HeadObject shows, each triggered by the one
// before; 0 if that is not known, or was long ago.
func (c *copying) hopsOf(head rules.Head) int {
	var hops int
	var written string
	if _, err := fmt.Sscanf(head.Hops, "%d %s", &hops, &written); err != nil || hops < 0 {
		return 0
	}
	at, err := time.Parse(time.RFC3339, written)
	if err != nil || c.src.Object.Time.Sub(at) > chainLife {
		return 0
	}
	return hops
}
