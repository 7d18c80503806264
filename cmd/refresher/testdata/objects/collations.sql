-- Collations of the database's own, of both providers, in columns, domains, indexes, ranges and partition keys.
CREATE SCHEMA words;
CREATE COLLATION words.german (provider = icu, locale = 'de-u-co-phonebk');
CREATE COLLATION words.no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION words.posix (provider = libc, locale = 'POSIX');
CREATE COLLATION words.copied FROM "C";
CREATE DOMAIN words.name AS text COLLATE words.german;
CREATE TYPE words.name_range AS RANGE (subtype = text, collation = words.german);
CREATE TABLE words.list (w text COLLATE words.no_case PRIMARY KEY, n words.name, r words.name_range, p text COLLATE words.posix, c varchar(20) COLLATE "C");
INSERT INTO words.list SELECT 'Wort ' || i, 'Ä' || i, words.name_range('A' || i, 'B'), 'p' || i, 'c' FROM generate_series(1, 100) i;
CREATE INDEX ON words.list (n COLLATE "C", p text_pattern_ops); CREATE INDEX ON words.list (lower(c) COLLATE words.copied);
CREATE TABLE words.split (w text COLLATE words.german, v int) PARTITION BY RANGE (w COLLATE words.posix);
CREATE TABLE words.split_low PARTITION OF words.split FOR VALUES FROM (MINVALUE) TO ('m');
CREATE TABLE words.split_high PARTITION OF words.split FOR VALUES FROM ('m') TO (MAXVALUE);
INSERT INTO words.split SELECT chr(97 + i % 26), i FROM generate_series(1, 100) i;
COMMENT ON COLLATION words.german IS 'as in phone books';
