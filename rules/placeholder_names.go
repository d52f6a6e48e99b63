package rules

import (
	"fmt"
	"slices"
	"strings"
)

// placeholders are the names of placeholders; true for those that take a second name
// after a dot.
var placeholders = map[string]bool{
	"key": false, "dir": false, "dir.base": false, "base": false, "stem": false, "ext": false,
	"bucket": false, "region": false, "size": false, "etag": false, "event": false, "rule": false,
	"hash": false,
	"time": true, "re": true, "tag": true, "meta": true, "env": true,
}

// placeholderNames lists them for messages and suggestions.
var placeholderNames = []string{
	"key", "dir", "dir.base", "base", "stem", "ext", "bucket", "region", "size", "etag", "event", "rule", "hash",
	"time.year", "time.month", "time.day", "time.hour", "time.minute", "time.second",
	"time.weekday", "time.date", "re.GROUP", "tag.KEY", "meta.KEY", "env.NAME",
}

var timeNames = []string{"year", "month", "day", "hour", "minute", "second", "weekday", "date"}

// argExamples shows for each placeholder with an argument how it is written.
var argExamples = map[string]string{
	"time": "time.year", "re": "re.GROUP", "tag": "tag.KEY", "meta": "meta.KEY", "env": "env.NAME"}

// checkPlaceholderName refuses what is not the name of a placeholder, the second name
// included.
func checkPlaceholderName(text, fullName string) error {
	name, arg, dotted := strings.Cut(fullName, ".")
	takesArg, known := placeholders[name]
	_, whole := placeholders[fullName]
	switch {
	case whole && dotted:
		return nil
	case fullName == "":
		return fmt.Errorf("%s has no name: the names are %s", quote(text), orList(placeholderNames))
	case known && takesArg && arg == "":
		return fmt.Errorf("${%s} needs a name after a dot, such as ${%s}", name, argExamples[name])
	case known && !takesArg && dotted && nearest(fullName, placeholderNames) == "":
		return fmt.Errorf("${%s} takes no name after a dot: write ${%s}", fullName, name)
	case known && (takesArg || !dotted):
		return nil
	}
	suggestion := nearest(fullName, placeholderNames)
	if slices.Contains(timeNames, fullName) {
		suggestion = "time." + fullName
	}
	if dotted {
		if near := nearest(name, []string{"time", "re", "tag", "meta", "env"}); near != "" {
			suggestion = near + "." + arg
		}
	}
	if suggestion != "" {
		return fmt.Errorf("there is no placeholder ${%s}; did you mean ${%s}?", fullName, suggestion)
	}
	return fmt.Errorf("there is no placeholder ${%s}: the names are %s", fullName, orList(placeholderNames))
}

// checkArg refuses an argument that no value can have.
func (p *templatePart) checkArg(fullName string) error {
	switch p.name {
	case "time":
		if !slices.Contains(timeNames, p.arg) {
			return fmt.Errorf("there is no placeholder ${%s}: time has %s%s", fullName, orList(timeNames),
				didYouMean(p.arg, timeNames))
		}
	case "tag":
		if err := checkTagKey(p.arg); err != nil {
			return fmt.Errorf("%s: no tag can have this key: %w", quote(p.text), err)
		}
	case "meta":
		if err := checkMetaName(p.arg); err != nil {
			return fmt.Errorf("%s: no metadata can have this name: %w", quote(p.text), err)
		}
	}
	return nil
}

// fullName is the placeholder's name as it is written between the braces.
func (p *templatePart) fullName() string {
	if p.arg != "" {
		return p.name + "." + p.arg
	}
	return p.name
}
