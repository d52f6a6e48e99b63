package main

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" placeholder:"SHELL" help:"bash, zsh or fish."`
}

// completionScripts are the templates of the scripts. Each gets the completedTool.
//
//go:embed completion.tmpl
var completionScripts string

func (cmd *completionCmd) Run(c console, parsed *kong.Context) error {
	scripts := template.Must(template.New("").Funcs(template.FuncMap{
		"join": strings.Join, "zsh": zshText, "fish": fishText,
	}).Parse(completionScripts))
	return scripts.ExecuteTemplate(c.out, cmd.Shell, completedTool{completedFlags(parsed.Model.Flags),
		completedCommands(parsed.Model)})
}

// completedTool is what a shell has to know of afterput.
type completedTool struct {
	Flags    []completedFlag // of every command, which may be given before it too
	Commands []completedCommand
}

// Names are those of the commands.
func (t completedTool) Names() (names []string) {
	for _, c := range t.Commands {
		names = append(names, c.Name)
	}
	return names
}

// completedCommand is what a shell has to know of a command.
type completedCommand struct {
	Name, Help string
	Flags      []completedFlag
	Arguments  []string // the values of its argument, if they are a few words
	Files      bool     // its arguments are files
}

// completedFlag is what a shell has to know of a flag.
type completedFlag struct {
	Name, Help, Short string
	Placeholder       string   // of its value; "" for a flag that has none
	Values            []string // all of them, if they are a few words
	Files             bool     // its value is a file or a folder
}

// Words are the flag's names.
func (f completedFlag) Words() []string {
	if f.Short == "" {
		return []string{"--" + f.Name}
	}
	return []string{"--" + f.Name, "-" + f.Short}
}

func completedCommands(app *kong.Application) (all []completedCommand) {
	for _, node := range app.Children {
		command := completedCommand{Name: node.Name, Help: node.Help}
		for _, argument := range node.Positional {
			command.Arguments = append(command.Arguments, wordsOf(argument)...)
			command.Files = command.Files || isFile(argument.Tag.PlaceHolder)
		}
		command.Flags = completedFlags(slices.Concat(node.Flags, app.Flags))
		all = append(all, command)
	}
	return all
}

func completedFlags(flags []*kong.Flag) (all []completedFlag) {
	for _, flag := range flags {
		f := completedFlag{Name: flag.Name, Help: flag.Help, Values: wordsOf(flag.Value)}
		if flag.Short != 0 {
			f.Short = string(flag.Short)
		}
		if !flag.IsBool() {
			f.Placeholder, f.Files = flag.FormatPlaceHolder(), isFile(flag.PlaceHolder)
		}
		all = append(all, f)
	}
	return all
}

// wordsOf are the values that kong checks, or those that the command checks, which the tag "values" has.
func wordsOf(v *kong.Value) []string {
	words := strings.Split(v.Enum+","+v.Tag.Get("values"), ",")
	return slices.DeleteFunc(words, func(word string) bool { return word == "" })
}

func isFile(placeholder string) bool {
	return slices.Contains([]string{"FILE", "FILE ...", "DIR", "PATH", "PLACE"}, placeholder)
}

// zshText is a text between single quotes, in which brackets and colons have no meaning of their own.
func zshText(s string) string {
	return strings.NewReplacer(`'`, `'\''`, `[`, `\[`, `]`, `\]`, `:`, `\:`).Replace(s)
}

// fishText is a text between single quotes.
func fishText(s string) string {
	return fmt.Sprintf("'%s'", strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s))
}
