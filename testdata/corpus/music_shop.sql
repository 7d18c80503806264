-- A shop for music: a public catalogue whose composers are people, customers who must not be seen.
CREATE TABLE artist (artist_id int PRIMARY KEY, name varchar(120));
CREATE TABLE album (album_id int PRIMARY KEY, title varchar(160) NOT NULL, artist_id int NOT NULL REFERENCES artist);
CREATE TABLE employee (employee_id int PRIMARY KEY, last_name varchar(20) NOT NULL, first_name varchar(20) NOT NULL, title varchar(30), reports_to int REFERENCES employee,
  birth_date timestamp, hire_date timestamp, address varchar(70), city varchar(40), state varchar(40), country varchar(40), postal_code varchar(10), phone varchar(24), fax varchar(24), email varchar(60));
CREATE TABLE customer (customer_id int PRIMARY KEY, first_name varchar(40) NOT NULL, last_name varchar(20) NOT NULL, company varchar(80), address varchar(70), city varchar(40),
  state varchar(40), country varchar(40), postal_code varchar(10), phone varchar(24), fax varchar(24), email varchar(60) NOT NULL, support_rep_id int REFERENCES employee);
CREATE TABLE invoice (invoice_id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customer, invoice_date timestamp NOT NULL, billing_address varchar(70),
  billing_city varchar(40), billing_country varchar(40), billing_postal_code varchar(10), total numeric(10,2) NOT NULL);
CREATE TABLE genre (genre_id int PRIMARY KEY, name varchar(120));
CREATE TABLE track (track_id int PRIMARY KEY, name varchar(200) NOT NULL, album_id int REFERENCES album, genre_id int REFERENCES genre, composer varchar(220), milliseconds int NOT NULL,
  bytes int, unit_price numeric(10,2) NOT NULL);
CREATE TABLE invoice_line (invoice_line_id int PRIMARY KEY, invoice_id int NOT NULL REFERENCES invoice, track_id int NOT NULL REFERENCES track, unit_price numeric(10,2) NOT NULL, quantity int NOT NULL);
CREATE TABLE playlist (playlist_id int PRIMARY KEY, name varchar(120));
CREATE TABLE playlist_track (playlist_id int REFERENCES playlist, track_id int REFERENCES track, PRIMARY KEY (playlist_id, track_id));
INSERT INTO artist SELECT i, pg_temp.pick(i, 'The Paper Kites', 'Velvet Harbour', 'Stone Orchard', 'Iron Meadow', 'Os Barcos', 'Nachtzug') || ' ' || pg_temp.pick(i / 6, 'Band', 'Trio', 'Ensemble') FROM generate_series(1, 30) i;
INSERT INTO album SELECT i, pg_temp.pick(i, 'Live at the Mill', 'Greatest Songs', 'Blue Evening', 'Second Harvest'), 1 + i % 30 FROM generate_series(1, 50) i;
INSERT INTO genre VALUES (1, 'Rock'), (2, 'Jazz'), (3, 'Classical');
INSERT INTO track SELECT i, pg_temp.pick(i, 'Walk on Water', 'Summer Rain', 'Stairs to the Sea', 'Canon in D', 'Balls to the Wall', 'Long Road Home') || ' ' || i, 1 + i % 50, 1 + i % 3,
  CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN pg_temp.family(i + 400) || '/' || pg_temp.given(i + 401) WHEN 2 THEN pg_temp.given(i + 400) || ' ' || pg_temp.pick(i, 'Vandermeer', 'Quist', 'Abernethy')
  ELSE pg_temp.family(i + 402) || ', ' || pg_temp.pick(i, 'Quist', 'Tarrant') END, 200000 + i * 37, 5000000 + i * 991, 0.99 FROM generate_series(1, 300) i;
INSERT INTO employee SELECT i, pg_temp.family(i), pg_temp.given(i), pg_temp.pick(i, 'General Manager', 'Sales Support Agent', 'IT Staff'), nullif(i / 3, 0), pg_temp.born(i), pg_temp.day(i)::timestamp,
  pg_temp.street(i), pg_temp.town(i), NULL, 'Germany', pg_temp.zip(i), pg_temp.phone(i), NULL, pg_temp.mail(i) FROM generate_series(1, 8) i;
INSERT INTO customer SELECT i, pg_temp.given(i), pg_temp.family(i), pg_temp.pick(i, NULL, 'Riverside Ltd.', 'Apfel GmbH'), pg_temp.street(i), pg_temp.town(i), NULL, 'France', pg_temp.zip(i),
  pg_temp.phone(i), NULL, pg_temp.mail(i), 1 + i % 8 FROM generate_series(9, 130) i;
INSERT INTO invoice SELECT i, 9 + i % 122, pg_temp.day(i)::timestamp, pg_temp.street(9 + i % 122), pg_temp.town(9 + i % 122), 'France', pg_temp.zip(9 + i % 122), 1.98 FROM generate_series(1, 200) i;
INSERT INTO invoice_line SELECT i, 1 + i % 200, 1 + i % 300, 0.99, 1 FROM generate_series(1, 400) i;
INSERT INTO playlist VALUES (1, 'Music'), (2, 'Heavy rotation');
INSERT INTO playlist_track SELECT 1 + i % 2, i FROM generate_series(1, 300) i;
