-- Constraints of every kind, indexes of every method, sequences of every make, across schemas.
CREATE EXTENSION btree_gist; CREATE EXTENSION bloom;
CREATE SCHEMA a; CREATE SCHEMA z;
CREATE TABLE a.parents (id int PRIMARY KEY, code text, at int, CONSTRAINT parents_code UNIQUE (code) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT code_at UNIQUE (code, at) INCLUDE (id));
CREATE TABLE z.children (id int GENERATED ALWAYS AS IDENTITY, parent int, code text, at int, boss int, span int4range, room int,
    CONSTRAINT children_key PRIMARY KEY (id) INCLUDE (room),
    CONSTRAINT to_parent FOREIGN KEY (parent) REFERENCES a.parents ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT to_code FOREIGN KEY (code, at) REFERENCES a.parents (code, at) MATCH FULL NOT DEFERRABLE,
    CONSTRAINT to_boss FOREIGN KEY (boss) REFERENCES z.children DEFERRABLE,
    CONSTRAINT no_overlap EXCLUDE USING gist (room WITH =, span WITH &&) WHERE (room > 0) DEFERRABLE,
    CONSTRAINT not_far CHECK (at < 1000000) NO INHERIT);
ALTER TABLE a.parents ADD first_child int, ADD CONSTRAINT circular FOREIGN KEY (first_child) REFERENCES z.children DEFERRABLE;
INSERT INTO a.parents (id, code, at) SELECT i, 'code ' || i, i FROM generate_series(1, 100) i;
INSERT INTO z.children (parent, code, at, boss, span, room)
    SELECT i, 'code ' || i, i, CASE WHEN i > 1 THEN i - 1 END, int4range(i * 10, i * 10 + 5), i % 4 FROM generate_series(1, 100) i;
UPDATE a.parents SET first_child = id;
-- Constraints that production's own rows break, or that nobody looked at.
CREATE TABLE a.dirty (id int, parent int, n int, m int);
INSERT INTO a.dirty SELECT i, 1000 + i, -i, i FROM generate_series(1, 10) i;
ALTER TABLE a.dirty ADD CONSTRAINT parent_there FOREIGN KEY (parent) REFERENCES a.parents NOT VALID,
    ADD CONSTRAINT positive CHECK (n > 0) NOT VALID, ADD CONSTRAINT also_positive CHECK (m > 0) NOT VALID;
ALTER TABLE a.dirty VALIDATE CONSTRAINT also_positive;
CREATE TABLE a.nulls (x int, y int, UNIQUE NULLS NOT DISTINCT (x, y)); INSERT INTO a.nulls VALUES (NULL, 1), (NULL, 2), (1, NULL);
-- Indexes.
CREATE TABLE z.indexed (id bigint, t text, j jsonb, ts tsvector, p point, r int4range, ar int[], big text);
INSERT INTO z.indexed SELECT i, 'text ' || i, jsonb_build_object('k', i), to_tsvector('simple', 'word ' || i), point(i, i), int4range(i, i + 3), ARRAY[i, i + 1], repeat('x', i)
    FROM generate_series(1, 500) i;
CREATE INDEX ON z.indexed USING hash (t); CREATE INDEX ON z.indexed USING brin (id) WITH (pages_per_range = 4); CREATE INDEX ON z.indexed USING gin (j jsonb_path_ops) WITH (fastupdate = off);
CREATE INDEX ON z.indexed USING gist (ts); CREATE INDEX ON z.indexed USING spgist (p); CREATE INDEX ON z.indexed USING gist (r); CREATE INDEX ON z.indexed USING gin (ar);
CREATE INDEX ON z.indexed USING bloom (t) WITH (length = 80); CREATE INDEX ON z.indexed (t text_pattern_ops DESC NULLS LAST, (j ->> 'k')) INCLUDE (id) WHERE id > 5;
CREATE UNIQUE INDEX once ON z.indexed ((id % 1000), (lower(t) COLLATE "C")); CREATE UNIQUE INDEX partial ON z.indexed (id) WHERE t LIKE 'text%';
CREATE INDEX by_expr ON z.indexed (id, (length(t)));
ALTER INDEX z.by_expr ALTER COLUMN 2 SET STATISTICS 500;
CREATE INDEX half ON z.indexed (big) WITH (fillfactor = 50, deduplicate_items = off); ALTER TABLE z.indexed ALTER id SET NOT NULL;
CREATE UNIQUE INDEX identity ON z.indexed (id); ALTER TABLE z.indexed REPLICA IDENTITY USING INDEX identity; ALTER TABLE z.indexed CLUSTER ON half;
-- Sequences: backwards, cycling, owned by a column of another name, small, used by two tables, at rest.
CREATE SEQUENCE a.back INCREMENT -5 MINVALUE -100 MAXVALUE 50 START 50 CYCLE; SELECT nextval('a.back') FROM generate_series(1, 4);
CREATE SEQUENCE a.small AS smallint MAXVALUE 3000 CACHE 20; SELECT nextval('a.small');
CREATE SEQUENCE a.untouched START 77; CREATE SEQUENCE a.at_end MAXVALUE 5; SELECT setval('a.at_end', 5, true);
CREATE SEQUENCE a.owned; ALTER SEQUENCE a.owned OWNED BY a.nulls.x; ALTER TABLE a.nulls ALTER y SET DEFAULT nextval('a.owned');
SELECT setval('a.owned', 9223372036854775807, false);
CREATE TABLE z.shared (n bigint DEFAULT nextval('a.untouched'), s smallserial); INSERT INTO z.shared (s) VALUES (5);
CREATE VIEW z.across AS SELECT c.id, p.code FROM z.children c JOIN a.parents p ON p.id = c.parent;
CREATE FUNCTION a.count_children(p a.parents) RETURNS bigint STABLE LANGUAGE sql AS 'SELECT count(*) FROM z.children c WHERE c.parent = p.id';
