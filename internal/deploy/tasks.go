package deploy

// ForTasks reports whether the function is one that backfill hands copies over to: a function with asynchronous tasks
// and without triggers. It gets no events.
func (m *Manifest) ForTasks() bool {
	return textAt(m.props, "asyncInvokeConfig", "asyncTask") == "true" && at(m.props, "triggers") == nil
}
