-- Partitions of several levels, defaults, all three methods, tables attached with another order of columns.
CREATE SCHEMA archive;
CREATE TABLE regions (code text PRIMARY KEY);
INSERT INTO regions VALUES ('north'), ('south'), ('west');
CREATE TABLE events (
    id bigint NOT NULL, region text NOT NULL REFERENCES regions, day date NOT NULL, amount numeric(10, 2) DEFAULT 0,
    twice numeric GENERATED ALWAYS AS (amount * 2) STORED,
    CONSTRAINT events_pkey PRIMARY KEY (id, region, day), CONSTRAINT amount_positive CHECK (amount >= 0)
) PARTITION BY LIST (region);
CREATE TABLE events_north PARTITION OF events FOR VALUES IN ('north') PARTITION BY RANGE (day);
CREATE TABLE archive.events_north_2024 PARTITION OF events_north FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY HASH (id);
CREATE TABLE archive.events_north_2024_0 PARTITION OF archive.events_north_2024 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE archive.events_north_2024_1 PARTITION OF archive.events_north_2024 FOR VALUES WITH (MODULUS 2, REMAINDER 1) WITH (fillfactor = 70);
CREATE TABLE events_north_rest PARTITION OF events_north DEFAULT;
CREATE TABLE events_rest PARTITION OF events DEFAULT;
-- Columns in another order, and one dropped, before it was attached.
CREATE TABLE events_south (gone int, day date NOT NULL, region text NOT NULL, id bigint NOT NULL,
    amount numeric(10, 2), twice numeric GENERATED ALWAYS AS (amount * 2) STORED, CONSTRAINT amount_positive CHECK (amount >= 0));
ALTER TABLE events_south DROP COLUMN gone;
INSERT INTO events_south (day, region, id, amount) VALUES ('2024-02-02', 'south', 1, 5);
ALTER TABLE events ATTACH PARTITION events_south FOR VALUES IN ('south');
ALTER TABLE events_south ALTER amount SET DEFAULT 1;
CREATE INDEX events_day ON events (day);
CREATE INDEX events_amount_south ON events_south (amount) WHERE amount > 1;
CREATE TABLE event_notes (event bigint, region text, day date, note text, FOREIGN KEY (event, region, day) REFERENCES events);
INSERT INTO events (id, region, day, amount)
    SELECT i, (ARRAY['north', 'south', 'west'])[i % 3 + 1], '2023-12-01'::date + i, i / 10.0 FROM generate_series(2, 600) i;
INSERT INTO event_notes SELECT id, region, day, 'note ' || id FROM events WHERE id % 5 = 0;
-- An index of the parent that not all partitions have: never valid, in production neither.
CREATE INDEX events_only ON ONLY events (amount);
-- A partitioned table without partitions, and a partition with trigger and comment of its own.
CREATE TABLE nobody (id int, at timestamptz) PARTITION BY RANGE (at);
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.note := NEW.note || ''!''; RETURN NEW; END';
CREATE TRIGGER stamp_rows BEFORE INSERT ON event_notes FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no row may change''; END';
CREATE TRIGGER refuse_rows BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION refuse();
ALTER TABLE events_rest DISABLE TRIGGER refuse_rows;
COMMENT ON TABLE archive.events_north_2024_0 IS 'half of it';
CREATE TABLE keyed (k int, v text) PARTITION BY RANGE ((k % 10), lower(v));
CREATE TABLE keyed_low PARTITION OF keyed FOR VALUES FROM (MINVALUE, MINVALUE) TO (5, MINVALUE);
CREATE TABLE keyed_high PARTITION OF keyed FOR VALUES FROM (5, MINVALUE) TO (MAXVALUE, MAXVALUE);
INSERT INTO keyed SELECT i, 'V' || i FROM generate_series(1, 40) i;
