package rules

import "slices"

// every reports whether something is true of all items.
func every[T any](items []T, is func(T) bool) bool {
	return !slices.ContainsFunc(items, func(item T) bool { return !is(item) })
}
