package deploy

// ForTasks reports whether the function is one that backfill hands copies over to: a function with asynchronous tasks
// and without triggers. It gets no events.
func (m *Manifest) ForTasks() bool {
	return textAt(m.props, "asyncInvokeConfig", "asyncTask") == "true" && at(m.props, "triggers") == nil
}

// noTriggersForTasks is why such a function gets no triggers: uploads would wait behind a backfill.
func (m *Manifest) noTriggersForTasks() error {
	problems := &problemList{file: m.name}
	problems.add(at(m.props, "asyncInvokeConfig", "asyncTask"), "this function takes no triggers: "+
		"asyncTask: true makes it the one that afterput backfill --function invokes; write the triggers into the "+
		"s.yaml of the function that handles uploads, or remove asyncTask if this is that function")
	return problems.all
}
