package main

import (
	"cmp"
	"slices"

	"afterput/events"
	"afterput/rules"
)

// givenFacts are the facts the command line gives; the others are not known.
type givenFacts struct {
	cmd    *explainCmd
	object events.Object
}

func (cmd *explainCmd) facts(o events.Object) rules.Facts { return givenFacts{cmd, o} }

func (f givenFacts) Head() (rules.Head, error) {
	if f.cmd.StorageClass == "" && f.cmd.Meta == nil {
		return rules.Head{}, rules.ErrNotKnown
	}
	return rules.Head{
		Size:         f.cmd.sizeOf(f.object),
		ETag:         cmp.Or(f.object.ETag.Value, "${etag}"), // stays a placeholder
		LastModified: f.object.Time,
		StorageClass: cmp.Or(f.cmd.StorageClass, "Standard"),
		Headers:      rules.ContentHeaders{ContentType: cmp.Or(f.object.ContentType.Value, f.cmd.ContentType)},
		Meta:         slices.DeleteFunc(pairs(f.cmd.Meta), func(p rules.Pair) bool { return p.Value == "" }),
	}, nil
}

func (f givenFacts) Tags() ([]rules.Pair, error) {
	if f.cmd.Tag == nil {
		return nil, rules.ErrNotKnown
	}
	return pairs(f.cmd.Tag), nil
}

// NotKnown says which conditions of the event the command line leaves open. An event that is given says everything.
func (f givenFacts) NotKnown(field string) bool {
	if f.cmd.Event != "" {
		return false
	}
	return field == "principal" && f.cmd.Principal == "" || field == "source-ip" && f.cmd.SourceIP == ""
}

func (f givenFacts) ACL() (string, error) { return "", rules.ErrNotKnown }

func (f givenFacts) BucketACL() (string, error) { return "", rules.ErrNotKnown }

func pairs(m map[string]string) []rules.Pair {
	var list []rules.Pair
	for k, v := range m {
		list = append(list, rules.Pair{Key: k, Value: v})
	}
	slices.SortFunc(list, func(a, b rules.Pair) int { return cmp.Compare(a.Key, b.Key) })
	return list
}
