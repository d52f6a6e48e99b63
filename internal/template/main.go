// Command template puts the application together that `s init` makes projects of:
//
//	template PACKAGE FOLDER
//
// PACKAGE is what make package has written, FOLDER is made again. The files of template/ are copied; s.yaml, the rules,
// the policy and the index of the Logstore are those of the repository. Below src/, which becomes a project, they and
// the readmes have a placeholder for each parameter of template/publish.yaml.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "template:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	if len(args) != 2 {
		return errors.New("usage: template PACKAGE FOLDER")
	}
	pkg, folder := args[0], args[1]
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.CopyFS(folder, os.DirFS("template")); err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(folder, "src", "code"), os.DirFS(pkg)); err != nil {
		return err
	}
	files, err := sources(".")
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, "src", filepath.FromSlash(name)), text, 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(stdout, "%s\ntry it: s init --uri %s -a default, where default is the name of a key that "+
		"`s config get` lists (it removes the folder: make template writes it again)\n", folder, folder)
	return nil
}
