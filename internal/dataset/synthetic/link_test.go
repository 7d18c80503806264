package synthetic_test

import (
	"strings"
	"testing"

	"refresher/internal/dataset/synthetic"
	"refresher/internal/postgres/catalog"
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

// The key of a join table may be unique only by columns that two foreign keys share; and what it joins may have its
// tenant by a key to a third table.
func TestJoinTablesOfTenants(t *testing.T) {
	w := newWorld(t, `
CREATE TABLE tenants (id int NOT NULL);
CREATE TABLE users (tenant int NOT NULL, id int NOT NULL);
CREATE TABLE teams (tenant int NOT NULL, id int NOT NULL, owner int NOT NULL);
CREATE TABLE members (tenant int NOT NULL, person int NOT NULL, team int NOT NULL, role text NOT NULL);
CREATE TABLE likes (tenant int NOT NULL, person int NOT NULL, team int NOT NULL, kind int NOT NULL CHECK (kind IN (1, 2)));
CREATE TABLE notes (id int NOT NULL, tenant int NOT NULL, team int NOT NULL, person int NOT NULL);`, `
INSERT INTO tenants SELECT generate_series(1, 20);
INSERT INTO users SELECT 1 + i % 20, i FROM generate_series(0, 199) i;
INSERT INTO teams SELECT 1 + i % 20, i, i FROM generate_series(0, 99) i;
INSERT INTO members SELECT 1 + i % 20, i % 200, (i + 20 * (i / 200)) % 100, 'r' FROM generate_series(0, 599) i;
INSERT INTO likes SELECT 1 + i % 20, i % 200, i % 100, 1 + i / 200 FROM generate_series(0, 399) i;
INSERT INTO notes SELECT i, 1 + i % 20, i % 100, i % 200 FROM generate_series(0, 299) i;`, `
ALTER TABLE tenants ADD PRIMARY KEY (id);
ALTER TABLE users ADD PRIMARY KEY (tenant, id), ADD FOREIGN KEY (tenant) REFERENCES tenants;
ALTER TABLE teams ADD PRIMARY KEY (tenant, id), ADD FOREIGN KEY (tenant) REFERENCES tenants, ADD FOREIGN KEY (tenant, owner) REFERENCES users;
ALTER TABLE members ADD PRIMARY KEY (tenant, person, team), ADD FOREIGN KEY (tenant, person) REFERENCES users,
	ADD FOREIGN KEY (tenant, team) REFERENCES teams;
ALTER TABLE likes ADD PRIMARY KEY (tenant, person, team, kind), ADD FOREIGN KEY (tenant, person) REFERENCES users,
	ADD FOREIGN KEY (tenant, team) REFERENCES teams;
ALTER TABLE notes ADD PRIMARY KEY (id), ADD FOREIGN KEY (tenant, team) REFERENCES teams, ADD FOREIGN KEY (tenant, person) REFERENCES users;`)
	policy := columns{}.policy(synthetic.Method{K: 20})
	for _, seed := range []int64{1, 2, 3} {
		m := w.must(t, policy, synthetic.Options{Seed: seed})
		for table, want := range map[string]int64{"users": 200, "teams": 100, "members": 600, "likes": 400, "notes": 300} {
			if got := m.rows["public."+table]; got != want {
				t.Errorf("seed %d: %s has %d rows, not %d", seed, table, got, want)
			}
		}
		if got := one(t, m.conn, "SELECT (count(DISTINCT (tenant, team)) > 50)::text FROM members"); got != "true" {
			t.Errorf("seed %d: members are of few teams", seed)
		}
	}
	// As many as were asked for, and no more than there are pairs.
	for rows, refused := range map[int64]bool{900: false, 1001: true} {
		_, err := w.synthesize(t, policy, synthetic.Options{Tables: map[catalog.Name]synthetic.TableOptions{name("members"): {Rows: &rows}}})
		if (err != nil) != refused || refused && !strings.Contains(err.Error(), "unique key members_pkey of public.members") {
			t.Errorf("%d rows: %v", rows, err)
		}
	}
}
