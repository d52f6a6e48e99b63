package rules

// CopyField is a field of copy in the language's own table, for those who take a copy from elsewhere than a
// file: the command line has a flag for each.
type CopyField struct {
	Name   string
	Doc    string // one sentence or two
	Kind   CopyFieldKind
	Values []string    // the allowed texts; nil if there are others
	Fields []CopyField // of a block
}

// CopyFieldKind is how the value of a [CopyField] is written in a file.
type CopyFieldKind int

const (
	TextField    CopyFieldKind = iota // one text, or a number
	BooleanField                      // true or false
	EntriesField                      // a block of names and values
	BlockField                        // a block of fields
)

// CopyFields returns the fields of copy, in the order of the language.
func CopyFields() []CopyField { return copyFieldsOf(&copyBlock) }

func copyFieldsOf(block fieldLister) []CopyField {
	var all []CopyField
	for _, f := range block.list() {
		field := CopyField{Name: f.name, Doc: f.doc, Values: f.shape.values}
		switch f.shape.kind {
		case kindBoolean:
			field.Kind = BooleanField
		case kindEntries:
			field.Kind = EntriesField
		case kindBlock:
			field.Kind, field.Fields = BlockField, copyFieldsOf(f.shape.block())
		}
		all = append(all, field)
	}
	return all
}
