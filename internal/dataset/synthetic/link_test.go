package synthetic_test

import (
	"testing"

	"refresher/internal/dataset/synthetic"
)

// Foreign keys that share a tenant find rows of the same one; a key to the table itself leads to one before.
func TestSharedColumns(t *testing.T) {
	w := newWorld(t, `
CREATE TABLE tenants (id int NOT NULL);
CREATE TABLE users (tenant int NOT NULL, id int NOT NULL, chief int);
CREATE TABLE products (tenant int NOT NULL, id int NOT NULL);
CREATE TABLE orders (id int NOT NULL, tenant int NOT NULL, buyer int NOT NULL, product int NOT NULL, gift int);
CREATE TABLE halves (a int NOT NULL, b int);`, `
INSERT INTO tenants SELECT generate_series(1, 30);
INSERT INTO users SELECT 1 + i % 30, i, CASE WHEN i > 60 THEN i - 30 END FROM generate_series(1, 300) i;
INSERT INTO products SELECT 1 + i % 30, i FROM generate_series(1, 90) i;
INSERT INTO orders SELECT i, 1 + i % 30, 30 + i % 30, 30 + i % 30, CASE WHEN i % 2 = 0 THEN 60 + i % 30 END FROM generate_series(1, 500) i;
INSERT INTO halves SELECT tenant, CASE WHEN id % 2 = 0 THEN id END FROM users WHERE id <= 200;`, `
ALTER TABLE tenants ADD PRIMARY KEY (id); ALTER TABLE users ADD PRIMARY KEY (tenant, id); ALTER TABLE products ADD PRIMARY KEY (tenant, id);
ALTER TABLE orders ADD PRIMARY KEY (id);
ALTER TABLE users ADD FOREIGN KEY (tenant) REFERENCES tenants, ADD FOREIGN KEY (tenant, chief) REFERENCES users;
ALTER TABLE products ADD FOREIGN KEY (tenant) REFERENCES tenants;
ALTER TABLE orders ADD FOREIGN KEY (tenant) REFERENCES tenants, ADD FOREIGN KEY (tenant, buyer) REFERENCES users,
	ADD FOREIGN KEY (tenant, product) REFERENCES products, ADD FOREIGN KEY (tenant, gift) REFERENCES products;
ALTER TABLE halves ADD FOREIGN KEY (a, b) REFERENCES users;`)
	m := w.must(t, columns{}.policy(synthetic.Method{K: 20}), synthetic.Options{Seed: 1})
	for what, sql := range map[string]string{
		"orders": "SELECT (count(*) = 500 AND count(gift) BETWEEN 150 AND 350 AND count(DISTINCT product) = 4)::text FROM orders",
		"halves": "SELECT (count(b) BETWEEN 50 AND 150 AND count(a) = 200)::text FROM halves",
		"chiefs": "SELECT (count(chief) > 100)::text FROM users",
	} {
		if got := one(t, m.conn, sql); got != "true" {
			t.Errorf("%s: %s", what, got)
		}
	}
}
