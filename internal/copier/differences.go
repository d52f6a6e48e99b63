package copier

import (
	"context"
	"slices"
	"time"

	"afterput/internal/osscall"
	"afterput/rules"
)

// Difference names what a destination has otherwise than the copy would.
type Difference string

const (
	DiffersAll          Difference = "object" // the destination does not exist
	DiffersContent      Difference = "content"
	DiffersTime         Difference = "time" // the destination is older than the source
	DiffersLink         Difference = "link"
	DiffersHeaders      Difference = "content headers"
	DiffersMeta         Difference = "metadata"
	DiffersTags         Difference = "tags"
	DiffersStorageClass Difference = "storage class"
	DiffersEncryption   Difference = "encryption"
	DiffersACL          Difference = "ACL"
)

// Differences compares the destination of a planned copy with what the copy would make of src, by the requests that a
// repeated copy sends too, and changes nothing. What the rule leaves to the bucket is not compared: class, encryption
// and ACL where it does not set them. None means that the copy is in place. requests is how many
// were sent, without those that src counts.
func (c *Copier) Differences(
	ctx context.Context, src *Source, plan *rules.Copy,
) (differ []Difference, requests int, err error) {
	comparing := c.copying(ctx, src, plan)
	err = osscall.Safely("compare", func() (err error) {
		differ, err = comparing.differences(ctx)
		return err
	})
	return differ, int(comparing.requests.Load()), err
}

func (c *copying) differences(ctx context.Context) ([]Difference, error) {
	if err := c.checkPlan(); err != nil {
		return nil, err
	}
	dst, err := c.headDestination(ctx)
	if err != nil {
		return nil, err
	}
	src, err := c.src.Head()
	switch {
	case IsLink(src, err):
		return c.linkDifferences(ctx, src.Headers, err == nil && dst.exists, dst.head.Headers)
	case !dst.exists:
		return []Difference{DiffersAll}, nil
	case err != nil:
		return nil, err
	}
	differ := c.headDifferences(src, dst.head)
	if slices.Contains(differ, DiffersContent) {
		return differ, nil // the rest is that of another object
	}
	if same, err := c.sameTagsAs(ctx, src, dst.head); err != nil {
		return nil, err
	} else if !same {
		differ = append(differ, DiffersTags)
	}
	if same, err := c.sameACL(ctx); err != nil {
		return nil, err
	} else if !same {
		differ = append(differ, DiffersACL)
	}
	return differ, nil
}

// linkDifferences compares links. HeadObject shows their content headers only if both of their targets exist.
func (c *copying) linkDifferences(
	ctx context.Context, src rules.ContentHeaders, shown bool, dst rules.ContentHeaders,
) ([]Difference, error) {
	_, same, err := c.matchesLink(ctx, time.Time{}, false)
	switch {
	case err != nil:
		return nil, err
	case !same:
		return []Difference{DiffersLink}, nil
	case shown && src != dst:
		return []Difference{DiffersHeaders}, nil
	}
	return nil, nil
}

// headDifferences compares everything that HeadObject shows.
func (c *copying) headDifferences(src, dst rules.Head) (differ []Difference) {
	note := func(same bool, d Difference) {
		if !same {
			differ = append(differ, d)
		}
	}
	headers, meta := c.headersAndMeta(src)
	note(src.CRC64 != "" && src.CRC64 == dst.CRC64 && src.Size == dst.Size, DiffersContent)
	note(!dst.LastModified.Before(src.LastModified), DiffersTime)
	note(dst.ObjectType != symlink, DiffersLink)
	note(headers == dst.Headers, DiffersHeaders)
	note(slices.Equal(meta, dst.Meta), DiffersMeta)
	note(asTheRuleSays(c.plan.StorageClass, dst.StorageClass), DiffersStorageClass)
	note(asTheRuleSays(c.plan.ServerSideEncryption, dst.ServerSideEncryption) &&
		asTheRuleSays(c.plan.ServerSideEncryptionKeyID, dst.ServerSideEncryptionKeyID) &&
		asTheRuleSays(c.plan.ServerSideDataEncryption, dst.ServerSideDataEncryption), DiffersEncryption)
	return differ
}

// asTheRuleSays reports whether a value is the one that the rule sets, if it sets one.
func asTheRuleSays(rule, value string) bool { return rule == "" || rule == value }
