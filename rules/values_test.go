package rules

import (
	"slices"
	"testing"
)

func TestValuesAreInTheOrderOfTheFieldsOfCopy(t *testing.T) {
	var fields []string
	for _, e := range effectiveValues {
		fields = append(fields, e.field)
	}
	if want := fieldNames(&copyBlock); !slices.Equal(fields, want) {
		t.Errorf("values %q, fields %q", fields, want)
	}
}
