package shop

import "strings"

func price(l line) int { return l.each * l.count }

func shown(o order) string { return strings.Repeat("*", o.total()) }
