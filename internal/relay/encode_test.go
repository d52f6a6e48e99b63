package relay

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// Each report has values in about half of its fields, whatever fields there are.
func TestReportsAreEncodedAsEncodingJSONDoes(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		r := Report{Objects: []ObjectReport{}}
		fill(random, reflect.ValueOf(&r).Elem())
		want, err := json.Marshal(&r)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.encode(); err != nil || string(got) != string(want) {
			t.Fatalf("%v\n got %s\nwant %s", err, got, want)
		}
	}
}

func TestAReportThatCannotBeEncodedIsAnError(t *testing.T) {
	r := Report{Objects: []ObjectReport{{Copies: make([]CopyReport, 1)}}}
	r.Objects[0].Copies[0].LastModified = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err := r.encode(); err == nil {
		t.Error("no error")
	}
}

var (
	texts = []string{"tenants/0/photo.jpg", "", `"\`, "<b>&", "äöü 中文", "\x00\n\x7f", "\xff", "\u2028", "}", "{"}
	// Of both signs, and as large and as small as numbers with an exponent are.
	fractions = []float64{0.020514, 1, 86400.5, 1e-6, 9.99e-7, 1e-300, 1e20, 1e21, 1e300, 0.1, 123456789.125}
)

// fill sets a value or, if it is a struct, about half of its fields.
func fill(random *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(texts[random.IntN(len(texts))])
	case reflect.Int, reflect.Int64:
		v.SetInt(random.Int64() >> random.IntN(64))
	case reflect.Float64:
		v.SetFloat(fractions[random.IntN(len(fractions))] * float64(1-2*random.IntN(2)))
	case reflect.Bool:
		v.SetBool(random.IntN(2) == 0)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(random, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), random.IntN(4), 4))
		for i := range v.Len() {
			fill(random, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range random.IntN(3) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(random, key)
			fill(random, value)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(random.Int64N(4e9), random.Int64N(1e9)).UTC()))
			return
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() && random.IntN(2) == 0 {
				fill(random, v.Field(i))
			}
		}
	}
}
