package relay_test

import (
	"context"
	"log/slog"
	"testing"

	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/rules"
)

// renewing are rules that are looked for while an invocation is handled.
type renewing struct {
	set  *rules.Set
	done func()
}

func (r renewing) Current(context.Context) (*rules.Set, string, func()) { return r.set, "v1", r.done }

func TestTheLookForNewerRulesIsWaitedForWhenTheEventIsHandled(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		set, err := rules.Load("rules.yaml", []byte(replicate), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.PutSparse(from, "a", 10); err != nil {
			t.Fatal(err)
		}
		waits, copied := 0, false
		source := renewing{set, func() {
			waits++
			_, copied = w.Object(to, "a")
		}}
		handler := relay.New(relay.Config{Rules: source, Log: slog.New(slog.DiscardHandler),
			Copier: copier.New(osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w.Transport()), copier.Options{})})
		payload := []byte(`{"events":[{"eventName":"ObjectCreated:PutObject",
			"oss":{"bucket":{"name":"` + from + `"},"object":{"key":"a"}}}]}`)
		keys := osscall.Credentials{AccessKeyID: "role", AccessKeySecret: secret, SecurityToken: token}
		inv := relay.Invocation{Credentials: keys}
		if _, err := handler.Handle(t.Context(), inv, payload); err != nil {
			t.Fatal(err)
		}
		if waits != 1 || !copied {
			t.Errorf("waited %d times, the object was copied before: %t", waits, copied)
		}
		if _, err := handler.Handle(t.Context(), inv, []byte("nothing")); err == nil || waits != 2 {
			t.Errorf("a payload that cannot be read: waited %d times, %v", waits, err)
		}
	})
}
