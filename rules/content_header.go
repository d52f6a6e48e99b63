package rules

import (
	"fmt"
	"slices"
)

// contentHeader is a field of copy that sets a content header.
type contentHeader struct {
	field string
	of    func(*ContentHeaders) *string
	// text is what is sent for the value of the field.
	text func(string) (string, error)
}

// contentHeaders are all content headers that copies can set.
var contentHeaders = []contentHeader{
	{"cache-control", func(h *ContentHeaders) *string { return &h.CacheControl }, headerText},
	{"content-type", func(h *ContentHeaders) *string { return &h.ContentType }, headerText},
	{"content-disposition", func(h *ContentHeaders) *string { return &h.ContentDisposition }, headerText},
	{"content-encoding", func(h *ContentHeaders) *string { return &h.ContentEncoding }, headerText},
	{"content-language", func(h *ContentHeaders) *string { return &h.ContentLanguage }, headerText},
	{"expires", func(h *ContentHeaders) *string { return &h.Expires }, dateText},
}

func headerText(s string) (string, error) {
	if err := checkHeaderValue(s); err != nil {
		return "", fmt.Errorf("%s %w", quote(s), err)
	}
	return s, nil
}

func dateText(s string) (string, error) {
	t, err := parseTime(s)
	return t.Format(httpDate), err
}

// contentHeaderOf is the content header that a field sets.
func contentHeaderOf(field string) *contentHeader {
	i := slices.IndexFunc(contentHeaders, func(h contentHeader) bool { return h.field == field })
	return &contentHeaders[i]
}

// headerTemplates are the templates of the content headers that a copy sets, by their fields.
type headerTemplates map[string]*template

// setOtherwise reports whether two copies may set a content header to different values.
func (all headerTemplates) setOtherwise(other headerTemplates) bool {
	for field, t := range all {
		if also := other[field]; also != nil && !sameConstant(t, also) {
			return true
		}
	}
	return false
}
