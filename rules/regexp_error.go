package rules

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// lacking is what other engines have and RE2 has not: how a pattern says it, which is %s of the message.
var lacking = []struct{ sign, message string }{
	{`(?=`, lookahead}, {`(?<=`, lookahead},
	{`(?>`, "RE2 has no atomic groups (%s): write (?:, since RE2 never tries a part again"},
	{`(?#`, "RE2 has no comments (%s): leave it out"},
	{`(?|`, "RE2 has no groups that share numbers (%s): write (?:, and name the groups in it"},
	{`(?(`, "RE2 has no conditions (%s): write both patterns, with | between them"},
	{`(?R`, recursion}, {`(?P>`, recursion}, {`(?&`, recursion},
	{`(?P=`, backreference}, {`\k`, backreference}, {`\g`, backreference},
	{`\h`, `RE2 has no %s: write [ \t]`},
	{`\Z`, "RE2 has no %s: write $"}, {`\G`, "RE2 has no %s: write ^"},
	{`\u`, `RE2 has no %s: write \x{…} with the hexadecimal digits`},
	{`\c`, `RE2 has no %s: write \x{…} with the character's number in hexadecimal digits`},
}

// unknownFlag is a list of flags that RE2 does not have all.
var unknownFlag = compiledLater(`^\(\?[imsU-]*([A-Za-z])$`)

const (
	lookahead     = "RE2 has no lookahead or lookbehind (%s): write it as an ordinary part of the pattern"
	backreference = "RE2 has no backreferences (%s): write the pattern again in its place"
	recursion     = "RE2 has no recursion (%s): write the pattern again in its place"
)

// regexpError is what is wrong with a regexp, with what to write instead of what RE2 lacks.
func regexpError(pattern string, err error) error {
	var wrong *syntax.Error
	if !errors.As(err, &wrong) {
		return err
	}
	for _, sign := range []string{"(?!", "(?<!"} {
		if strings.HasPrefix(wrong.Expr, sign) {
			return fmt.Errorf("RE2 has no negative lookahead or lookbehind (%s): leave it out, and write what must "+
				"not match under except%s", sign, excepted(pattern, sign))
		}
	}
	for _, l := range lacking {
		named := wrong.Expr == "(?P" && strings.HasPrefix(l.sign, "(?P") && strings.Contains(pattern, l.sign)
		if named || strings.HasPrefix(wrong.Expr, l.sign) {
			return fmt.Errorf(l.message, l.sign)
		}
	}
	if wrong.Code == syntax.ErrInvalidEscape && strings.Trim(wrong.Expr, `\123456789`) == "" {
		return fmt.Errorf(backreference, wrong.Expr)
	}
	if flag := unknownFlag().FindStringSubmatch(wrong.Expr); flag != nil {
		return fmt.Errorf("RE2 has the flags i, m, s and U, but not %s (%s): leave it out", flag[1], wrong.Expr)
	}
	return errors.New(strings.TrimPrefix(err.Error(), "error parsing regexp: ") + howToWrite(pattern, wrong))
}

// howToWrite ends the message of an error with what to write instead, "" if that is not known.
func howToWrite(pattern string, wrong *syntax.Error) string {
	switch wrong.Code {
	case syntax.ErrInvalidNamedCapture:
		return ": a name consists of letters, digits and _"
	case syntax.ErrInvalidCharRange:
		if strings.HasPrefix(wrong.Expr, "[:") || strings.HasPrefix(strings.ToLower(wrong.Expr), `\p`) {
			return `: there are classes such as [[:alpha:]], and scripts and categories such as \p{Han} and \p{L}`
		}
	case syntax.ErrInvalidRepeatSize:
		return ": a number of repetitions is at most 1000"
	case syntax.ErrMissingRepeatArgument, syntax.ErrInvalidRepeatOp:
		if fix := globFor(pattern, ""); fix != "" {
			return ": if a glob is meant, " + fix
		}
		if len(wrong.Expr) > 1 && strings.HasSuffix(wrong.Expr, "+") {
			return ": leave the last + out, since RE2 never tries a part again"
		}
	}
	return ""
}

// excepted ends a message with the except block that says the same as a negative lookahead at the beginning of a
// pattern, or a negative lookbehind at its end; "" for others.
func excepted(pattern, sign string) string {
	valid := func(text string) bool {
		_, err := regexp.Compile(text)
		return err == nil && text != "" && !strings.Contains(text, "'")
	}
	group := func(text string) string {
		if strings.Contains(text, "|") {
			return "(?:" + text + ")"
		}
		return text
	}
	const except = ": [{regexp: '%s'}]"
	if rest, begins := strings.CutPrefix(pattern, "^"+sign); begins && sign == "(?!" {
		for i, r := range rest {
			if r == ')' && valid(rest[:i]) {
				return fmt.Sprintf(except, "^"+group(rest[:i]))
			}
		}
	}
	if rest, ends := strings.CutSuffix(pattern, ")$"); ends && sign == "(?<!" {
		if _, text, _ := strings.Cut(rest, sign); valid(text) {
			return fmt.Sprintf(except, group(text)+"$")
		}
	}
	return ""
}
