package rules

// nameConditions are the conditions that the name of an object decides.
var nameConditions = []condition{byBucket, byPrefix, bySuffix, byGlob, byRegexp}

// testName tests the conditions on bucket and key. The answer depends if they hold and there are others.
func (b *block) testName(q *query) truth {
	for _, c := range nameConditions {
		if b.given[c] != 0 && b.testFreeCondition(c, q) == no {
			return no
		}
	}
	if len(b.beyondName()) > 0 {
		return depends
	}
	return yes
}

// beyondName lists the conditions of a block that the name of an object does not decide.
func (b *block) beyondName() (beyond []condition) {
	for c := range conditions {
		name := false
		for _, n := range nameConditions {
			name = name || n == c
		}
		if b.given[c] != 0 && !name {
			beyond = append(beyond, c)
		}
	}
	return beyond
}
