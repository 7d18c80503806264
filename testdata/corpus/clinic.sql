-- A clinic over three schemas: composites, domains, XML, arrays, national numbers, diagnoses, inheritance, unique phone numbers.
CREATE SCHEMA reg; CREATE SCHEMA med; CREATE SCHEMA pay;
CREATE TYPE reg.postal AS (street text, town text, zip text);
CREATE DOMAIN reg.mail_address AS text CHECK (VALUE ~ '^[^@\s]+@[^@\s]+\.[a-z]+$');
CREATE TABLE reg.persons (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, family_name text NOT NULL, given_names text[] NOT NULL, sex char(1) CHECK (sex IN ('f', 'm', 'x')), date_of_birth date NOT NULL, national_id text UNIQUE, home reg.postal, mail reg.mail_address UNIQUE, mobile text UNIQUE,
  emergency_contact jsonb, insured_since daterange, photo bytea, search tsvector GENERATED ALWAYS AS (to_tsvector('simple', family_name)) STORED);
CREATE TABLE reg.doctors (licence_no text NOT NULL, specialty text NOT NULL, LIKE reg.persons INCLUDING ALL EXCLUDING INDEXES EXCLUDING IDENTITY, PRIMARY KEY (licence_no));
ALTER TABLE reg.doctors DROP COLUMN id, ADD UNIQUE (mail), ADD UNIQUE (mobile);
CREATE TABLE med.visits (id bigserial PRIMARY KEY, person_id bigint NOT NULL REFERENCES reg.persons, licence_no text NOT NULL REFERENCES reg.doctors, at timestamptz NOT NULL, icd10 text NOT NULL, anamnesis text, letter xml, vitals jsonb, cost numeric(8,2));
CREATE TABLE med.prescriptions (visit_id bigint REFERENCES med.visits, line smallint, drug text NOT NULL, dose text, PRIMARY KEY (visit_id, line));
CREATE TABLE med.lab_results (visit_id bigint REFERENCES med.visits, test text, value double precision, unit text, reference numrange, sample_barcode text, PRIMARY KEY (visit_id, test));
CREATE TABLE pay.accounts (person_id bigint PRIMARY KEY REFERENCES reg.persons, iban text NOT NULL UNIQUE, holder text NOT NULL, mandate text);
CREATE TABLE pay.bills (id bigserial PRIMARY KEY, visit_id bigint NOT NULL REFERENCES med.visits, recipient reg.postal, total numeric(8,2), paid boolean NOT NULL DEFAULT false);
CREATE TABLE pay.reminders (sent date NOT NULL) INHERITS (pay.bills);
CREATE TABLE med.icd (code text PRIMARY KEY, label text NOT NULL);
INSERT INTO med.icd VALUES ('J06.9', 'Acute upper respiratory infection'), ('I10', 'Essential hypertension'), ('E11', 'Type 2 diabetes');
INSERT INTO reg.persons (family_name, given_names, sex, date_of_birth, national_id, home, mail, mobile, emergency_contact, insured_since) SELECT pg_temp.family(i), ARRAY[pg_temp.given(i), pg_temp.given(i + 1)], pg_temp.pick(i, 'f', 'm'), pg_temp.born(i), lpad((10000000000 + i::bigint * 7654321)::text, 11, '0'),
  ROW(pg_temp.street(i), pg_temp.town(i), pg_temp.zip(i))::reg.postal, pg_temp.mail(i), pg_temp.phone(i), jsonb_build_object('name', pg_temp.person(i + 1), 'relation', 'spouse', 'phone', pg_temp.phone(i + 1)), daterange(date '2010-01-01' + i, NULL) FROM generate_series(1, 140) i;
INSERT INTO reg.doctors (licence_no, specialty, family_name, given_names, sex, date_of_birth, mail, mobile) SELECT 'LN' || 7000 + i, pg_temp.pick(i, 'Cardiology', 'General'), pg_temp.family(i), ARRAY[pg_temp.given(i)], 'x', pg_temp.born(i), pg_temp.mail(i), pg_temp.phone(i) FROM generate_series(301, 306) i;
INSERT INTO med.visits (person_id, licence_no, at, icd10, anamnesis, letter, vitals, cost) SELECT 1 + i % 140, 'LN' || 7301 + i % 6, pg_temp.day(i), pg_temp.pick(i, 'J06.9', 'I10', 'E11'), pg_temp.person(1 + i % 140) || ' reports a cough for three days.',
  xmlparse(content '<letter><to>' || pg_temp.person(1 + i % 140) || '</to><body>Please take the tablets.</body></letter>'), '{"pulse": 72, "systolic": 120}', 42.5 FROM generate_series(1, 280) i;
INSERT INTO med.prescriptions SELECT i, 1, 'Paracetamol 500', '3 x 1' FROM generate_series(1, 200) i;
INSERT INTO med.lab_results SELECT i, 'Hb', 13.5 + i % 3, 'g/dl', numrange(12, 16), 'B' || 900000 + i FROM generate_series(1, 100) i;
INSERT INTO pay.accounts SELECT i, pg_temp.iban(i), pg_temp.person(i), 'M-' || 5000 + i FROM generate_series(1, 140) i;
INSERT INTO pay.bills (visit_id, recipient, total) SELECT i, ROW(pg_temp.street(1 + i % 140), pg_temp.town(1 + i % 140), pg_temp.zip(1 + i % 140))::reg.postal, 42.5 FROM generate_series(1, 200) i;
INSERT INTO pay.reminders (visit_id, recipient, total, sent) SELECT i, NULL, 42.5, date '2024-07-01' FROM generate_series(201, 220) i;
