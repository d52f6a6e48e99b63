package shop

type line struct{ each, count int }
