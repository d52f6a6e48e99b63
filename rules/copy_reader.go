package rules

// copyReader is a copy that is being read.
type copyReader struct {
	*copySpec
	fromDefaults bool
	buckets      []listedBucket
}

// listedBucket is one of a copy's destination buckets, and where it is written.
type listedBucket struct {
	bucket    *template
	line, col int
}
