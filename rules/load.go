package rules

// Load reads a rules file. name is what messages call the file. env looks up
// ${env.NAME}, and is the only way in which the environment comes in; if it is nil, no
// variable is set. The error is a [Problems] with every mistake of the file.
func Load(name string, data []byte, env func(string) (string, bool)) (*Set, error) {
	if env == nil {
		env = func(string) (string, bool) { return "", false }
	}
	report := &reporter{file: name}
	l := &loader{reporter: report, env: env,
		blocks: []fieldLister{&matchBlock, &copyBlock, &deleteBlock, &ruleBlock, &restoreBlock,
			&sizeBlock, &fileBlock}}
	s := l.readFile(data)
	if len(report.problems) == 0 {
		s.index, s.payers = newIndex(s.sources, s.rules), s.requestPayers()
		s.ignored = readIgnored(data)
		s.nameSources()
		newLoopChecker(s, report).check()
	}
	if len(report.problems) > 0 {
		return nil, report.problems.sorted()
	}
	return s, nil
}
