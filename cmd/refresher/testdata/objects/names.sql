-- Names that need quoting everywhere, tables without key, columns or rows.
CREATE SCHEMA "Odd Schema"; CREATE SCHEMA "häuser.und""so"; CREATE SCHEMA "select";
CREATE TABLE "Odd Schema"."Order ""Book""" ("Order No" int PRIMARY KEY, "Buyer's Mark" text, "a.b" text, "$1" text, "tab	here" int, "back\\slash" int);
INSERT INTO "Odd Schema"."Order ""Book""" SELECT i, 'it''s', NULL, '', i, i FROM generate_series(1, 20) i;
CREATE TABLE "häuser.und""so"."straße" ("größe" int, "日本語" text, "😀" bool);
INSERT INTO "häuser.und""so"."straße" SELECT i, 'wert ' || i, i % 2 = 0 FROM generate_series(1, 20) i;
CREATE TABLE "tab	table" (a int, "col	umn" text);
INSERT INTO "tab	table" SELECT i, i FROM generate_series(1, 20) i;
CREATE TABLE "new
line" ("first
second" int);
INSERT INTO "new
line" SELECT i FROM generate_series(1, 20) i;
CREATE TABLE "select"."table" ("order" int, "user" text, "group" text, "null" text);
INSERT INTO "select"."table" VALUES (1, 'u', 'g', NULL), (NULL, NULL, NULL, NULL);
CREATE TABLE "UPPER" (id int); CREATE TABLE upper (id int); INSERT INTO "UPPER" VALUES (1); INSERT INTO upper VALUES (2), (3);
CREATE TABLE "back\slash; -- quote" ("\N" text, "\." text);
INSERT INTO "back\slash; -- quote" VALUES ('\N', '\.'), (NULL, ''), (E'\\', 'x');
CREATE TABLE abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabc (abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabc int);
INSERT INTO abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabc VALUES (7);
CREATE TABLE no_columns (); INSERT INTO no_columns DEFAULT VALUES; INSERT INTO no_columns DEFAULT VALUES;
CREATE TABLE lost_columns (a int, b int); ALTER TABLE lost_columns DROP COLUMN a, DROP COLUMN b;
CREATE TABLE no_key (a int, b text); INSERT INTO no_key SELECT i % 3, NULL FROM generate_series(1, 30) i;
CREATE TABLE no_rows (id bigserial PRIMARY KEY, a text NOT NULL);
CREATE TABLE only_generated (g int GENERATED ALWAYS AS (1) STORED); INSERT INTO only_generated DEFAULT VALUES; INSERT INTO only_generated DEFAULT VALUES;
CREATE SEQUENCE "Odd Schema"."Seq ""x"" %s" INCREMENT -3 MINVALUE -1000 START -7; SELECT nextval('"Odd Schema"."Seq ""x"" %s"'), nextval('"Odd Schema"."Seq ""x"" %s"');
CREATE INDEX "index ""of"" order" ON "Odd Schema"."Order ""Book""" ("a.b", lower("Buyer's Mark"));
CREATE VIEW "häuser.und""so"."Sicht %1$s" AS SELECT "größe" AS "Größe ""q""" FROM "häuser.und""so"."straße";
COMMENT ON TABLE "Odd Schema"."Order ""Book""" IS E'it''s a \\ "comment"\n-- with lines';
COMMENT ON COLUMN "häuser.und""so"."straße"."日本語" IS 'ein Kommentar; $$';
