package rules

// Patterns by which editors refuse what the loader would refuse, as far as a pattern can; and what they say is wanted.
const (
	// destinationPattern matches the name of a bucket, or one with a placeholder.
	destinationPattern = `^([a-z0-9][a-z0-9-]{1,61}[a-z0-9]|[^\n\r]*\$\{[^\n\r]*)$`
	wantBucket         = "the name of a bucket: 3 to 63 lower-case letters, digits and hyphens"

	// addressPattern matches an IP address or a CIDR block.
	addressPattern = `^([0-9]{1,3}(\.[0-9]{1,3}){3}(/[0-9]{1,2})?` +
		`|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[^/\n\r]+)?(/[0-9]{1,3})?)$`
	wantAddress = "an address, or a CIDR block such as 10.0.0.0/8"

	// timePattern matches what parseTime takes: RFC 3339 or an HTTP date.
	timePattern = `^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{1,2}:[0-9]{2}:[0-9]{2}([.,][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})` +
		`|[A-Za-z]{3}, [0-9]{2} [A-Za-z]{3} [0-9]{4} [0-9]{1,2}:[0-9]{2}:[0-9]{2} GMT)$`
)
