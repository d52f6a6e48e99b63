package main

import "afterput/rules"

// problem is one message with its location.
type problem struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

func problemsOf(all rules.Problems) []problem {
	list := []problem{}
	for _, p := range all {
		list = append(list, problem{Line: p.Line, Column: p.Col, Message: p.Message})
	}
	return list
}
