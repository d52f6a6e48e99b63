package page

import (
	"net/http"
	"slices"
	"time"
)

func troubleNames() (all []string) {
	for _, t := range troubles {
		all = append(all, t.name)
	}
	return all
}

// postTrouble switches a trouble on or off.
func (p *Page) postTrouble(r *http.Request) (any, error) {
	asked, err := read[struct {
		Name string `json:"name"`
		On   bool   `json:"on"`
	}](r)
	if err != nil {
		return nil, err
	}
	if err := p.trouble.set(asked.Name, asked.On); err != nil {
		return nil, bad("%v", err)
	}
	p.hub.changed()
	return struct{}{}, nil
}

// postKill kills the process of the function that has an event, or says that none has.
func (p *Page) postKill(*http.Request) (any, error) {
	return map[string]bool{"killed": p.cloud.FC.Kill()}, nil
}

// postReplay hands the event of a row to the function again, in a row of its own.
func (p *Page) postReplay(r *http.Request) (any, error) {
	asked, err := read[struct {
		ID int `json:"id"`
	}](r)
	if err != nil {
		return nil, err
	}
	h := p.hub
	h.mu.Lock()
	row := h.find(asked.ID)
	h.mu.Unlock()
	if row == nil {
		return nil, &refused{http.StatusNotFound, "the event is no longer kept: only the newest are"}
	}
	if !slices.Contains(h.current().set.Sources(), row.object.Bucket) {
		return nil, bad("%s is not a source of the rules in force", row.object.Bucket)
	}
	again := newRow(&row.object, row.payload, h.current(),
		factsOf(p.cloud.OSS, row.object.Bucket, row.object.Key, row.object.ETag.Value))
	again.by, again.replayOf, again.at = row.by, row.id, time.Now()
	h.add(again)
	p.cloud.FC.Invoke(row.payload)
	return map[string]int{"id": again.id}, nil
}
