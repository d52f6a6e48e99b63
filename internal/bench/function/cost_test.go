package main

import (
	"testing"

	"afterput/internal/bench"
	"afterput/internal/copier"
)

const mib = int64(1) << 20

func TestACopyThatSavesMoneyIsNeverDearerThanTheCopierAndAtLeastThreeTimesFaster(t *testing.T) {
	plain := bench.Models()[0]
	for name, size := range map[string]int64{"129 MiB": 129, "200 MiB": 200, "201 MiB": 201, "300 MiB": 300,
		"1 GiB": 1 << 10, "5 GiB": 5 << 10, "12 GiB": 12 << 10} {
		s := bench.Size{Name: name, Bytes: size * mib}
		row, err := bench.MeasureRow(plain, s)
		if err != nil {
			t.Fatal(err)
		}
		saving, err := bench.MeasureEngine(plain, s, copier.Options{Prefer: copier.PreferMoney})
		if err != nil {
			t.Fatal(err)
		}
		price, copiers := largeBill(saving).lookingAgain().price(), largeBill(row.SDK).price()
		if faster := row.SDK.Makespan.Seconds() / saving.Makespan.Seconds(); price > copiers || faster < 3 {
			t.Errorf("%s: %.2f of the Copier's price, %.1f times faster", name, price/copiers, faster)
		}
	}
}
