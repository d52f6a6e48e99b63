package page

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"

	"afterput/rules"
)

// rulesText is the text of the rules file. Sum says which text it was when the browser read it.
type rulesText struct {
	Text string `json:"text"`
	Sum  string `json:"sum"`
}

func sum(text []byte) string {
	s := sha256.Sum256(text)
	return hex.EncodeToString(s[:])
}

func (p *Page) getRules(*http.Request) (any, error) {
	text, err := p.rules.Text()
	return rulesText{string(text), sum(text)}, err
}

// note is a problem, a warning or a note about a line.
type note struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Level   string `json:"level"` // problem, warning or note
	Message string `json:"message"`
	Code    string `json:"code,omitempty"`
	Title   string `json:"title,omitempty"` // what it is about, in the language of the page if that is not English
}

// checked is what the loader says of a text.
type checked struct {
	Valid   bool         `json:"valid"`
	Notes   []note       `json:"notes"`
	Drawing *drawingJSON `json:"drawing,omitempty"`
	Sources []string     `json:"sources,omitempty"`
}

// postCheck loads a text as saving would, and draws it.
func (p *Page) postCheck(r *http.Request) (any, error) {
	t, err := read[rulesText](r)
	if err != nil {
		return nil, err
	}
	return p.check(r, []byte(t.Text))
}

func (p *Page) check(r *http.Request, text []byte) (*checked, error) {
	c := &checked{Notes: []note{}}
	set, err := p.rules.Load(text)
	var wrong rules.Problems
	switch {
	case errors.As(err, &wrong):
		for _, w := range wrong {
			c.Notes = append(c.Notes, note{Line: w.Line, Column: w.Col, Level: "problem", Message: w.Message})
		}
		return c, nil
	case err != nil:
		c.Notes = append(c.Notes, note{Line: 1, Column: 1, Level: "problem", Message: err.Error()})
		return c, nil
	}
	chinese := wordsFor(r)["lang"] == "zh"
	for _, w := range set.Lint() {
		title := ""
		if chinese {
			title = findings[string(w.Code)]
		}
		c.Notes = append(c.Notes, note{Line: w.Line, Column: w.Col, Level: string(w.Level), Message: w.Message,
			Code: string(w.Code), Title: title})
	}
	drawn := newDrawing(0, set).json()
	c.Valid, c.Drawing, c.Sources = true, &drawn, set.Sources()
	return c, nil
}

// postSave writes a text into the file, if it loads and the file still is what the browser read.
func (p *Page) postSave(r *http.Request) (any, error) {
	t, err := read[rulesText](r)
	if err != nil {
		return nil, err
	}
	now, err := p.rules.Text()
	if err != nil {
		return nil, err
	}
	if sum(now) != t.Sum {
		return nil, &refused{http.StatusConflict,
			"the file has changed since it was read: copy your text, and read the file again"}
	}
	c, err := p.check(r, []byte(t.Text))
	if err != nil || !c.Valid {
		return c, err
	}
	if err := p.rules.Save([]byte(t.Text)); err != nil {
		return nil, &refused{http.StatusConflict, err.Error()}
	}
	return struct {
		*checked
		Sum string `json:"sum"`
	}{c, sum([]byte(t.Text))}, nil
}
