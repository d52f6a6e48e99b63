package dashboard

import (
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "draw the dashboard's picture again")

const (
	file        = "../../examples/grafana/afterput.json"
	pictureFile = "../../docs/dashboard.svg"
)

// interval is what the variable of that name is in the picture, in seconds.
const interval = 300

// panel is a panel of Grafana with a query of SLS's data source, aliyun-log-service-datasource.
type panel struct {
	ID          int
	Title, Type string
	GridPos     struct{ X, Y, W, H int }
	Datasource  source
	FieldConfig struct {
		Defaults struct {
			Unit       string
			Custom     struct{ DrawStyle string }
			Thresholds struct{ Steps []struct{ Value *float64 } }
		}
	}
	Targets []struct {
		Datasource        source
		Query, XCol, YCol string
	}
}

type source struct{ Type, UID string }

func load(t *testing.T) []panel {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var d struct{ Panels []panel }
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d.Panels
}

// results are those of the panels' queries over lines.
func results(t *testing.T, panels []panel, lines []line) (all []table) {
	t.Helper()
	for _, p := range panels {
		all = append(all, run(t, strings.ReplaceAll(p.Targets[0].Query, "$${interval}", "300"), lines))
	}
	return all
}

func TestEveryPanelShowsWhatItsQueryReturns(t *testing.T) {
	panels := load(t)
	used := map[int]bool{}
	area := 0
	for i, r := range results(t, panels, generate()) {
		p := panels[i]
		target := p.Targets[0]
		logs := source{"aliyun-log-service-datasource", "${logs}"}
		if len(p.Targets) != 1 || p.Datasource != logs || target.Datasource != logs {
			t.Errorf("%s: want one target of %v", p.Title, logs)
		}
		if len(r.rows) == 0 {
			t.Errorf("%s: no line of the generated log is found by %s", p.Title, target.Query)
		}
		if used[p.ID] || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("%s: its id is not its own, or it is wider than the grid", p.Title)
		}
		used[p.ID] = true
		area += p.GridPos.W * p.GridPos.H
		switch p.Type {
		case "stat":
			if target.XCol != "stat" || !slices.Equal(r.columns, []string{target.YCol}) {
				t.Errorf("%s: xcol %q, ycol %q, columns %q", p.Title, target.XCol, target.YCol, r.columns)
			}
		case "timeseries":
			if len(seriesOf(t, p, r)) == 0 || target.XCol != "time" {
				t.Errorf("%s: no series, or xcol is %q", p.Title, target.XCol)
			}
			if !strings.HasSuffix(target.Query, " order by time limit 10000") { // SLS returns 100 rows without a limit
				t.Errorf("%s: the query has no order or limit: %s", p.Title, target.Query)
			}
		case "table":
			if target.XCol != "" || target.YCol != "" {
				t.Errorf("%s: xcol %q, ycol %q; want none", p.Title, target.XCol, target.YCol)
			}
		default:
			t.Errorf("%s: unknown type %q", p.Title, p.Type)
		}
	}
	last := panels[len(panels)-1].GridPos
	if want := 24 * (last.Y + last.H); area != want {
		t.Errorf("the panels cover %d cells of the grid, want %d", area, want)
	}
}

func TestGivenUpIsWhatFailsInTheLastRetryOfTheShippedDeployment(t *testing.T) {
	for _, name := range []string{"../../s.yaml", "../../s.custom.yaml"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(`maxAsyncRetryAttempts: (\d+)`).FindSubmatch(text)
		i := slices.IndexFunc(load(t), func(p panel) bool { return p.Title == "Given up" })
		if m == nil || i < 0 || !strings.Contains(load(t)[i].Targets[0].Query, "message.retry_count >= "+string(m[1])) {
			t.Errorf("%s has %s, which the panel Given up does not have", name, m)
		}
	}
}

func TestThePictureShowsTheDashboardAsItIs(t *testing.T) {
	panels := load(t)
	now := picture(t, panels, results(t, panels, generate()))
	if *update {
		if err := os.WriteFile(pictureFile, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if text, err := os.ReadFile(pictureFile); err != nil || string(text) != now {
		t.Errorf("docs/dashboard.svg is another picture (%v): go test ./internal/dashboard -update draws it", err)
	}
}
