package rules

// Directive says what becomes of the source's tags or metadata on the copy: the value
// of x-oss-tagging-directive or x-oss-metadata-directive.
type Directive string

// The directives of a planned copy.
const (
	// DirectiveCopy keeps those of the source.
	DirectiveCopy Directive = "COPY"
	// DirectiveReplace sets exactly those that the request names.
	DirectiveReplace Directive = "REPLACE"
)

// directiveMerge is a directive of the rules file alone. The planner resolves it: it
// reads the source's values and plans a Replace with the result.
const directiveMerge Directive = "MERGE"

// defaultContentType is what a copy under [DirectiveReplace] is sent with whose
// rule names no content type.
const defaultContentType = "application/octet-stream"
