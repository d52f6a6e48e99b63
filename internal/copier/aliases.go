package copier

import (
	"afterput/internal/osscall"
	"afterput/internal/state"
)

type (
	Credentials = osscall.Credentials
	Error       = osscall.Error
	Kind        = osscall.Kind
	State       = state.Location
)

const DefaultStatePrefix = state.DefaultPrefix

const (
	KindStopped     = osscall.KindStopped
	KindNotModified = osscall.KindNotModified
)

var (
	CutURL          = osscall.CutURL
	NewClient       = osscall.NewClient
	WithCredentials = osscall.WithCredentials
	NewCollector    = state.NewCollector
	ParseState      = state.Parse
	Is              = osscall.Is
	Safely          = osscall.Safely
	Send            = osscall.Send
)
