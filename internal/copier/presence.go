package copier

import (
	"context"
	"errors"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// Presence is whether a source is there, as OSS has just said.
type Presence struct {
	There bool
	// Marker says of a source that is not there that its current version is a delete marker.
	Marker bool
	// Head is what the source is, if it is there. Of a link it has type, time and version id only.
	Head rules.Head
}

// Look asks OSS whether the source is there, whatever version it is. Only OSS's own answer that there is no such object
// counts as gone: a missing bucket, a missing right and a 404 of which nothing says what it is about are errors. A
// symbolic link is there, even if what it points to is not.
func (s *Source) Look(ctx context.Context) (p Presence, err error) {
	res, err := s.readHead(ctx, nil)
	if err == nil {
		p = Presence{There: true, Head: headOf(res)}
	}
	switch {
	case IsLink(p.Head, err):
		return s.lookAtLink(ctx)
	case osscall.HasCode(err, "NoSuchKey"):
		var answer *oss.ServiceError
		return Presence{Marker: errors.As(err, &answer) && answer.Headers.Get("x-oss-delete-marker") == "true"}, nil
	case osscall.Is(err, osscall.KindNotFound): // a response to HEAD need not say what is missing
		return s.lookAtLink(ctx)
	}
	return p, err
}

// lookAtLink is Look by GetSymlink, whose response says in a document what is missing.
func (s *Source) lookAtLink(ctx context.Context) (Presence, error) {
	l, _, err := s.linkNow(ctx)
	switch {
	case osscall.HasCode(err, "SourceGone"):
		return Presence{}, nil
	case osscall.HasCode(err, "NotSymlink"):
		return Presence{}, osscall.NewError(osscall.KindLost, "HeadObject", "NoAnswer",
			"OSS answered that %s is missing, and then that it is an object", s.URL())
	}
	return Presence{There: true,
		Head: rules.Head{ObjectType: symlink, LastModified: l.modified, VersionID: l.version}}, err
}
