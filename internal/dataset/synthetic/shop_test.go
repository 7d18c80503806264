package synthetic_test

import (
	"testing"

	"refresher/internal/dataset/synthetic"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/testkit/shop"
)

// shopColumns is what the columns of the sample shop hold.
var shopColumns = columns{
	"email": pii.Email, "first_name": pii.FirstName, "last_name": pii.LastName, "full_name": pii.FullName,
	"phone": pii.Phone, "street": pii.Street, "city": pii.City, "postcode": pii.Postcode,
}

// The sample shop has circles, composite keys, partitions, checks, domains and indexes on expressions: its synthetic
// database takes them all, in any size.
func TestShop(t *testing.T) {
	url := pgserver.DB(t)
	if err := shop.Load(t.Context(), url, shop.Options{Users: 300, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	w := worldOf(t, url, shop.Tables, shop.Keys)
	p := shopColumns.policy(synthetic.Method{K: 20}, "users", "employees")
	first := w.must(t, p, synthetic.Options{Seed: 1})
	rows := int64(777)
	other := w.must(t, p, synthetic.Options{Seed: 2, Scale: 3, Tables: map[catalog.Name]synthetic.TableOptions{
		name("users"): {Rows: &rows}, name("payments"): {Scale: 0.5},
		name("countries"): {Values: map[string][]string{"code": {"de", "fr", "it"}}}}})
	if other.rows["public.users"] != 777 || other.rows["public.payments"]*2 != first.rows["public.payments"] ||
		other.rows["public.events"] != 3*first.rows["public.events"] || other.rows["public.countries"] != 3 {
		t.Errorf("rows: %v, of %v", other.rows, first.rows)
	}
	if first.rows["public.users"] != 300 {
		t.Errorf("rows: %v", first.rows)
	}
}
