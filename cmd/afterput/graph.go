package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"afterput/internal/graph"
	"afterput/rules"
)

type graphCmd struct {
	Rules  string   `arg:"" help:"Rules file to draw; - is standard input." placeholder:"FILE"`
	Format string   `enum:"mermaid,dot,svg" default:"mermaid" placeholder:"FORMAT" help:"graph_format_help"`
	Rule   []string `placeholder:"NAME" help:"Draw this rule only; may be repeated."`
	Bucket []string `placeholder:"BUCKET" help:"Draw only what goes from or to this bucket; may be repeated."`
}

// graphHelp holds the texts that are too long for a struct tag.
var graphHelp = helpTexts{
	"graph_format_help": "mermaid (default), for README files and issues; dot, for Graphviz; or svg.",
}

func (cmd *graphCmd) Run(ctx context.Context, c console) error {
	set, err := loadRules(ctx, cmd.Rules, os.LookupEnv)
	if err != nil {
		return err
	}
	for _, name := range cmd.Rule {
		if !slices.ContainsFunc(set.Rules(), func(r rules.RuleInfo) bool { return r.Name == name }) {
			return usageError(fmt.Sprintf("--rule is %q; %s has no rule of that name", name, inputName(cmd.Rules)))
		}
	}
	only := graph.Only{Rules: cmd.Rule, Buckets: cmd.Bucket}
	g, err := untilStopped(ctx, func() (*graph.Graph, error) { return graph.Of(inputName(cmd.Rules), set, only), nil })
	if err != nil {
		return err
	}
	if len(g.Arrows) == 0 {
		return fmt.Errorf("%s has no enabled rule that copies or deletes there; nothing to draw", inputName(cmd.Rules))
	}
	picture := map[string]func() string{"mermaid": g.Mermaid, "dot": g.DOT, "svg": g.SVG}[cmd.Format]
	fmt.Fprint(c.out, picture()) // its texts are escaped
	return nil
}
