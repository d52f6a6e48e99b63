package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"afterput/internal/localcloud"
	"afterput/internal/page"
	"afterput/rules"
)

// pageFlags are about the page of a local cloud.
type pageFlags struct {
	Page string `default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"local_page_help"`
	Play bool   `help:"Upload six objects for examples/rules.yaml, one after the other, for the page to show."`
}

// newPage is the page that the flags ask for; nil if none is wanted.
func (f *pageFlags) newPage(r *localRules, set *rules.Set) (*page.Page, error) {
	switch {
	case f.Play && f.Page == "off":
		return nil, usageError("--play and --page off cannot be combined")
	case f.Play && !page.CanPlay(set):
		return nil, usageError("--play uploads into the sources of examples/rules.yaml, which are not all sources here")
	case f.Page == "off":
		return nil, nil
	}
	if err := checkAddress("--page", f.Page); err != nil {
		return nil, usageError(err.Error() + ", or off for none")
	}
	if err := page.CheckAddr(f.Page); err != nil {
		return nil, usageError(fmt.Sprintf("--page is %s; %v, or off", f.Page, err))
	}
	return page.New(r), nil
}

// serve serves the page, and is its URL; "" if none is wanted.
func (f *pageFlags) serve(p *page.Page, cloud *localcloud.Cloud, r *localRules, to localPrinter) (string, error) {
	if p == nil {
		return "", nil
	}
	r.saved = func() { r.lookAgain(cloud, to.changed) }
	url, err := p.Serve(f.Page, cloud)
	if err == nil && f.Play {
		p.Play(2500 * time.Millisecond)
	}
	return url, err
}

// The rules file as the page sees it: see [page.RulesFile].

func (r *localRules) Name() string { return r.file }

func (r *localRules) Text() ([]byte, error) {
	if r.file != stdin {
		return readInput("the rules", r.file)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen, nil
}

// Load loads a text as the file's would be, without accepting it.
func (r *localRules) Load(text []byte) (*rules.Set, error) {
	set, err := rules.Load(inputName(r.file), text, os.LookupEnv)
	if err == nil && !r.sameRemotes(r.InForce(), set) {
		err = errOtherRemotes(r.file)
	}
	return set, err
}

func (r *localRules) InForce() *rules.Set {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.set
}

// Save writes a text into the file, as a whole, and puts it in force.
func (r *localRules) Save(text []byte) error {
	if r.file == stdin {
		return errors.New("save the rules: they were read from standard input, so there is no file to write; " +
			"start afterput local with a file")
	}
	if err := replaceFile(r.file, text); err != nil {
		return fmt.Errorf("save the rules: %w", err)
	}
	r.saved()
	return nil
}
