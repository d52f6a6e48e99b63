package rules

import "go.yaml.in/yaml/v3"

// The rules file is described by a table of fields for each kind of block. The loader
// reads by the tables, and the JSON schema is made of them.

// blockTable is a kind of block in the file: its name for messages, and its fields. T is
// what a block is read into.
type blockTable[T any] struct {
	what   string
	fields []fieldSpec[T]
}

// fieldSpec is one field of a block.
type fieldSpec[T any] struct {
	name     string
	required bool
	shape    shape
	doc      string // one sentence, which editors show for the field
	read     func(l *loader, into *T, line int, n *yaml.Node)
}

func (b *blockTable[T]) title() string { return b.what }

func (b *blockTable[T]) list() []fieldInfo {
	infos := make([]fieldInfo, len(b.fields))
	for i, f := range b.fields {
		infos[i] = fieldInfo{f.name, f.required, f.shape, f.doc}
	}
	return infos
}

func (b *blockTable[T]) find(name string) *fieldSpec[T] {
	for i := range b.fields {
		if b.fields[i].name == name {
			return &b.fields[i]
		}
	}
	return nil
}

// readBlock reads a block of the file by its table. Fields are read in the order of the
// table, not of the file. It returns false if the block could not be read at all.
func readBlock[T any](l *loader, b *blockTable[T], n *yaml.Node, into *T) bool {
	if l.tooMany() {
		return false
	}
	pairs, ok := l.pairs(b.what, n)
	if !ok {
		return false
	}
	values := map[string]yamlPair{}
	meant := map[string]bool{} // fields that are there, under a name that they have elsewhere
	for _, p := range pairs {
		if b.find(p.key.Value) == nil {
			if l.tooMany() {
				return false
			}
			if l.fullWidth(p.key.Value, p.key.Line, p.key.Column) {
				continue
			}
			if f := foreignFieldOf(b.what, p.key.Value); f != nil {
				meant[f.field] = true
				l.foreignWord(p.key, f)
				continue
			}
			l.problem(p.key, "%s has no field %s%s", b.what, quote(p.key.Value), suggestField(p.key.Value, b, l.blocks))
			continue
		}
		values[p.key.Value] = p
	}
	for i := range b.fields {
		f := &b.fields[i]
		if p, given := values[f.name]; given {
			f.read(l, into, p.key.Line, p.value)
		} else if _, other := values[f.shape.unless]; f.required && !meant[f.name] && !other {
			l.problem(n, "%s needs %s", b.what, quote(f.name))
		}
	}
	return true
}
