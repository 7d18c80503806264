-- A schema in which everything is odd, for drafts that must compile all the same.
CREATE EXTENSION citext;
CREATE EXTENSION hstore;
CREATE SCHEMA "Odd.Schema ""x""";
CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE TYPE sex AS ENUM ('m', 'f');
CREATE TYPE home AS (street text, city text, zip varchar(10));
CREATE DOMAIN email_address AS citext CHECK (VALUE ~ '@');
CREATE DOMAIN us_ssn AS char(11);

CREATE TABLE "Odd.Schema ""x"""."Kunden: ""alle""" (
    "Kunden-Nr." bigint PRIMARY KEY,
    "E-Mail" text UNIQUE NOT NULL,
    "Vor Name" text, "Nach'Name" text, "yes" text, "null" text, "# note" text, "a: b" text, "*" text, " leading" text,
    "tab	name" text, "Straße" text, "電話" text, "имя" text, "привет_email" text, "x""y" text
);

-- Unique, narrow and natural keys.
CREATE TABLE people (
    ssn us_ssn PRIMARY KEY,
    phone varchar(12) UNIQUE NOT NULL,
    mobile bigint UNIQUE,
    email email_address UNIQUE,
    login varchar(8) UNIQUE NOT NULL,
    first_name varchar(4), last_name char(3) NOT NULL, initials varchar(3),
    zip integer, plz char(5), ip inet UNIQUE, client_ip cidr, mac macaddr, iban char(22) UNIQUE, card_number numeric(16),
    birth_date date, birth_year smallint, dob text, born timestamptz,
    gender sex, marital_status char(1) NOT NULL, religion text, salary money, income numeric(10,2), age smallint,
    password bytea NOT NULL, api_key uuid UNIQUE, photo bytea, website varchar(15) UNIQUE, bio xml, notes text[],
    emails citext[], phones varchar(15)[] NOT NULL, home home, tags hstore, location point, born_range daterange, mood mood,
    search tsvector, prefs json, meta jsonb NOT NULL DEFAULT '{}',
    full_name text GENERATED ALWAYS AS (first_name || ' ' || last_name) STORED,
    EXCLUDE USING btree (zip WITH =)
);
CREATE UNIQUE INDEX ON people (lower(website));
CREATE UNIQUE INDEX ON people (first_name, birth_date) WHERE last_name IS NOT NULL;

CREATE TABLE visits (
    person us_ssn REFERENCES people (ssn), person_email email_address REFERENCES people (email),
    doctor_login varchar(8) REFERENCES people (login), diagnosis text NOT NULL, "when" timestamptz, visitor_ip inet
);

-- Keys in a circle, of several columns, and to oneself.
CREATE TABLE a (id int PRIMARY KEY, email text UNIQUE, boss_email text REFERENCES a (email), b_id int);
CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a);
ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b;
CREATE TABLE pair (last_name text, birth_date date, note text, PRIMARY KEY (last_name, birth_date));
CREATE TABLE pair_use (id int, last_name text, birth_date date, FOREIGN KEY (last_name, birth_date) REFERENCES pair);

-- Partitions by personal columns, and inheritance.
CREATE TABLE logins (email text NOT NULL, at timestamptz NOT NULL, ip inet, user_agent text) PARTITION BY LIST (email);
CREATE TABLE logins_rest PARTITION OF logins DEFAULT PARTITION BY RANGE (at);
CREATE TABLE logins_2024 PARTITION OF logins_rest FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE contacts (id int, phone text);
CREATE TABLE vip_contacts (secret_phone text, nick text) INHERITS (contacts);
CREATE TABLE only_inherited () INHERITS (contacts);
CREATE TABLE no_columns ();
CREATE TABLE only_generated (n int GENERATED ALWAYS AS (1) STORED);
CREATE UNLOGGED TABLE cache (email text, value jsonb);
CREATE TABLE staff (id uuid PRIMARY KEY, name text, email text);
CREATE TABLE members (id bigint PRIMARY KEY REFERENCES a, name text, email text);
CREATE TABLE orders (id int PRIMARY KEY, member_id bigint REFERENCES members, staff_id uuid REFERENCES staff, ship_name text, remarks text);
CREATE TABLE reviews (id int PRIMARY KEY, member_id bigint REFERENCES members, body text, created_by text);
COMMENT ON COLUMN a.boss_email IS E'multi\nline: # "comment"';
