package deploy

import (
	"afterput/rules"
)

// UserOptions say what a person does with objects that are there already, for [UserPolicy].
type UserOptions struct {
	// Backfill is afterput backfill; else it is afterput diff.
	Backfill bool
	// Function is the function that the backfill hands its copies over to; "" if it makes them itself.
	Function string
	// JobBucket and JobPrefix are where the backfill keeps how far it has come; "" is a folder or nowhere.
	JobBucket, JobPrefix string
}

// UserPolicy returns the least policy with which a person can compare what is there already, and have it copied. Of o
// it follows State, SingleCopyLimit and SourceKMSKeys, as far as the person makes the copies. Notes and error are those
// of [PolicyOf].
func UserPolicy(set *rules.Set, u UserOptions, o PolicyOptions) (p Policy, notes []string, err error) {
	g, err := userGrants(set, u, o)
	if err != nil {
		return p, nil, err
	}
	return g.policy(), g.allNotes(), nil
}

// userGrants is UserPolicy before the statements are made.
func userGrants(set *rules.Set, u UserOptions, o PolicyOptions) (*grants, error) {
	all := set.Accesses()
	if len(all) == 0 {
		return nil, ErrNothingToCopy
	}
	g := newGrants()
	for _, a := range all {
		if u.Backfill && u.Function == "" {
			g.allowCopy(a, o)
		} else {
			g.allowComparing(a)
		}
	}
	for _, bucket := range set.Sources() {
		g.allowListing(bucket)
	}
	if u.JobBucket != "" {
		g.allowFiles(u.JobBucket, u.JobPrefix)
	}
	if u.Function != "" {
		g.allow("acs:fc:*:*:functions/"+u.Function, "fc:InvokeFunction", "fc:ListAsyncTasks")
		g.explain("fc:ListAsyncTasks", "for --status alone; not confirmed that Function Compute checks it for one "+
			"function: if it is refused, allow it on *")
	}
	return g, nil
}

// allowComparing allows the requests that compare the destination of a copy with its source. Sources are listed too.
func (g *grants) allowComparing(a rules.Access) {
	g.allowReading(a)
	if a.Writes {
		dst, to := objectARN(a.Destination, ""), g.as(a.Remote)
		to.allow(dst, "oss:GetObject", "oss:GetObjectTagging")
		if a.SetsACL {
			to.allow(dst, "oss:GetObjectAcl")
		}
		to.allowListing(a.Destination.Bucket)
	}
	if a.InPlace {
		src := objectARN(a.Source, "")
		g.allow(src, "oss:GetObjectTagging")
		if a.SetsACL || a.Writes {
			g.allow(src, "oss:GetObjectAcl")
		}
	}
}

// allowFiles allows keeping files under a prefix of a bucket: those of a sweep or of a backfill's job.
func (g *grants) allowFiles(bucket, prefix string) {
	resource := objectARN(rules.Objects{Bucket: bucket, Prefix: prefix}, "")
	g.allow(resource, "oss:GetObject", "oss:PutObject")
	g.allowPutACL(resource)
	g.allow(resource, "oss:DeleteObject")
	g.allowListing(bucket)
}
