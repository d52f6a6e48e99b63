package keyset

// Keys returns the set of the keys of which that part is a text. See [Part.Of].
func (p Part) Keys(text string) *Set {
	slashless := Repeat(0, 0, '/'-1, '/'+1, lastRune)
	dotless := Repeat(0, 0, '.'-1, '.'+1, '/'-1, '/'+1, lastRune)
	folder := Union(Literal(""), Concat(Any(0), Literal("/")))
	plain := Concat(Union(Literal(""), Literal(".")), dotless) // a base without an extension
	switch {
	case p == Dir && text == "":
		return Union(slashless, Concat(Literal("/"), slashless))
	case p == Dir:
		return Concat(Literal(text+"/"), slashless)
	case p == DirBase && text == "":
		return Union(slashless, Concat(folder, Literal("/"), slashless))
	case p == DirBase:
		return Concat(folder, Literal(text).Intersect(slashless), Literal("/"), slashless)
	case p == Base:
		return Concat(folder, Literal(text).Intersect(slashless))
	case p == Stem:
		extended := Concat(Literal(text).Intersect(Repeat(1, 0, '/'-1, '/'+1, lastRune)), Literal("."), dotless)
		return Concat(folder, Union(Literal(text).Intersect(plain), extended))
	case text == "":
		return Concat(folder, Union(plain, Concat(slashless.Intersect(Any(1)), Literal("."))))
	}
	return Concat(folder, slashless.Intersect(Any(1)), Literal("."), Literal(text).Intersect(dotless))
}
