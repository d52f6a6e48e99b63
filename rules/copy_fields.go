package rules

// CopyField is a field of copy in the language's own table, for those who take a copy from elsewhere than a
// file: the command line has a flag for each.
type CopyField struct {
	Name   string
	Doc    string // one sentence or two
	Kind   CopyFieldKind
	Values []string // the allowed texts; nil if there are others
}

// CopyFieldKind is how the value of a [CopyField] is written in a file.
type CopyFieldKind int

const (
	TextField    CopyFieldKind = iota // one text, or a number
	BooleanField                      // true or false
	EntriesField                      // a block of names and values
)

// CopyFields returns the fields of copy, in the order of the language.
func CopyFields() []CopyField {
	var all []CopyField
	for _, f := range copyFields {
		kind := TextField
		switch f.shape.kind {
		case kindBoolean:
			kind = BooleanField
		case kindEntries:
			kind = EntriesField
		}
		all = append(all, CopyField{f.name, f.doc, kind, f.shape.values})
	}
	return all
}
